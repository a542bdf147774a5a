// The sealed box: one function for every byte this program stores. FORMAT.md §2.
// A box has a single-use key from a random salt, commits to that key, and binds its whole meaning in the AAD.

import { createHash, createHmac, type KeyObject, randomFillSync, timingSafeEqual } from 'node:crypto';
import { padme } from '../base/bytes.ts';
import { decodeFirst, encode } from '../base/cbor.ts';
import { Failure } from '../base/failure.ts';
import { cipherOf, knownCipher } from '../ciphers/all.ts';
import { release } from '../codecs/release.ts';

export const boxTypes = {
  data: 1,
  tree: 2,
  skeleton: 3,
  directory: 4,
  index: 5,
  session: 6,
  borrow: 7,
  condemned: 8,
  snapshot: 9,
  tombstone: 10,
  checkpoint: 11,
  bundle: 12,
  revoked: 13,
  writerShare: 20,
  writerMemory: 21,
  rescue: 14,
  maintenanceShare: 22,
  ref: 23,
} as const;

const saltLength = 24;
const commitLength = 32;
const bodyAt = saltLength + commitLength;
/** Of the suites that came first; what is known of others. */
const usualOverhead = 16;
const zeroNonce = new Uint8Array(12);
export const noDomain: Uint8Array = new Uint8Array(16);

/** How much longer a box of this suite is than its payload. */
export function boxOverheadOf(suite: number): number {
  return bodyAt + (knownCipher(suite)?.overhead ?? usualOverhead);
}

/** What a box means: everything here is authenticated with it. */
export interface BoxMeaning {
  /** 16 bytes. */
  readonly repositoryId: Uint8Array;
  /** 16 bytes; zeros for everything but frames. */
  readonly domainId: Uint8Array;
  readonly generation: number;
  readonly suite: number;
  readonly type: number;
  readonly comp: number;
  readonly plainLength: number;
}

/** Seals `payload` (the plain bytes after compression). `key` is a 32-byte HKDF pseudo-random key. */
export function sealBox(key: KeyObject, meaning: BoxMeaning, payload: Uint8Array): Buffer {
  const out = Buffer.allocUnsafeSlow(boxOverheadOf(meaning.suite) + payload.length);
  sealBoxInto(out, key, meaning, payload);
  return out;
}

/** As sealBox, into the first `boxOverheadOf(suite) + payload.length` bytes of `out`. */
function sealBoxInto(out: Uint8Array, key: KeyObject, meaning: BoxMeaning, payload: Uint8Array): void {
  const salt = out.subarray(0, saltLength);
  randomFillSync(salt);
  const cipher = cipherOf(meaning.suite);
  const { single, commit } = expand(key, meaning, salt, cipher.keyLength);
  out.set(commit, saltLength);
  const body = cipher.seal(single, zeroNonce, aadOf(meaning), payload);
  out.set(body, bodyAt);
  release(body);
}

/** As sealBoxInto, for boxes that are stored as they are: rule R1, what cannot be brought back is never published. */
export function sealProvenBoxInto(
  out: Uint8Array,
  key: KeyObject,
  meaning: BoxMeaning,
  payload: Uint8Array,
): void {
  sealBoxInto(out, key, meaning, payload);
  let cause: unknown;
  try {
    const opened = openBox(
      key,
      meaning,
      out.subarray(0, boxOverheadOf(meaning.suite) + payload.length),
      'a new box',
    );
    if (Buffer.compare(opened, payload) === 0) return;
  } catch (error) {
    cause = error;
  }
  throw new Failure('corrupt', 'BOX_NOT_REPRODUCED', 'a sealed box did not open to what went in', {
    hint: 'The memory or processor of this machine is faulty. Nothing wrong was stored.',
    cause,
  });
}

/** Opens a box; the result is the payload, still compressed. `what` names the object in the failure. */
export function openBox(key: KeyObject, meaning: BoxMeaning, box: Uint8Array, what: string): Uint8Array {
  if (box.length < boxOverheadOf(meaning.suite)) {
    throw new Failure(
      'corrupt',
      'BOX_BROKEN',
      `"${what}" is ${box.length} bytes, shorter than any sealed box`,
    );
  }
  const keyLength = knownCipher(meaning.suite)?.keyLength ?? hashLength;
  const { single, commit } = expand(key, meaning, box.subarray(0, saltLength), keyLength);
  if (!timingSafeEqual(commit, box.subarray(saltLength, bodyAt)))
    throw broken(what, 'is not sealed with the key it names');
  const cipher = cipherOf(meaning.suite);
  const plain = cipher.open(single, zeroNonce, aadOf(meaning), box.subarray(bodyAt));
  if (plain === undefined) throw broken(what, 'was changed after it was sealed');
  return plain;
}

/** The first eight bytes of a box's commitment: what a directory remembers of a frame. */
export function commit8Of(box: Uint8Array): Uint8Array {
  return Uint8Array.from(box.subarray(saltLength, saltLength + 8));
}

const infoPrefix = Buffer.from('bkp1/box\0', 'latin1');
const hashLength = 32;
const counters: readonly Buffer[] = [1, 2, 3].map((count) => Buffer.from([count]));

/** HKDF-Expand, an HMAC for each 32 bytes: the key, the commitment, and behind that what a suite of more keys needs. */
function expand(
  key: KeyObject,
  meaning: BoxMeaning,
  salt: Uint8Array,
  keyLength: number,
): { readonly single: Buffer; readonly commit: Buffer } {
  const info = Buffer.allocUnsafe(infoPrefix.length + 2 + saltLength);
  infoPrefix.copy(info);
  info[infoPrefix.length] = meaning.suite;
  info[infoPrefix.length + 1] = meaning.type;
  info.set(salt, infoPrefix.length + 2);
  const single = Buffer.allocUnsafe(keyLength);
  const first = createHmac('sha256', key).update(info).update(counters[0]!).digest();
  first.copy(single);
  const commit = createHmac('sha256', key).update(first).update(info).update(counters[1]!).digest();
  if (keyLength > hashLength) {
    createHmac('sha256', key)
      .update(commit)
      .update(info)
      .update(counters[2]!)
      .digest()
      .copy(single, hashLength);
  }
  return { single, commit };
}

function aadOf(meaning: BoxMeaning): Buffer {
  const aad = Buffer.allocUnsafe(4 + 16 + 16 + 4 + 3 + 4);
  aad.write('bkp1', 0, 'latin1');
  aad.set(meaning.repositoryId, 4);
  aad.set(meaning.domainId, 20);
  aad.writeUInt32LE(meaning.generation, 36);
  aad[40] = meaning.suite;
  aad[41] = meaning.type;
  aad[42] = meaning.comp;
  aad.writeUInt32LE(meaning.plainLength, 43);
  return aad;
}

const damageHint = 'Run "holdfast check" to see what is affected, then "holdfast repair".';
/** A run that was open before somebody rotated keys meets objects that it cannot know. */
const rotatedHint = `Keys may have been rotated since this run began: run it again. ${damageHint}`;

function broken(what: string, why: string, hint = damageHint): Failure {
  return new Failure('corrupt', 'BOX_BROKEN', `"${what}" ${why}`, { hint });
}

// ── Envelopes: objects that are one box. ──────────────────────────────────────────────────────────────────

const envelopeMagic = Buffer.from('BKPOBJ1\0', 'latin1');
const envelopeHead = 20;
const envelopeFloor = 256;

/** The only length an item may be padded to: any other would let a writer tell things by it. */
function paddedLength(itemLength: number): number {
  return Math.max(envelopeFloor, padme(itemLength));
}

/** Seals one canonical CBOR item as an object. */
export function sealEnvelope(
  key: KeyObject,
  meaning: { repositoryId: Uint8Array; generation: number; suite: number; type: number },
  item: unknown,
): Uint8Array {
  const encoded = encode(item);
  const plain = Buffer.alloc(paddedLength(encoded.length));
  plain.set(encoded);
  const out = Buffer.allocUnsafeSlow(envelopeHead + boxOverheadOf(meaning.suite) + plain.length);
  envelopeMagic.copy(out);
  out[8] = meaning.suite;
  out[9] = meaning.type;
  out[10] = 0;
  out[11] = 0;
  out.writeUInt32LE(meaning.generation, 12);
  out.writeUInt32LE(plain.length, 16);
  sealProvenBoxInto(
    out.subarray(envelopeHead),
    key,
    { ...meaning, domainId: noDomain, comp: 0, plainLength: plain.length },
    plain,
  );
  return out;
}

/**
 * Opens an object of the given type; `keyOf` finds the key of a generation. `name` is the object's: where it is a hash, the bytes must
 * have it, or an older object could stand in the place of one that was taken away.
 */
export function openEnvelope(
  bytes: Uint8Array,
  expected: { repositoryId: Uint8Array; type: number; plainMax: number },
  keyOf: (generation: number) => KeyObject | undefined,
  name: string,
): unknown {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const overhead = boxOverheadOf(head[8] ?? 0);
  if (bytes.length < envelopeHead + overhead || head.compare(envelopeMagic, 0, 8, 0, 8) !== 0) {
    throw broken(name, 'is not an object of this format');
  }
  const hash = /\/([0-9a-f]{64})$/.exec(name)?.[1];
  if (hash !== undefined && createHash('sha256').update(bytes).digest('hex') !== hash)
    throw broken(name, 'is not the object that its name promises');
  const plainLength = head.readUInt32LE(16);
  if (head[9] !== expected.type) throw broken(name, `is an object of type ${head[9]}, not ${expected.type}`);
  if (head[10] !== 0 || head[11] !== 0) throw broken(name, 'names a compression that objects do not use');
  if (plainLength > expected.plainMax || bytes.length !== envelopeHead + overhead + plainLength) {
    throw broken(name, `has a length of ${bytes.length} bytes that does not fit its head`);
  }
  const generation = head.readUInt32LE(12);
  const key = keyOf(generation);
  if (key === undefined)
    throw broken(name, `is sealed with key generation ${generation}, which is not known`, rotatedHint);
  const plain = openBox(
    key,
    {
      repositoryId: expected.repositoryId,
      domainId: noDomain,
      generation,
      suite: head[8]!,
      type: expected.type,
      comp: 0,
      plainLength,
    },
    bytes.subarray(envelopeHead),
    name,
  );
  const { value, end } = decodeFirst(plain);
  if (plain.length !== paddedLength(end))
    throw broken(name, 'is padded to another length than its content asks for');
  for (let index = end; index < plain.length; index += 1) {
    if (plain[index] !== 0) throw broken(name, 'has bytes behind its content');
  }
  return value;
}
