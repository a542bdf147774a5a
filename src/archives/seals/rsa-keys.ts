// RSA keys of recipients and identities, and what is done with them: OAEP with SHA-256 alone; PKCS#1 v1.5 is never decrypted, since its
// failures tell an attacker too much.

import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { Failure } from '../../base/failure.ts';
import type { SealKey } from './seal.ts';

/** What OAEP with SHA-256 takes from the modulus. */
const oaepOverhead = 66;
const modulusBitsMin = 3072;

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;

/** The public keys to seal for: at least one, all of them RSA of at least 3072 bits. */
export function rsaRecipients(key: SealKey, seal: string): readonly KeyObject[] {
  const recipients = key.recipients ?? [];
  if (recipients.length === 0) {
    throw new Failure('usage', 'SEAL_KEY_MISSING', `the seal "${seal}" needs a recipient`, {
      hint: 'Give an RSA public key or certificate in PEM form.',
    });
  }
  return recipients.map(publicKeyOf);
}

function publicKeyOf(pem: string): KeyObject {
  let key: KeyObject | undefined;
  let cause: unknown;
  try {
    // A private key would pass as its public one, but who gives it here is about to hand it out.
    if (!pem.includes('PRIVATE KEY')) key = createPublicKey(pem);
  } catch (error) {
    cause = error;
  }
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key?.asymmetricKeyType !== 'rsa') {
    throw new Failure('usage', 'SEAL_RECIPIENT_INVALID', 'a recipient is no RSA public key or certificate', {
      hint: 'Give the public key in PEM form, as "openssl pkey -pubout" writes it; for "age1…" use the seal "age".',
      cause,
    });
  }
  if (bits < modulusBitsMin) {
    throw new Failure('usage', 'SEAL_RECIPIENT_WEAK', `a recipient has an RSA key of ${bits} bits`, {
      facts: { bits },
      hint: `Use a key of at least ${modulusBitsMin} bits.`,
    });
  }
  return key;
}

/** The private keys to open with: at least one. An encrypted PEM is opened with the password. */
export function rsaIdentities(key: SealKey, seal: string): readonly KeyObject[] {
  const identities = key.identities ?? [];
  if (identities.length === 0) {
    throw new Failure('usage', 'SEAL_KEY_MISSING', `the seal "${seal}" needs a private key`, {
      hint: 'Give an RSA private key in PEM form.',
    });
  }
  return identities.map((identity) => {
    try {
      const private_ = createPrivateKey({
        key: Buffer.from(identity.reveal()),
        format: 'pem',
        ...(key.password === undefined ? {} : { passphrase: Buffer.from(key.password.reveal()) }),
      });
      if (private_.asymmetricKeyType === 'rsa') return private_;
    } catch {
      // What the library says could quote the key's file.
    }
    throw new Failure('usage', 'SEAL_IDENTITY_INVALID', 'a private key cannot be read as an RSA key', {
      hint: 'Give it in PEM form; where it is encrypted, give its password too.',
    });
  });
}

export function fingerprintOf(key: KeyObject): Uint8Array {
  const public_ = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(public_.export({ type: 'spki', format: 'der' }))
    .digest();
}

export function modulusLengthOf(key: KeyObject): number {
  return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

/** The most that fits into one block. */
export function directLengthMax(key: KeyObject): number {
  return modulusLengthOf(key) - oaepOverhead;
}

export function sealOaep(key: KeyObject, plain: Uint8Array): Uint8Array {
  return publicEncrypt({ key, ...oaep }, plain);
}

export function openOaep(key: KeyObject, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length !== modulusLengthOf(key)) return undefined;
  try {
    return privateDecrypt({ key, ...oaep }, sealed);
  } catch {
    return undefined;
  }
}
