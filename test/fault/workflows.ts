// The workflows that the crash campaigns interrupt, and what must hold afterwards: every recovery point that was reported is there and
// restores byte for byte, check reads every byte and finds nothing, and the same command simply works when it is run again.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFailure } from '../../src/base/failure.ts';
import { Secret } from '../../src/base/secret.ts';
import { check } from '../../src/operations/check.ts';
import { copy } from '../../src/operations/copy.ts';
import { forget } from '../../src/operations/forget.ts';
import { addKey, listKeys, removeKey, rotateGeneration } from '../../src/operations/keys.ts';
import { prune } from '../../src/operations/prune.ts';
import { repair } from '../../src/operations/repair.ts';
import { createRepository } from '../../src/repository/create.ts';
import { openRepository } from '../../src/repository/open.ts';
import type { Repository } from '../../src/repository/repository.ts';
import {
  backupFolder,
  noise,
  owner,
  restoredDigest,
  scratch,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';
import type { CrashPoint } from './crashing-storage.ts';
import type { Disk, Place } from './disks.ts';

const context = testContext();
/** Key files, because thousands of repositories are opened and no passphrase is to be stretched. */
const first = new Secret(Buffer.from(noise('first key', 32).toString('base64url')));
const second = new Secret(Buffer.from(noise('second key', 32).toString('base64url')));

/** What a user was told: these recovery points exist, with this content. */
interface Promises {
  readonly made: Set<Place>;
  /** Id of the snapshot in the first repository, to the digest of its content. */
  readonly main: Map<string, string>;
  readonly other: Map<string, string>;
  secondKey: boolean;
}

export interface CrashWorld {
  readonly disk: Disk;
  readonly state: string;
  readonly source: string;
  readonly promises: Promises;
}

export interface Step {
  readonly name: string;
  /** It mends what `prepare` has broken, so that nothing can be asked for before it has run to its end. */
  readonly mends?: boolean;
  /** Done before, never interrupted. */
  prepare?(world: CrashWorld): Promise<void>;
  /** Once more must be harmless. */
  run(world: CrashWorld, incarnation: string): Promise<void>;
}

export const steps: readonly Step[] = [
  { name: 'init', run: (world) => initialize('main', world) },
  { name: 'first backup', run: save },
  {
    name: 'second backup',
    async prepare({ source }) {
      writeFileSync(join(source, 'a/changed.txt'), 'changed');
      utimesSync(join(source, 'a/changed.txt'), 1, 1);
      writeFileSync(join(source, 'b/new.bin'), noise('new', 30_000));
    },
    run: save,
  },
  {
    name: 'key add',
    async run(world, incarnation) {
      const repository = await openPlace('main', world, incarnation);
      await addKey({ secret: second, type: 'key-file', label: 'second' }, repository, context);
      world.promises.secondKey = true;
    },
  },
  {
    name: 'repair index',
    mends: true,
    async prepare({ disk }) {
      const storage = (await disk.open('main'))!;
      const names: string[] = [];
      for await (const { name } of storage.list('index/', context)) names.push(name);
      for (const name of names) await storage.delete(name, context);
    },
    async run(world, incarnation) {
      const repository = await openPlace('main', world, incarnation);
      await repair({ kind: 'index', dryRun: false }, repository, context);
    },
  },
  { name: 'init of a second place', run: (world) => initialize('other', world) },
  { name: 'copy', run: copyAll },
  {
    name: 'forget',
    async prepare({ promises }) {
      // From now on it may be gone.
      for (const id of [...promises.main.keys()].slice(0, 1)) promises.main.delete(id);
    },
    run: forgetUnpromised,
  },
  { name: 'prune', run: tidy },
  {
    name: 'key rotate',
    async run(world, incarnation) {
      await rotateGeneration(await openPlace('main', world, incarnation), context);
    },
  },
  {
    name: 'key remove',
    async prepare({ promises }) {
      promises.secondKey = false;
    },
    async run(world, incarnation) {
      const repository = await openPlace('main', world, incarnation);
      for (const key of await listKeys(repository, context)) {
        if (key.label === 'second') await removeKey(key.id, repository, context);
      }
    },
  },
];

/** A source folder and memory of this host; nothing else exists. */
export function newWorld(folder: string, disk: Disk): CrashWorld {
  const source = join(folder, 'source');
  writeTree(source, {
    'a/small.txt': 'hello',
    'a/changed.txt': 'before',
    'b/noise.bin': noise('crash', 40_000),
    'b/twice.bin': noise('crash', 40_000),
  });
  const promises = {
    made: new Set<Place>(),
    main: new Map<string, string>(),
    other: new Map<string, string>(),
    secondKey: false,
  };
  const state = join(folder, 'state');
  mkdirSync(state);
  return { disk, state, source, promises };
}

/** The same world on another disk, with its own memory of the host; the source is shared, for it is only read. */
export function fork(world: CrashWorld, disk: Disk, folder: string): CrashWorld {
  const state = join(folder, 'state');
  cpSync(world.state, state, { recursive: true, force: true });
  const { made, main, other, secondKey } = world.promises;
  const promises = { made: new Set(made), main: new Map(main), other: new Map(other), secondKey };
  return { ...world, disk, state, promises };
}

/**
 * Interrupts one step, then the recovery from it at each further point, then lets it recover. False when the first point lies
 * beyond the step.
 */
export async function interrupt(
  step: Step,
  before: CrashWorld,
  points: readonly CrashPoint[],
  seed: string,
): Promise<boolean> {
  using folder = scratch();
  let world = before;
  for (const [number, point] of points.entries()) {
    const doomed = fork(world, world.disk.copy(point), join(folder.path, String(number)));
    const run = number === 0 ? step.run(doomed, 'doomed-0') : goOn(step, doomed, `doomed-${number}`);
    const error = await run.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!doomed.disk.crashed) {
      if (error !== undefined) throw error;
      if (number === 0) return false;
      break;
    }
    world = { ...doomed, disk: doomed.disk.afterCrash(`${seed}:${number}`) };
  }
  if (step.mends !== true) await holds(world, 'witness');
  await goOn(step, world, 'survivor');
  await holds(world, 'later');
  return true;
}

/** What anybody does next: the same command again, then the daily ones. */
export async function goOn(step: Step, world: CrashWorld, incarnation: string): Promise<void> {
  await step.run(world, incarnation);
  if (!world.promises.made.has('main')) await initialize('main', world);
  await save(world, incarnation);
  await tidy(world, incarnation);
  for (const place of world.promises.made) {
    const names: string[] = [];
    const storage = (await world.disk.open(place))!;
    for await (const { name } of storage.list('sessions/', context)) names.push(name);
    if (place === 'main') assert.deepEqual(names, [], 'a session was left');
  }
}

/** All that was promised is there, whole and restorable. */
export async function holds(world: CrashWorld, incarnation: string): Promise<void> {
  for (const place of world.promises.made) {
    const repository = await openPlace(place, world, incarnation);
    // Every byte of every snapshot, also of those that were published without an answer.
    const found = await check({ level: 3 }, repository, context);
    const errors = found.findings.filter((one) => one.severity === 'error');
    assert.deepEqual(errors, [], `check of ${place} finds errors`);
    const snapshots = await snapshotsOf(repository, context);
    for (const [id, digest] of world.promises[place]) {
      const snapshot = snapshots.find((one) => (place === 'main' ? one.id : one.original) === id);
      assert.ok(snapshot !== undefined, `LOST: snapshot ${id} of ${place}`);
      assert.equal(await restoredDigest(snapshot, repository, context), digest, `WRONG: ${id} of ${place}`);
    }
  }
  if (world.promises.secondKey) await openPlace('main', world, incarnation, second);
}

export async function initialize(place: Place, world: CrashWorld): Promise<void> {
  try {
    await createRepository(
      {
        storage: await world.disk.create(place),
        state: { directory: world.state },
        secret: first,
        slotType: 'key-file',
        label: 'first',
        profile: 'default',
        suite: 1,
        owner: owner('init'),
        writerName: 'test',
      },
      context,
    );
  } catch (error) {
    // The init before had done all but answer.
    if (!isFailure(error, 'conflict', 'REPOSITORY_EXISTS')) throw error;
  }
  world.promises.made.add(place);
}

async function openPlace(
  place: Place,
  world: CrashWorld,
  incarnation: string,
  secret: Secret = first,
): Promise<Repository> {
  const storage = await world.disk.open(place);
  assert.ok(storage !== undefined, `LOST: the whole repository ${place}`);
  return openRepository(
    {
      storage,
      state: { directory: world.state },
      secrets: [secret],
      owner: owner(incarnation),
      writerName: 'test',
    },
    context,
  );
}

/** A backup that must succeed; from then on it is promised. */
export async function save(world: CrashWorld, incarnation: string): Promise<void> {
  const digest = treeDigest(world.source);
  const outcome = await backupFolder(world.source, await openPlace('main', world, incarnation), context);
  assert.equal(outcome.outcome, 'succeeded');
  if (outcome.snapshotId !== undefined) world.promises.main.set(outcome.snapshotId, digest);
}

export async function tidy(world: CrashWorld, incarnation: string): Promise<void> {
  await prune({ dryRun: false, maxUnused: 0 }, await openPlace('main', world, incarnation), context);
}

/** Forgets every snapshot that is not promised any more. */
export async function forgetUnpromised(world: CrashWorld, incarnation: string): Promise<void> {
  const repository = await openPlace('main', world, incarnation);
  const ids = (await snapshotsOf(repository, context))
    .map((one) => one.id)
    .filter((id) => !world.promises.main.has(id));
  if (ids.length === 0) return;
  await forget(
    { policy: {}, groupBy: [], filter: { ids }, dryRun: false, run: 'test', zoneOffset: () => 0 },
    repository,
    context,
  );
}

async function copyAll(world: CrashWorld, incarnation: string): Promise<void> {
  const from = await openPlace('main', world, incarnation);
  const to = await openPlace('other', world, incarnation);
  const snapshots = await snapshotsOf(from, context);
  await copy({ snapshots, dryRun: false, compression: { comp: 1, level: 1 } }, from, to, context);
  for (const [id, digest] of world.promises.main) world.promises.other.set(id, digest);
}
