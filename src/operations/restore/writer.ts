// Opens frames, proves blobs and writes them into files: synchronous, on a worker thread or the main one.

import type { Problem } from '../../base/context.ts';
import { type Failure, isFailure } from '../../base/failure.ts';
import { release } from '../../codecs/release.ts';
import { boxTypes } from '../../repository/box.ts';
import type { KeyRing } from '../../repository/keys.ts';
import { openFrame, verifyBlob } from '../../repository/repository.ts';
import type { Attributes, Placer } from '../../sources/files/placing.ts';

/** A sealed frame as it was read, and what of it goes where: in columns, because they are handed to another thread much faster. */
export interface FrameJob {
  readonly box: Uint8Array;
  readonly frame: {
    readonly type: number;
    readonly comp: number;
    readonly plainLength: number;
    readonly generation: number;
    readonly pack: { readonly name: string; readonly suite: number };
  };
  /** One of each piece, joined by NUL. */
  readonly paths: string;
  /** Blob ids joined. */
  readonly ids: Uint8Array;
  /** What pieceColumns() makes views of. */
  readonly pieces: ArrayBuffer;
  /** Of the few pieces that have any. */
  readonly xattrs: ReadonlyMap<number, Attributes['xattrs']>;
}

export interface PieceColumns {
  /** The whole blob in the frame. */
  readonly blobOffsets: Float64Array;
  readonly blobLengths: Float64Array;
  /** The part of it that goes into the file, and where. */
  readonly skips: Float64Array;
  readonly lengths: Float64Array;
  readonly offsets: Float64Array;
  /** 1 when this piece is the whole file: it is created, written and finished in one go, with the attributes that follow. */
  readonly wholes: Float64Array;
  readonly modes: Float64Array;
  readonly uids: Float64Array;
  readonly gids: Float64Array;
  readonly mtimes: BigInt64Array;
}

export const bytesPerPiece = 80;

export function pieceColumns(pieces: ArrayBuffer): PieceColumns {
  const count = pieces.byteLength / bytesPerPiece;
  const column = (number: number) => new Float64Array(pieces, 8 * count * number, count);
  return {
    blobOffsets: column(0),
    blobLengths: column(1),
    skips: column(2),
    lengths: column(3),
    offsets: column(4),
    wholes: column(5),
    modes: column(6),
    uids: column(7),
    gids: column(8),
    mtimes: new BigInt64Array(pieces, 72 * count, count),
  };
}

export interface FrameResult {
  readonly files: number;
  readonly bytes: number;
  readonly problems: readonly Problem[];
  /** Files that the repository has lost a piece of; what else there is of them is worth nothing. */
  readonly lost: readonly LostFile[];
}

/** In plain parts, because it is handed to another thread. */
export interface LostFile {
  /** Byte string below the target. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

const handlesMax = 64;

/** Proven bytes of a frame that go to one place of one file. */
interface Run {
  readonly path: string;
  /** In the frame. */
  readonly start: number;
  length: number;
  /** In the file. */
  readonly offset: number;
}

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

  /** A frame or blob that is not what it must be costs the files that need it: nothing of such a blob is written. */
  run(job: FrameJob): FrameResult {
    const paths = job.paths.split('\0');
    const opened = orDamage(() => openFrame(this.#ring, job.frame, job.box));
    if (opened.damage !== undefined) {
      return { files: 0, bytes: 0, problems: this.#problems.splice(0), lost: lostBy(opened.damage, paths) };
    }
    const plain = opened.value;
    const columns = pieceColumns(job.pieces);
    const lost: LostFile[] = [];
    let files = 0;
    let bytes = 0;
    let looked = -1;
    let damage: Failure | undefined;
    let run: Run | undefined;
    paths.forEach((path, piece) => {
      const blobOffset = columns.blobOffsets[piece]!;
      const blob = plain.subarray(blobOffset, blobOffset + columns.blobLengths[piece]!);
      if (looked !== blobOffset) {
        const id = job.ids.subarray(piece * 32, piece * 32 + 32);
        damage = orDamage(() => verifyBlob(this.#ring, boxTypes.data, id, blob, job.frame)).damage;
        looked = blobOffset;
      }
      if (damage !== undefined) {
        lost.push(...lostBy(damage, [path]));
        return;
      }
      const skip = columns.skips[piece]!;
      const length = columns.lengths[piece]!;
      bytes += length;
      const start = blobOffset + skip;
      const offset = columns.offsets[piece]!;
      // Pieces that follow each other in the frame and in the file are written by one call.
      const joins =
        run !== undefined &&
        run.path === path &&
        run.start + run.length === start &&
        run.offset + run.length === offset;
      if (joins) {
        run!.length += length;
        return;
      }
      this.#write(run, plain);
      run = undefined;
      const part = plain.subarray(start, start + length);
      if (columns.wholes[piece] === 1) {
        const attributes: Attributes = {
          mode: columns.modes[piece]!,
          uid: columns.uids[piece]!,
          gid: columns.gids[piece]!,
          mtimeNs: columns.mtimes[piece]!,
          xattrs: job.xattrs.get(piece) ?? [],
        };
        if (this.#placer.writeWhole(path, attributes, part)) files += 1;
      } else run = { path, start, length, offset };
    });
    this.#write(run, plain);
    // Without a codec the plain bytes may be a view of the box, which others share.
    if (plain.buffer !== job.box.buffer) release(plain);
    return { files, bytes, problems: this.#problems.splice(0), lost };
  }

  #write(run: Run | undefined, plain: Uint8Array): void {
    if (run === undefined) return;
    const handle = this.#handle(run.path);
    if (handle === undefined) return;
    this.#placer.writeAt(run.path, handle, run.offset, plain.subarray(run.start, run.start + run.length));
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

type Tried<Value> =
  | { readonly value: Value; readonly damage?: never }
  | { readonly damage: Failure; readonly value?: never };

function orDamage<Value>(act: () => Value): Tried<Value> {
  try {
    return { value: act() };
  } catch (error) {
    if (!isFailure(error, 'corrupt')) throw error;
    return { damage: error };
  }
}

export function lostBy({ code, message, hint }: Failure, paths: Iterable<string>): LostFile[] {
  return [...new Set(paths)].map((path) => ({
    path,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
}
