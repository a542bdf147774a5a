// `--compression auto` reports which codec and level the frames got, and why; what was chosen is what was stored.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Facts } from '../../../src/base/failure.ts';
import { backup } from '../../../src/operations/backup.ts';
import { boxOverheadOf } from '../../../src/repository/box.ts';
import files from '../../../src/sources/files/kind.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import {
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../../world.ts';

const MiB = 1024 * 1024;

for (const workers of [0, 1]) {
  test(`frames of random bytes stay raw, others are compressed, and the report tells it (${workers} workers)`, async () => {
    using folder = scratch();
    const path = join(folder.path, 'files');
    writeTree(path, {
      'a.bin': noise('random', 5 * MiB),
      'b.txt': Buffer.alloc(3 * MiB, 'words and more words, and lines\n'),
    });
    const plain = testContext();
    const logged: Facts[] = [];
    const debug = (_: string, facts?: Facts) => {
      if (facts?.codec !== undefined) logged.push(facts);
    };
    const context = { ...plain, log: { ...plain.log, debug } };
    const storage = new MemoryStorage();
    const state = join(folder.path, 'state');
    await create(storage, state, context);
    const repository = await open(storage, state, 'one', context);
    using source = files.open({ paths: [path] } as never, context);
    const request = {
      source,
      sourceSpec: { kind: 'files', config: { paths: [path] } },
      paths: [path],
      host: 'test',
      user: 'tester',
      tags: [],
      force: false,
      dryRun: false,
      workers,
      compression: { comp: 1, level: 3 },
      tool: 'test',
    } as const;
    const { compression, ...done } = await backup({ ...request, autoLevel: true }, repository, context);
    assert.equal(done.outcome, 'succeeded');
    const [raw, packed] = ['incompressible', 'usual'].map((reason) =>
      compression!.find((one) => one.reason === reason),
    );
    assert.deepEqual([raw!.codec, raw!.level], ['none', 0]);
    assert.equal(raw!.storedBytes, raw!.plainBytes + raw!.frames * boxOverheadOf(1));
    assert.ok(raw!.plainBytes > 4 * MiB);
    assert.deepEqual([packed!.codec, packed!.level], ['zstd', 3]);
    // One frame lies across both files.
    assert.ok(packed!.storedBytes < packed!.plainBytes / 2);
    const frames = compression!.reduce((sum, one) => sum + one.frames, 0);
    assert.equal(logged.length, frames);
    await repository.loadIndex(context);
    assert.equal(repository.catalog.frameCount, frames);
    const [snapshot] = await snapshotsOf(repository, context);
    assert.equal(await restoredDigest(snapshot!, repository, context), treeDigest(path));
    const again = await backup(
      { ...request, force: true },
      await open(storage, state, 'two', context),
      context,
    );
    assert.equal(again.compression, undefined);
  });
}
