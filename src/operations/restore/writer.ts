// Opens frames, proves blobs and writes them into files: synchronous, on a worker thread or the main one.

import type { Problem } from '../../base/context.ts';
import { release } from '../../codecs/release.ts';
import { boxTypes } from '../../repository/box.ts';
import type { KeyRing } from '../../repository/keys.ts';
import { openFrame, verifyBlob } from '../../repository/repository.ts';
import type { Attributes, Placer } from '../../sources/files/placing.ts';

/** A sealed frame as it was read, and what of it goes where. */
export interface FrameJob {
  readonly box: Uint8Array;
  readonly frame: {
    readonly type: number;
    readonly comp: number;
    readonly plainLength: number;
    readonly generation: number;
    readonly pack: { readonly name: string; readonly suite: number };
  };
  readonly pieces: readonly WriterPiece[];
}

export interface WriterPiece {
  readonly path: string;
  readonly id: Uint8Array;
  readonly blobOffset: number;
  readonly blobLength: number;
  readonly skip: number;
  readonly length: number;
  readonly offset: number;
  /** Set when this piece is the whole file: it is created, written and finished in one go. */
  readonly whole: Attributes | undefined;
}

export interface FrameResult {
  readonly files: number;
  readonly bytes: number;
  readonly problems: readonly Problem[];
}

const handlesMax = 64;

export class FrameWriter implements Disposable {
  readonly #ring: KeyRing;
  readonly #placer: Placer;
  readonly #problems: Problem[];
  readonly #open = new Map<string, number>();

  /** `problems` is the list that the placer reports to. */
  constructor(ring: KeyRing, placer: Placer, problems: Problem[]) {
    this.#ring = ring;
    this.#placer = placer;
    this.#problems = problems;
  }

  [Symbol.dispose](): void {
    this.closeFiles();
    this.#placer[Symbol.dispose]();
  }

  /** Fails with corrupt when a frame or blob is not what it must be: then nothing of it was written. */
  run(job: FrameJob): FrameResult {
    const plain = openFrame(this.#ring, job.frame, job.box);
    let files = 0;
    let bytes = 0;
    let proven = -1;
    for (const piece of job.pieces) {
      const blob = plain.subarray(piece.blobOffset, piece.blobOffset + piece.blobLength);
      if (proven !== piece.blobOffset) {
        verifyBlob(this.#ring, boxTypes.data, piece.id, blob, job.frame);
        proven = piece.blobOffset;
      }
      const part = blob.subarray(piece.skip, piece.skip + piece.length);
      if (piece.whole !== undefined) {
        if (this.#placer.writeWhole(piece.path, piece.whole, part)) files += 1;
      } else {
        const handle = this.#handle(piece.path);
        if (handle !== undefined) this.#placer.writeAt(piece.path, handle, piece.offset, part);
      }
      bytes += piece.length;
    }
    if (plain !== job.box) release(plain);
    release(job.box);
    return { files, bytes, problems: this.#problems.splice(0) };
  }

  closeFiles(): void {
    for (const handle of this.#open.values()) this.#placer.closeFile(handle);
    this.#open.clear();
  }

  #handle(path: string): number | undefined {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    const handle = this.#placer.openFile(path);
    if (handle === undefined) return undefined;
    this.#open.set(path, handle);
    for (const [oldest, old] of this.#open) {
      if (this.#open.size <= handlesMax) break;
      this.#placer.closeFile(old);
      this.#open.delete(oldest);
    }
    return handle;
  }
}
