// The two key encapsulations (KEM) of our HPKE: DHKEM(X25519, HKDF-SHA256) of RFC 9180 §4.1 and X-Wing (ML-KEM-768 with X25519,
// draft-connolly-cfrg-xwing-kem), which stays safe while either half does. Raw keys in and out.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { labeledExpand, labeledExtract } from './hpke-labels.ts';

export interface Encapsulated {
  /** What the holder of the private key needs besides it. */
  readonly enc: Uint8Array;
  /** 32 bytes. */
  readonly sharedSecret: Uint8Array;
}

export interface KeyEncapsulation {
  /** The number in IANA's table of HPKE KEMs. */
  readonly id: number;
  readonly publicBytes: number;
  readonly privateBytes: number;
  readonly encBytes: number;
  generate(): Uint8Array;
  publicOf(privateKey: Uint8Array): Uint8Array;
  /**
   * Undefined for a public key that no honest person has (wrong length, a point of small order). The ephemeral X25519 key is drawn
   * here, except where published vectors are recomputed.
   */
  encapsulate(publicKey: Uint8Array, ephemeral?: Uint8Array): Encapsulated | undefined;
  /** Undefined only for an `enc` that nobody could have made; otherwise a wrong key gives a wrong secret. */
  decapsulate(privateKey: Uint8Array, enc: Uint8Array): Uint8Array | undefined;
}

const x25519Bytes = 32;

export const dhkemX25519: KeyEncapsulation = {
  id: 0x0020,
  publicBytes: x25519Bytes,
  privateBytes: x25519Bytes,
  encBytes: x25519Bytes,
  generate: () => randomBytes(x25519Bytes),
  publicOf: (privateKey) => rawPublic(x25519Private(privateKey)),
  encapsulate(publicKey, ephemeral = randomBytes(x25519Bytes)) {
    const privateKey = x25519Private(ephemeral);
    const enc = rawPublic(privateKey);
    const shared = exchange(privateKey, publicKey);
    return shared && { enc, sharedSecret: dhkemSecret(shared, enc, publicKey) };
  },
  decapsulate(privateKey, enc) {
    const own = x25519Private(privateKey);
    const shared = exchange(own, enc);
    return shared && dhkemSecret(shared, enc, rawPublic(own));
  },
};

function dhkemSecret(shared: Uint8Array, enc: Uint8Array, publicKey: Uint8Array): Buffer {
  const suite = Buffer.from([...Buffer.from('KEM'), 0x00, 0x20]);
  const prk = labeledExtract(suite, new Uint8Array(0), 'eae_prk', shared);
  return labeledExpand(suite, prk, 'shared_secret', Buffer.concat([enc, publicKey]), 32);
}

const mlkemPublicBytes = 1184;
const mlkemCiphertextBytes = 1088;
const seedBytes = 32;

export const xWing: KeyEncapsulation = {
  id: 0x647a,
  publicBytes: mlkemPublicBytes + x25519Bytes,
  privateBytes: seedBytes,
  encBytes: mlkemCiphertextBytes + x25519Bytes,
  generate: () => randomBytes(seedBytes),
  publicOf(seed) {
    const { mlkem, x25519 } = expandSeed(seed);
    return Buffer.concat([rawPublic(mlkem), rawPublic(x25519)]);
  },
  encapsulate(publicKey, ephemeral = randomBytes(x25519Bytes)) {
    if (publicKey.length !== xWing.publicBytes) return undefined;
    const theirs = publicKey.subarray(mlkemPublicBytes);
    const privateKey = x25519Private(ephemeral);
    const ours = rawPublic(privateKey);
    const shared = exchange(privateKey, theirs);
    const lattice = encapsulateTo(publicKey.subarray(0, mlkemPublicBytes));
    if (shared === undefined || lattice === undefined) return undefined;
    return {
      enc: Buffer.concat([lattice.ciphertext, ours]),
      sharedSecret: combine(lattice.sharedKey, shared, ours, theirs),
    };
  },
  decapsulate(seed, enc) {
    if (enc.length !== xWing.encBytes) return undefined;
    const { mlkem, x25519 } = expandSeed(seed);
    const ephemeral = enc.subarray(mlkemCiphertextBytes);
    const shared = exchange(x25519, ephemeral);
    if (shared === undefined) return undefined;
    const lattice = decapsulate(mlkem, enc.subarray(0, mlkemCiphertextBytes));
    return combine(lattice, shared, ephemeral, rawPublic(x25519));
  },
};

// The label is six characters drawn as two wings.
function combine(lattice: Uint8Array, shared: Uint8Array, ct: Uint8Array, pk: Uint8Array): Buffer {
  const hash = createHash('sha3-256').update(lattice).update(shared).update(ct).update(pk);
  return hash.update('\\.//^\\', 'latin1').digest();
}

function expandSeed(seed: Uint8Array): { readonly mlkem: KeyObject; readonly x25519: KeyObject } {
  const expanded = createHash('shake256', { outputLength: 96 }).update(seed).digest();
  const mlkem = createPrivateKey({
    key: expanded.subarray(0, 64),
    format: 'raw-seed',
    asymmetricKeyType: 'ml-kem-768',
  });
  return { mlkem, x25519: x25519Private(expanded.subarray(64)) };
}

function encapsulateTo(publicKey: Uint8Array): { sharedKey: Buffer; ciphertext: Buffer } | undefined {
  try {
    const key = createPublicKey({
      key: Buffer.from(publicKey),
      format: 'raw-public',
      asymmetricKeyType: 'ml-kem-768',
    });
    return encapsulate(key);
  } catch {
    return undefined;
  }
}

function x25519Private(bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(bytes), format: 'raw-private', asymmetricKeyType: 'x25519' });
}

function rawPublic(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'raw-public' });
}

// OpenSSL refuses a point of small order, whose secret anyone could know (RFC 9180 §7.1.4).
function exchange(privateKey: KeyObject, publicBytes: Uint8Array): Buffer | undefined {
  if (publicBytes.length !== x25519Bytes) return undefined;
  const publicKey = createPublicKey({
    key: Buffer.from(publicBytes),
    format: 'raw-public',
    asymmetricKeyType: 'x25519',
  });
  try {
    return diffieHellman({ privateKey, publicKey });
  } catch {
    return undefined;
  }
}
