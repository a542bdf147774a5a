// Private keys under a passphrase of their own: encrypted PEM and identity files that age encrypted. They are unlocked in memory only.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import { isAgeFile, openWithPassphrase } from './age-file.ts';

export function isLockedKey(bytes: Uint8Array): boolean {
  return isAgeFile(bytes) || isLockedPem(bytes);
}

/** The key as text that slots read. Fails with denied/KEY_PASSPHRASE_WRONG. */
export async function unlockKey(bytes: Uint8Array, passphrase: Secret): Promise<Secret> {
  const plain = isAgeFile(bytes) ? await openWithPassphrase(passphrase, bytes) : unlockPem(bytes, passphrase);
  if (plain !== undefined) return new Secret(plain);
  throw new Failure('denied', 'KEY_PASSPHRASE_WRONG', 'the private key does not open with its passphrase', {
    hint: 'The key file has a passphrase of its own, which is not that of the repository.',
  });
}

function isLockedPem(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  return text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') || text.includes('Proc-Type: 4,ENCRYPTED');
}

function unlockPem(bytes: Uint8Array, passphrase: Secret): Buffer | undefined {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: Buffer.from(bytes), passphrase: Buffer.from(passphrase.reveal()) });
  } catch {
    return undefined;
  }
  return Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }));
}
