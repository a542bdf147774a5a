// Small age files (age-encryption.org/v1) in memory: the sealed key of an age slot, the recovery kit, locked identities.

import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';

const headOfFile = 'age-encryption.org/v1\n';
const headOfArmor = '-----BEGIN AGE ENCRYPTED FILE-----';

export function isAgeFile(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  return head.startsWith(headOfFile) || head.trimStart().startsWith(headOfArmor);
}

/** To every recipient (age1…); fails with usage/PUBLIC_KEY_INVALID. */
export async function sealToRecipients(
  recipients: readonly string[],
  plain: Uint8Array,
): Promise<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  try {
    for (const recipient of recipients) encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new Failure('usage', 'PUBLIC_KEY_INVALID', 'the public key is none of type "age"', {
      hint: 'A recipient of age begins with "age1".',
      cause,
    });
  }
  return encrypter.encrypt(plain);
}

/** Under a passphrase, stretched by scrypt with 2^18 as age itself does. */
export async function sealWithPassphrase(passphrase: Secret, plain: Uint8Array): Promise<Uint8Array> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.setPassphrase(textOf(passphrase));
  return encrypter.encrypt(plain);
}

/** Undefined when no identity (AGE-SECRET-KEY-…) fits, or the file was changed. */
export async function openWithIdentities(
  identities: readonly string[],
  sealed: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(sealed);
  } catch {
    return undefined;
  }
}

/** Undefined when the passphrase is wrong or the file was changed; armored or not. Work factors over 2^20 are refused. */
export async function openWithPassphrase(
  passphrase: Secret,
  sealed: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { Decrypter, armor } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addPassphrase(textOf(passphrase));
  try {
    const text = Buffer.from(sealed).toString('latin1').trimStart();
    return await decrypter.decrypt(text.startsWith(headOfArmor) ? armor.decode(text) : sealed);
  } catch {
    return undefined;
  }
}

function textOf(passphrase: Secret): string {
  return Buffer.from(passphrase.reveal()).toString('utf8');
}
