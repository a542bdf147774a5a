// The seal `openssl`: what `openssl enc -d -aes-256-cbc -pbkdf2 -iter N -pass file:…` reads. That format has no authentication at all:
// changes may go unseen here, and the archive's SHA-256 beside it finds accidents, not attackers.

import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { Failure } from '../../base/failure.ts';
import { pbkdf2RoundsMax, pbkdf2RoundsMin } from '../../base/limits.ts';
import { cbcDecryption, cbcEncryption } from '../../ciphers/aes-cbc.ts';
import { ByteReader, piecesOf } from './byte-reader.ts';
import {
  passwordOf,
  pieceLength,
  type Seal,
  type SealKey,
  sealBroken,
  sealTruncated,
  throwIfCanceled,
} from './seal.ts';

const name = 'openssl';
const magic: Uint8Array = Buffer.from('Salted__', 'latin1');
const saltLength = 8;
const blockLength = 16;
const roundsDefault = 600_000;
/** `-pass file:` takes no more of the first line. */
const passwordMax = 1022;

export const openssl: Seal = {
  name,
  suffix: '.enc',
  needs: { seal: 'password', open: 'password' },
  async *seal(plain, key, context) {
    const salt = randomBytes(saltLength);
    const stretched = await stretch(key, salt);
    try {
      yield Buffer.concat([magic, salt]);
      const cipher = cbcEncryption(stretched.subarray(0, 32), stretched.subarray(32));
      for await (const { bytes } of piecesOf(plain, pieceLength)) {
        throwIfCanceled(context);
        if (bytes.length > 0) yield cipher.update(bytes);
      }
      yield cipher.final();
    } finally {
      stretched.fill(0);
    }
  },
  async *open(sealed, key, context) {
    const reader = new ByteReader(sealed);
    try {
      const head = await reader.take(magic.length + saltLength);
      if (Buffer.compare(head.subarray(0, 8), magic.subarray(0, Math.min(8, head.length))) !== 0)
        throw sealBroken('does not begin as "openssl enc" begins');
      if (head.length < magic.length + saltLength || (await reader.isAtEnd()))
        throw sealTruncated('ends within its head');
      const stretched = await stretch(key, head.subarray(magic.length));
      try {
        const decipher = cbcDecryption(stretched.subarray(0, 32), stretched.subarray(32));
        while (!(await reader.isAtEnd())) {
          throwIfCanceled(context);
          const bytes = await reader.take(pieceLength);
          if (bytes.length % blockLength !== 0) throw sealTruncated('does not end with a whole block');
          const plain = decipher.update(bytes);
          if (plain.length > 0) yield plain;
        }
        let rest: Uint8Array;
        try {
          rest = decipher.final();
        } catch (cause) {
          throw sealBroken(
            'has a broken end: the password or the number of rounds is wrong, or it was cut off',
            cause,
          );
        }
        if (rest.length > 0) yield rest;
      } finally {
        stretched.fill(0);
      }
    } finally {
      await reader.close();
    }
  },
};

// Key and iv in one. The number of rounds is not in the file: both sides must know it.
async function stretch(key: SealKey, salt: Uint8Array): Promise<Uint8Array> {
  const password = Buffer.from(passwordOf(key, name).reveal());
  if (
    password.length > passwordMax ||
    password.some((byte) => byte === 0 || byte === 0x0a || byte === 0x0d)
  ) {
    throw new Failure('usage', 'SEAL_PASSWORD_UNFIT', 'openssl could not read this password from a file', {
      hint: `Choose one line of at most ${passwordMax} bytes.`,
    });
  }
  const kdf = key.kdf?.['kdf'] ?? 'pbkdf2-sha256';
  const rounds = key.kdf?.['rounds'] ?? roundsDefault;
  if (kdf !== 'pbkdf2-sha256') {
    throw new Failure('usage', 'SEAL_KDF_UNSUPPORTED', `the seal "${name}" knows PBKDF2 alone`, {
      hint: 'Choose "pbkdf2-sha256", or the seal "aes-256-gcm".',
    });
  }
  if (
    typeof rounds !== 'number' ||
    !Number.isInteger(rounds) ||
    rounds < pbkdf2RoundsMin ||
    rounds > pbkdf2RoundsMax
  ) {
    throw new Failure('usage', 'SEAL_ROUNDS_INVALID', `"${String(rounds)}" rounds of PBKDF2 are refused`, {
      hint: `Choose from ${pbkdf2RoundsMin} to ${pbkdf2RoundsMax}.`,
    });
  }
  try {
    return await promisify(pbkdf2)(password, salt, rounds, 48, 'sha256');
  } finally {
    password.fill(0);
  }
}
