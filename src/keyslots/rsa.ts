// A slot for an RSA key: OAEP with SHA-256 for hash and mask, labelled with the repository. FORMAT.md §4. Any tool with OpenSSL opens the
// wrapped key. PKCS#1 v1.5 is never used: how it fails tells an attacker about the plaintext.

import {
  constants,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { Failure } from '../base/failure.ts';
import { fingerprint, keysOfType } from './key-text.ts';
import type { KeySlotKind } from './keyslot.ts';
import { kekBytes, sealedParameter } from './sealed-parameter.ts';

const bitsMin = 3072;
const bitsMax = 16_384;

const rsa: KeySlotKind = {
  type: 'rsa',
  title: 'RSA key',
  isPostQuantum: () => false,
  async newKey(secret, _choice, { repositoryId }) {
    const [found] = keysOfType(secret, 'rsa');
    if (found === undefined) return undefined;
    const bits = sizeOf(found.key);
    const key = found.isPrivate ? createPublicKey(found.key) : found.key;
    const kek = randomBytes(kekBytes);
    const sealed = publicEncrypt({ key, ...oaep(repositoryId) }, kek);
    const recipient = fingerprint(key.export({ type: 'spki', format: 'der' }));
    return { kek, params: { bits, recipient, sealed: sealed.toString('base64url') } };
  },
  canOpen: (secret) => keysOfType(secret, 'rsa').some((key) => key.isPrivate),
  async keyEncryptionKey(secret, params, { repositoryId }) {
    const sealed = sealedParameter(params, bitsMin / 8, bitsMax / 8);
    const [found] = keysOfType(secret, 'rsa');
    if (!found?.isPrivate || Math.ceil(sizeOf(found.key) / 8) !== sealed.length) return undefined;
    try {
      const kek = privateDecrypt({ key: found.key, ...oaep(repositoryId) }, sealed);
      return kek.length === kekBytes ? kek : undefined;
    } catch {
      return undefined;
    }
  },
};
export default rsa;

function oaep(repositoryId: Uint8Array) {
  return { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: repositoryId };
}

function sizeOf(key: KeyObject): number {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits >= bitsMin && bits <= bitsMax) return bits;
  const more = { facts: { bits }, hint: `Use one of ${bitsMin} to ${bitsMax} bits.` };
  if (bits > bitsMax)
    throw new Failure('usage', 'KEY_TOO_LARGE', `an RSA key of ${bits} bits is too large`, more);
  throw new Failure('usage', 'KEY_TOO_WEAK', `an RSA key of ${bits} bits is too weak`, more);
}
