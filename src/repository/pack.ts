// Packs: objects that bundle frames, with their sealed directory at both ends. FORMAT.md §8.

import { createHash, createHmac, randomFillSync, timingSafeEqual } from 'node:crypto';
import { padme } from '../base/bytes.ts';
import { decode, encode } from '../base/cbor.ts';
import { Failure } from '../base/failure.ts';
import { boxOverheadOf, boxTypes, noDomain, openBox, sealProvenBoxInto } from './box.ts';
import { asArray, asBytes, asCount, asMap, malformed } from './fields.ts';
import type { KeyRing } from './keys.ts';

const magic = Buffer.from('BKPPACK1', 'latin1');
const tailMagic = Buffer.from('BKPEND01', 'latin1');
export const packHeadLength = 124;
const tailLength = 12;
export const packSizeMin = 64 * 1024;
export const packSizeMax = 128 * 1024 * 1024;
export const directoryMax = 8 * 1024 * 1024;
export const packBlobsMax = 65_535;
export const framePlainMax = 8 * 1024 * 1024;

/** A frame as a directory describes it. */
export interface FrameEntry {
  /** Length of the box. */
  readonly length: number;
  readonly type: number;
  readonly comp: number;
  readonly plainLength: number;
  readonly generation: number;
  readonly commit8: Uint8Array;
  /** Blob ids joined, 32 bytes each. */
  readonly ids: Uint8Array;
  /** Plain lengths of the blobs joined, u32 each. */
  readonly lengths: Uint8Array;
}

/** A frame ready to be put into a pack. */
export interface SealedFrame extends FrameEntry {
  readonly box: Uint8Array;
}

export interface Directory {
  readonly frames: readonly FrameEntry[];
  readonly suite: number;
}

export function encodeDirectory(frames: readonly FrameEntry[], suite: number): Uint8Array {
  return encode(
    new Map<number, unknown>([
      [
        1,
        frames.map((one) => [
          one.length,
          one.type,
          one.comp,
          one.plainLength,
          one.generation,
          one.commit8,
          one.ids,
          one.lengths,
        ]),
      ],
      [2, suite],
    ]),
  );
}

export function decodeDirectory(bytes: Uint8Array, what: string): Directory {
  const item = asMap(decode(bytes), what);
  let blobs = 0;
  const frames = asArray(item.get(1), what).map((value): FrameEntry => {
    const row = asArray(value, what);
    const entry = {
      length: asCount(row[0], `${what} frame length`, packSizeMax),
      type: asCount(row[1], `${what} frame type`, 3),
      comp: asCount(row[2], `${what} frame compression`, 255),
      plainLength: asCount(row[3], `${what} frame plain length`, framePlainMax),
      generation: asCount(row[4], `${what} frame generation`, 0xffffffff),
      commit8: asBytes(row[5], `${what} frame commitment`, 8),
      ids: asBytes(row[6], `${what} blob ids`),
      lengths: asBytes(row[7], `${what} blob lengths`),
    };
    const count = entry.ids.length / 32;
    if (!Number.isInteger(count) || count === 0 || entry.lengths.length !== count * 4) {
      throw malformed(`${what} frame`, 'a frame with as many lengths as ids');
    }
    const lengths = Buffer.from(entry.lengths.buffer, entry.lengths.byteOffset, entry.lengths.length);
    let sum = 0;
    for (let index = 0; index < count; index += 1) sum += lengths.readUInt32LE(index * 4);
    if (sum !== entry.plainLength)
      throw malformed(`${what} frame`, 'a frame whose blobs fill its plain bytes');
    blobs += count;
    return entry;
  });
  if (blobs > packBlobsMax) throw malformed(what, `a directory of at most ${packBlobsMax} blobs`);
  return { frames, suite: asCount(item.get(2), `${what} suite`, 255) };
}

/** How long a pack with these frames becomes. */
export function packLength(framesLength: number, directoryLength: number, suite: number): number {
  const filled = packHeadLength + 2 * (directoryLength + boxOverheadOf(suite)) + framesLength + tailLength;
  return padme(Math.max(packSizeMin, filled));
}

/** Where a pack is laid out: its frames lie in `slab` from `framesAt` on, one behind the other, with room in front and behind. */
export interface PackRoom {
  readonly slab: Buffer;
  readonly framesAt: number;
}

/**
 * Puts head, directories and padding around the frames and returns the pack's bytes, a view of the slab, its name (SHA-256) and
 * its directory. The salt makes the name unique even when the same frames are packed again.
 */
export function assemblePack(
  ring: KeyRing,
  frames: readonly FrameEntry[],
  meaning: { readonly sessionId: Uint8Array; readonly isMetadata: boolean },
  { slab, framesAt }: PackRoom,
): { bytes: Buffer; name: Buffer; directory: Uint8Array } {
  const directory = encodeDirectory(frames, ring.suite);
  const directoryBox = directory.length + boxOverheadOf(ring.suite);
  if (directoryBox > directoryMax)
    throw new Failure('bug', 'ASSERTION_FAILED', 'a pack directory is too long');
  let framesLength = 0;
  for (const frame of frames) framesLength += frame.length;
  const length = packLength(framesLength, directory.length, ring.suite);
  const start = framesAt - packHeadLength - directoryBox;
  if (start < 0 || start + length > slab.length)
    throw new Failure('bug', 'ASSERTION_FAILED', 'a pack has outgrown its slab');
  const bytes = slab.subarray(start, start + length);
  const generation = ring.indexGeneration;

  magic.copy(bytes, 0);
  bytes.writeUInt32LE(generation, 8);
  bytes[12] = ring.suite;
  bytes[13] = meaning.isMetadata ? 1 : 0;
  bytes.writeUInt16LE(0, 14);
  bytes.set(ring.repositoryId, 16);
  bytes.set(ring.domain.id, 32);
  bytes.set(meaning.sessionId, 48);
  randomFillSync(bytes, 64, 24);
  headMac(ring, generation, bytes).copy(bytes, 88);
  bytes.writeUInt32LE(directoryBox, 120);

  sealProvenBoxInto(
    bytes.subarray(packHeadLength, packHeadLength + directoryBox),
    ring.index(generation)!,
    directoryMeaning(ring, generation, ring.suite, directory.length),
    directory,
  );
  const framesEnd = packHeadLength + directoryBox + framesLength;
  const secondDirectory = length - tailLength - directoryBox;
  randomFillSync(bytes, framesEnd, secondDirectory - framesEnd);
  bytes.copy(bytes, secondDirectory, packHeadLength, packHeadLength + directoryBox);
  bytes.writeUInt32LE(directoryBox, length - tailLength);
  tailMagic.copy(bytes, length - 8);
  return { bytes, name: createHash('sha256').update(bytes).digest(), directory };
}

export interface PackHead {
  readonly generation: number;
  readonly suite: number;
  readonly isMetadata: boolean;
  readonly sessionId: Uint8Array;
  readonly directoryBoxLength: number;
}

/** Checks and reads the first 124 bytes. */
export function readPackHead(ring: KeyRing, bytes: Uint8Array, what: string): PackHead {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (head.length < packHeadLength || head.compare(magic, 0, 8, 0, 8) !== 0) {
    throw brokenPack(what, 'does not begin as a pack');
  }
  const generation = head.readUInt32LE(8);
  if (ring.packHead(generation) === undefined)
    throw brokenPack(what, `names unknown key generation ${generation}`);
  if (!timingSafeEqual(headMac(ring, generation, head), head.subarray(88, 120))) {
    throw brokenPack(what, 'has a head that was changed');
  }
  if (Buffer.compare(head.subarray(16, 32), ring.repositoryId) !== 0) {
    throw brokenPack(what, 'belongs to another repository');
  }
  const directoryBoxLength = head.readUInt32LE(120);
  if (directoryBoxLength < boxOverheadOf(head[12]!) || directoryBoxLength > directoryMax) {
    throw brokenPack(what, `names a directory of ${directoryBoxLength} bytes`);
  }
  return {
    generation,
    suite: head[12]!,
    isMetadata: (head[13]! & 1) === 1,
    sessionId: Uint8Array.from(head.subarray(48, 64)),
    directoryBoxLength,
  };
}

/** Opens the directory of a whole pack, from its front or, when that is damaged, from its tail. */
export function readPackDirectory(ring: KeyRing, bytes: Uint8Array, what: string): Uint8Array {
  const head = readPackHead(ring, bytes, what);
  const front = bytes.subarray(packHeadLength, packHeadLength + head.directoryBoxLength);
  try {
    return openDirectory(ring, head, front, what);
  } catch (error) {
    const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const boxLength = tail.readUInt32LE(bytes.length - tailLength);
    const start = bytes.length - tailLength - boxLength;
    if (
      tail.compare(tailMagic, 0, 8, bytes.length - 8) !== 0 ||
      boxLength < boxOverheadOf(head.suite) ||
      start < packHeadLength
    ) {
      throw error;
    }
    return openDirectory(ring, head, bytes.subarray(start, start + boxLength), what);
  }
}

export function openDirectory(ring: KeyRing, head: PackHead, box: Uint8Array, what: string): Uint8Array {
  const plainLength = box.length - boxOverheadOf(head.suite);
  return openBox(
    ring.index(head.generation)!,
    directoryMeaning(ring, head.generation, head.suite, plainLength),
    box,
    what,
  );
}

export function brokenPack(what: string, why: string): Failure {
  return new Failure('corrupt', 'PACK_BROKEN', `pack "${what}" ${why}`, {
    hint: 'Run "holdfast check --read-data" to see what is affected, then "holdfast repair".',
  });
}

function directoryMeaning(ring: KeyRing, generation: number, suite: number, plainLength: number) {
  return {
    repositoryId: ring.repositoryId,
    domainId: noDomain,
    generation,
    suite,
    type: boxTypes.directory,
    comp: 0,
    plainLength,
  };
}

function headMac(ring: KeyRing, generation: number, head: Uint8Array): Buffer {
  return createHmac('sha256', ring.packHead(generation)!).update(head.subarray(0, 88)).digest();
}
