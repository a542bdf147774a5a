// A small repository that holds an object of every type an attacker can meet, and the judge of all campaigns of this folder: what was done
// to the storage is refused with a code, or found by check, or harmless; and no restore ever gives bytes that did not go in.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { isFailure } from '../../src/base/failure.ts';
import { check } from '../../src/operations/check.ts';
import { forget } from '../../src/operations/forget.ts';
import { addKey, rotateGeneration } from '../../src/operations/keys.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  password,
  restoredDigest,
  scratch,
  snapshotsOf,
  type TestContext,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';

/** The state of a reader that has never seen the repository, or of the writer that made it. */
export type Reader = 'stranger' | 'writer';

export interface DamageWorld {
  readonly context: TestContext;
  readonly memory: MemoryStorage;
  readonly stateDirectory: string;
  /** What each snapshot restores to, by snapshot id: also the forgotten one. */
  readonly digests: ReadonlyMap<string, string>;
  /** Ids of the snapshots that must be there. */
  readonly living: ReadonlySet<string>;
  /** As it was after each step, oldest first; the last one is `memory`. */
  readonly moments: readonly MemoryStorage[];
}

/** Three backups, one of them forgotten, a second key slot, a second generation of keys; all below `folder`. */
export async function damageWorld(folder: string, seed: string): Promise<DamageWorld> {
  const context = testContext();
  const source = join(folder, `source-${seed}`);
  const stateDirectory = join(folder, `state-${seed}`);
  const memory = new MemoryStorage();
  const digests = new Map<string, string>();
  const living = new Set<string>();
  const moments: MemoryStorage[] = [];
  await create(memory, stateDirectory, context);
  const trees = [
    { 'a.txt': seed, 'b/noise.bin': noise(`${seed}-1`, 5000) },
    { 'c.txt': 'more', 'b/noise.bin': noise(`${seed}-2`, 5000) },
    { 'd/e.txt': 'most', 'b/noise.bin': noise(`${seed}-3`, 5000) },
  ];
  for (const [round, tree] of trees.entries()) {
    writeTree(source, tree);
    const repository = await open(memory, stateDirectory, `writer-${round}`, context);
    await backupFolder(source, repository, context);
    const made = (await snapshotsOf(repository, context)).at(-1)!;
    digests.set(made.id, treeDigest(source));
    living.add(made.id);
    if (round === 0) {
      const params = { kdf: 'pbkdf2-sha256', rounds: 100_000 };
      await addKey({ secret: password, type: 'passphrase', params, label: 'second' }, repository, context);
      await rotateGeneration(repository, context);
    }
    if (round === 1) {
      const [first] = await snapshotsOf(repository, context);
      await forget(
        {
          policy: {},
          groupBy: [],
          filter: { ids: [first!.id] },
          dryRun: false,
          run: 'test',
          zoneOffset: () => 0,
        },
        repository,
        context,
      );
      living.delete(first!.id);
    }
    moments.push(memory.clone());
  }
  return { context, memory, stateDirectory, digests, living, moments };
}

export type Verdict = 'refused' | 'found' | 'harmless';

/**
 * Opens, checks and restores all of a damaged storage, on a copy of the state. Fails the test when a restore that reports success is
 * wrong, when something is gone and check is content, or when anything but a Failure is thrown.
 */
export async function judge(
  damaged: MemoryStorage,
  world: DamageWorld,
  what: string,
  reader: Reader = 'writer',
): Promise<Verdict> {
  const { context, digests, living } = world;
  using folder = scratch();
  const state = join(folder.path, 'state');
  if (reader === 'writer') cpSync(world.stateDirectory, state, { recursive: true });
  let repository: Repository;
  try {
    repository = await open(damaged, state, 'reader', context);
  } catch (error) {
    if (!isFailure(error)) throw new Error(what, { cause: error });
    assert.notEqual(error.kind, 'bug', `${what}: ${error.code}`);
    return 'refused';
  }
  const content = await orCode(what, async () => (await check({ level: 3 }, repository, context)).outcome);
  const listed = (await orCode(what, () => snapshotsOf(repository, context))) ?? [];
  const whole = new Set<string>();
  for (const snapshot of listed) {
    const digest = await orCode(what, () => restoredDigest(snapshot, repository, context));
    if (digest === undefined) continue;
    assert.ok(digests.has(snapshot.id), `${what}: a snapshot nobody made was restored`);
    assert.equal(digest, digests.get(snapshot.id), `${what}: wrong bytes were restored`);
    whole.add(snapshot.id);
  }
  if (content !== 'succeeded') return 'found';
  for (const id of living) assert.ok(whole.has(id), `${what}: check is content, but not all is restored`);
  return 'harmless';
}

/** Undefined when it was refused with a code, or was not complete and said so. */
async function orCode<Result>(what: string, act: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Error && /^the restore was (failed|partial)$/.test(error.message)) return undefined;
    if (!isFailure(error)) throw new Error(what, { cause: error });
    assert.notEqual(error.kind, 'bug', `${what}: ${error.code}: ${error.message}`);
    return undefined;
  }
}

/** A storage with some objects replaced, or removed where the bytes are undefined. */
export function withObjects(
  memory: MemoryStorage,
  objects: Iterable<readonly [string, Uint8Array | undefined]>,
): MemoryStorage {
  const damaged = memory.clone();
  for (const [name, bytes] of objects) damaged.damage(name, bytes);
  return damaged;
}

export async function objectsOf(world: DamageWorld): Promise<Map<string, Uint8Array>> {
  return bytesOf(world.memory, world.context);
}

export async function bytesOf(memory: MemoryStorage, context: TestContext): Promise<Map<string, Uint8Array>> {
  const all = new Map<string, Uint8Array>();
  for (const name of memory.names()) all.set(name, await memory.get(name, { signal: context.signal }));
  return all;
}

/** The type of an object by its name: the part in front of the first slash, and for keys which of the two. */
export function typeOf(name: string): string {
  return name.startsWith('keys/') ? name.slice(0, name.indexOf('-')) : name.slice(0, name.indexOf('/'));
}
