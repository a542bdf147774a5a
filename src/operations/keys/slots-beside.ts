// What lies below `keys/` and `config/` while the master key is replaced: whose slots they are, and the slots that take their place.
// security: §2.13.

import { createHmac } from 'node:crypto';
import { equalBytes } from '../../base/bytes.ts';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import type { Secret } from '../../base/secret.ts';
import { isSlotType, type SlotType } from '../../keyslots/all.ts';
import type { SlotParameters } from '../../keyslots/keyslot.ts';
import { createSlot, describeSlot, type NewSlot, openSlot, verifySlot } from '../../keyslots/slot.ts';
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
    let fits = false;
    for (const object of sorted.outgoing) {
      const isSettled = settled.has(object);
      if (isSettled && fits) continue;
      const slot = await rewrapped(object, given, keys, context);
      if (slot === undefined) continue;
      fits = true;
      if (isSettled) continue;
      settled.add(object);
      replacements.push({ old: noteOf(object), slot });
    }
    fits ||= await opensOne(sorted.incoming, given, keys);
    if (!fits) {
      throw new Failure('usage', 'KEY_UNMATCHED', `a secret of type "${given.type}" fits none of the keys`, {
        hint: 'List them with "holdfast key list"; a secret that opens nothing yet is added with "holdfast key add" afterwards.',
      });
    }
  }
  return { replacements, unsettled: sorted.outgoing.filter((object) => !settled.has(object)) };
}

/** A slot for the same people; undefined where the secret is not this slot's, or people would have to be handed something new. */
async function rewrapped(
  object: StoredObject,
  given: SlotSecret,
  keys: MasterKeys,
  context: Context,
): Promise<NewSlot | undefined> {
  const { id, type, label, params } = describeSlot(object.bytes);
  if (!isSlotType(type)) return undefined;
  const opened = await openSlot(object.bytes, keys.repositoryId, given.secret);
  const { recipient, kdf } = params;
  if (opened === undefined && (given.type !== type || recipient === undefined)) return undefined;
  const choice = type === 'passphrase' ? { kdf: kdf ?? 'argon2id' } : given.params;
  const slot = await createSlot({
    repositoryId: keys.repositoryId,
    masterKey: keys.incoming,
    type,
    secret: given.secret,
    label,
    createdAt: context.clock.now(),
    id: successorId(id, keys),
    ...(choice === undefined ? {} : { params: choice }),
  });
  if (slot.handOut.length > 0) return undefined;
  // A public key opens nothing: that it is the same one is seen by its fingerprint.
  const isSame = opened !== undefined || describeSlot(slot.bytes).params['recipient'] === recipient;
  return isSame ? slot : undefined;
}

/** Of a run that is done anew, a secret may have been settled before, and its old slot be gone. */
async function opensOne(
  slots: readonly StoredObject[],
  { secret, type }: SlotSecret,
  { repositoryId, incoming }: MasterKeys,
): Promise<boolean> {
  for (const { bytes } of slots) {
    const opened = await openSlot(bytes, repositoryId, secret);
    if (opened !== undefined && equalBytes(opened, incoming)) return true;
    if (describeSlot(bytes).type === type && describeSlot(bytes).params['recipient'] !== undefined)
      return true;
  }
  return false;
}
