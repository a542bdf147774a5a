// Files that hold keys, killed at every call that writes one: a file with the name of a key is a whole key.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createPrivateFile } from '../../src/keyslots/private-file.ts';
import { failure } from '../storage/storage-world.ts';
import { scratch } from '../world.ts';

const content = 'the only key there is\n';
const writing = 'write,fsync,link,linkat,unlink,unlinkat,mkdir,mkdirat';

/** A process that makes the key file, with one of its calls going wrong. */
function makeUnder(inject: string, path: string): number | null {
  const source = new URL('../../src/keyslots/private-file.ts', import.meta.url);
  const program = `import { createPrivateFile } from ${JSON.stringify(source.href)};
    createPrivateFile(${JSON.stringify(path)}, Buffer.from(${JSON.stringify(content)}));`;
  const words = ['-qq', '-o', '/dev/null', '-e', inject, process.execPath];
  const ran = spawnSync('strace', [...words, '--input-type=module-typescript', '-e', program]);
  return ran.status;
}

function whyNot(): string | false {
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0) return false;
  assert.equal(process.env['CI'], undefined, 'strace does not work here');
  return 'strace is missing or may not trace: apt-get install strace';
}

test('whoever is killed while a key file is made leaves a whole one or none', { skip: whyNot() }, () => {
  using folder = scratch();
  let left = 0;
  for (let call = 1; ; call++) {
    const path = join(folder.path, `life-${call}`, 'node.key');
    const status = makeUnder(`inject=${writing}:signal=KILL:when=${call}`, path);
    if (existsSync(path)) {
      left++;
      assert.equal(readFileSync(path, 'latin1'), content, `torn after call ${call}`);
    } else {
      // And the next one makes it.
      createPrivateFile(path, Buffer.from(content));
      assert.equal(readFileSync(path, 'latin1'), content);
    }
    if (status === 0) {
      assert.ok(call > 5 && left > 1, `${call} calls, ${left} left a key`);
      return;
    }
  }
});

test('where a file has one name only, a key file is made all the same', { skip: whyNot() }, () => {
  using folder = scratch();
  const path = join(folder.path, 'node.key');
  assert.equal(makeUnder('inject=link,linkat:error=EPERM', path), 0);
  assert.equal(readFileSync(path, 'latin1'), content);
  assert.deepEqual(readdirSync(folder.path), ['node.key']);
});

test('a key file is for its owner, leaves nothing beside it, and is never replaced', () => {
  using folder = scratch();
  const path = join(folder.path, 'inner', 'node.key');
  createPrivateFile(path, Buffer.from(content));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder.path, 'inner')).mode & 0o777, 0o700);
  assert.throws(
    () => createPrivateFile(path, Buffer.from('another')),
    failure('conflict', 'KEY_FILE_EXISTS'),
  );
  assert.equal(readFileSync(path, 'latin1'), content);
  assert.deepEqual(readdirSync(join(folder.path, 'inner')), ['node.key']);
  mkdirSync(join(folder.path, 'folder'));
  writeFileSync(join(folder.path, 'empty'), '');
  for (const name of ['folder', 'empty']) {
    const make = () => createPrivateFile(join(folder.path, name), Buffer.from(content));
    assert.throws(make, failure('conflict', 'KEY_FILE_EXISTS'));
  }
  for (const name of [join(folder.path, 'empty/node.key'), '/proc/nowhere/node.key']) {
    assert.throws(() => createPrivateFile(name, Buffer.from(content)), failure('denied', 'KEY_FILE_DENIED'));
  }
});
