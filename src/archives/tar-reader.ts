// Reads tar as ustar, pax, GNU tar, bsdtar and Python write it: long names, large numbers, sparse files (both GNU forms).
// Every header's checksum is proven and the end must be there; names are given as they are, whoever extracts checks them.

import type { Context } from '../base/context.ts';
import { archiveEntriesMax, pathBytesMax, xattrsTotalBytesMax } from '../base/limits.ts';
import {
  type ArchiveEntry,
  type ArchiveEntryKind,
  archiveBroken,
  archiveTooLarge,
  archiveUnsupported,
  ByteQueue,
  type ByteSource,
  type IncomingEntry,
  type ReadLimits,
  restartable,
} from './archive.ts';

const blockLength = 512;
/** All long names and attributes of one entry. */
const recordsBytesMax = xattrsTotalBytesMax + 4 * pathBytesMax;
const runsMax = 1_000_000;

const kinds: Readonly<Record<string, ArchiveEntryKind>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
};

interface Run {
  readonly offset: number;
  readonly length: number;
}

/** What headers in front of an entry's own say about it. */
interface Extended {
  readonly values: Map<string, Buffer>;
  longName?: string;
  longTarget?: string;
  /** How many such headers: each costs memory and none is content. */
  bytes: number;
}

export function openTar(bytes: ByteSource, limits: ReadLimits) {
  return { entries: (context: Context) => readTar(bytes, limits, context) };
}

async function* readTar(
  bytes: ByteSource,
  { entriesMax }: ReadLimits,
  context: Context,
): AsyncGenerator<IncomingEntry> {
  const queue = new ByteQueue(bytes());
  try {
    const globals = new Map<string, Buffer>();
    let extended = fresh();
    let headers = 0;
    for (;;) {
      context.signal.throwIfAborted();
      const header = Buffer.from(await queue.exactly(blockLength));
      if (header.every((byte) => byte === 0)) {
        if (headers === 0 && extended.bytes > 0) throw archiveBroken('has a header that belongs to no entry');
        await readEnd(queue);
        return;
      }
      checkSum(header, queue.position);
      headers += 1;
      if (headers > 3 * Math.max(entriesMax, archiveEntriesMax))
        throw archiveTooLarge(`has more than ${headers} headers`, '--max-entries');
      const flag = header.toString('latin1', 156, 157);
      if ('xgLK'.includes(flag)) {
        await readExtended(flag, number(header, 124, 12), queue, globals, extended);
        continue;
      }
      yield* readEntry(header, flag, queue, globals, extended);
      extended = fresh();
    }
  } finally {
    await queue.close();
  }
}

function fresh(): Extended {
  return { values: new Map(), bytes: 0 };
}

/** One block of zeros follows the first, then fill alone: bytes behind the end are no part of what was checked. */
async function readEnd(queue: ByteQueue): Promise<void> {
  for (;;) {
    const piece = await queue.some(65_536);
    if (piece === undefined) return;
    if (piece.some((byte) => byte !== 0)) throw archiveBroken('goes on after its end');
  }
}

function checkSum(header: Buffer, position: number): void {
  let sum = 0;
  let signed = 0;
  for (let at = 0; at < blockLength; at += 1) {
    const byte = at >= 148 && at < 156 ? 0x20 : header[at]!;
    sum += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const told = number(header, 148, 8);
  // Some old writers added signed chars.
  if (told !== sum && told !== signed) {
    throw archiveBroken(`has a header with a wrong checksum before byte ${position}`);
  }
}

async function readExtended(
  flag: string,
  size: number,
  queue: ByteQueue,
  globals: Map<string, Buffer>,
  extended: Extended,
): Promise<void> {
  extended.bytes += size;
  if (extended.bytes > recordsBytesMax) throw archiveBroken('has names or attributes beyond all measure');
  const body = Buffer.from(await queue.exactly(size));
  await queue.exactly(-size & (blockLength - 1));
  if (flag === 'L') extended.longName = untilNul(body, 0, body.length);
  else if (flag === 'K') extended.longTarget = untilNul(body, 0, body.length);
  else readRecords(body, flag === 'g' ? globals : extended.values);
}

function readRecords(body: Buffer, into: Map<string, Buffer>): void {
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const digits = space < 0 ? '' : body.toString('latin1', at, space);
    const length = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    const equals = body.indexOf(0x3d, space);
    if (equals < 0 || equals >= end || end > body.length || body[end - 1] !== 0x0a)
      throw archiveBroken('has a pax header that is none');
    const key = body.toString('latin1', space + 1, equals);
    const value = Buffer.from(body.subarray(equals + 1, end - 1));
    // Sparse files of the first pax form repeat their keys: one list is made of them.
    const before = into.get(key);
    if (/^GNU\.sparse\.(offset|numbytes)$/.test(key)) {
      const list = key === 'GNU.sparse.offset' ? value : Buffer.concat([Buffer.from(','), value]);
      const map = into.get('GNU.sparse.map');
      into.set(
        'GNU.sparse.map',
        map === undefined
          ? list
          : Buffer.concat(key === 'GNU.sparse.offset' ? [map, Buffer.from(','), value] : [map, list]),
      );
    } else if (value.length === 0 && before !== undefined) into.delete(key);
    else into.set(key, value);
    at = end;
  }
}

async function* readEntry(
  header: Buffer,
  flag: string,
  queue: ByteQueue,
  globals: ReadonlyMap<string, Buffer>,
  extended: Extended,
): AsyncGenerator<IncomingEntry> {
  const pax = (key: string): string | undefined =>
    (extended.values.get(key) ?? globals.get(key))?.toString('latin1');
  const stored = paxNumber(pax('size')) ?? number(header, 124, 12);
  const isUstar = header.toString('latin1', 257, 262) === 'ustar';
  const isGnu = header.toString('latin1', 257, 265) === 'ustar  \0';
  let kind = kinds[flag];
  if (kind === undefined) throw archiveUnsupported(`has an entry of the unknown type "${flag}"`);
  const prefix = isUstar && !isGnu ? untilNul(header, 345, 155) : '';
  const short = untilNul(header, 0, 100);
  const named =
    pax('GNU.sparse.name') ??
    pax('path') ??
    extended.longName ??
    (prefix === '' ? short : `${prefix}/${short}`);
  // Before there was a flag for directories, a slash told them.
  if (kind === 'file' && flag !== 'S' && named.endsWith('/')) kind = 'directory';
  const target = pax('linkpath') ?? extended.longTarget ?? untilNul(header, 157, 100);
  // Some writers give links the size of what they point to; then no content follows.
  const isFile = kind === 'file';
  const held = isFile ? stored : 0;
  let runs: readonly Run[] | undefined;
  let size = held;
  let taken = 0;
  if (flag === 'S') {
    runs = await readGnuRuns(header, queue);
    size = number(header, 483, 12);
  } else if (isFile && pax('GNU.sparse.major') === '1') {
    const before = queue.position;
    runs = await readPaxRuns(queue);
    taken = queue.position - before;
    size = paxNumber(pax('GNU.sparse.realsize')) ?? held;
  } else if (isFile && pax('GNU.sparse.map') !== undefined) {
    runs = runsOfNumbers(
      pax('GNU.sparse.map')!
        .split(',')
        .map((text) => paxNumber(text) ?? Number.NaN),
    );
    size = paxNumber(pax('GNU.sparse.size')) ?? held;
  }
  if (!Number.isSafeInteger(size) || taken > held) throw archiveBroken('has a size that cannot be');
  const isDevice = kind === 'character-device' || kind === 'block-device';
  const xattrs = xattrsOf(extended.values);
  const entry: ArchiveEntry = {
    path: named.replace(/\/+$/, '') || named,
    kind,
    mode: number(header, 100, 8) & 0o7777,
    uid: paxNumber(pax('uid')) ?? number(header, 108, 8),
    gid: paxNumber(pax('gid')) ?? number(header, 116, 8),
    user: pax('uname') ?? (isUstar ? untilNul(header, 265, 32) : ''),
    group: pax('gname') ?? (isUstar ? untilNul(header, 297, 32) : ''),
    mtimeNs: paxTime(pax('mtime')) ?? BigInt(number(header, 136, 12)) * 1_000_000_000n,
    sizeBytes: size,
    ...(kind === 'symlink' || kind === 'hardlink' ? { target } : {}),
    ...(isDevice ? { device: { major: number(header, 329, 8), minor: number(header, 337, 8) } } : {}),
    ...(xattrs.length === 0 ? {} : { xattrs }),
  };
  const rest = held - taken;
  const whole = restartable(runs === undefined ? queue.stream(rest) : spread(queue, runs, rest, size));
  yield { entry, content: whole.content };
  await whole.finish();
  await queue.exactly(-rest & (blockLength - 1));
}

/** The old GNU form: four runs in the header, more in blocks that follow it. */
async function readGnuRuns(header: Buffer, queue: ByteQueue): Promise<Run[]> {
  const numbers: number[] = [];
  const take = (block: Buffer, from: number, count: number) => {
    for (let at = from; at < from + count * 24; at += 24) {
      if (block[at] === 0) return;
      numbers.push(number(block, at, 12), number(block, at + 12, 12));
    }
  };
  take(header, 386, 4);
  let more = header[482] !== 0;
  while (more) {
    if (numbers.length > 2 * runsMax) throw archiveBroken('has a sparse file of too many runs');
    const block = Buffer.from(await queue.exactly(blockLength));
    take(block, 0, 21);
    more = block[504] !== 0;
  }
  return runsOfNumbers(numbers);
}

/** The pax form 1.0: decimal lines in front of the content, filled up to a block. */
async function readPaxRuns(queue: ByteQueue): Promise<Run[]> {
  const numbers: number[] = [];
  let wanted = 1;
  let line = '';
  while (numbers.length < wanted) {
    const block = Buffer.from(await queue.exactly(blockLength));
    for (const byte of block) {
      if (numbers.length === wanted) break;
      if (byte !== 0x0a) {
        line += String.fromCharCode(byte);
        if (line.length > 20) throw archiveBroken('has a sparse file without its runs');
        continue;
      }
      const value = paxNumber(line) ?? Number.NaN;
      if (numbers.push(value) === 1) wanted = 1 + 2 * value;
      if (!(wanted <= 2 * runsMax)) throw archiveBroken('has a sparse file of too many runs');
      line = '';
    }
  }
  return runsOfNumbers(numbers.slice(1));
}

function runsOfNumbers(numbers: readonly number[]): Run[] {
  const runs: Run[] = [];
  let end = 0;
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    const run = { offset: numbers[at]!, length: numbers[at + 1]! };
    if (!(run.offset >= end) || !(run.length >= 0)) throw archiveBroken('has a sparse file out of order');
    end = run.offset + run.length;
    runs.push(run);
  }
  return runs;
}

/** The content with its holes as zeros. */
async function* spread(
  queue: ByteQueue,
  runs: readonly Run[],
  held: number,
  size: number,
): AsyncGenerator<Uint8Array> {
  let position = 0;
  let used = 0;
  for (const { offset, length } of runs) {
    used += length;
    if (used > held || offset + length > size) throw archiveBroken('has a sparse file larger than it says');
    yield* zeros(offset - position);
    yield* queue.stream(length);
    position = offset + length;
  }
  if (used !== held) throw archiveBroken('has a sparse file smaller than it says');
  yield* zeros(size - position);
}

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= 65_536) yield new Uint8Array(Math.min(left, 65_536));
}

function xattrsOf(values: ReadonlyMap<string, Buffer>): [string, Uint8Array][] {
  const found: [string, Uint8Array][] = [];
  for (const [key, value] of values) {
    const name = /^SCHILY\.xattr\.(.+)$/s.exec(key)?.[1];
    if (name !== undefined) found.push([name, value]);
  }
  return found;
}

/** Octal digits, or GNU's base 256 for what they cannot hold. */
function number(header: Buffer, offset: number, length: number): number {
  const first = header[offset]!;
  if (first >= 0x80) {
    // Negative numbers are times before 1970.
    let value = first === 0xff ? -1n : BigInt(first & 0x7f);
    for (let at = offset + 1; at < offset + length; at += 1) value = (value << 8n) | BigInt(header[at]!);
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER))
      throw archiveBroken('has a number beyond all measure');
    return Number(value);
  }
  const text = header
    .toString('latin1', offset, offset + length)
    .replace(/\0[\s\S]*$/, '')
    .trim();
  if (!/^[0-7]*$/.test(text)) throw archiveBroken('has a header with a number that is none');
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function paxNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw archiveBroken('has a pax header with a number that is none');
  return Number(text);
}

function paxTime(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const match = /^(-?)(\d{1,12})(?:\.(\d*))?$/.exec(text);
  if (match === null) throw archiveBroken('has a time that is none');
  const ns = BigInt(match[2]!) * 1_000_000_000n + BigInt((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  return match[1] === '-' ? -ns : ns;
}

function untilNul(bytes: Buffer, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? field.length : end);
}
