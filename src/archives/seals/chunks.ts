// The chunks of our own container: each a sealed box (FORMAT.md §2) of up to 1 MiB that also says which one it is and whether it is the
// last, so that none can be left out, repeated or put elsewhere.

import { createHash, createHmac, randomFillSync, timingSafeEqual } from 'node:crypto';
import type { Context } from '../../base/context.ts';
import { cipherOf } from '../../ciphers/all.ts';
import { sealInto } from '../../ciphers/seal-into.ts';
import type { ByteReader } from './byte-reader.ts';
import { piecesOf } from './byte-reader.ts';
import { pieceLength, sealBroken, sealKeyWrong, sealTruncated, throwIfCanceled } from './seal.ts';

export const containerSuite = 1;
const overhead = 72;
const saltLength = 24;
const bodyStart = 56;
const nonce = new Uint8Array(12);
const infoPrefix = Buffer.from('bkp1/seal\0', 'latin1');

/** `key` is 32 bytes and belongs to this container alone; every chunk is bound to `head`, all that precedes it. */
export async function* sealChunks(
  plain: AsyncIterable<Uint8Array>,
  key: Uint8Array,
  head: Uint8Array,
  context: Context,
): AsyncGenerator<Uint8Array> {
  const headHash = createHash('sha256').update(head).digest();
  const space = Buffer.allocUnsafeSlow(overhead + pieceLength);
  let index = 0n;
  for await (const { bytes, isLast } of piecesOf(plain, pieceLength)) {
    throwIfCanceled(context);
    yield sealChunk(key, headHash, index, isLast, bytes, space);
    index += 1n;
  }
}

export async function* openChunks(
  reader: ByteReader,
  key: Uint8Array,
  head: Uint8Array,
  context: Context,
): AsyncGenerator<Uint8Array> {
  const headHash = createHash('sha256').update(head).digest();
  const space = Buffer.allocUnsafeSlow(overhead + pieceLength);
  for (let index = 0n; ; index += 1n) {
    throwIfCanceled(context);
    const chunk = await reader.takeInto(space);
    const isLast = await reader.isAtEnd();
    if (chunk.length < overhead) throw sealTruncated(`ends within chunk ${index}`);
    const okm = derive(key, chunk.subarray(0, saltLength));
    if (!timingSafeEqual(okm.subarray(32), chunk.subarray(saltLength, bodyStart))) {
      if (index === 0n) throw sealKeyWrong('the archive is not sealed with this key');
      throw sealBroken(`has a chunk ${index} that does not belong to it`);
    }
    const plain = openChunk(okm, headHash, index, isLast, chunk);
    if (plain === undefined) {
      if (isLast && openChunk(okm, headHash, index, false, chunk) !== undefined)
        throw sealTruncated(`ends after chunk ${index}, which is not its last`);
      throw sealBroken(`was changed, cut off or lengthened in chunk ${index}`);
    }
    if (plain.length === 0 && index > 0n) throw sealBroken('ends with an empty chunk');
    if (plain.length > 0) yield plain;
    if (isLast) return;
  }
}

function sealChunk(
  key: Uint8Array,
  headHash: Uint8Array,
  index: bigint,
  isLast: boolean,
  plain: Uint8Array,
  space: Uint8Array,
): Uint8Array {
  const out = space.subarray(0, overhead + plain.length);
  const salt = out.subarray(0, saltLength);
  randomFillSync(salt);
  const okm = derive(key, salt);
  out.set(okm.subarray(32), saltLength);
  const aad = meaning(headHash, index, isLast, plain.length);
  sealInto(out, bodyStart, 'aes-256-gcm', okm.subarray(0, 32), nonce, aad, plain);
  return out;
}

function openChunk(
  okm: Uint8Array,
  headHash: Uint8Array,
  index: bigint,
  isLast: boolean,
  chunk: Uint8Array,
): Uint8Array | undefined {
  const aad = meaning(headHash, index, isLast, chunk.length - overhead);
  return cipherOf(containerSuite).open(okm.subarray(0, 32), nonce, aad, chunk.subarray(bodyStart));
}

// HKDF-Expand to 64 bytes: the chunk's own key, and the commitment to it.
function derive(key: Uint8Array, salt: Uint8Array): Buffer {
  const info = Buffer.concat([infoPrefix, Buffer.from([containerSuite]), salt]);
  const first = createHmac('sha256', key).update(info).update(Uint8Array.of(1)).digest();
  const second = createHmac('sha256', key).update(first).update(info).update(Uint8Array.of(2)).digest();
  return Buffer.concat([first, second]);
}

function meaning(headHash: Uint8Array, index: bigint, isLast: boolean, length: number): Buffer {
  const aad = Buffer.alloc(4 + 32 + 8 + 1 + 4);
  aad.write('bkp1', 0, 'latin1');
  aad.set(headHash, 4);
  aad.writeBigUInt64LE(index, 36);
  aad[44] = isLast ? 1 : 0;
  aad.writeUInt32LE(length, 45);
  return aad;
}
