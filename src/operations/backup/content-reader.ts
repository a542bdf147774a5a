// Reads files and turns them into blobs, synchronously, on whichever thread it lives: the main thread for small jobs, a worker
// for large ones. It knows a source and a frame builder and nothing of trees.

import type { Context, Problem } from '../../base/context.ts';
import { boxTypes } from '../../repository/box.ts';
import type { Chunker, ChunkerParameters } from '../../repository/chunker/chunker.ts';
import type { FrameBuilder } from '../../repository/frame-builder.ts';
import type { Content, ExpectedFile, Source } from '../../sources/source.ts';
import type { ChangedStat } from './directory.ts';

/** Some files of one directory. */
export interface FileJob {
  readonly job: number;
  readonly path: string;
  readonly directory: { readonly device: number; readonly inode: bigint } | undefined;
  readonly names: readonly string[];
  readonly devices: Float64Array;
  readonly inodes: BigUint64Array;
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
}

/** Reads below this are not worth a cut: the tail waits for more. */
const cutBatch = 1024 * 1024;

export class ContentReader {
  readonly #source: Source;
  readonly #builder: FrameBuilder;
  readonly #chunker: Chunker;
  readonly #parameters: ChunkerParameters;
  readonly #context: Context;
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
    const counts = new Int32Array(job.names.length);
    const changed: { file: number; stat: ChangedStat }[] = [];
    const runs: { file: number; pairs: Uint8Array }[] = [];
    const xattrs: { file: number; attributes: readonly (readonly [Uint8Array, Uint8Array])[] }[] = [];
    let bytesRead = 0;
    this.#idCount = 0;
    this.#newBlobs = 0;
    for (let file = 0; file < job.names.length; file += 1) {
      const path = job.path === '/' ? `/${job.names[file]}` : `${job.path}/${job.names[file]}`;
      const before = this.#idCount;
      this.#filled = 0;
      const content = this.#readOne(
        path,
        {
          device: job.devices[file]!,
          inode: job.inodes[file]!,
          ...(job.directory === undefined ? {} : { directory: job.directory }),
        },
        context,
      );
      if (content === undefined) {
        this.#idCount = before;
        counts[file] = -1;
        continue;
      }
      counts[file] = this.#idCount - before;
      bytesRead += content.bytesRead;
      if (content.changed) changed.push({ file, stat: { ...content.after, sizeBytes: content.sizeBytes } });
      if (content.extents !== undefined) runs.push({ file, pairs: pairsOf(content.extents) });
      if (content.xattrs.length > 0) {
        xattrs.push({ file, attributes: content.xattrs.map((one) => [one.name, one.value] as const) });
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
    };
  }

  // Bytes gather in the chunker's memory: a chunk must lie there in one piece to be cut, hashed and compressed.
  #readOne(path: string, expected: ExpectedFile, context: Context): Content | undefined {
    const opened = this.#source.open(path, expected, context);
    if (opened === undefined) return undefined;
    const { memory } = this.#chunker;
    const full = cutBatch + this.#parameters.maxBytes;
    try {
      for (;;) {
        const length = opened.read(memory.subarray(this.#filled, full));
        this.#filled += length;
        if (length === 0 || this.#filled === full) this.#cut(length === 0);
        if (length === 0) return opened.finish();
      }
    } finally {
      opened.close();
    }
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
    if ((this.#idCount + 1) * 32 > this.#ids.length) {
      const larger = new Uint8Array(this.#ids.length * 2);
      larger.set(this.#ids);
      this.#ids = larger;
    }
    if (this.#builder.add(boxTypes.data, chunk, this.#ids, this.#idCount * 32)) this.#newBlobs += 1;
    this.#idCount += 1;
  }
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
