// A passphrase, stretched by Argon2id (default), scrypt or PBKDF2-SHA-256. FORMAT.md §4.

import { argon2, pbkdf2, randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import type { KeySlotKind, SlotParameters } from './keyslot.ts';

const stretchByScrypt = promisify<Buffer, Buffer, number, ScryptOptions, Buffer>(scrypt);

const defaults: Readonly<Record<string, SlotParameters>> = {
  argon2id: { kdf: 'argon2id', memoryKiB: 65_536, passes: 3, lanes: 1 },
  scrypt: { kdf: 'scrypt', cost: 131_072, blockSize: 8, lanes: 1 },
  'pbkdf2-sha256': { kdf: 'pbkdf2-sha256', rounds: 600_000 },
};

const passphrase: KeySlotKind = {
  type: 'passphrase',
  title: 'Passphrase',
  isPostQuantum: () => true,
  canOpen: () => true,
  async newKey(secret, choice, binding) {
    const kdf = choice['kdf'] ?? 'argon2id';
    const base = typeof kdf === 'string' ? defaults[kdf] : undefined;
    if (base === undefined) {
      throw new Failure('usage', 'KDF_UNKNOWN', `"${String(kdf)}" is no way to stretch a passphrase`, {
        hint: `Choose one of ${Object.keys(defaults).join(', ')}.`,
      });
    }
    const parameters = { ...base, ...choice, kdf, salt: randomBytes(32).toString('base64url') };
    checkLimits(parameters);
    // At once, on two threads: the second proves the first, and nobody waits twice as long for it.
    const [kek, again] = await Promise.all([
      passphrase.keyEncryptionKey(secret, parameters, binding),
      passphrase.keyEncryptionKey(secret, parameters, binding),
    ]);
    return kek && again && { params: parameters, kek, again };
  },
  async keyEncryptionKey(secret, parameters) {
    checkLimits(parameters);
    const password = normalized(secret);
    const salt = Buffer.from(text(parameters, 'salt'), 'base64url');
    if (salt.length !== 32) throw broken('salt');
    try {
      switch (text(parameters, 'kdf')) {
        case 'argon2id':
          return await promisify(argon2)('argon2id', {
            message: password,
            nonce: salt,
            memory: count(parameters, 'memoryKiB'),
            passes: count(parameters, 'passes'),
            parallelism: count(parameters, 'lanes'),
            tagLength: 32,
          });
        case 'scrypt':
          return await stretchByScrypt(password, salt, 32, {
            N: count(parameters, 'cost'),
            r: count(parameters, 'blockSize'),
            p: count(parameters, 'lanes'),
            maxmem: 2 ** 31,
          });
        default:
          return await promisify(pbkdf2)(password, salt, count(parameters, 'rounds'), 32, 'sha256');
      }
    } finally {
      password.fill(0);
    }
  },
};
export default passphrase;

// UTF-8 in NFC, so that the same words typed on another keyboard open the slot.
function normalized(secret: Secret): Buffer {
  const bytes = secret.reveal();
  let words: string;
  try {
    words = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes);
  }
  return Buffer.from(words.normalize('NFC'), 'utf8');
}

function checkLimits(parameters: SlotParameters): void {
  const kdf = text(parameters, 'kdf');
  if (kdf === 'argon2id') {
    const memory = count(parameters, 'memoryKiB');
    if (memory > 4 * 1024 * 1024) throw costly(`argon2id with ${memory} KiB`);
    if (memory < 8 * 1024) throw weak(`argon2id with ${memory} KiB`, '8192 KiB');
    if (count(parameters, 'passes') > 64 || count(parameters, 'lanes') > 64) throw costly('argon2id');
  } else if (kdf === 'scrypt') {
    const cost = count(parameters, 'cost');
    const blockSize = count(parameters, 'blockSize');
    // RFC 7914 §6: a power of two below 2^(16 · blockSize). The library throws its own error for anything else.
    if (!Number.isInteger(Math.log2(cost)) || Math.log2(cost) >= 16 * blockSize) throw broken('cost');
    const bytes = 128 * cost * blockSize * count(parameters, 'lanes');
    if (bytes > 1024 ** 3) throw costly(`scrypt with ${bytes} bytes`);
    if (cost < 16_384) throw weak(`scrypt with a cost of ${cost}`, 'a cost of 16384');
  } else if (kdf === 'pbkdf2-sha256') {
    const rounds = count(parameters, 'rounds');
    if (rounds > 10_000_000) throw costly(`pbkdf2-sha256 with ${rounds} rounds`);
    if (rounds < 100_000) throw weak(`pbkdf2-sha256 with ${rounds} rounds`, '100000 rounds');
  } else {
    throw broken('kdf');
  }
}

function text(parameters: SlotParameters, key: string): string {
  const value = parameters[key];
  if (typeof value !== 'string') throw broken(key);
  return value;
}

function count(parameters: SlotParameters, key: string): number {
  const value = parameters[key];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) throw broken(key);
  return value;
}

function broken(key: string): Failure {
  return new Failure('corrupt', 'SLOT_BROKEN', `the key slot has no usable parameter "${key}"`, {
    hint: 'Use another key slot, or copy this one back from another copy of the repository.',
  });
}

function weak(what: string, least: string): Failure {
  return new Failure('usage', 'KDF_TOO_WEAK', `${what} is too weak`, { hint: `Use at least ${least}.` });
}

function costly(what: string): Failure {
  return new Failure('usage', 'KDF_TOO_COSTLY', `${what} would exhaust this machine`, {
    hint: 'The slot was made to do harm, or for a much larger machine.',
  });
}
