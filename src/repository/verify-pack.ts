// Proves one pack from its first byte to its last: name, head, both directories, every frame, every blob id, the padding's place. Pure and
// synchronous, so that worker threads can run it.

import { createHash } from 'node:crypto';
import { isFailure } from '../base/failure.ts';
import { release } from '../codecs/release.ts';
import { boxOverheadOf, boxTypes } from './box.ts';
import type { KeyRing } from './keys.ts';
import { decodeDirectory, openDirectory, packHeadLength, readPackHead } from './pack.ts';
import { openFrame, verifyBlob } from './repository.ts';

export interface PackToVerify {
  /** 64 hex. */
  readonly name: string;
  readonly suite: number;
  /** The directory as the index holds it. */
  readonly directory: Uint8Array;
}

export interface PackFinding {
  readonly code: string;
  readonly message: string;
}

/** What is wrong with these bytes; an empty list when they are exactly what was stored. */
export function verifyPack(ring: KeyRing, pack: PackToVerify, bytes: Uint8Array): PackFinding[] {
  const findings: PackFinding[] = [];
  const short = pack.name.slice(0, 12);
  const attempt = (what: () => void) => {
    try {
      what();
    } catch (error) {
      // Whoever lacks a key can say nothing about the bytes.
      if (!isFailure(error) || error.kind === 'denied') throw error;
      findings.push({ code: error.code, message: error.message });
    }
  };
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== pack.name) {
    findings.push({
      code: 'PACK_HASH_WRONG',
      message: `pack "${short}" has bytes whose SHA-256 is "${found.slice(0, 12)}"`,
    });
  }
  attempt(() => {
    const head = readPackHead(ring, bytes, short);
    const copies = [
      bytes.subarray(packHeadLength, packHeadLength + head.directoryBoxLength),
      bytes.subarray(bytes.length - 12 - head.directoryBoxLength, bytes.length - 12),
    ];
    for (const box of copies) {
      attempt(() => {
        if (Buffer.compare(openDirectory(ring, head, box, short), pack.directory) !== 0) {
          findings.push({
            code: 'DIRECTORY_DIFFERS',
            message: `pack "${short}" has another directory than the index`,
          });
        }
      });
    }
  });
  const { frames, suite } = decodeDirectory(pack.directory, short);
  let offset = packHeadLength + pack.directory.length + boxOverheadOf(suite);
  for (const frame of frames) {
    const box = bytes.subarray(offset, offset + frame.length);
    offset += frame.length;
    // What a maintenance key cannot open, the hash of the pack has proven.
    if (ring.isMaintenance && frame.type !== boxTypes.skeleton) continue;
    attempt(() => {
      const plain = openFrame(ring, { ...frame, pack }, box);
      const lengths = Buffer.from(frame.lengths.buffer, frame.lengths.byteOffset, frame.lengths.length);
      let at = 0;
      for (let blob = 0; blob * 32 < frame.ids.length; blob += 1) {
        const length = lengths.readUInt32LE(blob * 4);
        verifyBlob(
          ring,
          frame.type,
          frame.ids.subarray(blob * 32, blob * 32 + 32),
          plain.subarray(at, at + length),
          { pack },
        );
        at += length;
      }
      release(plain);
    });
  }
  return findings;
}
