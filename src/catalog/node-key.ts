// The key with which a node signs what it did: Ed25519, in a file for its owner alone, made at the first use.

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { Failure, isFailure } from '../base/failure.ts';
import { createPrivateFile, readPrivateFile } from '../keyslots/private-file.ts';

export interface NodeKey {
  /** SubjectPublicKeyInfo in base64. */
  readonly publicKey: string;
  sign(bytes: Uint8Array): Buffer;
}

export function openNodeKey(path: string): NodeKey {
  const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  try {
    createPrivateFile(path, Buffer.from(made));
  } catch (error) {
    // It is there: this node's key since long, or made by another process just now.
    if (!isFailure(error, 'conflict', 'KEY_FILE_EXISTS')) throw error;
  }
  return nodeKeyOf(readPrivateFile(path), path);
}

function nodeKeyOf(pem: Buffer, path: string): NodeKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw notOurs(path, cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw notOurs(path);
  return {
    publicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64'),
    sign: (bytes) => signBytes(null, bytes, key),
  };
}

function notOurs(path: string, cause?: unknown): Failure {
  return new Failure('usage', 'NODE_KEY_INVALID', `"${path}" holds no Ed25519 key`, {
    hint: 'Name the file of the node key, or one that does not exist yet.',
    cause,
  });
}

/** False also for what is no key or no signature. */
export function isSignedBy(publicKey: string, bytes: Uint8Array, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), type: 'spki', format: 'der' });
    return (
      key.asymmetricKeyType === 'ed25519' && verifyBytes(null, bytes, key, Buffer.from(signature, 'base64'))
    );
  } catch {
    return false;
  }
}
