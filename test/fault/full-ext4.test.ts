// T-06 on a real ext4: not one block, or not one inode, is left. A backup says so and publishes nothing by half; forget and prune, by the
// program and with no other help, give space back.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { report } from '../campaign.ts';
import { type Ran, World } from '../cli/holdfast.ts';
import { noise, treeDigest, writeTree } from '../world.ts';

interface Mounted extends Disposable {
  readonly folder: string;
}

/** Undefined where nobody may mount. */
function mountExt4(world: World, inodes: number): Mounted | undefined {
  const image = world.path('image');
  const folder = world.path('disk');
  mkdirSync(folder);
  writeFileSync(image, '');
  truncateSync(image, 32 * 1024 * 1024);
  const run = (...words: [string, ...string[]]) => spawnSync(words[0], words.slice(1)).status === 0;
  if (!run('mkfs.ext4', '-q', '-F', '-m', '0', '-N', String(inodes), image)) return undefined;
  if (!run('mount', '-o', 'loop', image, folder)) return undefined;
  return { folder, [Symbol.dispose]: () => void run('umount', folder) };
}

/** Takes whatever is left: big pieces first, then single blocks. */
function fillBlocks(folder: string, turn: string): void {
  const file = openSync(join(folder, turn), 'w');
  try {
    for (const length of [1024 * 1024, 4096]) {
      const bytes = noise(turn, length);
      for (;;) {
        try {
          if (writeSync(file, bytes) === 0) break;
        } catch (error) {
          assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
          break;
        }
      }
    }
  } finally {
    closeSync(file);
  }
}

function fillInodes(folder: string, turn: string): void {
  for (let number = 0; ; number += 1) {
    try {
      writeFileSync(join(folder, `${turn}-${number}`), '');
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      return;
    }
  }
}

function succeeded(ran: Ran, what: string): Ran {
  assert.equal(ran.exit, 0, `${what}: ${ran.output}${ran.errors}`);
  return ran;
}

const fillers: Readonly<Record<string, (folder: string, turn: string) => void>> = {
  block: fillBlocks,
  inode: fillInodes,
};

for (const [what, fill] of Object.entries(fillers)) {
  test(`without one free ${what} of an ext4 nothing is lost, and forget and prune give space back`, (t) => {
    using world = new World();
    using disk = mountExt4(world, 400);
    if (disk === undefined) {
      t.skip('needs root, mkfs.ext4 (apt-get install e2fsprogs) and loop mounts');
      return;
    }
    const environment = { HOLDFAST_REPOSITORY: join(disk.folder, 'repository') };
    const run = (...words: string[]) => world.run([...words, '--json'], { environment });
    const change = (version: string) =>
      writeTree(world.path('files'), { 'one.bin': noise(version, 2_000_000), 'two.txt': version });
    succeeded(run('init', '--kdf', 'pbkdf2-sha256'), 'init');
    change('first');
    succeeded(run('backup', 'files'), 'first backup');
    change('second');
    succeeded(run('backup', 'files'), 'second backup');
    const digest = treeDigest(world.path('files'));
    const filler = join(disk.folder, 'filler');
    mkdirSync(filler);
    fill(filler, 'first');

    change('third');
    const full = run('backup', 'files');
    assert.equal(full.end.kind, 'exhausted', full.output);
    const listed = succeeded(run('snapshots'), 'snapshots').end.result as { snapshots: unknown[] };
    assert.equal(listed.snapshots.length, 2);
    // Whatever the failed run gave back is taken, too.
    fill(filler, 'second');

    const before = statfsSync(disk.folder);
    succeeded(run('forget', '--keep-last', '1'), 'forget');
    succeeded(run('prune', '--max-unused', '0%'), 'prune');
    const after = statfsSync(disk.folder);
    const freed = (after.bavail - before.bavail) * after.bsize;
    assert.ok(freed > 1_000_000, `only ${freed} bytes were given back`);
    succeeded(run('check', '--read-data'), 'check');
    succeeded(run('restore', 'latest', '-t', 'back'), 'restore');
    assert.equal(treeDigest(world.path('back')), digest);
    rmSync(filler, { recursive: true });
    succeeded(run('backup', 'files'), 'the next backup');
    report({ campaign: 'T-06', tried: 1, lost: 0, wrong: 0, manual: 0 });
  });
}
