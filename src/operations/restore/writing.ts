// Writes all files of a plan: reads frames in the order in which they lie, shares them out to workers, and keeps only a few on their way.

import { Worker } from 'node:worker_threads';
import { mapAhead } from '../../base/ahead.ts';
import type { Context, Problem } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { release } from '../../codecs/release.ts';
import { packObjectName } from '../../repository/pack-catalog.ts';
import type { Repository } from '../../repository/repository.ts';
import { Placer, type PlacingRules } from '../../sources/files/placing.ts';
import { displayPath, type System } from '../../sources/files/system.ts';
import type { ByteRange } from '../../storage/storage.ts';
import { type Piece, type PlannedFile, piecesOf } from './plan.ts';
import type { FromRestoreWorker, RestoreWorkerSetup } from './worker.ts';
import {
  bytesPerPiece,
  type FrameJob,
  type FrameResult,
  FrameWriter,
  type LostFile,
  lostBy,
  pieceColumns,
} from './writer.ts';

const inlineBytesMax = 16 * 1024 * 1024;
/** Neighbouring frames are read together up to this. */
const readMax = 2 * 1024 * 1024;
const framesPerWorker = 8;

export interface Written {
  files: number;
  bytes: number;
  /** Files that the repository has lost: reported, and not there, so that no further name can be made of them. */
  readonly lost: ReadonlyMap<string, LostFile>;
}

/** What the repository has lost of one file is a Problem, and the others are restored; when all are lost, that is a failure. */
export async function writeFiles(
  files: readonly PlannedFile[],
  target: {
    readonly system: System;
    readonly root: string;
    readonly rules: PlacingRules;
    readonly workers: number;
  },
  repository: Repository,
  context: Context,
): Promise<Written> {
  const written = { files: 0, bytes: 0, lost: new Map<string, LostFile>() };
  const report = (problem: Problem) => context.monitor.problem(problem);
  using placer = new Placer(target.system, target.root, target.rules, report);
  const pieces = piecesOf(repository, files);
  const isWhole = new Uint8Array(files.length);
  for (const piece of pieces) {
    const file = files[piece.file]!;
    if (piece.length === file.sizeBytes) isWhole[piece.file] = 1;
  }
  // Files of several pieces are made first, so that any worker may write any part; empty ones are done at once.
  const several: PlannedFile[] = [];
  files.forEach((file, number) => {
    if (isWhole[number] === 1) return;
    if (file.ids.length === 0 && file.sizeBytes === 0) {
      if (placer.writeWhole(file.path, file, new Uint8Array(0))) written.files += 1;
    } else if (placer.createFile(file.path, file.sizeBytes)) several.push(file);
  });

  const share = new Sharing(
    files.reduce((sum, file) => sum + file.sizeBytes, 0) <= inlineBytesMax ? 0 : target.workers,
    { ring: repository.ring.export(), root: target.root, rules: target.rules },
    () => {
      const problems: Problem[] = [];
      const inner = new Placer(target.system, target.root, target.rules, (problem) => problems.push(problem));
      return new FrameWriter(repository.ring, inner, problems);
    },
    written,
    context,
  );
  try {
    const { isLocal, parallelCallsMax } = repository.storage.features;
    const width = isLocal ? 1 : parallelCallsMax;
    const read = (group: Piece[]) => readGroup(group, repository, context);
    for await (const { group, start, bytes } of mapAhead(groupsOf(pieces, repository), width, read)) {
      if (bytes instanceof Failure) {
        const paths = group.map(({ file }) => files[file]!.path);
        for (const one of lostBy(bytes, paths)) noteLost(one, written.lost, context);
        continue;
      }
      const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes);
      await share.give(jobsOf(group, own, start, files, isWhole, repository), own);
    }
    await share.finish();
  } finally {
    await share.close();
  }
  for (const file of several) {
    if (written.lost.has(file.path)) {
      placer.removeFile(file.path);
      continue;
    }
    const handle = placer.openFile(file.path);
    if (handle === undefined) continue;
    if (placer.finishFile(file.path, handle, file)) written.files += 1;
    placer.closeFile(handle);
  }
  const [lost] = written.lost.values();
  if (lost !== undefined && written.lost.size === files.length) {
    const { code, message, hint } = lost;
    throw new Failure('corrupt', code, message, hint === undefined ? {} : { hint });
  }
  return written;
}

/** What is lost is handed on with the pieces that miss it. */
async function readGroup(
  group: readonly Piece[],
  repository: Repository,
  context: Context,
): Promise<{
  readonly group: readonly Piece[];
  readonly start: number;
  readonly bytes: Uint8Array | Failure;
}> {
  const first = repository.catalog.frame(group[0]!.frame);
  const last = repository.catalog.frame(group.at(-1)!.frame);
  const range = { offset: first.offset, length: last.offset + last.length - first.offset };
  const bytes = await readOrLost(repository, packObjectName(first.pack), range, context);
  return { group, start: first.offset, bytes };
}

async function readOrLost(
  repository: Repository,
  object: string,
  range: ByteRange,
  { signal }: Context,
): Promise<Uint8Array | Failure> {
  try {
    return await repository.storage.get(object, { range, signal });
  } catch (error) {
    if (isFailure(error, 'corrupt') || isFailure(error, 'missing', 'OBJECT_MISSING')) return error;
    throw error;
  }
}

function noteLost(one: LostFile, lost: Map<string, LostFile>, context: Context): void {
  if (lost.has(one.path)) return;
  lost.set(one.path, one);
  const { path, code, message } = one;
  context.monitor.problem({ path: displayPath(path), code, message: `cannot be restored: ${message}` });
}

/** Runs of pieces whose frames lie next to each other in one pack. */
function* groupsOf(pieces: readonly Piece[], repository: Repository): Generator<Piece[]> {
  let group: Piece[] = [];
  let end = 0;
  let start = 0;
  let pack = '';
  for (const piece of pieces) {
    if (group.at(-1)?.frame === piece.frame) {
      group.push(piece);
      continue;
    }
    const frame = repository.catalog.frame(piece.frame);
    const isNext =
      frame.pack.name === pack && frame.offset === end && frame.offset + frame.length - start <= readMax;
    if (!isNext) {
      if (group.length > 0) yield group;
      group = [];
      start = frame.offset;
      pack = frame.pack.name;
    }
    group.push(piece);
    end = frame.offset + frame.length;
  }
  if (group.length > 0) yield group;
}

function jobsOf(
  group: readonly Piece[],
  bytes: Uint8Array,
  start: number,
  files: readonly PlannedFile[],
  isWhole: Uint8Array,
  repository: Repository,
): FrameJob[] {
  const jobs: FrameJob[] = [];
  for (let first = 0; first < group.length; ) {
    let end = first + 1;
    while (end < group.length && group[end]!.frame === group[first]!.frame) end += 1;
    const frame = repository.catalog.frame(group[first]!.frame);
    const { pack, offset, length, type, comp, plainLength, generation } = frame;
    jobs.push({
      box: bytes.subarray(offset - start, offset - start + length),
      frame: { type, comp, plainLength, generation, pack: { name: pack.name, suite: pack.suite } },
      ...encodePieces(group.slice(first, end), files, isWhole),
    });
    first = end;
  }
  return jobs;
}

function encodePieces(
  group: readonly Piece[],
  files: readonly PlannedFile[],
  isWhole: Uint8Array,
): Pick<FrameJob, 'paths' | 'ids' | 'pieces' | 'xattrs'> {
  const pieces = new ArrayBuffer(group.length * bytesPerPiece);
  const columns = pieceColumns(pieces);
  const paths: string[] = [];
  const ids = new Uint8Array(group.length * 32);
  const xattrs = new Map<number, PlannedFile['xattrs']>();
  group.forEach((piece, number) => {
    const file = files[piece.file]!;
    paths.push(file.path);
    ids.set(piece.id, number * 32);
    columns.blobOffsets[number] = piece.blobOffset;
    columns.blobLengths[number] = piece.blobLength;
    columns.skips[number] = piece.skip;
    columns.lengths[number] = piece.length;
    columns.offsets[number] = piece.offset;
    columns.wholes[number] = isWhole[piece.file]!;
    columns.modes[number] = file.mode;
    columns.uids[number] = file.uid;
    columns.gids[number] = file.gid;
    columns.mtimes[number] = file.mtimeNs;
    if (file.xattrs.length > 0) xattrs.set(number, file.xattrs);
  });
  return { paths: paths.join('\0'), ids, pieces, xattrs };
}

interface WritingState extends Written {
  readonly lost: Map<string, LostFile>;
}

/** Workers with a bounded number of frames each, or the main thread when there are none. */
class Sharing {
  readonly #written: WritingState;
  readonly #context: Context;
  readonly #workers: { readonly worker: Worker; frames: number }[] = [];
  readonly #inline: FrameWriter | undefined;
  #waiters: (() => void)[] = [];
  #failure: unknown;
  #closing = false;

  constructor(
    workers: number,
    setup: RestoreWorkerSetup,
    inline: () => FrameWriter,
    written: WritingState,
    context: Context,
  ) {
    this.#written = written;
    this.#context = context;
    if (workers === 0) {
      this.#inline = inline();
      return;
    }
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    for (let number = 0; number < workers; number += 1) {
      const worker = new Worker(new URL(file, import.meta.url), {
        workerData: setup,
        resourceLimits: { maxYoungGenerationSizeMb: 4 },
      });
      const entry = { worker, frames: 0 };
      worker.on('message', (message: FromRestoreWorker) => {
        entry.frames -= 1;
        if (message.type === 'done') this.#take(message.result);
        else {
          const more = message.hint === undefined ? {} : { hint: message.hint };
          this.#failure ??= new Failure(message.kind, message.code, message.message, more);
        }
        this.#wake();
      });
      worker.on('error', (error) => {
        this.#failure ??= error;
        this.#wake();
      });
      worker.on('exit', (code) => {
        if (!this.#closing) {
          this.#failure ??= new Failure('bug', 'WORKER_ENDED', `a worker thread ended with status ${code}`);
          this.#wake();
        }
      });
      this.#workers.push(entry);
    }
    context.signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** Frames that were read together, and lie in one buffer, go to one worker together. */
  async give(jobs: readonly FrameJob[], bytes: Uint8Array): Promise<void> {
    this.#throwIfFailed();
    if (this.#inline !== undefined) {
      for (const job of jobs) {
        this.#throwIfFailed();
        this.#take(this.#inline.run(job));
      }
      release(bytes);
      return;
    }
    let chosen = this.#leastBusy();
    while (chosen.frames >= framesPerWorker) {
      await this.#wait();
      chosen = this.#leastBusy();
    }
    chosen.frames += jobs.length;
    const parts = jobs.flatMap(({ ids, pieces }) => [ids.buffer as ArrayBuffer, pieces]);
    chosen.worker.postMessage(jobs, [bytes.buffer as ArrayBuffer, ...parts]);
  }

  async finish(): Promise<void> {
    while (this.#workers.some((entry) => entry.frames > 0)) await this.#wait();
    this.#throwIfFailed();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#inline?.[Symbol.dispose]();
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()));
  }

  #take(result: FrameResult): void {
    this.#written.files += result.files;
    this.#written.bytes += result.bytes;
    this.#context.monitor.count('sourceBytes', result.bytes);
    for (const problem of result.problems) this.#context.monitor.problem(problem);
    for (const one of result.lost) noteLost(one, this.#written.lost, this.#context);
  }

  #leastBusy(): { readonly worker: Worker; frames: number } {
    return this.#workers.reduce((best, entry) => (entry.frames < best.frames ? entry : best));
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the restore was canceled');
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
