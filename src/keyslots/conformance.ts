// What every kind of key slot must keep, whoever wrote it. Each promise throws bug/KEY_SLOT_UNFAITHFUL when it is broken.

import { randomBytes } from 'node:crypto';
import { Failure, isFailure } from '../base/failure.ts';
import { decodeJcs, encodeJcs, type JsonValue } from '../base/jcs.ts';
import type { Secret } from '../base/secret.ts';
import type { SlotType } from './all.ts';
import type { SlotParameters } from './keyslot.ts';
import { createSlot, type NewSlot, openSlot, verifySlot } from './slot.ts';

/** One kind with what its tests need. */
export interface KeySlotUnderTest {
  readonly type: SlotType;
  /** What makes a slot: a passphrase, a public key, a token. */
  readonly making: Secret;
  readonly choice?: SlotParameters;
  /** What opens the slot that was made. */
  opening(slot: NewSlot): Secret;
  /** Well formed, but of somebody else. */
  readonly stranger: Secret;
}

export interface Promised {
  readonly name: string;
  check(): Promise<void>;
}

export function conformanceOf(kind: KeySlotUnderTest): readonly Promised[] {
  const repositoryId = randomBytes(16);
  const masterKey = randomBytes(32);
  const make = (id = repositoryId) =>
    createSlot({
      repositoryId: id,
      masterKey,
      type: kind.type,
      secret: kind.making,
      label: 'conformance',
      createdAt: 0,
      ...(kind.choice === undefined ? {} : { params: kind.choice }),
    });
  const demand = (kept: boolean, why: string): void => {
    if (!kept) throw new Failure('bug', 'KEY_SLOT_UNFAITHFUL', `the key slot kind "${kind.type}" ${why}`);
  };
  /** Refused by an answer or by a failure of kind corrupt, denied or usage; anything else is a fault of ours. */
  const isRefused = async (bytes: Uint8Array, secret: Secret, id = repositoryId): Promise<boolean> => {
    try {
      return (await openSlot(bytes, id, secret)) === undefined;
    } catch (error) {
      if (isFailure(error) && ['corrupt', 'denied', 'usage'].includes(error.kind)) return true;
      throw error;
    }
  };

  return [
    {
      name: 'a slot opens with its own secret',
      async check() {
        const slot = await make();
        verifySlot(slot.bytes, masterKey);
        const opened = await openSlot(slot.bytes, repositoryId, kind.opening(slot));
        demand(opened !== undefined && Buffer.compare(opened, masterKey) === 0, 'does not open its own slot');
      },
    },
    {
      name: 'another secret of the same kind opens nothing',
      async check() {
        const slot = await make();
        demand(await isRefused(slot.bytes, kind.stranger), 'opens with a strange secret');
      },
    },
    {
      name: 'two slots for one secret share nothing that could be compared',
      async check() {
        const [one, two] = [await make(), await make()].map(({ bytes }) => wrappedOf(bytes));
        demand(one !== two, 'wraps equal keys to equal bytes');
      },
    },
    {
      name: 'a slot is of no use in another repository',
      async check() {
        const slot = await make();
        demand(
          await isRefused(slot.bytes, kind.opening(slot), randomBytes(16)),
          'opens a slot of another repository',
        );
      },
    },
    {
      name: 'a slot whose id, type, parameters or label were changed is refused',
      async check() {
        const slot = await make();
        const item = decodeJcs(slot.bytes) as { readonly [key: string]: JsonValue };
        const changes: readonly { readonly [key: string]: JsonValue }[] = [
          { id: randomBytes(16).toString('hex') },
          { type: kind.type === 'passphrase' ? 'key-file' : 'passphrase' },
          { params: { ...(item['params'] as SlotParameters), note: 1 } },
          { label: 'another' },
        ];
        for (const change of changes) {
          const bytes = encodeJcs({ ...item, ...change });
          demand(
            await isRefused(bytes, kind.opening(slot)),
            `believes a changed ${Object.keys(change).join()}`,
          );
        }
      },
    },
    {
      name: 'a slot that was cut off anywhere is refused',
      async check() {
        const slot = await make();
        for (let length = 0; length < slot.bytes.length; length += 7) {
          demand(
            await isRefused(slot.bytes.subarray(0, length), kind.opening(slot)),
            `opens ${length} of ${slot.bytes.length} bytes`,
          );
        }
      },
    },
  ];
}

function wrappedOf(bytes: Uint8Array): string {
  return (decodeJcs(bytes) as { readonly wrapped: string }).wrapped;
}
