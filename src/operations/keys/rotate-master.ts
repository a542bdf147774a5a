// A new master key, for when somebody who knew the old one has left. First come a config and a bundle under the new key, with the same
// keys inside, so that the old secrets and the new slots open the same repository; then new slots, then the old ones go, then what the old
// key had sealed, and last a new generation of all keys. Killed anywhere it is finished by a second run. No data is read or written.
// security: §2.13; FORMAT.md §5.

import { randomBytes } from 'node:crypto';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { verifySlot } from '../../keyslots/slot.ts';
import { type Bundle, openBundle, rotateBundle } from '../../repository/bundle.ts';
import { type Config, encodeConfig, verifyConfig } from '../../repository/config.ts';
import { highestValid, numbered, type StoredObject } from '../../repository/front.ts';
import { putBundle } from '../../repository/open.ts';
import { readAll } from '../../repository/read-all.ts';
import type { Repository } from '../../repository/repository.ts';
import { putShares } from '../../repository/writer-key.ts';
import { resealRescue } from './rescue.ts';
import {
  type MasterKeys,
  noteOf,
  type Replacement,
  rewrapSlots,
  type SlotNote,
  type SlotSecret,
  type Sorted,
  sortSlots,
} from './slots-beside.ts';

const attemptsMax = 8;

export interface MasterRotationRequest {
  /** Of the slots that are to go on opening: what opens them, or their public keys. */
  readonly secrets: readonly SlotSecret[];
  /** Slots whose secret is not given go. Without this, they are a reason to do nothing. */
  readonly dropOthers: boolean;
  readonly dryRun: boolean;
}

export interface MasterRotation {
  /** An earlier run was cut off, and this one finished it. */
  readonly resumed: boolean;
  readonly rewrapped: readonly (SlotNote & { readonly old: string })[];
  readonly dropped: readonly SlotNote[];
  /** Sealed with neither master key, and left alone: damaged slots. */
  readonly foreign: readonly string[];
  /** Objects of the old master key that the storage refuses to delete yet. */
  readonly retained: readonly string[];
  /** That seals new data; absent for a dry run. */
  readonly generation?: number;
}

/** All that is stored of the front of the repository, read anew. */
interface FrontObjects {
  readonly keys: readonly StoredObject[];
  readonly configs: readonly StoredObject[];
}

/** The repository may be opened for reading: this host need not join the writers. */
export async function rotateMaster(
  request: MasterRotationRequest,
  repository: Repository,
  context: Context,
): Promise<MasterRotation> {
  const { outgoing } = repository.ring.bundle;
  const { repositoryId } = repository.ring;
  const resumed = outgoing !== undefined;
  const keys: MasterKeys = resumed
    ? { repositoryId, outgoing, incoming: repository.masterKey }
    : { repositoryId, outgoing: repository.masterKey, incoming: randomBytes(32) };
  const front = await readFront(repository, context);
  const sorted = sortSlots(front.keys, keys);
  refuseBesideAnother(front, sorted, repository);
  // Before anything is stored, so that a token that is not there, or a wrong secret, changes nothing.
  const { replacements, unsettled } = await rewrapSlots(sorted, request.secrets, keys, context);
  refuseUnsettled(replacements, unsettled, sorted, request);
  const outcome = {
    resumed,
    rewrapped: replacements.map(rewrappedNote),
    dropped: unsettled.map(noteOf),
    foreign: sorted.foreign.map(({ name }) => name.slice('keys/slot-'.length)),
  };
  if (request.dryRun) return { ...outcome, retained: [] };
  if (!resumed) await begin(keys, repository, context);
  await putSlots(replacements, keys, repository, context);
  await refuseNewcomers(sorted, replacements, keys, repository, context);
  const retained = await finish(sorted.outgoing, keys, repository, context);
  return { ...outcome, ...retained };
}

function rewrappedNote({ old, slot }: Replacement) {
  return { ...old, id: slot.name.slice('keys/slot-'.length), old: old.id };
}

/** A bundle above ours that does not open, beside slots that wrap another master key: somebody else is at it, or was cut off. */
function refuseBesideAnother(front: FrontObjects, { foreign }: Sorted, { ring }: Repository): void {
  const [newest] = numbered('keys/bundle-', front.keys);
  if (foreign.length === 0 || newest === undefined || newest.number <= ring.bundle.number) return;
  const names = foreign.map(({ name }) => name.slice('keys/slot-'.length, 'keys/slot-'.length + 12));
  throw new Failure('conflict', 'MASTER_KEY_CHANGING', 'the master key is being replaced by another run', {
    facts: { bundle: newest.name, keys: names.join(', ') },
    hint: 'Wait until it is done. If it was cut off, run it again with the secret that it was run with; if that is lost, remove the keys named here with "holdfast key remove" first.',
  });
}

function refuseUnsettled(
  replacements: readonly Replacement[],
  unsettled: readonly StoredObject[],
  { incoming }: Sorted,
  { dropOthers }: MasterRotationRequest,
): void {
  const names = unsettled.map(noteOf).map(({ id, type, label }) => `${id.slice(0, 12)} (${type}, ${label})`);
  if (unsettled.length > 0 && !dropOthers) {
    throw new Failure(
      'usage',
      'KEYS_UNSETTLED',
      `these keys would stop opening the repository: ${names.join(', ')}`,
      {
        facts: { keys: names.join(', ') },
        hint: 'Give the secret or public key of each (as for "holdfast key add"), or let them go with --drop-others.',
      },
    );
  }
  if (replacements.length === 0 && incoming.length === 0) {
    throw new Failure('conflict', 'LAST_KEY', 'no key would open the repository any more', {
      facts: { keys: names.join(', ') },
      hint: 'Give the secret of at least one key that is to stay.',
    });
  }
}

/**
 * Config and bundle under the new key. From then on whoever has the old one reads and backs up as before, and can change neither slots nor
 * bundle with effect: the number is taken.
 */
async function begin(keys: MasterKeys, repository: Repository, context: Context): Promise<void> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const front = await readFront(repository, context);
    const believed = believedOf(keys.outgoing, keys, front);
    if (!(await putConfig(believed.config, keys, front, repository, context))) continue;
    const next = {
      ...believed.bundle,
      number: nextNumber('keys/bundle-', front.keys),
      outgoing: keys.outgoing,
    };
    if (await putNewBundle(next, keys, front, repository, context)) return;
  }
  throw contended();
}

/** What this key opened a moment ago; gone when another run has replaced it meanwhile. */
function believedOf(masterKey: Uint8Array, keys: MasterKeys, front: FrontObjects) {
  try {
    return {
      config: believedConfig(masterKey, front),
      bundle: believedBundle(masterKey, front, keys),
    };
  } catch (error) {
    if (!isFailure(error, 'corrupt')) throw error;
    throw contended();
  }
}

/** Proven by reading them back before any old one goes. */
async function putSlots(
  replacements: readonly Replacement[],
  { incoming }: MasterKeys,
  { storage }: Repository,
  { signal }: Context,
): Promise<void> {
  for (const { slot } of replacements) {
    try {
      await storage.put(slot.name, slot.bytes, { ifAbsent: true, signal });
    } catch (error) {
      // Somebody else finishes the same rotation: one slot for these people is enough.
      if (!isFailure(error, 'conflict', 'OBJECT_EXISTS')) throw error;
    }
    verifySlot(await storage.get(slot.name, { signal }), incoming);
  }
}

/**
 * Two runs at once each put their slots before they look: at least one sees the other's, and gives way. A key that was added meanwhile
 * has nobody who settled it.
 */
async function refuseNewcomers(
  before: Sorted,
  replacements: readonly Replacement[],
  keys: MasterKeys,
  repository: Repository,
  context: Context,
): Promise<void> {
  const now = sortSlots((await readFront(repository, context)).keys, keys);
  const known = new Set([...before.outgoing, ...before.foreign].map(({ name }) => name));
  if (now.foreign.some(({ name }) => !known.has(name))) {
    const { storage } = repository;
    for (const { slot } of replacements) await storage.delete(slot.name, { signal: context.signal });
    throw contended();
  }
  if (now.outgoing.some(({ name }) => !known.has(name))) throw contended();
}

async function finish(
  slots: readonly StoredObject[],
  keys: MasterKeys,
  repository: Repository,
  context: Context,
): Promise<{ readonly retained: readonly string[]; readonly generation: number }> {
  const front = await readFront(repository, context);
  // Both must open in this very reading: what is judged by it is deleted.
  believedOf(keys.incoming, keys, front);
  await keepFeatures(keys, front, repository, context);
  const gone = [
    ...slots,
    ...numbered('keys/bundle-', front.keys).filter(({ name, bytes }) => !isBundleOf(keys, bytes, name)),
    ...front.configs.filter(({ name, bytes }) => !isConfigOf(keys.incoming, bytes, name)),
  ];
  const retained = await resealRescue(keys, repository, context);
  for (const { name } of gone) {
    try {
      await repository.storage.delete(name, { signal: context.signal });
    } catch (error) {
      if (isFailure(error, 'missing')) continue;
      if (!isFailure(error, 'denied', 'OBJECT_RETAINED')) throw error;
      retained.push(name);
    }
  }
  // Last: with it the old secrets stop fitting to what is new, and the mark of being unfinished goes.
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const now = await readFront(repository, context);
    const { outgoing, ...bundle } = believedBundle(keys.incoming, now, keys);
    const next =
      outgoing === undefined
        ? bundle
        : { ...rotateBundle(bundle, context.clock.now()), number: nextNumber('keys/bundle-', now.keys) };
    if (outgoing === undefined || (await putNewBundle(next, keys, now, repository, context)))
      return { retained, generation: next.domains[0]!.generations.at(-1)!.generation };
  }
  throw contended();
}

/** Somebody with the old key may have asked for a feature after the new config was made. */
async function keepFeatures(
  keys: MasterKeys,
  front: FrontObjects,
  repository: Repository,
  context: Context,
): Promise<void> {
  if (!front.configs.some(({ name, bytes }) => isConfigOf(keys.outgoing, bytes, name))) return;
  const old = believedConfig(keys.outgoing, front).features;
  const config = believedConfig(keys.incoming, front);
  const united = (one: readonly string[], other: readonly string[]) => [...new Set([...one, ...other])];
  const features = {
    read: united(config.features.read, old.read),
    write: united(config.features.write, old.write),
  };
  const isMore =
    features.read.length > config.features.read.length ||
    features.write.length > config.features.write.length;
  if (isMore && !(await putConfig({ ...config, features }, keys, front, repository, context)))
    throw contended();
}

async function putConfig(
  config: Config,
  { incoming }: MasterKeys,
  { configs }: FrontObjects,
  { storage }: Repository,
  { signal }: Context,
): Promise<boolean> {
  const name = `config/${nextNumber('config/', configs)}`;
  try {
    await storage.put(name, encodeConfig(incoming, config), { ifAbsent: true, signal });
    return true;
  } catch (error) {
    if (isFailure(error, 'conflict', 'OBJECT_EXISTS')) return false;
    throw error;
  }
}

async function putNewBundle(
  bundle: Bundle,
  { incoming, repositoryId }: MasterKeys,
  { keys }: FrontObjects,
  { storage, ring }: Repository,
  context: Context,
): Promise<boolean> {
  const { suite } = ring;
  if (!(await putBundle({ storage, masterKey: incoming, repositoryId, suite }, bundle, context)))
    return false;
  await putShares({ storage, repositoryId, suite, bundle }, new Set(keys.map(({ name }) => name)), context);
  return true;
}

async function readFront({ storage }: Repository, context: Context): Promise<FrontObjects> {
  const read = async (prefix: string) => {
    const objects: StoredObject[] = [];
    for await (const object of readAll(storage, prefix, context)) objects.push(object);
    return objects;
  };
  const [keys, configs] = await Promise.all([read('keys/'), read('config/')]);
  return { keys, configs };
}

function believedConfig(masterKey: Uint8Array, { configs }: FrontObjects): Config {
  return highestValid(numbered('config/', configs), ({ bytes, name }) =>
    verifyConfig(masterKey, bytes, name, 'write'),
  );
}

function believedBundle(masterKey: Uint8Array, front: FrontObjects, { repositoryId }: MasterKeys): Bundle {
  return highestValid(
    numbered('keys/bundle-', front.keys),
    ({ bytes, name }) => openBundle(masterKey, repositoryId, bytes, name).bundle,
  );
}

function isBundleOf({ incoming, repositoryId }: MasterKeys, bytes: Uint8Array, name: string): boolean {
  return isGood(() => openBundle(incoming, repositoryId, bytes, name));
}

function isConfigOf(masterKey: Uint8Array, bytes: Uint8Array, name: string): boolean {
  return isGood(() => verifyConfig(masterKey, bytes, name, 'read'));
}

function isGood(prove: () => unknown): boolean {
  try {
    prove();
    return true;
  } catch (error) {
    if (!isFailure(error, 'corrupt')) throw error;
    return false;
  }
}

/** Above all that are there, also those that do not open: their numbers are taken. */
function nextNumber(prefix: string, objects: readonly StoredObject[]): number {
  return (numbered(prefix, objects)[0]?.number ?? 0) + 1;
}

function contended(): Failure {
  return new Failure('conflict', 'BUNDLE_CONTENDED', 'keys changed meanwhile', {
    hint: 'Run the command again.',
  });
}
