// T-01 and T-03: the process dies before or after any single storage call of any workflow. Afterwards, with no manual step: every
// snapshot that was reported still restores byte for byte, the next backup works, prune works, and all restores are right again.

import assert from 'node:assert/strict';
import { cpSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { prune } from '../../src/operations/prune.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { report } from '../campaign.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';
import { CrashingStorage, type CrashPoint } from './crashing-storage.ts';

const context = testContext();

interface Step {
  readonly name: string;
  run(repository: Repository, folder: string): Promise<void>;
}

const steps: readonly Step[] = [
  {
    name: 'first backup',
    run: async (repository, folder) => void (await backupFolder(folder, repository, context)),
  },
  {
    name: 'backup after a change',
    async run(repository, folder) {
      writeFileSync(join(folder, 'a/changed.txt'), 'changed');
      utimesSync(join(folder, 'a/changed.txt'), 1, 1);
      await backupFolder(folder, repository, context);
    },
  },
  {
    name: 'prune',
    run: async (repository) => void (await prune({ dryRun: false, maxUnused: 0 }, repository, context)),
  },
];

/** Tries every crash point of one step; returns how many there were. */
async function campaign(
  step: Step,
  before: MemoryStorage,
  folder: string,
  stateDirectory: string,
): Promise<number> {
  let points = 0;
  for (let call = 1; ; call += 1) {
    for (const moment of ['before', 'after'] as const) {
      const memory = before.clone();
      // Each point is a world of its own, memory of this host included.
      using world = scratch();
      const state = join(world.path, 'state');
      cpSync(stateDirectory, state, { recursive: true });
      const point: CrashPoint = { call, moment };
      const crashing = new CrashingStorage(memory, point);
      const repository = await open(crashing, state, 'doomed', context).catch(() => undefined);
      let published: string[] = [];
      if (repository !== undefined) {
        await step.run(repository, folder).catch(() => undefined);
        published = (await snapshotsOf(await open(memory.clone(), state, 'look', context), context)).map(
          (one) => one.id,
        );
      }
      if (!crashing.crashed) return points;
      points += 1;
      await recovers(memory, folder, state, published, `${step.name}, ${moment} call ${call}`);
    }
  }
}

async function recovers(
  memory: MemoryStorage,
  folder: string,
  stateDirectory: string,
  published: string[],
  what: string,
) {
  const repository = await open(memory, stateDirectory, 'survivor', context);
  await backupFolder(folder, repository, context);
  await prune({ dryRun: false, maxUnused: 0 }, repository, context);
  const fresh = await open(memory, stateDirectory, 'reader', context);
  await fresh.loadIndex(context);
  const snapshots = await snapshotsOf(fresh, context);
  for (const id of published)
    assert.ok(
      snapshots.some((one) => one.id === id),
      `${what}: snapshot ${id} is gone`,
    );
  const newest = snapshots.at(-1)!;
  assert.equal(
    await restoredDigest(newest, fresh, context),
    treeDigest(folder),
    `${what}: wrong bytes restored`,
  );
  for (const one of snapshots) await restoredDigest(one, fresh, context);
  const names = memory.names();
  assert.deepEqual(
    names.filter((name) => name.startsWith('sessions/')),
    [],
    `${what}: a session was left`,
  );
}

test('a crash at any storage call of any workflow loses nothing and needs no manual step', async (t) => {
  using folder = scratch();
  const source = join(folder.path, 'source');
  writeTree(source, {
    'a/small.txt': 'hello',
    'a/changed.txt': 'before',
    'b/noise.bin': noise('crash', 200_000),
    'b/twice.bin': noise('crash', 200_000),
  });
  const stateDirectory = join(folder.path, 'state');
  let memory = new MemoryStorage();
  await create(memory, stateDirectory, context);
  let points = 0;
  for (const step of steps) {
    points += await campaign(step, memory, source, stateDirectory);
    const next = memory.clone();
    await step.run(await open(next, stateDirectory, 'normal', context), source);
    memory = next;
  }
  t.diagnostic(`${points} crash points, 0 lost, 0 wrong, 0 manual steps`);
  assert.ok(points > 40, `only ${points} crash points were found`);
  report({ campaign: 'T-01', tried: points, lost: 0, wrong: 0, manual: 0 });
});
