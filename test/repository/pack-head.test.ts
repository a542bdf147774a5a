// Heads and both directories of packs: read back as assembled, refused when they say something else, and one directory is enough.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { boxOverheadOf } from '../../src/repository/box.ts';
import { createBundle, rotateBundle } from '../../src/repository/bundle.ts';
import { chunkerParameters } from '../../src/repository/chunker/chunker.ts';
import { KeyRing } from '../../src/repository/keys.ts';
import {
  assemblePack,
  decodeDirectory,
  directoryMax,
  type FrameEntry,
  packHeadLength,
  packLength,
  packSizeMin,
  readPackDirectory,
  readPackHead,
} from '../../src/repository/pack.ts';

const repositoryId = randomBytes(16);
const sessionId = randomBytes(16);
const bundle = createBundle(chunkerParameters(), 5);
const ring = new KeyRing(repositoryId, 1, bundle);
const framesAt = 4096;
const frame: FrameEntry = {
  length: 500,
  type: 1,
  comp: 0,
  plainLength: 30,
  generation: 1,
  commit8: Buffer.alloc(8, 1),
  ids: Buffer.alloc(32, 2),
  lengths: Buffer.from(Uint32Array.of(30).buffer),
};

function packOf(isMetadata = false, room = 128 * 1024) {
  const slab = Buffer.alloc(room, 7);
  const { bytes, name, directory } = assemblePack(
    ring,
    [frame],
    { sessionId, isMetadata },
    { slab, framesAt },
  );
  return { bytes, name, directory };
}

const isBroken = (error: unknown) => isFailure(error, 'corrupt', 'PACK_BROKEN');

test('a pack says what it is, is named by its bytes, and holds its directory twice', () => {
  for (const isMetadata of [false, true]) {
    const { bytes, name, directory } = packOf(isMetadata);
    assert.equal(bytes.length, packLength(frame.length, directory.length, 1));
    assert.ok(bytes.length >= packSizeMin);
    assert.deepEqual(name, createHash('sha256').update(bytes).digest());
    const head = readPackHead(ring, bytes.subarray(0, packHeadLength), 'p');
    assert.deepEqual(head, {
      generation: 1,
      suite: 1,
      isMetadata,
      sessionId: Uint8Array.from(sessionId),
      directoryBoxLength: directory.length + boxOverheadOf(1),
    });
    assert.deepEqual(Buffer.from(readPackDirectory(ring, bytes, 'p')), Buffer.from(directory));
    assert.deepEqual(decodeDirectory(directory, 'p').frames[0]!.length, frame.length);
    const at = packHeadLength + head.directoryBoxLength;
    assert.deepEqual(bytes.subarray(at, at + frame.length), Buffer.alloc(frame.length, 7));
  }
  assert.notDeepEqual(packOf().name, packOf().name, 'a salt makes every pack another one');
});

test('a head that is short, changed, of another repository or of another key is refused', () => {
  const { bytes } = packOf();
  for (const length of [0, 8, packHeadLength - 1])
    assert.throws(() => readPackHead(ring, bytes.subarray(0, length), 'p'), isBroken, `${length} bytes`);
  for (let at = 0; at < 120; at += 1) {
    const changed = Buffer.from(bytes.subarray(0, packHeadLength));
    changed[at]! ^= 1;
    assert.throws(() => readPackHead(ring, changed, 'p'), isBroken, `byte ${at}`);
  }
  const other = new KeyRing(randomBytes(16), 1, bundle);
  assert.throws(() => readPackHead(other, bytes, 'p'), isBroken);
  const stranger = new KeyRing(repositoryId, 1, createBundle(chunkerParameters(), 5));
  assert.throws(() => readPackHead(stranger, bytes, 'p'), isBroken);
  assert.equal(readPackHead(new KeyRing(repositoryId, 1, rotateBundle(bundle, 9)), bytes, 'p').generation, 1);
});

test('the length of a directory is believed within its bounds only', () => {
  const { bytes } = packOf();
  const withLength = (length: number) => {
    const changed = Buffer.from(bytes.subarray(0, packHeadLength));
    changed.writeUInt32LE(length, 120);
    return changed;
  };
  const least = boxOverheadOf(1);
  for (const length of [least, directoryMax])
    assert.equal(readPackHead(ring, withLength(length), 'p').directoryBoxLength, length);
  for (const length of [0, least - 1, directoryMax + 1, 0xffffffff])
    assert.throws(() => readPackHead(ring, withLength(length), 'p'), isBroken, `${length} bytes`);
});

test('the second directory is read when the first is damaged, and nothing when both are', () => {
  const { bytes, directory } = packOf();
  const boxLength = directory.length + boxOverheadOf(1);
  const front = Buffer.from(bytes);
  front[packHeadLength + boxLength - 1]! ^= 1;
  assert.deepEqual(Buffer.from(readPackDirectory(ring, front, 'p')), Buffer.from(directory));
  const back = bytes.length - 12 - boxLength;
  const damages: readonly ((pack: Buffer) => void)[] = [
    (pack) => {
      pack[back]! ^= 1;
    },
    (pack) => {
      pack[pack.length - 1]! ^= 1;
    },
    (pack) => pack.writeUInt32LE(boxOverheadOf(1) - 1, pack.length - 12),
    (pack) => pack.writeUInt32LE(pack.length - 12 - packHeadLength + 1, pack.length - 12),
    (pack) => pack.writeUInt32LE(0xffffffff, pack.length - 12),
  ];
  for (const [place, damage] of damages.entries()) {
    const pack = Buffer.from(front);
    damage(pack);
    assert.throws(
      () => readPackDirectory(ring, pack, 'p'),
      (error) => isFailure(error, 'corrupt'),
      `damage ${place}`,
    );
    const sound = Buffer.from(bytes);
    damage(sound);
    assert.deepEqual(Buffer.from(readPackDirectory(ring, sound, 'p')), Buffer.from(directory));
  }
});

test('a pack that its slab cannot hold is not assembled, neither in front nor behind', () => {
  const isBug = (error: unknown) => isFailure(error, 'bug', 'ASSERTION_FAILED');
  const { bytes, directory } = packOf();
  const start = framesAt - packHeadLength - directory.length - boxOverheadOf(1);
  assert.equal(packOf(false, start + bytes.length).bytes.length, bytes.length);
  assert.throws(() => packOf(false, start + bytes.length - 1), isBug);
  const slab = Buffer.alloc(128 * 1024);
  const meaning = { sessionId, isMetadata: false };
  assemblePack(ring, [frame], meaning, { slab, framesAt: framesAt - start });
  assert.throws(() => assemblePack(ring, [frame], meaning, { slab, framesAt: framesAt - start - 1 }), isBug);
});
