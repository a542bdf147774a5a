// A key file: 32 random bytes as base64url in its first line. FORMAT.md §4. The secret given is the file's content.

import { hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { KeySlotKind } from './keyslot.ts';

const keyBytes = 32;

const keyFile: KeySlotKind = {
  type: 'key-file',
  title: 'Key file',
  isPostQuantum: true,
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
    const [line = ''] = Buffer.from(secret.reveal()).toString('latin1').split('\n');
    const key = Buffer.from(line.trim(), 'base64url');
    // An empty or garbled file would give a key that anyone can derive.
    if (key.length !== keyBytes) return undefined;
    return Buffer.from(hkdfSync('sha256', key, Buffer.from(salt, 'base64url'), 'bkp1/key-file\0', 32));
  },
};
export default keyFile;

/** Makes a new key file of mode 0600, durably; never replaces one. */
export function createKeyFile(path: string): Secret {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (cause) {
    throw new Failure('conflict', 'KEY_FILE_EXISTS', `the key file "${path}" cannot be made`, {
      hint: 'Choose another name; an existing key file is never replaced.',
      cause,
    });
  }
  const content = Buffer.from(`${randomBytes(keyBytes).toString('base64url')}\n`, 'latin1');
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return new Secret(content, keyFile.type);
}

/** Reads a key file, refusing one that others could read or have made. */
export function readKeyFile(path: string): Secret {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY);
  } catch (cause) {
    throw new Failure('missing', 'KEY_FILE_MISSING', `the key file "${path}" cannot be read`, {
      hint: 'Check the path given with "--key-file".',
      cause,
    });
  }
  try {
    const stat = fstatSync(file);
    const isOurs = process.getuid === undefined || stat.uid === process.getuid();
    if ((stat.mode & 0o077) !== 0 || !isOurs) {
      throw new Failure(
        'denied',
        'KEY_FILE_TOO_OPEN',
        `the key file "${path}" could be read or changed by others`,
        {
          hint: 'Make yourself its owner and run "chmod 600" on it; if it was open for long, make a new key.',
        },
      );
    }
    const content = Buffer.alloc(Math.min(stat.size, 4096));
    readSync(file, content, 0, content.length, 0);
    return new Secret(content, keyFile.type);
  } finally {
    closeSync(file);
  }
}
