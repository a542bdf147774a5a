// Opening repositories: slot, master key, config, bundle, writer. FORMAT.md §3–5.

import { equalBytes, hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { type Facts, Failure, isFailure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { isSlotType } from '../keyslots/all.ts';
import { masterKeyType, readMasterKey } from '../keyslots/master-key-text.ts';
import { noSlotLeft, nothingFits } from '../keyslots/nothing-fits.ts';
import { describeSlot, openSlot, type SlotDescription } from '../keyslots/slot.ts';
import type { Storage } from '../storage/storage.ts';
import {
  type Bundle,
  type KeyGeneration,
  type OpenedBundle,
  openBundle,
  sealBundle,
  withSigner,
} from './bundle.ts';
import {
  type Config,
  encodeConfig,
  type Purpose,
  peekConfig,
  refuseUnknownFeatures,
  verifyConfig,
} from './config.ts';
import {
  collect,
  highestValid,
  type NumberedObject,
  numbered,
  readFront,
  type StoredObject,
} from './front.ts';
import { KeyRing } from './keys.ts';
import { readAll } from './read-all.ts';
import type { Repository, SessionOwner } from './repository.ts';
import { sealedRing, sealedWriterOf } from './sealed-writer.ts';
import { openSealedKey } from './sealing.ts';
import { shredKeyOf } from './shred.ts';
import { RepositoryState, type StateStore } from './state.ts';
import { newestShare, putShares, type WriterKey } from './writer-key.ts';

/** How often a number that others took first is tried again, one higher. */
const attemptsMax = 8;

export interface RepositoryAccess {
  readonly storage: Storage;
  readonly state: StateStore;
  /** Each is tried on each slot of the type that it is for. */
  readonly secrets: readonly Secret[];
  readonly owner: SessionOwner;
  /** For a repository whose data keys need one; others ignore it. */
  readonly shredKey?: Secret;
  /** For people: whose signatures these are, such as "user@host". */
  readonly writerName: string;
  /** Puts a wrapper around the storage that needs the repository's id (32 hex), which is proven by then. */
  readonly wrap?: (storage: Storage, repositoryId: string) => Storage;
  /** Told which slot opened; not called where a master key was given. */
  readonly onUnlocked?: (slot: SlotDescription) => void;
  /** Called, perhaps more than once or never, when a secret begins to be stretched: code that will be needed can be loaded in that time. */
  readonly meanwhile?: () => void;
  /** `write` when absent. A reader stores nothing, so this host does not join the writers either. */
  readonly purpose?: Purpose;
}

export async function openRepository(access: RepositoryAccess, context: Context): Promise<Repository> {
  const { storage, purpose = 'write' } = access;
  const { configs, keys } = await readFront(storage, context);
  const claimed = peekConfig(configs[0]!.bytes, configs[0]!.name);
  const repositoryId = Buffer.from(claimed.repoId, 'hex');
  const front = { repositoryId, configs, keys, purpose };
  const load = () => import('./repository.ts');
  const meanwhile = () => {
    load();
    access.meanwhile?.();
  };
  const opened = await openFront(front, { ...access, meanwhile }, context);
  const { masterKey, config } = opened;
  const isShreddable = opened.bundle.domains.some((one) => one.shred !== undefined);
  const shredKey = isShreddable && access.shredKey !== undefined ? shredKeyOf(access.shredKey) : undefined;
  const state = new RepositoryState(access.state, config.repoId);
  const joining = { storage, masterKey, repositoryId, state, name: access.writerName };
  const { bundle, suite } = purpose === 'read' ? opened : await enrol(joining, opened, context);
  if (purpose === 'write') {
    // What write-only writers are given follows the bundle, also where whoever changed it was cut off before this.
    const present = new Set(keys.map(({ name }) => name));
    await putShares({ storage, repositoryId, suite, bundle }, present, context);
  }
  const { Repository } = await load();
  return new Repository({
    storage: access.wrap?.(storage, config.repoId) ?? storage,
    config,
    ring: new KeyRing(repositoryId, suite, bundle, {
      ...(shredKey === undefined ? {} : { shredKey }),
      sessions: openSessions(repositoryId, bundle, keys, context),
    }),
    state,
    owner: access.owner,
    masterKey,
    // Whoever writes has it by now, and must not lose it in the middle of a run.
    ...(purpose === 'read' ? {} : { identity: state.writer() }),
  });
}

/** Opens a repository for a write-only writer: to add snapshots, and for nothing else. */
export async function openForWriting(
  access: Omit<RepositoryAccess, 'secrets' | 'purpose' | 'writerName'> & { readonly key: WriterKey },
  context: Context,
): Promise<Repository> {
  const { storage, key } = access;
  const { configs, keys } = await readFront(storage, context);
  // Not verified, for that takes the master key: nothing but the names of features is believed of it.
  const config = peekConfig(configs[0]!.bytes, configs[0]!.name);
  if (config.repoId !== hex(key.repositoryId)) {
    throw new Failure('denied', 'WRITER_KEY_FOREIGN', 'the writer key is for another repository', {
      facts: { repository: config.repoId.slice(0, 12), key: hex(key.repositoryId).slice(0, 12) },
      hint: 'Check the place of the repository and the file of the key.',
    });
  }
  refuseUnknownFeatures(config, 'write');
  const { share, suite } = newestShare(key, keys);
  const sealed = sealedWriterOf(key, share, keys, context);
  const { Repository } = await import('./repository.ts');
  return new Repository({
    storage: access.wrap?.(storage, config.repoId) ?? storage,
    config,
    ring: sealedRing(key.repositoryId, suite, share, sealed),
    state: new RepositoryState(access.state, config.repoId),
    owner: access.owner,
    sealed,
  });
}

/** Keys of sealed sessions. One that does not open is told, and what it sealed is told when it is read. */
function openSessions(
  repositoryId: Uint8Array,
  { sealing }: Bundle,
  keys: readonly StoredObject[],
  context: Context,
): KeyGeneration[] {
  if (sealing === undefined) return [];
  const sessions: KeyGeneration[] = [];
  for (const { name, bytes } of keys) {
    if (!name.startsWith('keys/sealed-')) continue;
    try {
      const session = openSealedKey(repositoryId, sealing, bytes, name);
      if (session !== undefined) sessions.push(session);
      else context.log.warn('the key of a sealed session does not open', { object: name });
    } catch (error) {
      if (!isFailure(error, 'corrupt')) throw error;
      context.log.warn('the key of a sealed session is damaged', { object: name, code: error.code });
    }
  }
  return sessions;
}

/** From a recovery kit: the master key needs no slot. The config proves it. */
function masterKeyGiven(
  configs: readonly StoredObject[],
  secrets: readonly Secret[],
): Uint8Array | undefined {
  for (const secret of secrets.filter(({ slotType }) => slotType === masterKeyType)) {
    const masterKey = readMasterKey(secret);
    for (const { bytes, name } of configs) {
      try {
        if (masterKey === undefined) break;
        verifyConfig(masterKey, bytes, name, 'read');
        return masterKey;
      } catch (error) {
        // Of another repository, or the config is broken: the slots decide.
        if (!isFailure(error)) throw error;
      }
    }
  }
  return undefined;
}

interface Front {
  readonly repositoryId: Uint8Array;
  readonly configs: readonly NumberedObject[];
  readonly keys: readonly StoredObject[];
  readonly purpose: Purpose;
}

interface OpenedFront {
  readonly masterKey: Uint8Array;
  readonly config: Config;
  readonly bundle: Bundle;
  readonly suite: number;
}

/**
 * While the master key is being replaced, one secret may open slots of both: then the one with the newest bundle counts, so that all
 * hosts agree as early as they can. In all other cases the first slot that opens is enough.
 */
async function openFront(
  front: Front,
  { secrets, onUnlocked, meanwhile }: RepositoryAccess,
  context: Context,
): Promise<OpenedFront> {
  const { configs, keys, repositoryId } = front;
  const bundles = numbered('keys/bundle-', keys);
  if (bundles.length === 0) {
    throw new Failure('corrupt', 'BUNDLE_BROKEN', 'the repository has no key bundle', {
      hint: 'Copy "keys/bundle-*" back from another copy of the repository.',
    });
  }
  const newest = bundles[0]!.number;
  const given = masterKeyGiven(configs, secrets);
  if (given !== undefined) return openWith(given, front, bundles);
  const slots = keys.filter(({ name }) => name.startsWith('keys/slot-'));
  let best: (OpenedFront & { readonly slot: SlotDescription }) | undefined;
  let first: unknown;
  for await (const { masterKey, slot } of unlock(slots, repositoryId, { secrets, meanwhile }, context)) {
    if (best !== undefined && equalBytes(best.masterKey, masterKey)) continue;
    try {
      const opened = openWith(masterKey, front, bundles);
      if (best === undefined || opened.bundle.number > best.bundle.number) best = { ...opened, slot };
    } catch (error) {
      if (!isFailure(error, 'corrupt')) throw error;
      first ??= error;
    }
    if (best?.bundle.number === newest) break;
  }
  if (best === undefined) throw first;
  onUnlocked?.(best.slot);
  if (best.bundle.number === newest) return best;
  context.log.warn(
    'the newest key bundle does not open: it is damaged, or the master key is being replaced',
    {
      object: bundles[0]!.name,
    },
  );
  return best;
}

function openWith(
  masterKey: Uint8Array,
  { configs, repositoryId, purpose }: Front,
  bundles: readonly NumberedObject[],
): OpenedFront {
  const config = highestValid(configs, ({ bytes, name }) => verifyConfig(masterKey, bytes, name, purpose));
  const opened = highestValid(bundles, ({ bytes, name }) => openBundle(masterKey, repositoryId, bytes, name));
  return { masterKey, config, ...opened };
}

/** Tries every secret on every slot that it may be for, until nobody asks for more master keys. */
async function* unlock(
  slots: readonly StoredObject[],
  repositoryId: Uint8Array,
  {
    secrets,
    meanwhile,
  }: { readonly secrets: readonly Secret[]; readonly meanwhile: (() => void) | undefined },
  context: Context,
): AsyncGenerator<{ readonly masterKey: Uint8Array; readonly slot: SlotDescription }> {
  if (slots.length === 0) throw noSlotLeft();
  let isOpened = false;
  let broken: Failure | undefined;
  const damaged = new Set<string>();
  // Told when something else opens or nothing is thrown for it: a failure that says the same is enough.
  const unusable: Facts[] = [];
  const tell = (but?: string) => {
    for (const facts of unusable.splice(0))
      if (facts['code'] !== but) context.log.warn('a key slot cannot be used', facts);
  };
  for (const { name, bytes } of slots) {
    warnOfUnknownType(name, bytes, context);
    for (const secret of secrets) {
      try {
        const masterKey = await openSlot(bytes, repositoryId, secret, meanwhile);
        if (masterKey === undefined) continue;
        isOpened = true;
        tell();
        yield { masterKey, slot: describeSlot(bytes) };
      } catch (error) {
        if (!isFailure(error)) throw error;
        // A PIN that was refused is not tried on the next slot: that may lock the token for good.
        if (/^PKCS11_PIN_/.test(error.code)) {
          tell();
          throw error;
        }
        unusable.push({ slot: name, code: error.code });
        broken = error;
        if (error.kind === 'corrupt') damaged.add(name);
      }
    }
  }
  const isToBeThrown = !isOpened && broken !== undefined && (slots.length === 1 || broken.kind !== 'corrupt');
  tell(isToBeThrown ? broken?.code : undefined);
  if (isOpened) return;
  // What a person got wrong about a slot of their own is worth more than that nothing fits.
  if (isToBeThrown) throw broken;
  throw nothingFits(secrets[0], slots.length, damaged.size);
}

/** A newer version, or somebody else, made it: no reason not to open with another slot. */
function warnOfUnknownType(slot: string, bytes: Uint8Array, { log }: Context): void {
  let type: string;
  try {
    type = describeSlot(bytes).type;
  } catch {
    // Opening it tells what is wrong.
    return;
  }
  if (!isSlotType(type)) log.warn('a key slot is of a type that this version does not know', { slot, type });
}

/** Adds this writer's public key to the bundle when it is not there yet. Two hosts at once: the second reads anew. */
async function enrol(
  parts: {
    readonly storage: Storage;
    readonly masterKey: Uint8Array;
    readonly repositoryId: Uint8Array;
    readonly state: RepositoryState;
    readonly name: string;
  },
  found: OpenedBundle,
  context: Context,
): Promise<OpenedBundle> {
  let { bundle, suite } = found;
  const writer = parts.state.writer();
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    if (bundle.signers.some((signer) => equalBytes(signer.keyId, writer.keyId))) return { bundle, suite };
    const next = withSigner(bundle, writer, parts.name, context.clock.now());
    if (await putBundle({ ...parts, suite }, next, context)) return { bundle: next, suite };
    const name = `keys/bundle-${next.number}`;
    const bytes = await parts.storage.get(name, { signal: context.signal });
    // With its suite: whoever changed the cipher meanwhile has meant it.
    ({ bundle, suite } = othersBundle(parts.masterKey, parts.repositoryId, bytes, name));
  }
  throw new Failure(
    'conflict',
    'BUNDLE_CONTENDED',
    'the key bundle changed again and again while this host joined',
    {
      hint: 'Run the command again.',
    },
  );
}

/** One that another host has just put; not to be opened while the master key is being replaced, which this host can only wait for. */
function othersBundle(
  masterKey: Uint8Array,
  repositoryId: Uint8Array,
  bytes: Uint8Array,
  name: string,
): OpenedBundle {
  try {
    return openBundle(masterKey, repositoryId, bytes, name);
  } catch (cause) {
    if (!isFailure(cause, 'corrupt')) throw cause;
    throw new Failure('conflict', 'MASTER_KEY_CHANGING', `"${name}" is sealed with another master key`, {
      hint: 'The master key is being replaced. Run the command again when that is done; if it was cut off, "holdfast key rotate --master" finishes it.',
      cause,
    });
  }
}

/** Writes the config anew with a feature that its writers, and readers if so wished, must know from then on. */
export async function requireFeature(
  feature: string,
  repository: Repository,
  context: Context,
  ofWhom: 'readers and writers' | 'writers' = 'readers and writers',
): Promise<void> {
  const { signal } = context;
  const { storage, masterKey } = repository;
  for (let attempt = 1; ; attempt += 1) {
    const configs = numbered('config/', await collect(readAll(storage, 'config/', context)));
    const config = highestValid(configs, ({ bytes, name }) => verifyConfig(masterKey, bytes, name, 'write'));
    const { read, write } = config.features;
    const readers = ofWhom === 'writers' ? [] : [feature];
    if (readers.every((one) => read.includes(one)) && write.includes(feature)) return;
    const features = { read: [...read, ...readers], write: [...write, feature] };
    const name = `config/${configs[0]!.number + 1}`;
    try {
      await storage.put(name, encodeConfig(masterKey, { ...config, features }), { ifAbsent: true, signal });
    } catch (error) {
      // Somebody else changed it: look at theirs.
      if (!isFailure(error, 'conflict', 'OBJECT_EXISTS') || attempt === attemptsMax) throw error;
    }
  }
}

/** Stores a bundle under its number; false when somebody else took the number first. */
export async function putBundle(
  parts: {
    readonly storage: Storage;
    readonly masterKey: Uint8Array;
    readonly repositoryId: Uint8Array;
    readonly suite: number;
  },
  bundle: Bundle,
  context: Context,
): Promise<boolean> {
  try {
    await parts.storage.put(
      `keys/bundle-${bundle.number}`,
      sealBundle(parts.masterKey, parts.repositoryId, parts.suite, bundle),
      { ifAbsent: true, signal: context.signal },
    );
    return true;
  } catch (error) {
    if (isFailure(error, 'conflict', 'OBJECT_EXISTS')) return false;
    throw error;
  }
}
