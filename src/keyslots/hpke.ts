// HPKE (RFC 9180) in base mode, one message a key: HKDF-SHA256 and AES-256-GCM under X25519 or X-Wing. `info` says what for and `aad`
// says where: a sealed message opens nowhere else.

import { Failure } from '../base/failure.ts';
import { labeledExpand, labeledExtract } from './hpke-labels.ts';
import { dhkemX25519, type Encapsulated, type KeyEncapsulation, xWing } from './kem.ts';
import { openOnce, sealOnce } from './wrapping.ts';

export const hpkeKems = { x25519: dhkemX25519, 'mlkem768-x25519': xWing } as const;
export type HpkeKem = keyof typeof hpkeKems;

export interface HpkeContext {
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
}

const tagBytes = 16;

/** A private key (32 bytes for both) and its public one. */
export function generateHpkePair(kem: HpkeKem): {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
} {
  const privateKey = hpkeKems[kem].generate();
  return { privateKey, publicKey: hpkeKems[kem].publicOf(privateKey) };
}

/** The public key (32 or 1216 bytes) of a private one. */
export function hpkePublicOf(kem: HpkeKem, privateKey: Uint8Array): Uint8Array {
  checkPrivate(kem, privateKey);
  return hpkeKems[kem].publicOf(privateKey);
}

/** `enc`, then ciphertext and tag: `hpkeOverhead` bytes longer than `plain`. Fails with usage/PUBLIC_KEY_INVALID. */
export function hpkeSeal(
  kem: HpkeKem,
  publicKey: Uint8Array,
  context: HpkeContext,
  plain: Uint8Array,
): Uint8Array {
  const method = hpkeKems[kem];
  const to = publicKey.length === method.publicBytes ? method.encapsulate(publicKey) : undefined;
  if (to === undefined) {
    throw new Failure('usage', 'PUBLIC_KEY_INVALID', `the public key is none of type "${kem}"`, {
      hint: 'Take the public key from the ".pub" file that was made with the private one.',
    });
  }
  return sealEncapsulated(kem, to, context, plain);
}

/** The second half of `hpkeSeal`: `to` must be fresh for every message. */
export function sealEncapsulated(
  kem: HpkeKem,
  to: Encapsulated,
  context: HpkeContext,
  plain: Uint8Array,
): Uint8Array {
  const { key, nonce } = schedule(hpkeKems[kem], to.sharedSecret, context.info);
  return Buffer.concat([to.enc, sealOnce(key, nonce, context.aad, plain)]);
}

/** Undefined when key, info, aad or one bit of the message differs; which of them, nobody learns. */
export function hpkeOpen(
  kem: HpkeKem,
  privateKey: Uint8Array,
  context: HpkeContext,
  sealed: Uint8Array,
): Uint8Array | undefined {
  checkPrivate(kem, privateKey);
  const method = hpkeKems[kem];
  if (sealed.length < method.encBytes + tagBytes) return undefined;
  const sharedSecret = method.decapsulate(privateKey, sealed.subarray(0, method.encBytes));
  if (sharedSecret === undefined) return undefined;
  const { key, nonce } = schedule(method, sharedSecret, context.info);
  return openOnce(key, nonce, context.aad, sealed.subarray(method.encBytes));
}

export function hpkeOverhead(kem: HpkeKem): number {
  return hpkeKems[kem].encBytes + tagBytes;
}

// §5.1 in mode base (0x00): no pre-shared key. Only the first message is ever sealed, so its nonce is the base nonce.
function schedule(kem: KeyEncapsulation, sharedSecret: Uint8Array, info: Uint8Array) {
  const none = new Uint8Array(0);
  const hkdfSha256 = 0x0001;
  const aes256Gcm = 0x0002;
  const suite = Buffer.concat([Buffer.from('HPKE'), uint16(kem.id), uint16(hkdfSha256), uint16(aes256Gcm)]);
  const context = Buffer.concat([
    Uint8Array.of(0x00),
    labeledExtract(suite, none, 'psk_id_hash', none),
    labeledExtract(suite, none, 'info_hash', info),
  ]);
  const secret = labeledExtract(suite, sharedSecret, 'secret', none);
  return {
    key: labeledExpand(suite, secret, 'key', context, 32),
    nonce: labeledExpand(suite, secret, 'base_nonce', context, 12),
  };
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value);
}

function checkPrivate(kem: HpkeKem, privateKey: Uint8Array): void {
  if (privateKey.length === hpkeKems[kem].privateBytes) return;
  throw new Failure('usage', 'PRIVATE_KEY_INVALID', `the private key is none of type "${kem}"`, {
    hint: 'A private key of this type is 32 bytes long: give the file that "key generate" wrote.',
  });
}
