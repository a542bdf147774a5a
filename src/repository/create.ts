// Making repositories: slot, bundle and, last, the config. FORMAT.md §3–5.

import { randomBytes } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import type { SlotType } from '../keyslots/all.ts';
import type { SlotParameters } from '../keyslots/keyslot.ts';
import { createSlot } from '../keyslots/slot.ts';
import type { Storage } from '../storage/storage.ts';
import { createBundle, sealBundle, withSigner } from './bundle.ts';
import { type ChunkerParameters, chunkerParameters } from './chunker/chunker.ts';
import { type Config, encodeConfig, formatVersion } from './config.ts';
import { readAll } from './read-all.ts';
import type { SessionOwner } from './repository.ts';
import { type ShredCopy, shredKeyOf, withShredKey } from './shred.ts';
import { RepositoryState, type StateStore } from './state.ts';

export interface NewRepository {
  readonly storage: Storage;
  readonly state: StateStore;
  readonly secret: Secret;
  readonly slotType: SlotType;
  readonly slotParameters?: SlotParameters;
  readonly label: string;
  readonly profile: string;
  readonly suite: number;
  /** Mean chunk size in bytes; the measured default when absent. */
  readonly chunkBytes?: number;
  /** Makes a repository whose data is gone when all copies of this key are. */
  readonly shred?: { readonly key: Secret; readonly copies: readonly ShredCopy[] };
  readonly owner: SessionOwner;
  readonly writerName: string;
}

/** Writes slot, bundle and, last, the config: a repository exists when its config does. */
export async function createRepository(
  request: NewRepository,
  context: Context,
): Promise<{ readonly repositoryId: string; readonly handOut: readonly Secret[] }> {
  const { storage } = request;
  for await (const { name } of storage.list('config/', { signal: context.signal })) {
    throw alreadyThere(storage, name);
  }
  const repositoryId = randomBytes(16);
  const masterKey = randomBytes(32);
  const parameters: ChunkerParameters = chunkerParameters(request.chunkBytes);
  const state = new RepositoryState(request.state, hex(repositoryId));
  const plain = createBundle(parameters, context.clock.now());
  const { shred } = request;
  const bundle = withSigner(
    shred === undefined ? plain : withShredKey(plain, repositoryId, shredKeyOf(shred.key), shred.copies),
    state.writer(),
    request.writerName,
    context.clock.now(),
  );
  const slot = await createSlot({
    repositoryId,
    masterKey,
    type: request.slotType,
    secret: request.secret,
    label: request.label,
    createdAt: context.clock.now(),
    ...(request.slotParameters === undefined ? {} : { params: request.slotParameters }),
  });
  const config: Config = {
    format: formatVersion,
    repoId: hex(repositoryId),
    profile: request.profile,
    features: { read: [], write: [] },
  };
  await putFirstObjects(
    storage,
    [
      [slot.name, slot.bytes],
      ['keys/bundle-1', sealBundle(masterKey, repositoryId, request.suite, { ...bundle, number: 1 })],
      ['config/1', encodeConfig(masterKey, config)],
    ],
    context,
  );
  await storage.fillReserve?.({ signal: context.signal });
  return { repositoryId: hex(repositoryId), handOut: slot.handOut };
}

/**
 * Stores them in this order, in place of what a killed init has left: its keys open nothing, but would be in the way of these.
 * When this init fails, what it removed comes back, because another one may have been at work at this moment.
 */
async function putFirstObjects(
  storage: Storage,
  objects: readonly (readonly [string, Uint8Array])[],
  context: Context,
): Promise<void> {
  const { signal } = context;
  const left: { name: string; bytes: Uint8Array }[] = [];
  for await (const { name, bytes } of readAll(storage, 'keys/', context)) left.push({ name, bytes });
  if (left.length > 0) await refuseRemains(storage, context);
  const stored: string[] = [];
  try {
    for (const { name } of left) await storage.delete(name, { signal });
    for (const [name, bytes] of objects) {
      await storage.put(name, bytes, { ifAbsent: true, signal });
      stored.push(name);
    }
  } catch (error) {
    if (left.length > 0) {
      try {
        for (const name of stored) await storage.delete(name, { signal });
        for (const { name, bytes } of left) await storage.put(name, bytes, { signal });
      } catch (second) {
        if (!isFailure(second)) throw second;
        context.log.warn('the keys of an unfinished init could not be put back', { code: second.code });
      }
    }
    // Two at once: the other one was faster.
    if (isFailure(error, 'conflict', 'OBJECT_EXISTS')) throw alreadyThere(storage, 'config/1', error);
    throw error;
  }
}

function alreadyThere(storage: Storage, name: string, cause?: Failure): Failure {
  return new Failure(
    'conflict',
    'REPOSITORY_EXISTS',
    `"${storage.location}" holds a repository already (${name})`,
    { hint: 'Choose another place, or use this one: "holdfast backup" needs no init.', cause },
  );
}

/** Keys beside backups belong to a repository that has lost its config: they are all that can still open it. */
async function refuseRemains(storage: Storage, context: Context): Promise<void> {
  for (const prefix of ['snapshots/', 'index/', 'meta/', 'packs/']) {
    for await (const { name } of storage.list(prefix, { signal: context.signal })) {
      throw new Failure(
        'conflict',
        'STORAGE_NOT_EMPTY',
        `"${storage.location}" holds a repository without its config (${name})`,
        { hint: 'Copy "config/*" back from another copy of the repository, or choose another place.' },
      );
    }
  }
}
