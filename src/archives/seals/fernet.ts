// The seal `fernet`: one Fernet token a line. A token has no associated data, so every piece carries its place in its plain bytes.

import { randomBytes } from 'node:crypto';
import { equalBytes } from '../../base/bytes.ts';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Secret } from '../../base/secret.ts';
import type { SlotParameters } from '../../keyslots/keyslot.ts';
import { ByteReader, newline, piecesOf } from './byte-reader.ts';
import { fernetBase64, makeToken, openToken } from './fernet-token.ts';
import {
  passwordOf,
  pieceLength,
  type Seal,
  type SealKey,
  sealBroken,
  sealKeyWrong,
  sealTruncated,
  throwIfCanceled,
} from './seal.ts';
import { newStretching, stretched } from './stretching.ts';

const name = 'fernet';
const headWords = '# holdfast-fernet pbkdf2-sha256';
/** archiveId16, u64 index, u8 last. */
const placeLength = 25;
/** A full piece as a token, with room: what one line may cost a reader. */
const lineMax = 1_500_000;

export const fernet: Seal = {
  name,
  suffix: '.fernet',
  needs: { seal: 'password', open: 'password' },
  async *seal(plain, key, context) {
    const password = passwordOf(key, name);
    let fernetKey = fernetKeyIn(password);
    if (fernetKey === undefined) {
      const { params, kek } = await newStretching(password, pbkdf2Of(key));
      yield Buffer.from(headLine(Number(params['rounds']), String(params['salt'])), 'latin1');
      fernetKey = kek;
    }
    try {
      const archiveId = randomBytes(16);
      let index = 0n;
      for await (const { bytes, isLast } of piecesOf(plain, pieceLength)) {
        throwIfCanceled(context);
        const place = Buffer.alloc(placeLength);
        place.set(archiveId);
        place.writeBigUInt64LE(index, 16);
        place[24] = isLast ? 1 : 0;
        const token = makeToken(fernetKey, [place, bytes], context.clock.now(), randomBytes(16));
        yield Buffer.from(`${token}\n`, 'latin1');
        index += 1n;
      }
    } finally {
      fernetKey.fill(0);
    }
  },
  async *open(sealed, key, context) {
    const reader = new ByteReader(sealed);
    try {
      yield* openLines(reader, passwordOf(key, name), context);
    } finally {
      await reader.close();
    }
  },
};

async function* openLines(
  reader: ByteReader,
  password: Secret,
  context: Context,
): AsyncGenerator<Uint8Array> {
  let line = await nextLine(reader);
  const given = fernetKeyIn(password);
  let fernetKey: Uint8Array;
  if (line.startsWith('#')) {
    const { rounds, salt } = readHeadLine(line);
    fernetKey = await stretched(password, { kdf: 'pbkdf2-sha256', rounds, salt });
    line = await nextLine(reader);
  } else if (given !== undefined) {
    fernetKey = given;
  } else {
    throw sealKeyWrong('the archive is sealed with a Fernet key, and the password is none');
  }
  try {
    let archiveId: Uint8Array | undefined;
    for (let index = 0n; ; index += 1n) {
      throwIfCanceled(context);
      const plain = openToken(fernetKey, line);
      if (plain === undefined && index === 0n) throw sealKeyWrong('the archive is not sealed with this key');
      if (plain === undefined) throw sealBroken(`was changed in line ${index} of its pieces`);
      if (plain.length < placeLength) throw sealBroken('has a token that does not say its place');
      const id = plain.subarray(0, 16);
      archiveId ??= id;
      if (!equalBytes(archiveId, id) || plain.readBigUInt64LE(16) !== index)
        throw sealBroken(`has another piece in the place of piece ${index}`);
      const last = plain[24];
      if (last !== 0 && last !== 1) throw sealBroken('has a token that does not say whether it is the last');
      if (plain.length > placeLength) yield plain.subarray(placeLength);
      if (last === 1) break;
      line = await nextLine(reader);
    }
    if (!(await reader.isAtEnd())) throw sealBroken('goes on after its last piece');
  } finally {
    fernetKey.fill(0);
  }
}

async function nextLine(reader: ByteReader): Promise<string> {
  const line = await reader.takeThrough(newline, lineMax);
  if (line === undefined) throw sealBroken('has a line that is too long');
  if (line.at(-1) !== newline) throw sealTruncated('ends before its last piece');
  return Buffer.from(line.subarray(0, -1)).toString('latin1');
}

/** What the password file holds when it is a Fernet key: 32 bytes in base64url, 44 characters. */
function fernetKeyIn(password: Secret): Uint8Array | undefined {
  const text = Buffer.from(password.reveal())
    .toString('latin1')
    .replace(/\r?\n$/, '');
  if (text.length !== 44) return undefined;
  const key = Buffer.from(text, 'base64url');
  return key.length === 32 && fernetBase64(key) === text ? key : undefined;
}

function pbkdf2Of(key: SealKey): SlotParameters {
  const kdf = key.kdf?.['kdf'] ?? 'pbkdf2-sha256';
  if (kdf !== 'pbkdf2-sha256') {
    throw new Failure('usage', 'SEAL_KDF_UNSUPPORTED', `the seal "${name}" knows PBKDF2 alone`, {
      hint: 'Choose "pbkdf2-sha256", or the seal "aes-256-gcm".',
    });
  }
  return { ...key.kdf, kdf };
}

function headLine(rounds: number, salt: string): string {
  return `${headWords} ${rounds} ${salt}\n`;
}

function readHeadLine(line: string): { readonly rounds: number; readonly salt: string } {
  const match = /^# holdfast-fernet pbkdf2-sha256 ([1-9][0-9]{0,9}) ([A-Za-z0-9_-]{43})$/.exec(line);
  const salt = Buffer.from(match?.[2] ?? '', 'base64url').toString('base64url');
  // One text for one meaning: spare bits of the last character are a change, too.
  if (match === null || salt !== match[2]) throw sealBroken('has a first line that is not known');
  return { rounds: Number(match[1]), salt };
}
