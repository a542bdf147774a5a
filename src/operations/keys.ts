// Who can unlock: key slots, and new generations of the keys below the master key. No data is rewritten by any of this.

import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { type CipherName, cipherNameOf, suites } from '../ciphers/kinds.ts';
import { keySlotKind, type SlotType } from '../keyslots/all.ts';
import type { SlotParameters } from '../keyslots/keyslot.ts';
import { nothingFits } from '../keyslots/nothing-fits.ts';
import { createSlot, describeSlot, openSlot, type SlotDescription, verifySlot } from '../keyslots/slot.ts';
import { type Bundle, rotateBundle } from '../repository/bundle.ts';
import { putBundle } from '../repository/open.ts';
import { readAll } from '../repository/read-all.ts';
import type { Repository } from '../repository/repository.ts';
import { putShares } from '../repository/writer-key.ts';

export interface NewKey {
  readonly secret: Secret;
  readonly type: SlotType;
  readonly params?: SlotParameters;
  readonly label: string;
}

export interface ListedKey extends SlotDescription {
  /** False for a type of a newer version: such a slot opens nothing here. */
  readonly isKnown: boolean;
  /** Whether it withstands a quantum computer, as far as this version can tell. */
  readonly isPostQuantum: boolean;
  /** Cut off, put in place of another, or changed by somebody without the master key: it opens for nobody, or not for whom its name says. */
  readonly isBroken: boolean;
}

export async function listKeys(repository: Repository, context: Context): Promise<ListedKey[]> {
  const slots: ListedKey[] = [];
  for await (const { name, bytes } of readAll(repository.storage, 'keys/slot-', context)) {
    slots.push(await listed(name.slice('keys/slot-'.length), bytes, repository.masterKey));
  }
  return slots.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

async function listed(id: string, bytes: Uint8Array, masterKey: Uint8Array): Promise<ListedKey> {
  let claimed: SlotDescription = { id, type: '', createdAt: '', label: '', params: {} };
  let isBroken = false;
  try {
    const described = describeSlot(bytes);
    claimed = { ...described, id };
    verifySlot(bytes, masterKey);
    // A copy of another slot: whoever had the one of this name is locked out.
    isBroken = described.id !== id;
  } catch (error) {
    if (!isFailure(error, 'corrupt')) throw error;
    isBroken = true;
  }
  const kind = await keySlotKind(claimed.type);
  const isPostQuantum = kind?.isPostQuantum(claimed.params) ?? false;
  return { ...claimed, isKnown: kind !== undefined, isPostQuantum, isBroken };
}

export async function addKey(
  key: NewKey,
  repository: Repository,
  context: Context,
): Promise<{ readonly id: string; readonly handOut: readonly Secret[] }> {
  const { signal } = context;
  const slot = await createSlot({
    repositoryId: repository.ring.repositoryId,
    masterKey: repository.masterKey,
    type: key.type,
    secret: key.secret,
    label: key.label,
    createdAt: context.clock.now(),
    ...(key.params === undefined ? {} : { params: key.params }),
  });
  await repository.storage.put(slot.name, slot.bytes, { ifAbsent: true, signal });
  return { id: slot.name.slice('keys/slot-'.length), handOut: slot.handOut };
}

/** Whoever copied the slot and knows its secret keeps access to the master key: this only ends its use here. */
export async function removeKey(id: string, repository: Repository, context: Context): Promise<void> {
  const keys = await listKeys(repository, context);
  if (!keys.some((key) => key.id === id)) throw unknownKey(id);
  if (!keys.some((key) => key.id !== id && !key.isBroken)) {
    throw new Failure('conflict', 'LAST_KEY', `key "${id}" is the only one`, {
      hint: 'Add another with "holdfast key add" first: without any key nobody can restore.',
    });
  }
  try {
    await repository.storage.delete(`keys/slot-${id}`, { signal: context.signal });
  } catch (error) {
    throw isFailure(error, 'denied', 'OBJECT_RETAINED') ? stillOpens(id, error) : error;
  }
}

/** With a newer key in place when the password was changed. */
function stillOpens(id: string, cause: Failure, newer?: string): Failure {
  const until = typeof cause.facts.until === 'string' ? `until ${cause.facts.until}` : 'for now';
  const still = `key "${id.slice(0, 12)}" opens the repository as before: the storage keeps it ${until}`;
  const what = newer === undefined ? still : `key "${newer.slice(0, 12)}" works, but ${still}`;
  return new Failure('denied', 'KEY_RETAINED', what, {
    facts: { ...cause.facts, key: id, ...(newer === undefined ? {} : { newer }) },
    hint: 'Remove it with "holdfast key remove" after that time. If its secret is in wrong hands, run "holdfast key rotate --master" now: what is backed up from then on it does not open.',
    cause,
  });
}

/** The new slot is stored and read again before the old one goes. */
export async function changePassword(
  request: {
    readonly id: string;
    readonly secret: Secret;
    readonly type: SlotType;
    readonly params?: SlotParameters;
  },
  repository: Repository,
  context: Context,
): Promise<{ readonly id: string; readonly handOut: readonly Secret[] }> {
  const old = (await listKeys(repository, context)).find((key) => key.id === request.id);
  if (old === undefined) throw unknownKey(request.id);
  const { id: _old, ...key } = request;
  const added = await addKey({ ...key, label: old.label }, repository, context);
  const stored = await repository.storage.get(`keys/slot-${added.id}`, { signal: context.signal });
  verifySlot(stored, repository.masterKey);
  try {
    await removeKey(old.id, repository, context);
  } catch (error) {
    throw isFailure(error, 'denied', 'KEY_RETAINED') ? stillOpens(old.id, error, added.id) : error;
  }
  return added;
}

/** Which slot this secret opens. */
export async function testKey(
  request: { readonly secret: Secret },
  repository: Repository,
  context: Context,
): Promise<{ readonly id: string; readonly type: string }> {
  let telling: Failure | undefined;
  let tried = 0;
  for await (const { bytes } of readAll(repository.storage, 'keys/slot-', context)) {
    tried += 1;
    try {
      if ((await openSlot(bytes, repository.ring.repositoryId, request.secret)) !== undefined) {
        const { id, type } = describeSlot(bytes);
        return { id, type };
      }
    } catch (error) {
      if (!isFailure(error)) throw error;
      // A PIN that was refused is not tried on the next slot: that may lock the token for good.
      if (/^PKCS11_PIN_/.test(error.code)) throw error;
      context.log.warn('a key slot cannot be used', { code: error.code });
      if (['denied', 'missing', 'unavailable'].includes(error.kind)) telling = error;
    }
  }
  if (telling !== undefined) throw telling;
  throw nothingFits(request.secret, tried);
}

/** New data is sealed with a new generation from now on; older ones still open what they sealed. */
export async function rotateGeneration(
  repository: Repository,
  context: Context,
): Promise<{ readonly generation: number }> {
  if (repository.ring.bundle.outgoing !== undefined) {
    // Who still has the old master key alone could not read what is sealed with the new generation.
    throw new Failure('conflict', 'MASTER_KEY_CHANGING', 'the master key is being replaced', {
      hint: 'Finish that first with "holdfast key rotate --master": a new generation is part of it.',
    });
  }
  const bundle = rotateBundle(repository.ring.bundle, context.clock.now());
  await replaceBundle(bundle, repository.ring.suite, repository, context);
  return { generation: bundle.domains[0]!.generations.at(-1)!.generation };
}

/**
 * New objects are sealed with this cipher from now on; older ones name their own and open as before. The keys stay: a key of one suite
 * gives nothing away of that of another.
 */
export async function changeCipher(
  cipher: CipherName,
  repository: Repository,
  context: Context,
): Promise<{ readonly cipher: string; readonly before: string }> {
  const { bundle, suite } = repository.ring;
  const before = cipherNameOf(suite);
  if (before !== cipher) {
    const next = { ...bundle, number: bundle.number + 1 };
    await replaceBundle(next, suites[cipher], repository, context);
  }
  return { cipher, before };
}

/** Only over the bundle that was opened: what another process changed meanwhile is never undone. */
async function replaceBundle(
  bundle: Bundle,
  suite: number,
  { storage, masterKey, ring }: Repository,
  context: Context,
): Promise<void> {
  const parts = { storage, masterKey, repositoryId: ring.repositoryId, suite };
  if (!(await putBundle(parts, bundle, context))) {
    throw new Failure('conflict', 'BUNDLE_CONTENDED', 'the key bundle changed meanwhile', {
      hint: 'Run the command again.',
    });
  }
  await putShares({ storage, repositoryId: ring.repositoryId, suite, bundle }, new Set(), context);
}

function unknownKey(id: string): Failure {
  return new Failure('missing', 'KEY_UNKNOWN', `there is no key "${id}"`, {
    hint: 'List them with "holdfast key list".',
  });
}
