// The seal `aes-256-gcm`: our container under a password, stretched as a key slot stretches it, or under a key file.

import { hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '../../base/failure.ts';
import type { Secret } from '../../base/secret.ts';
import type { SlotParameters } from '../../keyslots/keyslot.ts';
import { ByteReader } from './byte-reader.ts';
import { openChunks, sealChunks } from './chunks.ts';
import { type ContainerHead, keySources, makeHead, readHead } from './container.ts';
import { passwordOf, type Seal, type SealKey, sealBroken, sealKeyWrong } from './seal.ts';
import { newStretching, stretched } from './stretching.ts';

const name = 'aes-256-gcm';
const saltLength = 32;

/** The three numbers of each way to stretch, in the order of the head; zero where there are fewer. */
const numbersOf = {
  argon2id: ['memoryKiB', 'passes', 'lanes'],
  scrypt: ['cost', 'blockSize', 'lanes'],
  'pbkdf2-sha256': ['rounds'],
} as const;
type Kdf = keyof typeof numbersOf;

export const aes256Gcm: Seal = {
  name,
  suffix: '.gcm',
  needs: { seal: 'password', open: 'password' },
  async *seal(plain, key, context) {
    const password = passwordOf(key, name);
    const { head, chunkKey } = await newHead(password, key);
    try {
      yield head;
      yield* sealChunks(plain, chunkKey, head, context);
    } finally {
      chunkKey.fill(0);
    }
  },
  async *open(sealed, key, context) {
    const reader = new ByteReader(sealed);
    try {
      const password = passwordOf(key, name);
      const head = await readHead(reader);
      const chunkKey = await keyOf(password, head);
      try {
        yield* openChunks(reader, chunkKey, head.bytes, context);
      } finally {
        chunkKey.fill(0);
      }
    } finally {
      await reader.close();
    }
  },
};

async function newHead(
  password: Secret,
  key: SealKey,
): Promise<{ readonly head: Uint8Array; readonly chunkKey: Uint8Array }> {
  if (password.slotType === 'key-file') {
    const salt = randomBytes(saltLength);
    return { head: makeHead(keySources.rawKey, salt), chunkKey: keyFromFile(password, salt) };
  }
  const { params, kek } = await newStretching(password, { ...key.kdf });
  return { head: headOfPassword(params), chunkKey: kek };
}

function headOfPassword(parameters: SlotParameters): Uint8Array {
  const kdf = parameters['kdf'] as Kdf;
  const packed = Buffer.alloc(12 + saltLength);
  for (const [at, number] of numbersOf[kdf].entries())
    packed.writeUInt32LE(Number(parameters[number]), at * 4);
  packed.set(Buffer.from(String(parameters['salt']), 'base64url'), 12);
  return makeHead(keySources[kdf], packed);
}

async function keyOf(password: Secret, head: ContainerHead): Promise<Uint8Array> {
  const packed = Buffer.from(head.parameters);
  if (head.source === keySources.rawKey) {
    if (packed.length !== saltLength) throw sealBroken('has a head of the wrong length');
    return keyFromFile(password, packed);
  }
  if (head.source === keySources.rsa)
    throw sealKeyWrong('the archive is sealed for RSA keys, not with a password');
  const kdf = (Object.keys(numbersOf) as Kdf[]).find((one) => keySources[one] === head.source);
  if (kdf === undefined) throw sealBroken(`names the way ${head.source} to its key, which is not known`);
  if (packed.length !== 12 + saltLength) throw sealBroken('has a head of the wrong length');
  const parameters: Record<string, string | number> = {
    kdf,
    salt: packed.subarray(12).toString('base64url'),
  };
  const names: readonly string[] = numbersOf[kdf];
  for (let at = 0; at < 3; at += 1) {
    const value = packed.readUInt32LE(at * 4);
    const number = names[at];
    if (value === 0 ? number !== undefined : number === undefined)
      throw sealBroken('has a head with impossible numbers');
    if (number !== undefined) parameters[number] = value;
  }
  return stretched(password, parameters);
}

// A key file holds 32 random bytes as base64url in its first line; nothing is to be stretched.
function keyFromFile(file: Secret, salt: Uint8Array): Uint8Array {
  const [line = ''] = Buffer.from(file.reveal()).toString('latin1').split('\n');
  const raw = Buffer.from(line.trim(), 'base64url');
  if (raw.length !== 32) {
    throw new Failure('denied', 'SEAL_KEY_WRONG', 'the archive wants a key file, and this is none', {
      hint: 'Give the key file as "holdfast key" made it: one line of 43 characters.',
    });
  }
  const key = Buffer.from(hkdfSync('sha256', raw, salt, 'bkp1/seal-key-file\0', 32));
  raw.fill(0);
  return key;
}
