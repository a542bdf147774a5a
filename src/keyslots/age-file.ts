// Small age files (age-encryption.org/v1) in memory: the sealed key of an age slot, the recovery kit, locked identities.

import { randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { openOnce, sealOnce } from './wrapping.ts';

const stretchByScrypt = promisify<Buffer, Buffer, number, ScryptOptions, Buffer>(scrypt);

const saltBytes = 16;
/** A file key of 16 bytes and its tag. */
const wrappedBytes = 32;
const workFactor = 18;
/** Every key here is used once. */
const noNonce = new Uint8Array(12);

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
    return await encrypter.encrypt(plain);
  } catch (cause) {
    throw new Failure('usage', 'PUBLIC_KEY_INVALID', 'the public key is none of type "age"', {
      hint: 'A recipient of age begins with "age1".',
      cause,
    });
  }
}

/** Under a passphrase, stretched by scrypt with 2^18 as age itself does. */
export async function sealWithPassphrase(passphrase: Secret, plain: Uint8Array): Promise<Uint8Array> {
  const { Encrypter, Stanza } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.addRecipient({
    async wrapFileKey(fileKey) {
      const salt = randomBytes(saltBytes);
      const key = await stretch(passphrase, salt, workFactor);
      const body = sealOnce(key, noNonce, noNonce.subarray(12), fileKey, 'chacha20-poly1305');
      return [new Stanza(['scrypt', unpadded(salt), String(workFactor)], body)];
    },
  });
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
  decrypter.addIdentity({ unwrapFileKey: (stanzas) => unwrapByPassphrase(passphrase, stanzas) });
  try {
    const text = Buffer.from(sealed).toString('latin1').trimStart();
    return await decrypter.decrypt(text.startsWith(headOfArmor) ? armor.decode(text) : sealed);
  } catch {
    return undefined;
  }
}

interface ReadStanza {
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

// Null tells the reader that no stanza fitted. A passphrase stands alone: with it beside other recipients, whoever knows one of them
// could pass for somebody who knows the passphrase.
async function unwrapByPassphrase(
  passphrase: Secret,
  stanzas: readonly ReadStanza[],
): Promise<Uint8Array | null> {
  const [stanza] = stanzas;
  const [type, saltText = '', factor = ''] = stanza?.args ?? [];
  const salt = Buffer.from(saltText, 'base64');
  if (stanza === undefined || stanzas.length !== 1 || type !== 'scrypt') return null;
  // A longer body could hold a file key that fits two passphrases; a salt has one spelling.
  if (stanza.body.length !== wrappedBytes || unpadded(salt) !== saltText) return null;
  if (stanza.args.length !== 3 || salt.length !== saltBytes || !/^([1-9]|1\d|20)$/.test(factor)) return null;
  const key = await stretch(passphrase, salt, Number(factor));
  return openOnce(key, noNonce, noNonce.subarray(12), stanza.body, 'chacha20-poly1305') ?? null;
}

// The library would do this too, in JavaScript: four times slower.
function stretch(passphrase: Secret, salt: Uint8Array, factor: number): Promise<Buffer> {
  const labelled = Buffer.concat([Buffer.from('age-encryption.org/v1/scrypt', 'latin1'), salt]);
  return stretchByScrypt(Buffer.from(passphrase.reveal()), labelled, 32, {
    N: 2 ** factor,
    r: 8,
    p: 1,
    maxmem: 2 ** 31,
  });
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}
