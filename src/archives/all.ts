// The table of archive formats, by the names that people give and files end in; and which one a file is, by its first bytes.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import {
  type ArchiveFormat,
  archiveBroken,
  archiveTooLarge,
  type ByteSource,
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
  const written = format.archive.write(entries, { level }, context);
  return format.compression?.compress?.(written, level) ?? written;
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
  const packedBytes: { count: number } = { count: 0 };
  const counted = () => countBytes(bytes(), packedBytes);
  const first = await headOf(counted());
  const compression = compressions.find(({ magic }) => magic.every((byte, at) => first[at] === byte));
  const plain: ByteSource = compression === undefined ? counted : () => compression.decompress(counted());
  const head = compression === undefined ? first : await headOf(plain());
  const archive = formatOf(head);
  if (archive === undefined || (archive === zip && compression !== undefined)) {
    throw archiveBroken('is neither tar nor zip');
  }
  const bounded = boundRatio(plain, packedBytes, limits);
  const opened = archive.open(archive === zip ? counted : bounded, limits);
  return {
    format: archive === zip ? 'zip' : `tar${compression?.suffix ?? ''}`,
    async *entries(inner = context) {
      let content = 0;
      for await (const { entry, content: pieces } of opened.entries(inner)) {
        content += entry.sizeBytes;
        if (!(content <= limits.bytesMax))
          throw archiveTooLarge(`holds more than ${limits.bytesMax} bytes`, '--max-bytes');
        if (archive !== zip) {
          yield { entry, content: pieces };
          continue;
        }
        const measured = boundRatio(() => pieces, packedBytes, limits);
        yield { entry, content: measured() };
      }
    },
  };
}

function formatOf(head: Uint8Array): ArchiveFormat | undefined {
  const text = Buffer.from(head).toString('latin1');
  if (/^PK(\x03\x04|\x05\x06)/.test(text)) return zip;
  if (text.slice(257, 262) === 'ustar') return tar;
  // Before ustar, and for an archive without entries, the checksum and zeros are all there is to go by.
  const isOld = head.length === headLength && /^[0-7 \0]{8}$/.test(text.slice(148, 156));
  return isOld ? tar : undefined;
}

async function headOf(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const piece of bytes) {
    parts.push(Uint8Array.from(piece.subarray(0, headLength)));
    length += piece.length;
    if (length >= headLength) break;
  }
  return Buffer.concat(parts).subarray(0, headLength);
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

/** Below this, no ratio is worth a refusal: small files of zeros are common. */
const ratioFromBytes = 64 * 1024 * 1024;

/** Stops a stream that grows out of all proportion to what it is made from. */
function boundRatio(
  bytes: ByteSource,
  packed: { readonly count: number },
  { ratioMax }: ReadLimits,
): ByteSource {
  return async function* () {
    let plain = 0;
    for await (const piece of bytes()) {
      plain += piece.length;
      if (plain > ratioFromBytes && plain > packed.count * ratioMax) {
        throw archiveTooLarge(`grows more than ${ratioMax} times when it is unpacked`, '--max-ratio');
      }
      yield piece;
    }
  };
}
