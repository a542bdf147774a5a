// Standard input as a source: one file of a length that only reading tells, and never read a second time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import standardInput from '../../src/sources/standard-input.ts';
import { testContext } from '../world.ts';

test('standard input is one file below "/", whose content is given out once and then refused', () => {
  const context = testContext();
  using source = standardInput.open({ name: 'dump.sql', uid: 7, gid: 8 }, context);
  const [event, leave] = [...source.walk(context)];
  assert.ok(event?.type === 'directory' && leave?.type === 'leave');
  assert.deepEqual(event.listing.names, ['dump.sql']);
  assert.deepEqual([event.listing.uids[0], event.listing.gids[0]], [7, 8]);
  const expected = { device: 0, inode: 0n };
  source.open('/dump.sql', expected, context)?.close();
  assert.throws(() => source.open('/dump.sql', expected, context), { code: 'STDIN_READ_TWICE' });
});
