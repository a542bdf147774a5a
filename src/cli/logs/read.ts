// Reads log files back: from the oldest that was put aside to the one that is being written, and on as it grows. The last line is told when it
// is whole.

import { closeSync, createReadStream, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { Context, Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { escapeForTerminal } from '../../base/text.ts';
import { errorCode } from '../../sources/files/system-error.ts';
import { type Level, levels } from './level.ts';
import { putAside } from './put-aside.ts';

export interface LogLine {
  readonly at?: Instant;
  readonly level?: Level;
  readonly purpose?: string;
  readonly run?: string;
  readonly policy?: string;
  readonly message: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface ReadWish {
  /** Paths, without those put aside; lines of several are told in the order of their times. */
  readonly files: readonly string[];
  readonly run?: string;
  readonly policy?: string;
  /** At least so severe. */
  readonly level?: Level;
  readonly from?: Instant;
  /** At most so many of those that are there. */
  readonly last?: number;
  /** Goes on until the signal aborts. */
  readonly follow?: boolean;
}

const lookEveryMs = 250;
const lineBytesMax = 1 << 20;

/** Fails with missing/LOG_MISSING when none of the files exists and nobody wants to wait for one. */
export async function* readLog(wish: ReadWish, context: Context): AsyncGenerator<LogLine> {
  if (!wish.follow && !wish.files.some((path) => existsSync(path) || putAside(path).length > 0)) {
    throw new Failure('missing', 'LOG_MISSING', `there is no log at "${wish.files.join('", "')}"`, {
      hint: 'Name the folder that the configuration names, or wait until something was written.',
    });
  }
  // Opened before the past is read, so that nothing comes between.
  const tails = wish.files.map((path) => new Tail(path));
  try {
    const past = merge(wish.files.map((path, index) => pastLines(path, tails[index]!)));
    const wanted = only(past, wish);
    yield* wish.last === undefined ? wanted : lastOf(wanted, wish.last);
    while (wish.follow === true && !context.signal.aborted) {
      for (const tail of tails) {
        for (const line of tail.more()) if (matches(line, wish)) yield line;
      }
      try {
        await context.clock.sleep(lookEveryMs, context.signal);
      } catch (error) {
        if (context.signal.aborted) return;
        throw error;
      }
    }
  } finally {
    for (const tail of tails) tail.close();
  }
}

async function* pastLines(path: string, tail: Tail): AsyncGenerator<LogLine> {
  for (const one of putAside(path)) {
    if (tail.isReading(one)) continue;
    try {
      for await (const text of textLines(one)) if (text !== '') yield parseLine(text);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') continue;
      yield { level: 'error', message: `the rest of "${escapeForTerminal(one)}" cannot be read` };
    }
  }
  yield* tail.more();
}

async function* textLines(path: string): AsyncGenerator<string> {
  // It may be compressed just now.
  const place = existsSync(path) || path.endsWith('.gz') ? path : `${path}.gz`;
  const file = createReadStream(place);
  const plain = place.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  if (plain !== file) file.on('error', (error) => plain.destroy(error));
  const splitter = new LineSplitter();
  try {
    for await (const part of plain) yield* splitter.take(part as Buffer);
    yield splitter.rest();
  } finally {
    file.destroy();
  }
}

class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  *take(part: Buffer): Generator<string> {
    let bytes = Buffer.concat([this.#rest, part]);
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      yield bytes.subarray(0, end).toString();
      bytes = bytes.subarray(end + 1);
    }
    // What has no end is no log; it shall not fill the memory.
    this.#rest = bytes.subarray(0, lineBytesMax);
  }

  rest(): string {
    const text = this.#rest.toString();
    this.#rest = Buffer.alloc(0);
    return text;
  }
}

/** The file that is being written: from its beginning, and the next one when it is put aside. */
class Tail {
  readonly #path: string;
  #descriptor: number | undefined;
  #offset = 0;
  #splitter = new LineSplitter();

  constructor(path: string) {
    this.#path = path;
    this.#open();
  }

  /** Whole lines that came since the last call. */
  *more(): Generator<LogLine> {
    for (;;) {
      if (this.#descriptor === undefined && !this.#open()) return;
      yield* this.#rise();
      if (this.isReading(this.#path)) return;
      // Put aside: what is left of it first, then the new one.
      yield* this.#rise();
      const half = this.#splitter.rest();
      if (half !== '') yield parseLine(half);
      this.close();
      if (!existsSync(this.#path)) return;
    }
  }

  isReading(path: string): boolean {
    if (this.#descriptor === undefined) return false;
    const ours = fstatSync(this.#descriptor, { bigint: true });
    const named = statSync(path, { bigint: true, throwIfNoEntry: false });
    return named?.ino === ours.ino && named.dev === ours.dev;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#offset = 0;
    this.#splitter = new LineSplitter();
  }

  #open(): boolean {
    try {
      this.#descriptor = openSync(this.#path, 'r');
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  *#rise(): Generator<LogLine> {
    const descriptor = this.#descriptor!;
    // Emptied in place, as "copytruncate" does.
    if (fstatSync(descriptor).size < this.#offset) {
      this.#offset = 0;
      this.#splitter = new LineSplitter();
    }
    const part = Buffer.alloc(65_536);
    for (;;) {
      const length = readSync(descriptor, part, 0, part.length, this.#offset);
      if (length === 0) return;
      this.#offset += length;
      for (const text of this.#splitter.take(part.subarray(0, length))) {
        if (text !== '') yield parseLine(text);
      }
    }
  }
}

/** What is no line of ours, such as half of one, is told as it stands. */
export function parseLine(text: string): LogLine {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return { message: escapeForTerminal(text) };
  }
  if (typeof read !== 'object' || read === null) return { message: escapeForTerminal(text) };
  const { time, level, purpose, run, policy, message, facts } = read as Record<string, unknown>;
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  const known = levels.find((one) => one === level);
  return {
    message: escapeForTerminal(typeof message === 'string' ? message : text),
    ...(Number.isNaN(at) ? {} : { at }),
    ...(known === undefined ? {} : { level: known }),
    ...(typeof purpose === 'string' ? { purpose } : {}),
    ...(typeof run === 'string' ? { run } : {}),
    ...(typeof policy === 'string' ? { policy } : {}),
    ...(typeof facts === 'object' && facts !== null ? { facts: facts as Record<string, unknown> } : {}),
  };
}

function matches(line: LogLine, { run, policy, level, from }: ReadWish): boolean {
  if (run !== undefined && line.run !== run) return false;
  if (policy !== undefined && line.policy !== policy) return false;
  if (from !== undefined && (line.at === undefined || line.at < from)) return false;
  return level === undefined || levels.indexOf(line.level ?? 'error') >= levels.indexOf(level);
}

async function* only(lines: AsyncIterable<LogLine>, wish: ReadWish): AsyncGenerator<LogLine> {
  for await (const line of lines) if (matches(line, wish)) yield line;
}

async function* lastOf(lines: AsyncIterable<LogLine>, count: number): AsyncGenerator<LogLine> {
  let kept: LogLine[] = [];
  for await (const line of lines) {
    kept.push(line);
    if (kept.length > 2 * count + 100) kept = kept.slice(-count);
  }
  yield* count === 0 ? [] : kept.slice(-count);
}

/** Each is in order; a line without a time stays behind the one before it. */
async function* merge(sources: readonly AsyncGenerator<LogLine>[]): AsyncGenerator<LogLine> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, head: await source.next() })));
  for (;;) {
    const open = heads.filter(({ head }) => head.done !== true);
    const [first, ...others] = open;
    if (first === undefined) return;
    const next = others.reduce((best, one) => (timeOf(one.head) < timeOf(best.head) ? one : best), first);
    yield next.head.value as LogLine;
    next.head = await next.source.next();
  }
}

function timeOf(head: IteratorResult<LogLine>): number {
  return head.done === true ? Number.POSITIVE_INFINITY : (head.value.at ?? 0);
}
