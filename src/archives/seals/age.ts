// The seal `age` (age-encryption.org/v1): headers by the library of age's author, but stretching and payload by node:crypto, which is
// many times faster. Recipients may be X25519 (age1…) or the post-quantum hybrid (age1pq1…).

import { hkdfSync, randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Identity, Recipient, Stanza } from 'age-encryption';
import { concat } from '../../base/bytes.ts';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { scryptMemoryBytesMax } from '../../base/limits.ts';
import type { Secret } from '../../base/secret.ts';
import chacha20Poly1305 from '../../ciphers/chacha20-poly1305.ts';
import { sealInto } from '../../ciphers/seal-into.ts';
import { withoutArmor } from './age-armor.ts';
import { ByteReader, newline, piecesOf } from './byte-reader.ts';
import {
  passwordOf,
  type Seal,
  type SealKey,
  sealBroken,
  sealKeyWrong,
  sealTruncated,
  throwIfCanceled,
} from './seal.ts';

const name = 'age';
const versionLine = 'age-encryption.org/v1\n';
/** Hundreds of recipients fit; parsed before anything is authenticated. */
const headerMax = 64 * 1024;
const lineMax = 8 * 1024;
const chunkLength = 64 * 1024;
const tagLength = 16;
const sealedChunkLength = chunkLength + tagLength;
/** Chunks handed on at once: fewer, larger pieces for who writes them. */
const chunksTogether = 16;
const costDefault = 2 ** 18;
const costMin = 2 ** 14;
const scryptBlockSize = 8;
const noAad = new Uint8Array(0);

const stretchByScrypt = promisify<Uint8Array, Uint8Array, number, ScryptOptions, Buffer>(scrypt);

export const age: Seal = {
  name,
  suffix: '.age',
  needs: { seal: 'either', open: 'either' },
  async *seal(plain, key, context) {
    const { header, fileKey } = await newHeader(key);
    const nonce = randomBytes(16);
    yield concat([header, nonce]);
    const payloadKey = payloadKeyOf(fileKey, nonce);
    try {
      yield* sealPayload(plain, payloadKey, context);
    } finally {
      payloadKey.fill(0);
      fileKey.fill(0);
    }
  },
  async *open(sealed, key, context) {
    const outer = new ByteReader(sealed);
    try {
      const isBinary = (await outer.peek()) === versionLine.charCodeAt(0);
      const reader = isBinary ? outer : new ByteReader(withoutArmor(outer));
      const header = await readHeader(reader);
      const fileKey = await fileKeyOf(header, key);
      const nonce = await reader.take(16);
      if (nonce.length < 16) throw sealTruncated('ends within its head');
      const payloadKey = payloadKeyOf(fileKey, nonce);
      try {
        yield* openPayload(reader, payloadKey, context);
      } finally {
        payloadKey.fill(0);
        fileKey.fill(0);
      }
    } finally {
      await outer.close();
    }
  },
};

// ── The header. ───────────────────────────────────────────────────────────────────────────────────────────

async function newHeader(key: SealKey): Promise<{ header: Uint8Array; fileKey: Uint8Array }> {
  const { Encrypter, Stanza } = await import('age-encryption');
  const encrypter = new Encrypter();
  const recipients = key.recipients ?? [];
  checkRecipients(key, recipients);
  try {
    for (const recipient of recipients) encrypter.addRecipient(recipient);
  } catch (cause) {
    throw new Failure('usage', 'SEAL_RECIPIENT_INVALID', 'a recipient is none of age', {
      hint: 'Give what "age-keygen" prints as public key: "age1…". SSH keys are not taken.',
      cause,
    });
  }
  // The library makes the file's key and tells it to its recipients alone: ours listens.
  let fileKey = new Uint8Array(0);
  const listener: Recipient = {
    async wrapFileKey(made) {
      fileKey = Uint8Array.from(made);
      return recipients.length > 0 ? [] : [await passwordStanza(made, key, Stanza)];
    },
  };
  encrypter.addRecipient(listener);
  // As a stream: for bytes the library would load all that fetches from the web.
  const nothing = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
  const parts: Uint8Array[] = [];
  for await (const part of await encrypter.encrypt(nothing)) parts.push(part);
  const empty = concat(parts);
  return { header: empty.subarray(0, empty.length - 16 - tagLength), fileKey };
}

function checkRecipients(key: SealKey, recipients: readonly string[]): void {
  if (recipients.length === 0) {
    passwordOf(key, name);
    return;
  }
  if (key.password !== undefined) {
    throw new Failure(
      'usage',
      'SEAL_KEY_AMBIGUOUS',
      'age seals with a password or for recipients, not both',
      {
        hint: 'Leave one of them away.',
      },
    );
  }
  const quantumSafe = recipients.filter((one) => /^age1(?:tag)?pq1/.test(one)).length;
  if (quantumSafe > 0 && quantumSafe < recipients.length) {
    throw new Failure('usage', 'SEAL_RECIPIENTS_MIXED', 'post-quantum and other recipients cannot be mixed', {
      hint: 'One recipient that a quantum computer could break would undo the others: give recipients of one kind.',
    });
  }
}

async function passwordStanza(fileKey: Uint8Array, key: SealKey, Stanza_: typeof Stanza): Promise<Stanza> {
  const cost = key.kdf?.['cost'] ?? costDefault;
  const kdf = key.kdf?.['kdf'] ?? 'scrypt';
  const logCost = typeof cost === 'number' ? Math.log2(cost) : Number.NaN;
  if (
    kdf !== 'scrypt' ||
    !Number.isInteger(logCost) ||
    Number(cost) < costMin ||
    memoryOf(logCost) > scryptMemoryBytesMax
  ) {
    throw new Failure(
      'usage',
      'SEAL_KDF_UNSUPPORTED',
      'age knows scrypt alone, with a cost from 2^14 to 2^20',
      {
        hint: 'Choose "scrypt" and such a cost, or the seal "aes-256-gcm".',
      },
    );
  }
  const salt = randomBytes(16);
  const wrapping = await stretch(passwordOf(key, name), salt, logCost);
  const body = chacha20Poly1305.seal(wrapping, new Uint8Array(12), noAad, fileKey);
  return new Stanza_(['scrypt', base64(salt), String(logCost)], body);
}

async function readHeader(reader: ByteReader): Promise<Uint8Array> {
  const lines: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const line = await reader.takeThrough(newline, lineMax);
    if (line === undefined) throw sealBroken('has a head that is none of age');
    if (lines.length > 0 && line.at(-1) !== newline) throw sealTruncated('ends within its head');
    const text = Buffer.from(line).toString('latin1');
    if (lines.length === 0 && text !== versionLine) throw sealBroken('does not begin as an age file');
    lines.push(line);
    length += line.length;
    if (length > headerMax) throw sealBroken(`has a head of more than ${headerMax} bytes`);
    if (text.startsWith('--- ')) return concat(lines);
  }
}

async function fileKeyOf(header: Uint8Array, key: SealKey): Promise<Uint8Array> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  const identities = (key.identities ?? []).flatMap(identityLines);
  try {
    for (const identity of identities) decrypter.addIdentity(identity);
  } catch {
    // What the library says could quote the identity.
    throw new Failure('usage', 'SEAL_IDENTITY_INVALID', 'an identity is none of age', {
      hint: 'Give the file that "age-keygen" wrote, with lines "AGE-SECRET-KEY-1…". SSH keys are not taken.',
    });
  }
  if (key.password !== undefined) decrypter.addIdentity(passwordIdentity(key.password));
  else if (identities.length === 0) {
    throw new Failure('usage', 'SEAL_KEY_MISSING', `the seal "${name}" needs a password or an identity`, {
      hint: 'Give a password file, or the identity file that "age-keygen" wrote.',
    });
  }
  try {
    return await decrypter.decryptHeader(header);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    if (cause instanceof Error && cause.message.startsWith('no identity matched'))
      throw sealKeyWrong('none of the keys given opens the archive', cause);
    throw sealBroken('has a broken head', cause);
  }
}

function identityLines(secret: Secret): string[] {
  const lines = Buffer.from(secret.reveal()).toString('latin1').split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}

function passwordIdentity(password: Secret): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const [stanza] = stanzas;
      if (!stanzas.some(({ args }) => args[0] === 'scrypt')) return null;
      // More than one would let the one who knows the password be told apart from the others.
      if (stanza === undefined || stanzas.length > 1)
        throw sealBroken('has a password beside other recipients');
      const [, salt64 = '', logText = ''] = stanza.args;
      const salt = Buffer.from(salt64, 'base64');
      if (
        stanza.args.length !== 3 ||
        salt.length !== 16 ||
        base64(salt) !== salt64 ||
        !/^[1-9][0-9]?$/.test(logText)
      )
        throw sealBroken('has a head with impossible numbers');
      if (memoryOf(Number(logText)) > scryptMemoryBytesMax) {
        throw new Failure(
          'usage',
          'KDF_TOO_COSTLY',
          `scrypt with a cost of 2^${logText} would exhaust this machine`,
          {
            hint: 'The archive was made to do harm, or for a much larger machine.',
          },
        );
      }
      if (stanza.body.length !== 32) throw sealBroken('has a head with impossible numbers');
      const wrapping = await stretch(password, salt, Number(logText));
      return chacha20Poly1305.open(wrapping, new Uint8Array(12), noAad, stanza.body) ?? null;
    },
  };
}

function memoryOf(logCost: number): number {
  return 128 * scryptBlockSize * 2 ** logCost;
}

function stretch(password: Secret, salt: Uint8Array, logCost: number): Promise<Buffer> {
  const labeled = Buffer.concat([Buffer.from('age-encryption.org/v1/scrypt', 'latin1'), salt]);
  const options = { N: 2 ** logCost, r: scryptBlockSize, p: 1, maxmem: 2 ** 31 };
  return stretchByScrypt(password.reveal(), labeled, 32, options);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}

// ── The payload: STREAM over ChaCha20-Poly1305. ───────────────────────────────────────────────────────────

function payloadKeyOf(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}

function chunkNonce(index: number, isLast: boolean): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(index), 3);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

async function* sealPayload(
  plain: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  context: Context,
): AsyncGenerator<Uint8Array> {
  const space = Buffer.allocUnsafeSlow(chunksTogether * sealedChunkLength);
  let index = 0;
  for await (const { bytes, isLast } of piecesOf(plain, chunksTogether * chunkLength)) {
    throwIfCanceled(context);
    const count = Math.max(1, Math.ceil(bytes.length / chunkLength));
    const out = space.subarray(0, bytes.length + count * tagLength);
    for (let chunk = 0; chunk < count; chunk += 1) {
      const nonce = chunkNonce(index, isLast && chunk === count - 1);
      const plainChunk = bytes.subarray(chunk * chunkLength, (chunk + 1) * chunkLength);
      sealInto(out, chunk * sealedChunkLength, 'chacha20-poly1305', key, nonce, undefined, plainChunk);
      index += 1;
    }
    yield out;
  }
}

async function* openPayload(
  reader: ByteReader,
  key: Uint8Array,
  context: Context,
): AsyncGenerator<Uint8Array> {
  const space = Buffer.allocUnsafeSlow(chunksTogether * sealedChunkLength);
  for (let index = 0; ; ) {
    throwIfCanceled(context);
    const bytes = await reader.takeInto(space);
    const isEnd = await reader.isAtEnd();
    const chunks: Uint8Array[] = [];
    let failure: Failure | undefined;
    let at = 0;
    do {
      const end = Math.min(at + sealedChunkLength, bytes.length);
      const opened = openChunk(key, index, isEnd && end === bytes.length, bytes.subarray(at, end));
      if (opened.plain !== undefined) chunks.push(opened.plain);
      failure = opened.failure;
      index += 1;
      at = end;
    } while (at < bytes.length && failure === undefined);
    const plain = Buffer.concat(chunks);
    // As age does: what was good before the failure is handed on.
    if (plain.length > 0) yield plain;
    if (failure !== undefined) throw failure;
    if (isEnd) return;
  }
}

interface OpenedChunk {
  readonly plain?: Uint8Array;
  readonly failure?: Failure;
}

function openChunk(key: Uint8Array, index: number, isLast: boolean, chunk: Uint8Array): OpenedChunk {
  if (chunk.length < tagLength) return { failure: sealTruncated(`ends within chunk ${index}`) };
  const plain = chacha20Poly1305.open(key, chunkNonce(index, isLast), noAad, chunk);
  if (plain?.length === 0 && index > 0) return { failure: sealBroken('ends with an empty chunk') };
  if (plain !== undefined) return { plain };
  const misplaced = chacha20Poly1305.open(key, chunkNonce(index, !isLast), noAad, chunk);
  if (misplaced === undefined)
    return { failure: sealBroken(`was changed, cut off or lengthened in chunk ${index}`) };
  const failure = isLast
    ? sealTruncated(`ends after chunk ${index}, which is not its last`)
    : sealBroken('goes on after its last chunk');
  return chunk.length < sealedChunkLength ? { failure } : { plain: misplaced, failure };
}
