// `--compression auto`: the level follows what is measured, up when the storage is slow and down when it is fast, and what comes back
// is what went in.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../../src/base/context.ts';
import type { Facts } from '../../../src/base/failure.ts';
import { codecOf } from '../../../src/codecs/all.ts';
import { AutoLevel } from '../../../src/operations/backup/auto-level.ts';
import { backup } from '../../../src/operations/backup.ts';
import { boxOverheadOf, boxTypes } from '../../../src/repository/box.ts';
import files from '../../../src/sources/files/kind.ts';
import type { Source } from '../../../src/sources/source.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import { forwarding } from '../../../src/storage/with/forwarding.ts';
import { stillContext } from '../../storage/storage-world.ts';
import {
  create,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../../world.ts';
import { bytes } from '../round-trip.ts';

const MiB = 1024 * 1024;

/** The levels that are chosen when every frame is measured so. */
function levelsOf(
  windows: number,
  measured: { workMs: number; waitMs: number; idleMs?: number; storedRatio?: number },
): number[] {
  const context = stillContext();
  const levels: number[] = [];
  const auto = new AutoLevel(3, (level) => levels.push(level), context);
  for (let window = 0; window < windows; window += 1) {
    context.advance(measured.idleMs ?? 0);
    const since = auto.storing();
    // The frame is on its way while this thread works: that is no wait.
    auto.here(() => context.advance(measured.workMs));
    context.advance(measured.waitMs);
    auto.stored(since, 1000, 1000 * (measured.storedRatio ?? 0.5));
  }
  return levels;
}

test('a slow storage raises the level step by step, and a fast one lowers it', () => {
  assert.deepEqual(levelsOf(12, { workMs: 500, waitMs: 2500 }), [5, 7, 9]);
  assert.deepEqual(levelsOf(8, { workMs: 3000, waitMs: 10 }), [2, 1]);
});

test('nothing moves the level while both keep pace, the source is slow, or the data does not get smaller', () => {
  assert.deepEqual(levelsOf(12, { workMs: 1500, waitMs: 1500 }), []);
  assert.deepEqual(levelsOf(12, { workMs: 300, waitMs: 10, idleMs: 2500 }), []);
  assert.deepEqual(levelsOf(12, { workMs: 500, waitMs: 2500, storedRatio: 1 }), []);
});

test('measurements of less than two seconds decide nothing', () => {
  assert.deepEqual(levelsOf(19, { workMs: 10, waitMs: 190 }), []);
});

/** Only the storage and the source move this clock. */
function loggedLevels(): { context: Context & ReturnType<typeof stillContext>; levels: unknown[] } {
  const context = stillContext();
  const levels: unknown[] = [];
  const log = {
    ...context.log,
    info: (_: string, facts?: Facts) => {
      if (facts?.level !== undefined) levels.push(facts.level);
    },
  };
  return { context: { ...context, log }, levels };
}

function request(source: Source, folder: string, workers: number) {
  return {
    source,
    sourceSpec: { kind: 'files', config: { paths: [folder] } },
    paths: [folder],
    host: 'test',
    user: 'tester',
    tags: [],
    force: false,
    dryRun: false,
    workers,
    compression: { comp: 1, level: 3 },
    autoLevel: true,
    tool: 'test',
  } as const;
}

test('a backup to a storage that becomes fast raises its level, lowers it again, and leaves the request as it was', async () => {
  using folder = scratch();
  const path = join(folder.path, 'files');
  for (let number = 0; number < 60; number += 1) {
    writeTree(path, { [`a/${number}`]: bytes(`a${number}`, (MiB * 3) / 4).toString('base64') });
  }
  for (let number = 0; number < 12; number += 1) {
    writeTree(path, { [`b/${number}`]: bytes(`b${number}`, (MiB * 3) / 4).toString('base64') });
  }
  const { context, levels } = loggedLevels();
  const memory = new MemoryStorage();
  let isSlow = true;
  const storage = forwarding(memory, {
    async put(name, content, options) {
      if (isSlow && name.startsWith('packs/')) await context.clock.sleep(10_000, options.signal);
      await memory.put(name, content, options);
    },
  });
  const state = join(folder.path, 'state');
  await create(storage, state, context);
  const repository = await open(storage, state, 'one', context);
  using plain = files.open({ paths: [path] } as never, context);
  const source: Source = Object.create(plain, {
    open: {
      value: (...words: Parameters<Source['open']>) => {
        if (words[0].includes('/b/')) {
          isSlow = false;
          context.advance(500);
        }
        return plain.open(...words);
      },
    },
  });
  const asked = request(source, path, 0);
  assert.equal((await backup(asked, repository, context)).outcome, 'succeeded');
  assert.deepEqual(levels, [5, 3]);
  assert.equal(asked.compression.level, 3);
  // The frames themselves tell, by their lengths, that a level was not only chosen.
  const at5: number[] = [];
  for (let number = 0; number < repository.catalog.frameCount && at5.length === 0; number += 1) {
    const frame = repository.catalog.frame(number);
    if (frame.type !== boxTypes.data || frame.comp !== 1) continue;
    const plain = await repository.readFrame(number, context);
    const lengthAt = (level: number) => codecOf(1).compress(plain, level).length + boxOverheadOf(1);
    if (frame.length === lengthAt(5) && frame.length !== lengthAt(3)) at5.push(number);
  }
  assert.equal(at5.length, 1, 'no frame was compressed at level 5');
});

test('a backup with automatic compression restores byte for byte, with workers too', async () => {
  using folder = scratch();
  const path = join(folder.path, 'files');
  for (let number = 0; number < 12; number += 1) {
    writeTree(path, {
      [`${number}`]: `${bytes(`${number}`, MiB / 2).toString('hex')}${'text '.repeat(5000)}`,
    });
  }
  writeTree(path, { large: bytes('large', 9 * MiB), empty: '' });
  for (const workers of [0, 2]) {
    const context = testContext();
    const memory = new MemoryStorage();
    const storage = forwarding(memory, {
      async put(name, content, options) {
        await context.clock.sleep(5000, options.signal);
        await memory.put(name, content, options);
      },
    });
    const state = join(folder.path, `state${workers}`);
    await create(storage, state, context);
    const repository = await open(storage, state, 'one', context);
    using source = files.open({ paths: [path] } as never, context);
    assert.equal((await backup(request(source, path, workers), repository, context)).outcome, 'succeeded');
    const [snapshot] = await snapshotsOf(repository, context);
    assert.equal(await restoredDigest(snapshot!, repository, context), treeDigest(path));
  }
});
