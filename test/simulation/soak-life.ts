// One run of the program in the soak: opens a repository in a real folder, does one thing, lets go of it. Started as a program of its own it
// does the same and kills itself with SIGKILL at the storage call that it was told, so that a kill falls at the same place every time.

import { join } from 'node:path';
import type { Context, Instant } from '../../src/base/context.ts';
import { copy } from '../../src/operations/copy.ts';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { nodeFiles } from '../../src/storage/local/files.ts';
import { makeRoot } from '../../src/storage/local/root.ts';
import { openLocal } from '../../src/storage/local.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { backupFolder, create, open, snapshotsOf, testContext } from '../world.ts';

export type Place = 'main' | 'other';
export type Job = 'backup' | 'forget' | 'prune' | 'copy';

export interface SoakRun {
  /** Repositories, states and sources of all lie in it. */
  readonly folder: string;
  readonly writer: string;
  readonly place: Place;
  readonly now: Instant;
  /** Differs from run to run: what an earlier one left is provably dead. */
  readonly incarnation: string;
}

export interface KilledRun extends SoakRun {
  readonly job: Job;
  readonly call: number;
  readonly moment: 'before' | 'during' | 'after';
}

export function sourceOf(run: Pick<SoakRun, 'folder' | 'writer'>): string {
  return join(run.folder, 'source', run.writer);
}

export function contextOf(run: Pick<SoakRun, 'now'>): ReturnType<typeof testContext> {
  let now = run.now;
  const context = testContext();
  return { ...context, clock: { ...context.clock, now: () => (now += 1) } };
}

export async function createPlace(run: SoakRun): Promise<void> {
  await makeRoot(nodeFiles, join(run.folder, run.place));
  await using storage = await storageOf(run);
  await create(storage, stateOf(run), contextOf(run));
}

export function storageOf(run: Pick<SoakRun, 'folder' | 'place'>): Promise<Storage> {
  return openLocal(join(run.folder, run.place), nodeFiles);
}

function stateOf(run: SoakRun): string {
  return join(run.folder, 'state', run.writer);
}

export function openPlace(run: SoakRun, storage: Storage, context: Context): Promise<Repository> {
  return open(storage, stateOf(run), run.incarnation, context);
}

/** The same command again does what is left of it, or nothing. */
export async function work(job: Job, run: SoakRun, repository: Repository, context: Context): Promise<void> {
  if (job === 'backup') await backupFolder(sourceOf(run), repository, context);
  else if (job === 'prune') await prune({ dryRun: false, maxUnused: 0.05 }, repository, context);
  else if (job === 'copy') {
    const other = { ...run, place: 'other' } as const;
    await using storage = await storageOf(other);
    await using to = await openPlace(other, storage, context);
    const snapshots = await snapshotsOf(repository, context);
    await copy({ snapshots, dryRun: false, compression: { comp: 1, level: 1 } }, repository, to, context);
  } else {
    const policy = { keepLast: 2, keepDaily: 5, keepWeekly: 2 };
    const request = { policy, groupBy: ['host', 'paths'], filter: {}, dryRun: false, run: 'soak' } as const;
    await forget({ ...request, zoneOffset: () => 0 }, repository, context);
  }
}

/** Kills this process for good as its n-th changing call begins, while it runs, or when it is done. */
function killing(inner: Storage, { call, moment }: KilledRun): Storage {
  let calls = 0;
  const die = () => process.kill(process.pid, 'SIGKILL');
  const change = async (effect: () => Promise<void>): Promise<void> => {
    calls += 1;
    if (calls === call && moment === 'before') die();
    const done = effect();
    if (calls === call && moment === 'during') die();
    await done;
    if (calls === call) die();
  };
  return forwarding(inner, {
    put: (name, bytes, options) => change(() => inner.put(name, bytes, options)),
    delete: (name, options) => change(() => inner.delete(name, options)),
  });
}

if (import.meta.main) {
  const run = JSON.parse(process.argv[2]!) as KilledRun;
  const context = contextOf(run);
  const storage = killing(await storageOf(run), run);
  await work(run.job, run, await openPlace(run, storage, context), context);
}
