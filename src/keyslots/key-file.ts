// A key file: 32 random bytes as base64url in its first line. FORMAT.md §4. The secret given is the file's content.

import { hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { KeySlotKind } from './keyslot.ts';
import { createPrivateFile, readPrivateFile } from './private-file.ts';

const keyBytes = 32;
const keyFileBytesMax = 4096;

const keyFile: KeySlotKind = {
  type: 'key-file',
  title: 'Key file',
  isPostQuantum: () => true,
  canOpen: () => true,
  async newKey(secret, _choice, binding) {
    const params = { salt: randomBytes(32).toString('base64url') };
    const kek = await keyFile.keyEncryptionKey(secret, params, binding);
    return kek && { params, kek };
  },
  async keyEncryptionKey(secret, parameters) {
    const salt = parameters['salt'];
    if (typeof salt !== 'string') {
      throw new Failure('corrupt', 'SLOT_BROKEN', 'the key slot has no usable parameter "salt"');
    }
    const key = keyIn(secret);
    // An empty or garbled file would give a key that anyone can derive.
    if (key === undefined) return undefined;
    return Buffer.from(hkdfSync('sha256', key, Buffer.from(salt, 'base64url'), 'bkp1/key-file\0', 32));
  },
};
export default keyFile;

function keyIn(secret: Secret): Buffer | undefined {
  const [line = ''] = Buffer.from(secret.reveal()).toString('latin1').split('\n');
  const key = Buffer.from(line.trim(), 'base64url');
  return key.length === keyBytes ? key : undefined;
}

/** Makes a new key file of mode 0600, durably; never replaces one. */
export function createKeyFile(path: string): Secret {
  const content = Buffer.from(`${randomBytes(keyBytes).toString('base64url')}\n`, 'latin1');
  createPrivateFile(path, content);
  return new Secret(content, keyFile.type);
}

/** Reads a key file, refusing one that others could read or have made. */
export function readKeyFile(path: string): Secret {
  return new Secret(readPrivateFile(path).subarray(0, keyFileBytesMax), keyFile.type);
}

/** One that shall open or make a key slot. Fails like readKeyFile, and with usage/KEY_FILE_INVALID when it can open none. */
export function readSlotKeyFile(path: string): Secret {
  const secret = readKeyFile(path);
  if (keyIn(secret) !== undefined) return secret;
  throw new Failure('usage', 'KEY_FILE_INVALID', `the key file "${path}" holds no key`, {
    facts: { path },
    hint: 'It was cut off, or is another file: a key file has 43 letters and digits in its first line. Take another copy of it.',
  });
}
