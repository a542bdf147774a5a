// The rescue bundle: what whoever restores after a disaster would otherwise have to ask people for. Sealed under the master key, so that
// it tells strangers nothing. FORMAT.md §5.1.

import { createSecretKey } from 'node:crypto';
import type { Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { boxTypes, openEnvelope, sealEnvelope } from './box.ts';
import { asBytes, asCount, asInstant, asMap, asText } from './fields.ts';
import { derive } from './keys.ts';

export const rescuePrefix = 'keys/rescue-';
/** The reader in the repository's own storage, in the clear. */
export const readerName = 'rescue.mjs';
const rescueMax = 256 * 1024;

export interface RescueBundle {
  readonly number: number;
  readonly writtenAt: Instant;
  /** The storage's description as JSON, without secrets. */
  readonly storage: string;
  /** What each key slot is and how it is used, as JSON. */
  readonly slots: string;
  /** Markdown by language. */
  readonly runbooks: Readonly<Record<'de' | 'en', string>>;
  /** Rules of backup that somebody wanted to keep with it, as they were given. */
  readonly policy?: string;
  /** SHA-256 of the reader that was stored with it, so that one that was changed is noticed. */
  readonly readerHash?: Uint8Array;
}

interface Sealing {
  readonly masterKey: Uint8Array;
  readonly repositoryId: Uint8Array;
}

export function sealRescue(
  { masterKey, repositoryId }: Sealing,
  suite: number,
  bundle: RescueBundle,
): Uint8Array {
  const bytes = sealEnvelope(
    rescueKey(masterKey),
    { repositoryId, generation: 0, suite, type: boxTypes.rescue },
    new Map<number, unknown>([
      [1, 1],
      [2, bundle.number],
      [3, bundle.writtenAt],
      [4, bundle.storage],
      [5, bundle.slots],
      [6, bundle.runbooks.de],
      [7, bundle.runbooks.en],
      ...(bundle.policy === undefined ? [] : [[8, bundle.policy] as const]),
      ...(bundle.readerHash === undefined ? [] : [[9, bundle.readerHash] as const]),
    ]),
  );
  if (bytes.length > rescueMax) {
    throw new Failure('usage', 'RESCUE_TOO_LARGE', `the rescue bundle has ${bytes.length} bytes`, {
      hint: 'Keep the text of the rules short.',
    });
  }
  return bytes;
}

/** Fails with kind corrupt when it cannot be believed. */
export function openRescue(
  { masterKey, repositoryId }: Sealing,
  bytes: Uint8Array,
  name: string,
): RescueBundle {
  const key = rescueKey(masterKey);
  const item = asMap(
    openEnvelope(
      bytes,
      { repositoryId, type: boxTypes.rescue, plainMax: rescueMax },
      (generation) => (generation === 0 ? key : undefined),
      name,
    ),
    name,
  );
  const number = asCount(item.get(2), `${name}: number`);
  if (name !== `${rescuePrefix}${number}`) {
    throw new Failure('corrupt', 'RESCUE_BROKEN', `"${name}" holds the rescue bundle of number ${number}`, {
      hint: 'Write a new one with "holdfast key rescue write".',
    });
  }
  const policy = item.get(8);
  const hash = item.get(9);
  return {
    number,
    writtenAt: asInstant(item.get(3), `${name}: time`),
    storage: asText(item.get(4), `${name}: storage`),
    slots: asText(item.get(5), `${name}: slots`),
    runbooks: { de: asText(item.get(6), `${name}: runbook`), en: asText(item.get(7), `${name}: runbook`) },
    ...(policy === undefined ? {} : { policy: asText(policy, `${name}: policy`) }),
    ...(hash === undefined ? {} : { readerHash: asBytes(hash, `${name}: reader`, 32) }),
  };
}

function rescueKey(masterKey: Uint8Array) {
  return createSecretKey(derive(masterKey, 'rescue'));
}
