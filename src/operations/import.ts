// Import: an archive, ours or any other program's, into a folder. All checksums that are there and the whole archive are proven before
// anything is written; then entries are placed below the target without following a link.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type OpenArchive, openArchive } from '../archives/all.ts';
import type { ByteSource, ReadLimits } from '../archives/archive.ts';
import { openLayers, type SealLayer } from '../archives/seals/layers.ts';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { outcomeOf } from '../model/outcome.ts';
import { displayPath, fsPath } from '../sources/files/system.ts';
import { type ChecksumName, hashIfAny } from './export.ts';
import { type Checked, checkEntries, type Wanted } from './import/check.ts';
import { type Companions, readCompanions, verifyChecksums } from './import/companions.ts';
import { type Extracted, extract } from './import/extract.ts';

export interface ImportRequest {
  /** Byte string. */
  readonly file: string;
  /** Byte string; absent when nothing is to be written. */
  readonly target?: string;
  /** Keys for these seals, innermost first; the names that the manifest tells, or undefined where there is none. */
  readonly layersOf: (told: readonly string[] | undefined) => Promise<readonly SealLayer[]>;
  readonly select: (path: string, isDirectory: boolean) => boolean;
  readonly overwrite: boolean;
  /** Owners and special mode bits are put back. */
  readonly owners: boolean;
  readonly numericIds: boolean;
  readonly devices: boolean;
  readonly dryRun: boolean;
  readonly limits: ReadLimits;
  /** Every entry that is wanted, as it is proven. */
  readonly onEntry?: (entry: Wanted) => void;
}

export interface ImportOutcome {
  readonly outcome: 'succeeded' | 'partial';
  readonly format: string;
  readonly seals: readonly string[];
  /** Of each checksum that lay beside the archive. */
  readonly checksums: Readonly<Partial<Record<ChecksumName, 'matches' | 'not available'>>>;
  readonly found: Checked['counts'];
  readonly extracted: Extracted;
  readonly problems: number;
  readonly durationMs: number;
}

export async function importArchive(request: ImportRequest, outer: Context): Promise<ImportOutcome> {
  const startedAt = outer.clock.elapsed();
  let problems = 0;
  const context: Context = {
    ...outer,
    monitor: {
      count: (counter, increment) => outer.monitor.count(counter, increment),
      total: (counter, value) => outer.monitor.total(counter, value),
      phase: (name) => outer.monitor.phase(name),
      problem: (problem) => {
        problems += 1;
        outer.monitor.problem(problem);
      },
    },
  };
  await using handle = await openFile(request.file);
  const companions: Companions = await readCompanions(request.file);
  context.monitor.phase('verifying');
  const raw = () => bytesOf(handle, context);
  const digest = await verifyChecksums(raw, companions, context);
  const layers = await request.layersOf(companions.seals);
  const plain: ByteSource = () => openLayers(raw(), layers, context);
  const archive = await openArchive(plain, request.limits, context);
  const checked = await checkEntries(archive, request, context);
  context.monitor.total('entries', checked.counts.entries);
  const extracted =
    request.dryRun || request.target === undefined
      ? { files: 0, directories: 0, symlinks: 0, hardlinks: 0, specials: 0, bytes: 0, skipped: 0 }
      : await write(archive, checked, request.target, request, context);
  // Between the two readings the file lay open to whoever may write to it.
  if (!request.dryRun && request.target !== undefined) await verifyUnchanged(raw, digest);
  return {
    outcome: outcomeOf(problems),
    format: archive.format,
    seals: layers.map(({ seal }) => seal.name),
    checksums: digest.results,
    found: checked.counts,
    extracted,
    problems,
    durationMs: context.clock.elapsed() - startedAt,
  };
}

async function write(
  archive: OpenArchive,
  checked: Checked,
  target: string,
  request: ImportRequest,
  context: Context,
): Promise<Extracted> {
  context.monitor.phase('restoring');
  return extract(archive, checked, { ...request, target }, context);
}

async function verifyUnchanged(raw: ByteSource, { sha256 }: { readonly sha256: string }): Promise<void> {
  const hash = hashIfAny('sha256')!;
  for await (const piece of raw()) hash.update(piece);
  if (hash.digest('hex') === sha256) return;
  throw new Failure('conflict', 'ARCHIVE_CHANGED', 'the archive was changed while it was read', {
    hint: 'What was written may be wrong: remove it, and import again when nobody writes to the archive.',
  });
}

async function openFile(path: string): Promise<FileHandle> {
  const facts = { path: displayPath(path) };
  let handle: FileHandle;
  try {
    handle = await open(fsPath(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (cause) {
    throw new Failure('missing', 'ARCHIVE_UNREADABLE', `"${displayPath(path)}" cannot be opened`, {
      facts,
      hint: 'Check the name and the permissions of the archive.',
      cause,
    });
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Failure('usage', 'ARCHIVE_UNREADABLE', `"${displayPath(path)}" is no regular file`, { facts });
}

/** Small, because pieces on their way through several streams add up. */
const pieceLength = 16 * 1024;

async function* bytesOf(handle: FileHandle, { signal }: Context): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; ) {
    signal.throwIfAborted();
    const buffer = Buffer.allocUnsafeSlow(pieceLength);
    const { bytesRead } = await handle.read(buffer, 0, pieceLength, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
