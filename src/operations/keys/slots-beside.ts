// What lies below `keys/` and `config/` while the master key is replaced: whose slots they are, and the slots that take their place.
// security: §2.13.

import { createHmac } from 'node:crypto';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import type { Secret } from '../../base/secret.ts';
import { isSlotType, type SlotType } from '../../keyslots/all.ts';
import type { SlotParameters } from '../../keyslots/keyslot.ts';
import {
  createSlot,
  describeSlot,
  keyOfShares,
  type NewSlot,
  openSlot,
  verifySlot,
} from '../../keyslots/slot.ts';
import type { StoredObject } from '../../repository/front.ts';
import { derive } from '../../repository/keys.ts';

/** What opens a slot, or the public half of it. */
export interface SlotSecret {
  readonly secret: Secret;
  readonly type: SlotType;
  readonly params?: SlotParameters;
}

/** The master key that goes and the one that comes. */
export interface MasterKeys {
  readonly repositoryId: Uint8Array;
  readonly outgoing: Uint8Array;
  readonly incoming: Uint8Array;
}

export interface SlotNote {
  readonly id: string;
  readonly type: string;
  readonly label: string;
}

export interface Sorted {
  readonly outgoing: readonly StoredObject[];
  readonly incoming: readonly StoredObject[];
  /** Damaged, or of a master key that is neither. */
  readonly foreign: readonly StoredObject[];
}

export function isSlot({ name }: StoredObject): boolean {
  return name.startsWith('keys/slot-');
}

/** Sorts slots by the master key that they wrap. */
export function sortSlots(keys: readonly StoredObject[], { outgoing, incoming }: MasterKeys): Sorted {
  const groups = Map.groupBy(keys.filter(isSlot), ({ bytes }) =>
    isSlotOf(outgoing, bytes) ? 'outgoing' : isSlotOf(incoming, bytes) ? 'incoming' : 'foreign',
  );
  const group = (name: keyof Sorted) => groups.get(name) ?? [];
  return { outgoing: group('outgoing'), incoming: group('incoming'), foreign: group('foreign') };
}

function isSlotOf(masterKey: Uint8Array, bytes: Uint8Array): boolean {
  try {
    verifySlot(bytes, masterKey);
    return true;
  } catch (error) {
    if (!isFailure(error, 'corrupt')) throw error;
    return false;
  }
}

export function noteOf({ bytes }: StoredObject): SlotNote {
  const { id, type, label } = describeSlot(bytes);
  return { id, type, label };
}

/** Where the slot lies that takes this one's place: whoever finishes a rotation sees by that which ones are done. */
export function successorId(id: string, { incoming }: MasterKeys): string {
  return createHmac('sha256', derive(incoming, 'slot-after')).update(id).digest('hex').slice(0, 32);
}

export interface Replacement {
  readonly old: SlotNote;
  readonly slot: NewSlot;
}

/**
 * Makes the slots of the incoming master key for all whose secret is given; stores none. A secret that fits none of them fails with
 * usage/KEY_UNMATCHED: whoever gave it believes that it goes on opening.
 */
export async function rewrapSlots(
  sorted: Sorted,
  secrets: readonly SlotSecret[],
  keys: MasterKeys,
  context: Context,
): Promise<{ readonly replacements: readonly Replacement[]; readonly unsettled: readonly StoredObject[] }> {
  const done = new Set(sorted.incoming.map(({ name }) => name));
  const isDone = (object: StoredObject) => done.has(`keys/slot-${successorId(noteOf(object).id, keys)}`);
  const replacements: Replacement[] = [];
  const settled = new Set(sorted.outgoing.filter(isDone));
  for (const given of secrets) {
    const fitting = await slotsOf(given, sorted, keys, context);
    for (const object of fitting) {
      if (settled.has(object)) continue;
      const slot = await rewrapped(object, given, keys, context);
      if (slot === undefined) continue;
      settled.add(object);
      replacements.push({ old: noteOf(object), slot });
    }
  }
  return { replacements, unsettled: sorted.outgoing.filter((object) => !settled.has(object)) };
}

/** The slots that this secret opens, or of which it may be the public half. */
async function slotsOf(
  given: SlotSecret,
  { outgoing, incoming }: Sorted,
  { repositoryId }: MasterKeys,
  context: Context,
): Promise<readonly StoredObject[]> {
  const fitting: StoredObject[] = [];
  let isDone = false;
  let telling: Failure | undefined;
  for (const object of [...outgoing, ...incoming]) {
    try {
      const isOld = outgoing.includes(object);
      const opened = await openSlot(object.bytes, repositoryId, given.secret);
      if (opened === undefined && !(await isPublicHalf(object, given, repositoryId, context))) continue;
      if (isOld) fitting.push(object);
      // Of a run that is done anew: settled before, and the old slot may be gone.
      else isDone = true;
    } catch (error) {
      if (!isFailure(error)) throw error;
      // A PIN that was refused is not tried on the next slot: that may lock the token for good.
      if (/^PKCS11_PIN_/.test(error.code)) throw error;
      if (['denied', 'missing', 'unavailable'].includes(error.kind)) telling = error;
      context.log.warn('a key slot cannot be used', { slot: object.name, code: error.code });
    }
  }
  if (fitting.length > 0 || isDone) return fitting;
  if (telling !== undefined) throw telling;
  throw new Failure('usage', 'KEY_UNMATCHED', `a secret of type "${given.type}" fits none of the keys`, {
    hint: 'List them with "holdfast key list"; a secret that opens nothing yet is added with "holdfast key add" afterwards.',
  });
}

/** A public key opens nothing: that it is the same one is seen by the fingerprint of what is made for it. */
async function isPublicHalf(
  { bytes }: StoredObject,
  { secret, type }: SlotSecret,
  repositoryId: Uint8Array,
  context: Context,
): Promise<boolean> {
  const slot = describeSlot(bytes);
  const recipient = slot.params['recipient'];
  if (recipient === undefined || slot.type !== type) return false;
  const nobody = new Uint8Array(32);
  const request = {
    repositoryId,
    masterKey: nobody,
    type,
    secret,
    label: '',
    createdAt: context.clock.now(),
  };
  return describeSlot((await createSlot(request)).bytes).params['recipient'] === recipient;
}

/** A slot for the same people; undefined where they would have to be handed something new. */
async function rewrapped(
  object: StoredObject,
  given: SlotSecret,
  keys: MasterKeys,
  context: Context,
): Promise<NewSlot | undefined> {
  const { id, type, label, params } = describeSlot(object.bytes);
  if (!isSlotType(type)) return undefined;
  const made = await keyOfShares(object.bytes, given.secret);
  const choice = type === 'passphrase' ? { kdf: params['kdf'] ?? 'argon2id' } : given.params;
  const slot = await createSlot({
    repositoryId: keys.repositoryId,
    masterKey: keys.incoming,
    type,
    secret: given.secret,
    label,
    createdAt: context.clock.now(),
    id: successorId(id, keys),
    ...(choice === undefined ? {} : { params: choice }),
    ...(made === undefined ? {} : { made }),
  });
  return slot.handOut.length > 0 ? undefined : slot;
}
