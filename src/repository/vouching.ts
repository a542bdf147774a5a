// Who vouches for an index. Where there are write-only writers, packs are borrowed by the word of those alone who can read as well, or one's
// own: a stolen write-only key could name packs that do not hold what their directories say. FORMAT.md §9.

import { createHash, sign, verify } from 'node:crypto';
import { equalBytes, hex } from '../base/bytes.ts';
import { encode } from '../base/cbor.ts';
import { asArray, asBytes, type Item } from './fields.ts';
import type { KeyRing } from './keys.ts';
import { publicKeyOf, type Signature } from './snapshot.ts';

const signatureKey = 4;
const voucherKey = 5;

export interface Vouching {
  /** Whether what the index names may be borrowed. */
  readonly trusted: boolean;
  /** The write-only writer by whose word alone it was named, hex of its signing key's id. */
  readonly voucher?: string;
  /** The word of a write-only writer, as somebody passed it on who can read. */
  readonly isPassedOn?: true;
}

/** Those two fields alone, as a pack has them. */
export function vouching({ trusted, voucher }: Vouching): Vouching {
  return { trusted, ...(voucher === undefined ? {} : { voucher }) };
}

/** Adds a signature over everything in the item; `voucher` is for who passes on the word of a write-only writer. */
export function signIndex(item: Map<number, unknown>, signature: Signature, voucher?: string): void {
  if (voucher !== undefined) item.set(voucherKey, Buffer.from(voucher, 'hex'));
  item.set(signatureKey, [1, signature.keyId, sign(null, digestOf(item), signature.privateKey)]);
}

/** While a repository never had a write-only writer, all who can write can read, and are trusted. */
export function vouchingOf(ring: KeyRing, item: Item): Vouching {
  if (!ring.needsVouching) return { trusted: true };
  const keyId = signerOf(ring, item);
  if (keyId === undefined) return { trusted: false };
  const signer = ring.bundle.signers.find((one) => equalBytes(one.keyId, keyId))!;
  if (!signer.roles.includes('forgetter')) return { trusted: ring.isOwn(keyId), voucher: hex(keyId) };
  const passed = item.get(voucherKey);
  if (passed === undefined) return { trusted: true };
  const voucher = asBytes(passed, 'voucher of an index', 16);
  return { trusted: ring.isOwn(voucher), voucher: hex(voucher), isPassedOn: true };
}

/** The key that signed the item, when it is of a known signer and the signature is right. */
function signerOf(ring: KeyRing, item: Item): Uint8Array | undefined {
  const value = item.get(signatureKey);
  if (value === undefined) return undefined;
  const [algorithm, key, made] = asArray(value, 'index signature');
  if (algorithm !== 1) return undefined;
  const keyId = asBytes(key, 'index signer', 16);
  const signer = ring.bundle.signers.find((one) => equalBytes(one.keyId, keyId));
  if (signer === undefined) return undefined;
  const unsigned = new Map(item);
  unsigned.delete(signatureKey);
  const signature = asBytes(made, 'index signature', 64);
  return verify(null, digestOf(unsigned), publicKeyOf(signer.publicKey), signature) ? keyId : undefined;
}

function digestOf(item: ReadonlyMap<unknown, unknown>): Buffer {
  return createHash('sha256').update('bkp1/index\0').update(encode(item)).digest();
}
