// The key pair that write-only writers seal to, as bundles hold it. FORMAT.md §14.

import { Failure } from '../base/failure.ts';
import type { HpkeKem } from '../keyslots/hpke.ts';
import { asBytes, asMap } from './fields.ts';

/** What seals for the repository, and what opens it: the private half lies in the bundle alone. */
export interface SealingPair {
  readonly kem: HpkeKem;
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** Their number in the format, from 1. */
export const kems: readonly HpkeKem[] = ['x25519', 'mlkem768-x25519'];

export function encodeSealingPair(pair: SealingPair): Map<number, unknown> {
  return new Map<number, unknown>([...encodeRecipient(pair), [3, pair.privateKey]]);
}

export function decodeSealingPair(value: unknown, what: string): SealingPair {
  const map = asMap(value, what);
  return { ...decodeRecipient(value, what), privateKey: asBytes(map.get(3), `${what} private key`, 32) };
}

/** The public half, as writers get it. */
export function encodeRecipient({
  kem,
  publicKey,
}: Pick<SealingPair, 'kem' | 'publicKey'>): Map<number, unknown> {
  return new Map<number, unknown>([
    [1, kems.indexOf(kem) + 1],
    [2, publicKey],
  ]);
}

export function decodeRecipient(value: unknown, what: string): Pick<SealingPair, 'kem' | 'publicKey'> {
  const map = asMap(value, what);
  const kem = kems[Number(map.get(1)) - 1];
  if (kem === undefined) {
    throw new Failure('usage', 'FORMAT_TOO_NEW', `${what} is of a kind that is not known`, {
      hint: 'Update Holdfast to the newest version.',
    });
  }
  return { kem, publicKey: asBytes(map.get(2), `${what} public key`) };
}
