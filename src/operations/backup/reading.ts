// The main thread's side of reading: jobs go to worker threads, or are done here while a backup is small. Frames that come back go to
// the session one after the other; nothing more is dispatched while too much is on its way, which bounds memory.

import { Worker } from 'node:worker_threads';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { boxTypes } from '../../repository/box.ts';
import { type Chunker, createChunker } from '../../repository/chunker/chunker.ts';
import { gearTable } from '../../repository/chunker/gear-table.ts';
import type { Compression, FrameBuilder, NewFrame } from '../../repository/frame-builder.ts';
import type { Session } from '../../repository/session.ts';
import type { SourceKindName } from '../../sources/all.ts';
import type { Source } from '../../sources/source.ts';
import { AutoLevel } from './auto-level.ts';
import { ContentReader, type FileJob, type FileResults } from './content-reader.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './worker.ts';

/**
 * What is read on the main thread before workers are worth their start (some 100 ms of a processor each): little where everything is
 * new, more where a previous snapshot says that little has changed.
 */
const inlineBytesMax = { first: 4 * 1024 * 1024, again: 32 * 1024 * 1024 };
const jobsPerWorker = 3;
/** Sealed frames that wait for the storage. */
const framesWaitingMax = 8;

/** Pieces of large files: so much is read, cut and handed over at once. */
const pieceLength = 1024 * 1024;
const pieceSlots = 6;

type Settle<Result> = (result: Result) => void;

export class Reading {
  readonly #session: Session;
  readonly #compression: Compression;
  readonly #auto: AutoLevel | undefined;
  readonly #onFrame: ((frame: NewFrame) => void) | undefined;
  readonly #source: Source;
  readonly #sourceSpec: { readonly kind: SourceKindName; readonly config: unknown };
  readonly #context: Context;
  readonly #workersWanted: number;
  readonly #inlineBytesMax: number;
  readonly #inline: ContentReader;
  /** Seals what the main thread itself produces: trees, and data while the backup is small. */
  readonly builder: FrameBuilder;
  readonly #chunker: Chunker;
  readonly #slotFree: boolean[] = new Array(pieceSlots).fill(true);
  #workers: { readonly worker: Worker; jobs: number }[] = [];
  #frames: NewFrame[] = [];
  #storing: Promise<void> | undefined;
  #inlineBytes = 0;
  #jobNumber = 0;
  #waiters: (() => void)[] = [];
  #failure: unknown;
  #flushed = 0;
  #outstanding = 0;
  readonly #onFiles = new Map<number, Settle<FileResults>>();
  readonly #onPiece = new Map<number, Settle<{ ids: Uint8Array; newBlobs: number }>>();

  constructor(
    parts: {
      readonly session: Session;
      readonly compression: Compression;
      /** The level of `compression` is where it begins; what is measured moves it. */
      readonly autoLevel: boolean;
      readonly source: Source;
      readonly sourceSpec: { readonly kind: SourceKindName; readonly config: unknown };
      /** Worker threads; 0 keeps everything on the main thread. */
      readonly workers: number;
      /** Told of each frame before it is stored. */
      readonly onFrame?: (frame: NewFrame) => void;
      /** Whether there is no previous snapshot to compare with. */
      readonly isFirst: boolean;
    },
    context: Context,
  ) {
    this.#session = parts.session;
    // Ours alone: the level of the caller's stays as it is.
    const isAuto = parts.autoLevel && parts.compression.comp !== 0;
    this.#compression = { ...parts.compression, isAuto };
    this.#onFrame = parts.onFrame;
    if (isAuto) {
      this.#auto = new AutoLevel(parts.compression.level, (level) => this.#setLevel(level), context);
    }
    this.#source = parts.source;
    this.#sourceSpec = parts.sourceSpec;
    this.#workersWanted = parts.workers;
    this.#inlineBytesMax = inlineBytesMax[parts.isFirst ? 'first' : 'again'];
    this.#context = context;
    const { ring } = parts.session.repository;
    const parameters = ring.domain.chunker;
    this.#chunker = createChunker(
      parameters,
      gearTable(ring.domain.chunkKey),
      pieceSlots * (pieceLength + parameters.maxBytes),
    );
    this.builder = parts.session.builder(this.#compression, (frame) => this.#frames.push(frame));
    this.#inline = new ContentReader(this.#source, this.builder, this.#chunker, parameters, context);
    context.signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** Has files read; `done` is called on the main thread, in any order between jobs. */
  async files(job: Omit<FileJob, 'job'>, bytes: number, done: Settle<FileResults>): Promise<void> {
    const numbered = { ...job, job: this.#jobNumber++ };
    if (!this.#useWorkers(bytes)) {
      const results = this.#here(() => this.#inline.run(numbered));
      done(results);
      await this.store();
      return;
    }
    await this.#room();
    this.#onFiles.set(numbered.job, done);
    const { levels } = this.#session.repository.index.shared;
    this.#send({ type: 'files', files: numbered, levels }, [numbered.stats]);
  }

  /**
   * Reads one large file here, cuts it, and lets the workers do the rest, several pieces at a time. `read` fills what
   * it is given from the start with the next bytes and returns their number, 0 at the end.
   */
  async largeFile(
    read: (into: Uint8Array) => number,
    bytes: number,
  ): Promise<{ ids: Uint8Array; newBlobs: number }> {
    this.#useWorkers(bytes);
    const { memory } = this.#chunker;
    const { maxBytes } = this.#session.repository.ring.domain.chunker;
    const slotLength = pieceLength + maxBytes;
    const results: { ids: Uint8Array; newBlobs: number }[] = [];
    const arrived: Promise<void>[] = [];
    let slot = await this.#takeSlot();
    let start = slot * slotLength;
    let filled = 0;
    const hand = async (atEnd: boolean) => {
      if (filled === 0) return;
      const lengths = Uint32Array.from(this.#chunker.cuts(start, filled, atEnd));
      let length = 0;
      for (const one of lengths) length += one;
      const rest = filled - length;
      const from = start;
      const used = slot;
      const position = results.length;
      if (lengths.length > 0) {
        results.push({ ids: new Uint8Array(0), newBlobs: 0 });
        arrived.push(
          this.#piece(from, lengths).then((result) => {
            results[position] = result;
            this.#slotFree[used] = true;
            this.#wake();
          }),
        );
        arrived.at(-1)!.catch(() => undefined);
      } else {
        this.#slotFree[used] = true;
      }
      if (atEnd) return;
      // The tail that was not cut moves in front of what is read next.
      const next = await this.#takeSlot();
      memory.copyWithin(next * slotLength, from + length, from + length + rest);
      slot = next;
      start = next * slotLength;
      filled = rest;
    };
    for (;;) {
      const length = read(memory.subarray(start + filled, start + slotLength));
      if (length === 0) break;
      filled += length;
      if (filled === slotLength) await hand(false);
    }
    await hand(true);
    if (filled === 0) this.#slotFree[slot] = true;
    await Promise.all(arrived);
    return {
      ids: Buffer.concat(results.map((one) => one.ids)),
      newBlobs: results.reduce((sum, one) => sum + one.newBlobs, 0),
    };
  }

  /** Hands finished frames to the session, in order; waits only while too many of them are waiting. */
  async store(): Promise<void> {
    this.#pump();
    while (this.#frames.length > framesWaitingMax) await this.#wait();
    this.#throwIfFailed();
  }

  /** Waits until every job is done and every frame is with the session. */
  async drain(): Promise<void> {
    while (this.#outstanding > 0) await this.#wait();
    this.#flushed = 0;
    for (const { worker } of this.#workers) worker.postMessage({ type: 'flush' } satisfies ToWorker);
    while (this.#flushed < this.#workers.length) await this.#wait();
    this.builder.flush();
    this.#pump();
    while (this.#frames.length > 0 || this.#storing !== undefined) await this.#wait();
    this.#throwIfFailed();
  }

  async close(): Promise<void> {
    const workers = this.#workers;
    this.#workers = [];
    await Promise.all(workers.map(({ worker }) => worker.terminate()));
  }

  #useWorkers(bytes: number): boolean {
    if (this.#workersWanted === 0) return false;
    if (this.#workers.length > 0) return true;
    this.#inlineBytes += bytes;
    if (this.#inlineBytes <= this.#inlineBytesMax) return false;
    const { repository } = this.#session;
    const setup: WorkerSetup = {
      ring: repository.ring.export(),
      index: repository.index.shared,
      compression: { ...this.#compression },
      source: this.#sourceSpec,
      pieces: {
        memory: this.#chunker.memory.buffer as SharedArrayBuffer,
        offset: this.#chunker.memory.byteOffset,
        length: this.#chunker.memory.length,
      },
    };
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    for (let index = 0; index < this.#workersWanted; index += 1) {
      const worker = new Worker(new URL(file, import.meta.url), {
        workerData: setup,
        resourceLimits: { maxYoungGenerationSizeMb: 4 },
      });
      worker.on('message', (message: FromWorker) => this.#receive(entry, message));
      worker.on('error', (error) => this.#fail(error));
      worker.on('exit', (code) => {
        if (this.#workers.includes(entry) && code !== 0) {
          this.#fail(new Failure('bug', 'WORKER_ENDED', `a worker thread ended with status ${code}`));
        }
      });
      const entry = { worker, jobs: 0 };
      this.#workers.push(entry);
    }
    return true;
  }

  #receive(entry: { jobs: number }, message: FromWorker): void {
    switch (message.type) {
      case 'frame':
        this.#frames.push(message.frame);
        this.#pump();
        break;
      case 'files': {
        const { job } = message.results;
        const done = this.#onFiles.get(job)!;
        this.#onFiles.delete(job);
        this.#ended(entry);
        try {
          done(message.results);
        } catch (error) {
          this.#fail(error);
        }
        break;
      }
      case 'piece': {
        const done = this.#onPiece.get(message.job)!;
        this.#onPiece.delete(message.job);
        this.#ended(entry);
        done(message);
        break;
      }
      case 'flushed':
        this.#flushed += 1;
    }
    this.#wake();
  }

  async #piece(offset: number, lengths: Uint32Array): Promise<{ ids: Uint8Array; newBlobs: number }> {
    if (this.#workers.length === 0) {
      const ids = new Uint8Array(lengths.length * 32);
      let at = offset;
      let newBlobs = 0;
      this.#here(() =>
        lengths.forEach((length, chunk) => {
          const blob = this.#chunker.memory.subarray(at, at + length);
          if (this.builder.add(boxTypes.data, blob, ids, chunk * 32)) newBlobs += 1;
          at += length;
        }),
      );
      await this.store();
      return { ids, newBlobs };
    }
    await this.#room();
    const job = this.#jobNumber++;
    const { levels } = this.#session.repository.index.shared;
    return new Promise((settle) => {
      this.#onPiece.set(job, settle);
      this.#send({ type: 'piece', piece: { job, offset, lengths }, levels }, [lengths.buffer as ArrayBuffer]);
    });
  }

  #send(message: ToWorker, transfer: ArrayBuffer[]): void {
    let chosen = this.#workers[0]!;
    for (const entry of this.#workers) if (entry.jobs < chosen.jobs) chosen = entry;
    chosen.jobs += 1;
    this.#outstanding += 1;
    this.#tellWork();
    chosen.worker.postMessage(message, transfer);
  }

  #ended(entry: { jobs: number }): void {
    entry.jobs -= 1;
    this.#outstanding -= 1;
    this.#tellWork();
  }

  #here<Result>(run: () => Result): Result {
    return this.#auto === undefined ? run() : this.#auto.here(run);
  }

  #tellWork(): void {
    if (this.#auto === undefined) return;
    let working = 0;
    for (const { jobs } of this.#workers) if (jobs > 0) working += 1;
    this.#auto.working(working / this.#workers.length);
  }

  #setLevel(level: number): void {
    this.#compression.level = level;
    for (const { worker } of this.#workers) worker.postMessage({ type: 'level', level } satisfies ToWorker);
  }

  async #room(): Promise<void> {
    this.#session.repository.index.reserve(1 << 15);
    this.#pump();
    for (;;) {
      this.#throwIfFailed();
      const busy = this.#workers.every((entry) => entry.jobs >= jobsPerWorker);
      if (!busy && this.#frames.length <= framesWaitingMax) return;
      await this.#wait();
    }
  }

  async #takeSlot(): Promise<number> {
    for (;;) {
      this.#throwIfFailed();
      const slot = this.#slotFree.indexOf(true);
      if (slot >= 0) {
        this.#slotFree[slot] = false;
        return slot;
      }
      await this.#wait();
    }
  }

  #pump(): void {
    if (this.#storing !== undefined || this.#frames.length === 0) return;
    this.#storing = this.#storeAll().then(
      () => {
        this.#storing = undefined;
        this.#pump();
        this.#wake();
      },
      (error: unknown) => {
        this.#storing = undefined;
        this.#frames = [];
        this.#fail(error);
      },
    );
  }

  async #storeAll(): Promise<void> {
    for (let frame = this.#frames.shift(); frame !== undefined; frame = this.#frames.shift()) {
      // Read first: the box of a frame that was stored is given back.
      const { plainLength, length } = frame;
      this.#onFrame?.(frame);
      const since = this.#auto?.storing() ?? 0;
      await this.#session.store(frame);
      this.#auto?.stored(since, plainLength, length);
      this.#wake();
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the backup was canceled');
  }

  #wait(): Promise<void> {
    this.#throwIfFailed();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resume of waiters) resume();
  }
}
