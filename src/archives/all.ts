// The table of archive formats, by the names that people give and files end in; and which one a file is, by its first bytes.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import {
  type ArchiveFormat,
  archiveBroken,
  archiveTooLarge,
  type ByteSource,
  checkRatio,
  type IncomingEntry,
  type OutgoingEntry,
  type ReadLimits,
} from './archive.ts';
import { type Compression, compressions } from './compression.ts';
import { tar } from './tar.ts';
import { zip } from './zip.ts';

export interface FileFormat {
  /** As in `--format`, and with a dot in front what the file's name ends in. */
  readonly name: string;
  readonly archive: ArchiveFormat;
  readonly compression?: Compression;
  readonly levels?: Compression['levels'];
}

export const fileFormats: readonly FileFormat[] = [
  ...compressions.flatMap((compression) =>
    compression.compress === undefined
      ? []
      : [{ name: `tar${compression.suffix}`, archive: tar, compression, levels: compression.levels }],
  ),
  { name: 'tar', archive: tar },
  { name: 'zip', archive: zip, levels: { min: 0, max: 9, default: 6 } },
];

export function findFormat(name: string): FileFormat {
  const found = fileFormats.find((format) => format.name === name);
  if (found !== undefined) return found;
  throw new Failure('usage', 'ARCHIVE_FORMAT_UNKNOWN', `there is no archive format "${name}"`, {
    hint: `Choose one of ${fileFormats.map((format) => format.name).join(', ')}.`,
  });
}

/** The level, or the format's own when none is wished. */
export function levelOf(format: FileFormat, level: number | undefined): number {
  const { levels } = format;
  if (level === undefined) return levels?.default ?? 0;
  if (levels !== undefined && level >= levels.min && level <= levels.max) return level;
  const allowed = levels === undefined ? 'it has no levels' : `its levels are ${levels.min} to ${levels.max}`;
  throw new Failure('usage', 'ARCHIVE_LEVEL_INVALID', `format "${format.name}" has no level ${level}`, {
    hint: `Leave out the level or choose another: ${allowed}.`,
  });
}

export function writeArchive(
  entries: AsyncIterable<OutgoingEntry>,
  format: FileFormat,
  level: number,
  context: Context,
): AsyncIterable<Uint8Array> {
  const lent = format.archive.write(entries, { level }, context);
  const { compression } = format;
  const written = compression?.takesLent === true ? lent : kept(lent);
  return compression?.compress?.(written, level) ?? written;
}

/** In memory of their own, for who looks at a piece again after it asked for the next one. */
async function* kept(lent: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of lent) yield Uint8Array.from(piece);
}

export interface OpenArchive {
  /** Such as `tar.gz`. */
  readonly format: string;
  /** Each call reads the whole from the start and checks its structure to the last byte. */
  entries(context: Context): AsyncGenerator<IncomingEntry>;
}

/** What of the first bytes tells the kind of a file. */
const headLength = 512;

/** Opens an archive of any kind that its own bytes tell; a name cannot lie about it. */
export async function openArchive(
  bytes: ByteSource,
  limits: ReadLimits,
  context: Context,
): Promise<OpenArchive> {
  const packed = { count: 0 };
  const raw = await peek(() => countBytes(bytes(), packed));
  const compression = compressions.find(({ magic }) => magic.every((byte, at) => raw.head[at] === byte));
  const plain =
    compression === undefined
      ? raw
      : await peek(() => boundRatio(compression.decompress(raw.source()), packed, limits));
  const archive = formatOf(plain.head);
  if (archive === undefined || (archive === zip && compression !== undefined)) {
    await plain.close();
    throw archiveBroken('is neither tar nor zip');
  }
  const opened = archive.open(plain.source, limits);
  return {
    format: archive === zip ? 'zip' : `tar${compression?.suffix ?? ''}`,
    async *entries(inner = context) {
      let count = 0;
      let content = 0;
      for await (const found of opened.entries(inner)) {
        count += 1;
        content += found.entry.kind === 'hardlink' ? 0 : found.entry.sizeBytes;
        if (count > limits.entriesMax)
          throw archiveTooLarge(`has more than ${limits.entriesMax} entries`, '--max-entries');
        if (content > limits.bytesMax)
          throw archiveTooLarge(`holds more than ${limits.bytesMax} bytes`, '--max-bytes');
        yield found;
      }
    },
  };
}

function formatOf(head: Uint8Array): ArchiveFormat | undefined {
  const text = Buffer.from(head).toString('latin1');
  if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06')) return zip;
  if (text.slice(257, 262) === 'ustar') return tar;
  // Before ustar there was the checksum; an archive without entries is all zeros.
  const isOld = head.length === headLength && /^[0-7 \0]{8}$/.test(text.slice(148, 156));
  return isOld ? tar : undefined;
}

/** Looks at the first bytes; the first reader goes on with the stream that was begun for it, because beginning may be dear. */
async function peek(source: ByteSource): Promise<{
  readonly head: Uint8Array;
  readonly source: ByteSource;
  readonly close: () => Promise<void>;
}> {
  const begun = source()[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < headLength) {
    const { done, value } = await begun.next();
    if (done === true) break;
    parts.push(Uint8Array.from(value));
    length += value.length;
  }
  let isTaken = false;
  async function* resume(): AsyncGenerator<Uint8Array> {
    try {
      yield* parts.splice(0);
      for (let step = await begun.next(); step.done !== true; step = await begun.next()) yield step.value;
    } finally {
      await begun.return?.();
    }
  }
  return {
    head: Buffer.concat(parts).subarray(0, headLength),
    source() {
      if (isTaken) return source();
      isTaken = true;
      return resume();
    },
    close: async () => {
      await begun.return?.();
    },
  };
}

async function* countBytes(
  bytes: AsyncIterable<Uint8Array>,
  counter: { count: number },
): AsyncGenerator<Uint8Array> {
  counter.count = 0;
  for await (const piece of bytes) {
    counter.count += piece.length;
    yield piece;
  }
}

/** Stops a stream that grows out of all proportion to what it is made from. */
async function* boundRatio(
  bytes: AsyncIterable<Uint8Array>,
  packed: { readonly count: number },
  limits: ReadLimits,
): AsyncGenerator<Uint8Array> {
  let plain = 0;
  for await (const piece of bytes) {
    plain += piece.length;
    checkRatio(plain, packed.count, limits);
    yield piece;
  }
}
