// Reads files and turns them into blobs, synchronously, on whichever thread it lives: the main thread for small jobs, a worker
// for large ones. It knows a source and a frame builder and nothing of trees.

import type { Context, Problem } from '../../base/context.ts';
import { boxTypes } from '../../repository/box.ts';
import type { Chunker, ChunkerParameters } from '../../repository/chunker/chunker.ts';
import type { FrameBuilder } from '../../repository/frame-builder.ts';
import type { Content, ExpectedFile, OpenContent, Source } from '../../sources/source.ts';
import type { ChangedStat } from './directory.ts';
import { ContentSampler, type JudgedContents } from './sampler.ts';

/** Some files of one or more directories. */
export interface FileJob {
  readonly job: number;
  /** In order, each with how many of the files are its own. */
  readonly directories: readonly { readonly path: string; readonly count: number }[];
  /** Joined by "/": one string is handed to another thread much faster than many. */
  readonly names: string;
  /** What fileColumns() makes views of. */
  readonly stats: ArrayBuffer;
}

/** What the walk saw of a job's files, in columns. */
export interface FileColumns {
  readonly sizes: Float64Array;
  readonly blocks: Float64Array;
  readonly devices: Float64Array;
  readonly inodes: BigUint64Array;
  readonly mtimes: BigInt64Array;
  readonly ctimes: BigInt64Array;
}

export const bytesPerFile = 48;

export function fileColumns(stats: ArrayBuffer): FileColumns {
  const count = stats.byteLength / bytesPerFile;
  return {
    sizes: new Float64Array(stats, 0, count),
    blocks: new Float64Array(stats, 8 * count, count),
    devices: new Float64Array(stats, 16 * count, count),
    inodes: new BigUint64Array(stats, 24 * count, count),
    mtimes: new BigInt64Array(stats, 32 * count, count),
    ctimes: new BigInt64Array(stats, 40 * count, count),
  };
}

export interface FileResults {
  readonly job: number;
  /** Per file the number of its chunks, or -1 when it could not be read. */
  readonly counts: Int32Array;
  /** All ids joined, in order. */
  readonly ids: Uint8Array<ArrayBuffer>;
  readonly changed: readonly { readonly file: number; readonly stat: ChangedStat }[];
  readonly runs: readonly { readonly file: number; readonly pairs: Uint8Array }[];
  readonly xattrs: readonly {
    readonly file: number;
    readonly attributes: readonly (readonly [Uint8Array, Uint8Array])[];
  }[];
  readonly problems: readonly Problem[];
  readonly bytesRead: number;
  readonly newBlobs: number;
  readonly observed: JudgedContents;
}

/** Reads below this are not worth a cut: the tail waits for more. */
const cutBatch = 1024 * 1024;

export class ContentReader {
  readonly #source: Source;
  readonly #builder: FrameBuilder;
  readonly #chunker: Chunker;
  readonly #parameters: ChunkerParameters;
  readonly #context: Context;
  readonly #sampler = new ContentSampler();
  /** The path of what is read, while it is to be judged. */
  #judging: string | undefined;
  #ids = new Uint8Array(32 * 1024);
  #idCount = 0;
  #filled = 0;
  #newBlobs = 0;

  constructor(
    source: Source,
    builder: FrameBuilder,
    chunker: Chunker,
    parameters: ChunkerParameters,
    context: Context,
  ) {
    this.#source = source;
    this.#builder = builder;
    this.#chunker = chunker;
    this.#parameters = parameters;
    this.#context = context;
  }

  run(job: FileJob): FileResults {
    const problems: Problem[] = [];
    const context: Context = {
      ...this.#context,
      monitor: { ...silentMonitor, problem: (problem) => problems.push(problem) },
    };
    const names = job.names.split('/');
    const columns = fileColumns(job.stats);
    const counts = new Int32Array(names.length);
    const changed: { file: number; stat: ChangedStat }[] = [];
    const runs: { file: number; pairs: Uint8Array }[] = [];
    const xattrs: { file: number; attributes: readonly (readonly [Uint8Array, Uint8Array])[] }[] = [];
    let bytesRead = 0;
    this.#idCount = 0;
    this.#newBlobs = 0;
    let file = 0;
    for (const { path: folder, count } of job.directories) {
      const prefix = folder === '/' ? folder : `${folder}/`;
      for (const end = file + count; file < end; file += 1) {
        const before = this.#idCount;
        const path = prefix + names[file]!;
        this.#judging = ContentSampler.wants(file, names.length) ? path : undefined;
        const content = this.#readStable(path, columns, file, context);
        if (content === undefined) {
          this.#idCount = before;
          counts[file] = -1;
          continue;
        }
        counts[file] = this.#idCount - before;
        bytesRead += content.bytesRead;
        const stat = statIfOther(content, columns.sizes[file]!, columns.ctimes[file]!);
        if (stat !== undefined) changed.push({ file, stat });
        if (content.extents !== undefined) runs.push({ file, pairs: pairsOf(content.extents) });
        if (content.xattrs.length > 0) {
          xattrs.push({ file, attributes: content.xattrs.map((one) => [one.name, one.value] as const) });
        }
      }
    }
    return {
      job: job.job,
      counts,
      ids: this.#ids.slice(0, this.#idCount * 32),
      changed,
      runs,
      xattrs,
      problems,
      bytesRead,
      newBlobs: this.#newBlobs,
      observed: this.#sampler.take(),
    };
  }

  // Most files are as the walk saw them. One that is not is read once more: only what changes during that is a problem.
  #readStable(path: string, columns: FileColumns, file: number, context: Context): Content | undefined {
    const known = { device: columns.devices[file]!, inode: columns.inodes[file]! };
    const stat = {
      sizeBytes: columns.sizes[file]!,
      blocks: columns.blocks[file]!,
      mtimeNs: columns.mtimes[file]!,
      ctimeNs: columns.ctimes[file]!,
    };
    const before = this.#idCount;
    const first = this.#readOne(path, { ...known, stat }, stat.sizeBytes, context);
    if (first === undefined || !first.changed) return first;
    this.#idCount = before;
    return this.#readOne(path, known, Number.POSITIVE_INFINITY, context);
  }

  #readOne(path: string, expected: ExpectedFile, sizeMax: number, context: Context): Content | undefined {
    const opened = this.#source.open(path, expected, context);
    if (opened === undefined) return undefined;
    try {
      return sizeMax <= this.#parameters.minBytes
        ? this.#readSmall(opened, sizeMax)
        : this.#readChunks(opened);
    } finally {
      opened.close();
    }
  }

  /** What is too small to be cut is read straight into the frame. */
  #readSmall(opened: OpenContent, sizeMax: number): Content | undefined {
    const room = this.#builder.reserve(boxTypes.data, sizeMax);
    let length = 0;
    while (length < sizeMax) {
      const more = opened.read(length === 0 ? room : room.subarray(length));
      if (more === 0) break;
      length += more;
    }
    const content = opened.finish();
    if (content === undefined || content.changed || length === 0) return content;
    this.#judge(room.subarray(0, length));
    const at = this.#roomForId();
    if (this.#builder.addReserved(boxTypes.data, length, this.#ids, at)) this.#newBlobs += 1;
    return content;
  }

  // Bytes gather in the chunker's memory: a chunk must lie there in one piece to be cut, hashed and compressed.
  #readChunks(opened: OpenContent): Content | undefined {
    const { memory } = this.#chunker;
    const full = cutBatch + this.#parameters.maxBytes;
    this.#filled = 0;
    for (;;) {
      const length = opened.read(memory.subarray(this.#filled, full));
      this.#filled += length;
      if (this.#filled > 0) this.#judge(memory.subarray(0, this.#filled));
      if (length === 0 || this.#filled === full) this.#cut(length === 0);
      if (length === 0) return opened.finish();
    }
  }

  /** Once a file: of what comes first. */
  #judge(content: Uint8Array): void {
    if (this.#judging === undefined) return;
    this.#sampler.judge(this.#judging, content);
    this.#judging = undefined;
  }

  #cut(atEnd: boolean): void {
    const { memory } = this.#chunker;
    if (this.#filled === 0) return;
    let start = 0;
    if (atEnd && this.#filled <= this.#parameters.minBytes) {
      this.#add(memory.subarray(0, this.#filled));
      start = this.#filled;
    } else {
      for (const length of this.#chunker.cuts(0, this.#filled, atEnd)) {
        this.#add(memory.subarray(start, start + length));
        start += length;
      }
    }
    memory.copyWithin(0, start, this.#filled);
    this.#filled -= start;
  }

  #add(chunk: Uint8Array): void {
    const at = this.#roomForId();
    if (this.#builder.add(boxTypes.data, chunk, this.#ids, at)) this.#newBlobs += 1;
  }

  /** Where the next id goes. */
  #roomForId(): number {
    if ((this.#idCount + 1) * 32 > this.#ids.length) {
      const larger = new Uint8Array(this.#ids.length * 2);
      larger.set(this.#ids);
      this.#ids = larger;
    }
    this.#idCount += 1;
    return (this.#idCount - 1) * 32;
  }
}

/** The attributes that belong to what was read, when the walk saw others; bytes and size must never disagree in a tree. */
export function statIfOther(content: Content, sizeBytes: number, ctimeNs: bigint): ChangedStat | undefined {
  const { after } = content;
  if (!content.changed && content.sizeBytes === sizeBytes && after.ctimeNs === ctimeNs) return undefined;
  return { ...after, sizeBytes: content.sizeBytes };
}

const silentMonitor = {
  count: () => undefined,
  total: () => undefined,
  phase: () => undefined,
};

function pairsOf(extents: readonly { readonly offset: number; readonly length: number }[]): Uint8Array {
  const pairs = Buffer.alloc(extents.length * 16);
  extents.forEach(({ offset, length }, index) => {
    pairs.writeBigUInt64LE(BigInt(offset), index * 16);
    pairs.writeBigUInt64LE(BigInt(length), index * 16 + 8);
  });
  return pairs;
}
