// Writes and finds the rescue bundle of a repository, and puts the reader beside it.

import { createHash } from 'node:crypto';
import { equalBytes } from '../../base/bytes.ts';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { readAll } from '../../repository/read-all.ts';
import type { Repository } from '../../repository/repository.ts';
import {
  openRescue,
  type RescueBundle,
  readerName,
  rescuePrefix,
  sealRescue,
} from '../../repository/rescue.ts';

export type RescueContent = Omit<RescueBundle, 'number' | 'writtenAt' | 'readerHash'>;

/** Stores a new bundle, then removes the older ones; the reader comes first, so that the bundle never vouches for one that is not there. */
export async function writeRescue(
  request: { readonly content: RescueContent; readonly reader?: Uint8Array },
  repository: Repository,
  context: Context,
): Promise<{ readonly name: string }> {
  const { storage, ring } = repository;
  const { signal } = context;
  if (request.reader !== undefined) await putReader(request.reader, repository, context);
  const kept = request.reader ?? (await storedReader(repository, context));
  const older = await listRescue(repository, context);
  const number = older.reduce((highest, one) => Math.max(highest, one.number), 0) + 1;
  const bundle: RescueBundle = {
    ...request.content,
    number,
    writtenAt: context.clock.now(),
    ...(kept === undefined ? {} : { readerHash: sha256(kept) }),
  };
  const name = `${rescuePrefix}${number}`;
  const bytes = sealRescue(repositorySealing(repository), ring.suite, bundle);
  // What cannot be opened again is not stored.
  openRescue(repositorySealing(repository), bytes, name);
  await storage.put(name, bytes, { ifAbsent: true, signal });
  for (const one of older) {
    try {
      await storage.delete(one.name, { signal });
    } catch (error) {
      // A storage that deletes nothing keeps them; the newest counts.
      if (!isFailure(error, 'denied')) throw error;
    }
  }
  return { name };
}

/** The newest bundle that can be believed. */
export async function readRescue(repository: Repository, context: Context): Promise<RescueBundle> {
  let first: unknown;
  for (const { name } of (await listRescue(repository, context)).sort((a, b) => b.number - a.number)) {
    try {
      const bytes = await repository.storage.get(name, { signal: context.signal });
      return openRescue(repositorySealing(repository), bytes, name);
    } catch (error) {
      if (!isFailure(error, 'corrupt') && !isFailure(error, 'missing')) throw error;
      first ??= error;
    }
  }
  throw (
    first ??
    new Failure('missing', 'RESCUE_MISSING', 'the repository carries no rescue bundle', {
      hint: 'Write one with "holdfast key rescue write".',
    })
  );
}

/** Every bundle, and the reader against the newest: `check` asks this. */
export async function checkRescue(
  repository: Repository,
  error: (code: string, message: string, object: string) => void,
  context: Context,
): Promise<void> {
  let newest: RescueBundle | undefined;
  for await (const { name, bytes } of readAll(repository.storage, rescuePrefix, context)) {
    try {
      const bundle = openEither(repository, bytes, name);
      if (newest === undefined || bundle.number > newest.number) newest = bundle;
    } catch (cause) {
      if (!isFailure(cause)) throw cause;
      error(cause.code, cause.message, name);
    }
  }
  if (newest?.readerHash === undefined) return;
  const reader = await storedReader(repository, context);
  if (reader === undefined || !equalBytes(sha256(reader), newest.readerHash)) {
    error('RESCUE_READER_CHANGED', 'the stored reader is not the one that was put there', readerName);
  }
}

/** While the master key is being replaced, the one that goes has sealed it. */
function openEither(repository: Repository, bytes: Uint8Array, name: string): RescueBundle {
  const { repositoryId, bundle } = repository.ring;
  try {
    return openRescue(repositorySealing(repository), bytes, name);
  } catch (error) {
    if (!isFailure(error, 'corrupt') || bundle.outgoing === undefined) throw error;
    return openRescue({ masterKey: bundle.outgoing, repositoryId }, bytes, name);
  }
}

/**
 * Seals the newest one for another master key and removes what only the old one opens; what it says of keys stays as it was written.
 * Returns the names of those that the storage does not delete yet.
 */
export async function resealRescue(
  keys: { readonly outgoing: Uint8Array; readonly incoming: Uint8Array },
  { storage, ring }: Repository,
  context: Context,
): Promise<string[]> {
  const { repositoryId, suite } = ring;
  const found = { old: [] as RescueBundle[], incoming: 0, highest: 0 };
  for await (const { name, bytes } of readAll(storage, rescuePrefix, context)) {
    found.highest = Math.max(found.highest, Number(name.slice(rescuePrefix.length)) || 0);
    if (opened(keys.incoming, repositoryId, bytes, name) !== undefined) found.incoming += 1;
    else {
      const bundle = opened(keys.outgoing, repositoryId, bytes, name);
      if (bundle !== undefined) found.old.push(bundle);
    }
  }
  const newest = found.old.sort((a, b) => b.number - a.number)[0];
  if (newest !== undefined && found.incoming === 0) {
    const bundle = { ...newest, number: found.highest + 1 };
    const bytes = sealRescue({ masterKey: keys.incoming, repositoryId }, suite, bundle);
    await storage.put(`${rescuePrefix}${bundle.number}`, bytes, { ifAbsent: true, signal: context.signal });
  }
  const retained: string[] = [];
  for (const { number } of found.old) {
    try {
      await storage.delete(`${rescuePrefix}${number}`, { signal: context.signal });
    } catch (error) {
      if (isFailure(error, 'missing')) continue;
      if (!isFailure(error, 'denied')) throw error;
      retained.push(`${rescuePrefix}${number}`);
    }
  }
  return retained;
}

function opened(masterKey: Uint8Array, repositoryId: Uint8Array, bytes: Uint8Array, name: string) {
  try {
    return openRescue({ masterKey, repositoryId }, bytes, name);
  } catch (error) {
    if (!isFailure(error, 'corrupt')) throw error;
    return undefined;
  }
}

async function listRescue(
  { storage }: Repository,
  { signal }: Context,
): Promise<{ readonly name: string; readonly number: number }[]> {
  const found: { name: string; number: number }[] = [];
  for await (const { name } of storage.list(rescuePrefix, { signal })) {
    const digits = name.slice(rescuePrefix.length);
    if (/^[1-9][0-9]{0,8}$/.test(digits)) found.push({ name, number: Number(digits) });
  }
  return found;
}

async function storedReader({ storage }: Repository, { signal }: Context): Promise<Uint8Array | undefined> {
  const stat = await storage.stat(readerName, { signal });
  return stat === undefined ? undefined : storage.get(readerName, { signal });
}

/** Names are written once, so an older reader goes first: between the two there is none, which harms nobody. */
async function putReader(reader: Uint8Array, repository: Repository, context: Context): Promise<void> {
  const { signal } = context;
  const old = await storedReader(repository, context);
  if (old !== undefined && equalBytes(old, reader)) return;
  if (old !== undefined) await repository.storage.delete(readerName, { signal });
  await repository.storage.put(readerName, reader, { ifAbsent: true, signal });
}

function repositorySealing({ masterKey, ring }: Repository) {
  return { masterKey, repositoryId: ring.repositoryId };
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
