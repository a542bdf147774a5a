// Groups blobs to frames of about 1 MiB, compresses, seals and proves them before anyone may store them. Runs inside worker
// threads as well as on the main thread: it knows keys, the shared index and one sink, and does everything synchronously.

import { Failure } from '../base/failure.ts';
import { codecOf } from '../codecs/all.ts';
import { type FrameChoice, FrameChooser } from '../codecs/frame-choice.ts';
import { release } from '../codecs/release.ts';
import { boxTypes, commit8Of, openBox, sealBox } from './box.ts';
import type { IndexTable } from './index-table.ts';
import type { KeyRing } from './keys.ts';
import { framePlainMax, type SealedFrame } from './pack.ts';

export const framePlainTarget = 1024 * 1024;
/** Blobs a frame holds at most, so that a pack of many tiny blobs stays below its own limit. */
const frameBlobsMax = 4096;

/** A sealed frame with the index rows its blobs were claimed under. */
export interface NewFrame extends SealedFrame {
  readonly rows: Int32Array;
  /** How it was compressed, and why; absent where nothing was chosen. */
  readonly choice?: FrameChoice;
}

export interface Compression {
  /** FORMAT.md §2. */
  readonly comp: number;
  level: number;
  /** Each frame gets what a sample of it suggests; `level` is that of the running backup. */
  readonly isAuto?: boolean;
}

export class FrameBuilder {
  readonly #ring: KeyRing;
  readonly #index: IndexTable;
  readonly #compression: Compression;
  readonly #emit: (frame: NewFrame) => void;
  readonly #chooser: FrameChooser | undefined;
  readonly #segments = new Map<number, Segment>();
  readonly #id = Buffer.alloc(32);

  constructor(ring: KeyRing, index: IndexTable, compression: Compression, emit: (frame: NewFrame) => void) {
    this.#ring = ring;
    this.#index = index;
    this.#compression = compression;
    this.#emit = emit;
    this.#chooser = compression.isAuto ? new FrameChooser() : undefined;
  }

  /** Stores a blob unless the repository has it; writes its id (32 bytes) to `idOut` at `at`. Tells whether it is new. */
  add(type: number, plain: Uint8Array, idOut: Uint8Array, at: number): boolean {
    if (plain.length > framePlainMax) {
      throw new Failure('bug', 'ASSERTION_FAILED', `a blob of ${plain.length} bytes is too large`);
    }
    if (plain.length > framePlainTarget) return this.#addLarge(type, plain, idOut, at);
    // Copied first, named afterwards: what is named is what will be stored, even if the source's buffer changes under us.
    copy(plain, this.reserve(type, plain.length));
    return this.addReserved(type, plain.length, idOut, at);
  }

  /** Room in the frame that is being filled, at most `framePlainTarget` bytes: what is read into it need not be copied. */
  reserve(type: number, length: number): Uint8Array {
    const segment = this.#segment(type);
    if (segment.length + length > framePlainTarget || segment.count === frameBlobsMax)
      this.#flush(type, segment);
    return segment.reserve(length);
  }

  /** As add(), for the first `length` bytes of what reserve() gave last. */
  addReserved(type: number, length: number, idOut: Uint8Array, at: number): boolean {
    const segment = this.#segment(type);
    this.#nameOf(type, segment.reserved(length), idOut, at);
    const row = this.#index.claim(this.#id, 0, length);
    if (row >= 0) return false;
    segment.keep(length, this.#id, -1 - row);
    return true;
  }

  #addLarge(type: number, plain: Uint8Array, idOut: Uint8Array, at: number): boolean {
    const own = Buffer.allocUnsafeSlow(plain.length);
    copy(plain, own);
    this.#nameOf(type, own, idOut, at);
    const row = this.#index.claim(this.#id, 0, own.length);
    if (row >= 0) return false;
    this.#seal(type, own, Buffer.from(this.#id), u32(own.length), Int32Array.of(-1 - row));
    return true;
  }

  #nameOf(type: number, plain: Uint8Array, idOut: Uint8Array, at: number): void {
    this.#ring.blobId(type, plain).copy(this.#id);
    idOut.set(this.#id, at);
  }

  /** Seals what is left. */
  flush(): void {
    for (const [type, segment] of this.#segments) this.#flush(type, segment);
  }

  #segment(type: number): Segment {
    let segment = this.#segments.get(type);
    if (segment === undefined) {
      segment = new Segment(type === boxTypes.data ? framePlainTarget : 1 << 16);
      this.#segments.set(type, segment);
    }
    return segment;
  }

  #flush(type: number, segment: Segment): void {
    if (segment.count === 0) return;
    this.#seal(type, segment.plain, segment.ids, segment.lengths, segment.rows);
    segment.reset();
  }

  #seal(type: number, plain: Uint8Array, ids: Buffer, lengths: Uint8Array, rows: Int32Array): void {
    const { key, generation } = this.#ring.forNewFrames(type);
    let choice = this.#chooser?.choose(plain, this.#compression.level);
    let { comp } = choice ?? this.#compression;
    const { level } = choice ?? this.#compression;
    let payload = plain;
    if (comp !== 0) {
      payload = codecOf(comp).compress(plain, level);
      if (payload.length >= plain.length) {
        release(payload);
        payload = plain;
        comp = 0;
        if (choice !== undefined) choice = { comp, level: 0, reason: 'no-gain' };
      }
    }
    const meaning = {
      repositoryId: this.#ring.repositoryId,
      domainId: this.#ring.domain.id,
      generation,
      suite: this.#ring.suite,
      type,
      comp,
      plainLength: plain.length,
    };
    const box = sealBox(key, meaning, payload);
    if (payload !== plain) release(payload);
    // Rule R1: what cannot be brought back is never published. Bad memory and broken codecs end here.
    const opened = openBox(key, meaning, box, 'a new frame');
    const decoded = comp === 0 ? opened : codecOf(comp).decompress(opened, plain.length);
    if (Buffer.compare(decoded, plain) !== 0) {
      throw new Failure('corrupt', 'FRAME_NOT_REPRODUCED', 'a frame did not decode to what went in', {
        hint: 'The memory or processor of this machine, or the compressor, is faulty. Nothing wrong was stored.',
      });
    }
    if (decoded !== opened) release(decoded);
    release(opened);
    this.#emit({
      length: box.length,
      type,
      comp,
      plainLength: plain.length,
      generation,
      commit8: commit8Of(box),
      ids,
      lengths,
      rows,
      box,
      ...(choice === undefined ? {} : { choice }),
    });
  }
}

/** Blobs collected for one frame, in a buffer that is used again. */
class Segment {
  #buffer: Buffer;
  #ids = Buffer.alloc(32 * 64);
  #lengths = Buffer.alloc(4 * 64);
  #rows = new Int32Array(64);
  length = 0;
  count = 0;

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
  }

  get plain(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }
  get ids(): Buffer {
    return Buffer.from(this.#ids.subarray(0, this.count * 32));
  }
  get lengths(): Buffer {
    return Buffer.from(this.#lengths.subarray(0, this.count * 4));
  }
  get rows(): Int32Array {
    return this.#rows.slice(0, this.count);
  }

  /** Room behind what is kept; what lies there counts only once keep() is called. */
  reserve(length: number): Uint8Array {
    if (this.length + length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.min(framePlainTarget, Math.max(this.#buffer.length * 2, this.length + length)),
      );
      this.#buffer.copy(larger, 0, 0, this.length);
      this.#buffer = larger;
    }
    return this.reserved(length);
  }

  reserved(length: number): Uint8Array {
    return this.#buffer.subarray(this.length, this.length + length);
  }

  keep(length: number, id: Buffer, row: number): void {
    if (this.count * 32 === this.#ids.length) {
      this.#ids = Buffer.concat([this.#ids], this.#ids.length * 2);
      this.#lengths = Buffer.concat([this.#lengths], this.#lengths.length * 2);
      const rows = new Int32Array(this.#rows.length * 2);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    id.copy(this.#ids, this.count * 32);
    this.#lengths.writeUInt32LE(length, this.count * 4);
    this.#rows[this.count] = row;
    this.length += length;
    this.count += 1;
  }

  reset(): void {
    this.length = 0;
    this.count = 0;
  }
}

/** Pieces of large files lie in shared memory, out of which `set` copies ten times slower than Buffer does (measured). */
function copy(from: Uint8Array, to: Uint8Array): void {
  Buffer.from(from.buffer, from.byteOffset, from.length).copy(to);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
