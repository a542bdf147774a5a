// Export: one portable file of a tree, with a manifest and checksums beside it. The file appears under its name only when it is whole
// and durable, with what proves it beside it, and never in the place of another.

import { createHash, type Hash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { type FileFormat, writeArchive } from '../archives/all.ts';
import type { OutgoingEntry } from '../archives/archive.ts';
import { type SealLayer, sealLayers, suffixOf } from '../archives/seals/layers.ts';
import { zipHolds } from '../archives/zip.ts';
import type { Context, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { makeFolders } from '../disk/folders.ts';
import { outcomeOf } from '../model/outcome.ts';
import { onCalendar } from '../model/time.ts';
import { displayPath, fsPath, openSystem, sys } from '../sources/files/system.ts';
import { errorCode } from '../sources/files/system-error.ts';

export const checksumNames = ['sha256', 'sha1', 'md5'] as const;
export type ChecksumName = (typeof checksumNames)[number];

/** In the place of a checksum that this build of the cryptographic library does not have. */
export const notAvailable = 'not available';

export interface ExportRequest {
  readonly entries: (context: Context, ignored: Ignored) => AsyncIterable<OutgoingEntry>;
  readonly format: FileFormat;
  readonly level: number;
  /** Innermost first. */
  readonly layers: readonly SealLayer[];
  /** Byte string: the folder of the archive, made when it is not there. */
  readonly folder: string;
  /** Byte string; a name is made of `prefix` and the time when absent. */
  readonly name?: string;
  readonly prefix: string;
  readonly checksums: readonly ChecksumName[];
  /** What is exported, for the manifest. */
  readonly origin: Readonly<Record<string, string>>;
  readonly tool: string;
  /** Names the entries and writes nothing. */
  readonly dryRun: boolean;
}

/** The file that is being written must not be read into itself. */
export interface Ignored {
  device: number;
  inode: bigint;
}

export interface EntryCounts {
  files: number;
  directories: number;
  symlinks: number;
  hardlinks: number;
  specials: number;
}

export interface ExportOutcome {
  readonly outcome: 'succeeded' | 'partial';
  /** Byte string. */
  readonly file: string;
  readonly format: string;
  readonly level: number;
  readonly seals: readonly string[];
  readonly entries: EntryCounts;
  readonly contentBytes: number;
  readonly sizeBytes: number;
  readonly checksums: Readonly<Partial<Record<ChecksumName, string>>>;
  readonly problems: number;
  readonly durationMs: number;
}

export async function exportArchive(request: ExportRequest, context: Context): Promise<ExportOutcome> {
  const startedAt = context.clock.elapsed();
  const time = context.clock.now();
  const { format, level, layers } = request;
  const name = request.name ?? `${archiveName(request.prefix, time)}.${format.name}${suffixOf(layers)}`;
  const seals = layers.map(({ seal }) => seal.name);
  const tally = createTally(request, context);
  const summary = () => ({
    outcome: outcomeOf(tally.problems),
    file: `${request.folder}/${name}`,
    format: format.name,
    level,
    seals,
    entries: tally.entries,
    contentBytes: tally.contentBytes,
    problems: tally.problems,
    durationMs: context.clock.elapsed() - startedAt,
  });
  context.monitor.phase('exporting');
  if (request.dryRun) {
    for await (const _ of tally.counted({ device: -1, inode: -1n }));
    return { ...summary(), sizeBytes: 0, checksums: {} };
  }
  makeFolders(fsPath(request.folder));
  const named = [name, `${name}.manifest.json`, ...request.checksums.map((one) => `${name}.${one}`)];
  for (const one of named) await refuseExisting(`${request.folder}/${one}`);
  await using files = new NewFiles(request.folder);
  const { handle } = await files.create(name);
  const { dev, ino } = await handle.stat({ bigint: true });
  const ignored = { device: deviceOf(dev), inode: ino };
  const plain = writeArchive(tally.counted(ignored), format, level, tally.context);
  const hashes = new Map(request.checksums.map((one) => [one, hashIfAny(one)] as const));
  let sizeBytes = 0;
  for await (const piece of sealLayers(plain, layers, tally.context)) {
    context.signal.throwIfAborted();
    for (const hash of hashes.values()) hash?.update(piece);
    sizeBytes += piece.length;
    await writeAll(handle, piece);
    context.monitor.count('storedBytes', piece.length);
  }
  const checksums: Partial<Record<ChecksumName, string>> = {};
  for (const [one, hash] of hashes) checksums[one] = hash?.digest('hex') ?? notAvailable;
  const manifest = {
    version: 1,
    archive: displayPath(name),
    time: new Date(onCalendar(time)).toISOString(),
    ...(layers.length === 0 ? request.origin : publicOrigin(request.origin)),
    format: format.name,
    level,
    seals,
    sizeBytes,
    checksums,
    entries: tally.entries,
    contentBytes: tally.contentBytes,
    problems: tally.problems,
    tool: request.tool,
  };
  await files.write(`${name}.manifest.json`, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  for (const [one, value] of Object.entries(checksums)) {
    if (value === notAvailable) {
      context.log.warn(`the checksum "${one}" is not available in this build`);
    } else await files.write(`${name}.${one}`, Buffer.from(`${value}  ${name}\n`, 'latin1'));
  }
  await files.publish();
  return { ...summary(), sizeBytes, checksums };
}

/** The manifest of a sealed archive lies open beside it: what was called how is told inside alone. */
function publicOrigin({ snapshot }: ExportRequest['origin']): ExportRequest['origin'] {
  return snapshot === undefined ? {} : { snapshot };
}

/** `PREFIX_YYYYMMDD_HHMMSS`, in UTC. */
export function archiveName(prefix: string, time: Instant): string {
  const digits = new Date(onCalendar(time)).toISOString().replace(/[-:]/g, '');
  return `${prefix}_${digits.slice(0, 8)}_${digits.slice(9, 15)}`;
}

/** Undefined for what a FIPS build leaves out. */
export function hashIfAny(name: ChecksumName): Hash | undefined {
  try {
    return createHash(name);
  } catch (cause) {
    if (name === 'sha256') {
      throw new Failure('unavailable', 'CHECKSUM_UNAVAILABLE', 'this build has no SHA-256', { cause });
    }
    return undefined;
  }
}

/** Counts what goes by, and passes over what the format cannot hold. */
function createTally({ entries, format }: ExportRequest, outer: Context) {
  const tally = {
    problems: 0,
    contentBytes: 0,
    entries: { files: 0, directories: 0, symlinks: 0, hardlinks: 0, specials: 0 } satisfies EntryCounts,
    context: {
      ...outer,
      monitor: {
        count: (counter, increment) => outer.monitor.count(counter, increment),
        total: (counter, value) => outer.monitor.total(counter, value),
        phase: (name) => outer.monitor.phase(name),
        problem: (problem) => {
          tally.problems += 1;
          outer.monitor.problem(problem);
        },
      },
    } satisfies Context as Context,
    async *counted(ignored: Ignored): AsyncGenerator<OutgoingEntry> {
      for await (const outgoing of entries(tally.context, ignored)) {
        const { kind, path, sizeBytes } = outgoing.entry;
        if (format.name === 'zip' && !zipHolds(outgoing.entry)) {
          tally.context.monitor.problem({
            path: displayPath(path),
            code: 'ENTRY_NOT_HELD',
            message: `zip has no entries of the kind "${kind}"`,
          });
          continue;
        }
        if (kind === 'file') {
          tally.entries.files += 1;
          tally.contentBytes += sizeBytes;
        } else if (kind === 'directory') tally.entries.directories += 1;
        else if (kind === 'symlink') tally.entries.symlinks += 1;
        else if (kind === 'hardlink') tally.entries.hardlinks += 1;
        else tally.entries.specials += 1;
        outer.monitor.count('entries', 1);
        yield outgoing;
      }
    },
  };
  return tally;
}

/** As statx tells it: major * 2^32 + minor. */
function deviceOf(dev: bigint): number {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return Number(major) * 2 ** 32 + Number(minor);
}

async function refuseExisting(path: string): Promise<void> {
  try {
    await lstat(fsPath(path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  throw existing(path);
}

function existing(path: string): Failure {
  return new Failure('conflict', 'ARCHIVE_EXISTS', `"${displayPath(path)}" exists already`, {
    hint: 'Name another file or folder; an export never writes over anything.',
  });
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += (await handle.write(bytes, at)).bytesWritten;
    } catch (cause) {
      const code = errorCode(cause);
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw cause;
      throw new Failure('exhausted', 'TARGET_FULL', 'no space is left for the archive', {
        hint: 'Free space or choose another folder; nothing was left behind.',
        cause,
      });
    }
  }
}

/** Files of one folder that appear together when all are whole, or not at all. Open to their owner alone from the first moment. */
class NewFiles implements AsyncDisposable {
  readonly #folder: string;
  readonly #mark = randomBytes(6).toString('hex');
  readonly #made: { readonly name: string; readonly temporary: string; readonly handle: FileHandle }[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  async create(name: string): Promise<{ readonly handle: FileHandle }> {
    const temporary = `${this.#folder}/.holdfast-export-${this.#mark}-${this.#made.length}`;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const handle = await open(fsPath(temporary), flags, 0o600);
    const made = { name, temporary, handle };
    this.#made.push(made);
    return made;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const { handle } = await this.create(name);
    await writeAll(handle, bytes);
  }

  /** The first file, which the others tell of, comes last: where it is, they are. */
  async publish(): Promise<void> {
    for (const { handle } of this.#made) await handle.sync();
    for (const made of this.#made.toReversed()) {
      await placeNew(made.temporary, `${this.#folder}/${made.name}`);
      await made.handle.close();
      this.#made.splice(this.#made.indexOf(made), 1);
    }
    const folder = await open(fsPath(this.#folder), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle, temporary } of this.#made.splice(0)) {
      await handle.close();
      await unlink(fsPath(temporary)).catch(() => undefined);
    }
  }
}

/** Gives a file its name without ever replacing another of that name. */
async function placeNew(from: string, to: string): Promise<void> {
  const { atFdCwd, renameNoReplace } = sys;
  try {
    openSystem().renameAt(atFdCwd, from, atFdCwd, to, renameNoReplace);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') throw existing(to);
    if (code !== 'EINVAL' && code !== 'ENOSYS' && code !== 'ENOTSUP') throw error;
    // A file system without that call: the look in front is all there is.
    await refuseExisting(to);
    openSystem().renameAt(atFdCwd, from, atFdCwd, to);
  }
}
