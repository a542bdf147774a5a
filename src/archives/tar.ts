// tar: POSIX ustar with pax headers where ustar has no room; pax and GNU long names and sparse files are read (tar-reader.ts).
// The same entries give the same bytes.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { ArchiveEntry, ArchiveFormat, OutgoingEntry } from './archive.ts';
import { openTar } from './tar-reader.ts';

const blockLength = 512;
/** Writers of tapes fill 20 blocks; readers of some age expect it. */
const recordLength = 20 * blockLength;
const gatheredLength = 256 * 1024;
/** The last nanosecond of the last second that eleven octal digits hold. */
const ustarTimeMax = (0o77777777777n + 1n) * 1_000_000_000n - 1n;
const zeros = new Uint8Array(recordLength + 2 * blockLength);

const typeFlags: Readonly<Record<ArchiveEntry['kind'], string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
};

export const tar: ArchiveFormat = { name: 'tar', write: writeTar, open: openTar };

async function* writeTar(
  entries: AsyncIterable<OutgoingEntry>,
  _options: unknown,
  context: Context,
): AsyncGenerator<Uint8Array> {
  const block = new Gathering();
  const heads = new Heads();
  let position = 0;
  for await (const { entry, content } of entries) {
    context.signal.throwIfAborted();
    const head = heads.of(entry);
    position += head.length;
    yield* block.add(head);
    if (entry.kind !== 'file' || entry.sizeBytes === 0 || content === undefined) continue;
    let length = 0;
    const pieces = content();
    if (Symbol.iterator in pieces) {
      for (const piece of pieces) {
        length += piece.length;
        yield* block.add(piece);
      }
    } else {
      for await (const piece of pieces) {
        length += piece.length;
        yield* block.add(piece);
      }
    }
    if (length !== entry.sizeBytes) {
      throw new Failure('bug', 'CONTENT_LENGTH_WRONG', 'a content is not as long as its entry says');
    }
    const padding = -length & (blockLength - 1);
    position += length + padding;
    if (padding > 0) yield* block.add(zeros.subarray(0, padding));
  }
  const end = 2 * blockLength;
  const fill = (recordLength - ((position + end) % recordLength)) % recordLength;
  yield* block.add(zeros.subarray(0, end + fill));
  const rest = block.rest();
  if (rest.length > 0) yield rest;
}

/** Joins headers and contents to pieces worth a round through a compressor, in one memory: a piece is lent until the next one is asked for. */
class Gathering {
  readonly #piece = Buffer.allocUnsafeSlow(gatheredLength);
  #length = 0;

  *add(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      const taken = bytes.subarray(at, at + gatheredLength - this.#length);
      this.#piece.set(taken, this.#length);
      this.#length += taken.length;
      at += taken.length;
      if (this.#length === gatheredLength) yield this.rest();
    }
  }

  rest(): Uint8Array {
    const piece = this.#piece.subarray(0, this.#length);
    this.#length = 0;
    return piece;
  }
}

/** The headers of one entry after another, in one memory: a small piece for each would be garbage outside the heap. */
class Heads {
  #space = Buffer.allocUnsafeSlow(16 * blockLength);

  /** The header blocks of an entry, a pax header in front where it is needed; lent until the next are asked for. */
  of(entry: ArchiveEntry): Uint8Array {
    const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
    const split = splitPath(path);
    const body = paxBody(entry, split === undefined ? path : undefined);
    const start = body === '' ? 0 : blockLength + body.length + (-body.length & (blockLength - 1));
    if (this.#space.length < start + blockLength) this.#space = Buffer.allocUnsafeSlow(start + blockLength);
    const head = this.#space.subarray(0, start + blockLength).fill(0);
    if (body !== '') {
      putUstar(head, { ...paxEntry, sizeBytes: body.length }, ['', 'PaxHeader'], 'x');
      head.write(body, blockLength, 'latin1');
    }
    putUstar(head.subarray(start), entry, split ?? ['', path.slice(0, 100)], typeFlags[entry.kind]);
    return head;
  }
}

const paxEntry = { path: 'pax', kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n } as const;

/** The records of what ustar has no room for, as a byte string. */
function paxBody(entry: ArchiveEntry, longPath: string | undefined): string {
  const target = entry.target ?? '';
  const records: [string, string][] = [];
  const beyond = (text: string, lengthMax: number) => text.length > lengthMax;
  if (longPath !== undefined) records.push(['path', longPath]);
  if (beyond(target, 100)) records.push(['linkpath', target]);
  if (contentLength(entry) > 0o77777777777) records.push(['size', String(entry.sizeBytes)]);
  if (entry.uid > 0o7777777) records.push(['uid', String(entry.uid)]);
  if (entry.gid > 0o7777777) records.push(['gid', String(entry.gid)]);
  if (beyond(entry.user ?? '', 31)) records.push(['uname', entry.user!]);
  if (beyond(entry.group ?? '', 31)) records.push(['gname', entry.group!]);
  const { mtimeNs } = entry;
  if (mtimeNs < 0n || mtimeNs > ustarTimeMax || mtimeNs % 1_000_000_000n !== 0n)
    records.push(['mtime', decimalSeconds(mtimeNs)]);
  // Without this, readers of pax take its texts for UTF-8.
  if (records.some(([, text]) => !isUtf8(text))) records.unshift(['hdrcharset', 'BINARY']);
  for (const [name, value] of entry.xattrs ?? [])
    records.push([`SCHILY.xattr.${name}`, Buffer.from(value).toString('latin1')]);
  return records.map(([key, value]) => paxRecord(key, value)).join('');
}

function contentLength({ kind, sizeBytes }: ArchiveEntry): number {
  return kind === 'file' ? sizeBytes : 0;
}

/** Into a block of zeros. */
function putUstar(
  block: Buffer,
  entry: ArchiveEntry,
  [prefix, name]: readonly [string, string],
  flag: string,
): void {
  const octal = (value: number | bigint, offset: number, length: number) =>
    block.write(value.toString(8).padStart(length - 1, '0'), offset, length - 1, 'latin1');
  const fits = (value: number, max: number) => (value <= max ? value : 0);
  const isTimely = entry.mtimeNs >= 0n && entry.mtimeNs <= ustarTimeMax;
  block.write(name, 0, 100, 'latin1');
  octal(entry.mode & 0o7777, 100, 8);
  octal(fits(entry.uid, 0o7777777), 108, 8);
  octal(fits(entry.gid, 0o7777777), 116, 8);
  octal(fits(contentLength(entry), 0o77777777777), 124, 12);
  octal(isTimely ? Number(entry.mtimeNs / 1_000_000_000n) : 0, 136, 12);
  block.fill(0x20, 148, 156);
  block.write(flag, 156, 1, 'latin1');
  block.write(entry.target ?? '', 157, 100, 'latin1');
  block.write('ustar\u000000', 257, 8, 'latin1');
  block.write(entry.user ?? '', 265, 31, 'latin1');
  block.write(entry.group ?? '', 297, 31, 'latin1');
  octal(entry.device?.major ?? 0, 329, 8);
  octal(entry.device?.minor ?? 0, 337, 8);
  block.write(prefix, 345, 155, 'latin1');
  let sum = 0;
  for (let at = 0; at < blockLength; at += 1) sum += block[at]!;
  block.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 8, 'latin1');
}

/** Prefix and name of ustar; undefined when the path fits in neither way. */
function splitPath(path: string): [string, string] | undefined {
  if (path.length <= 100) return ['', path];
  if (path.length > 256) return undefined;
  // The last slash of a directory belongs to its name.
  const slash = path.lastIndexOf('/', Math.min(155, path.length - 2));
  if (slash <= 0 || path.length - slash - 1 > 100) return undefined;
  return [path.slice(0, slash), path.slice(slash + 1)];
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function decimalSeconds(ns: bigint): string {
  const sign = ns < 0n ? '-' : '';
  const size = ns < 0n ? -ns : ns;
  const fraction = String(size % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${sign}${size / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}

export function isUtf8(text: string): boolean {
  if (/^[\0-\x7f]*$/.test(text)) return true;
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.compare(Buffer.from(bytes.toString('utf8'), 'utf8'), bytes) === 0;
}
