// The System without koffi: what node:fs can do, it does exactly.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sys } from '../../../src/sources/files/system.ts';
import { openNodeSystem } from '../../../src/sources/files/system-node.ts';
import { scratch } from '../../world.ts';

test('a time comes back to the microsecond, also where a double cannot hold it', () => {
  using folder = scratch();
  const path = join(folder.path, 'file');
  writeFileSync(path, '');
  const system = openNodeSystem('as on another machine');
  for (let millisecond = 0n; millisecond < 1000n; millisecond += 1n) {
    const mtimeNs = (1_795_276_331_000n + millisecond) * 1_000_000n + 7_000n * millisecond;
    system.setTimesAt(sys.atFdCwd, path, mtimeNs);
    assert.equal(system.statAt(sys.atFdCwd, path).mtimeNs / 1000n, mtimeNs / 1000n);
  }
  // Whole seconds stay whole, before 1970 too.
  for (const mtimeNs of [1_652_000_000_000_000_000n, -5_000_000_000n, 0n]) {
    system.setTimesAt(sys.atFdCwd, path, mtimeNs);
    assert.equal(system.statAt(sys.atFdCwd, path).mtimeNs, mtimeNs);
  }
});
