// Where a restore in place goes: to the uppermost of the paths that were protected, each once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { wantedPaths } from '../../../src/operations/restore/works.ts';

const wanted = (paths: readonly string[], more: object = {}, sourceKind = 'files') =>
  wantedPaths({ snapshot: { paths, sourceKind }, ...more } as never);
const targets = (paths: readonly string[]) => wanted(paths).map(({ target }) => target);

test('a path below another one is brought back with it, and one that only begins alike by itself', () => {
  assert.deepEqual(targets(['/home/a', '/home/ab', '/home/a/deep']), ['/home/a', '/home/ab']);
  assert.deepEqual(targets(['/a/home', '/home']), ['/a/home', '/home']);
  assert.deepEqual(targets(['/home/a', '/home/a']), ['/home/a']);
  assert.deepEqual(targets(['/home', '/']), ['/']);
  assert.deepEqual(targets(['/', '/home']), ['/']);
});

test('a path or a target that is named is taken as it is', () => {
  assert.deepEqual(wanted(['/home'], { path: '/home/a' }), [{ path: '/home/a', target: '/home/a' }]);
  assert.deepEqual(wanted(['/home'], { target: '/x' }), [{ target: '/x' }]);
  assert.deepEqual(wanted(['/home'], { path: '/home/a', target: '/x' }), [{ path: '/home/a', target: '/x' }]);
});

test('what is no folder has no place of its own, but may go to one that is named', () => {
  assert.throws(
    () => wanted(['/'], {}, 'vault'),
    (error) => isFailure(error, 'usage', 'RESTORE_NO_FOLDER'),
  );
  assert.deepEqual(wanted(['/'], { target: '/x' }, 'vault'), [{ target: '/x' }]);
});
