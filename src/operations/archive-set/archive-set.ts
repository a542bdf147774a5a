// A folder of archives as backup_config.json describes it: a folder of keys in, a sealed and proven archive out, old ones taken away.

import { existsSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { findFormat } from '../../archives/all.ts';
import { sealOf } from '../../archives/seals/all.ts';
import type { SealLayer } from '../../archives/seals/layers.ts';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { archiveBytesMax, archiveEntriesMax, archiveRatioMax } from '../../base/limits.ts';
import type { Secret } from '../../base/secret.ts';
import type { BackupConfig } from '../../model/backup-config.ts';
import { createMatcher } from '../../model/selection.ts';
import { readMounts, virtualMountPaths } from '../../sources/files/mounts.ts';
import { displayPath } from '../../sources/files/system.ts';
import type { Storage } from '../../storage/storage.ts';
import { folderEntries } from '../export/of-folder.ts';
import { type ExportOutcome, exportArchive } from '../export.ts';
import { type ImportOutcome, importArchive } from '../import.ts';
import { type CloudCopy, copyToCloud } from './cloud.ts';
import { requireKey } from './key.ts';
import { type ListedArchive, listArchives, namedArchives, namePrefix } from './listing.ts';
import { ArchiveLogs } from './logs.ts';
import { applyArchiveRetention, type RetentionOutcome } from './retention.ts';

export interface ArchiveSet {
  readonly config: BackupConfig;
  /** Absolute: to it belong the relative paths of the configuration. */
  readonly folder: string;
  /** For manifests, such as `holdfast 1.2.0`. */
  readonly tool: string;
  /** Opens the second place; who calls decides with which credentials. */
  readonly openCloud: (place: string) => Promise<Storage>;
}

export interface CreatedArchive {
  readonly outcome: 'succeeded' | 'partial';
  /** The file's name, such as keys_backup_20240716_142533.tar.gz.gcm. */
  readonly archive: string;
  readonly path: string;
  readonly source: string;
  readonly sizeBytes: number;
  readonly contentBytes: number;
  readonly entries: ExportOutcome['entries'];
  readonly checksums: ExportOutcome['checksums'];
  readonly isEncrypted: boolean;
  /** All of it was read again, unsealed and unpacked; false where the configuration does not ask for it. */
  readonly verified: boolean;
  /** The key that was made by this run: it has to be kept in a second place. */
  readonly keyCreated?: string;
  readonly cloud: CloudCopy;
  readonly retention: RetentionOutcome;
  readonly problems: number;
  readonly durationMs: number;
}

/** Two archives of the same second have the same name: the second waits. */
const nameTriesMax = 5;

export async function createArchive(
  request: { readonly source?: string; readonly dryRun: boolean },
  set: ArchiveSet,
  context: Context,
): Promise<CreatedArchive> {
  const { config } = set;
  const logs = new ArchiveLogs(resolve(set.folder, config.logPath), request.dryRun, context);
  const source = resolve(set.folder, request.source ?? config.sourcePath);
  try {
    for (const key of config.unknownKeys)
      context.log.warn(`the key "${key}" of the configuration is not known and was not obeyed`);
    const created = await create(source, request.dryRun, set, logs, context);
    logs.backup(created.outcome === 'succeeded' ? 'info' : 'warning', 'backup ended', {
      outcome: created.outcome,
      archive: created.archive,
      source,
      sizeBytes: created.sizeBytes,
      sha256: created.checksums.sha256 ?? '',
      verified: created.verified,
      problems: created.problems,
      deleted: created.retention.deleted.length,
      cloud: created.cloud.state,
    });
    return created;
  } catch (error) {
    logs.failed('backup', error, { source });
    throw error;
  }
}

async function create(
  source: string,
  dryRun: boolean,
  set: ArchiveSet,
  logs: ArchiveLogs,
  context: Context,
): Promise<CreatedArchive> {
  const startedAt = context.clock.elapsed();
  const { config } = set;
  const folder = resolve(set.folder, config.localPath);
  const needsKey = config.isEncrypted || (config.backends.includes('s3') && config.isCloudEncrypted);
  const keyFile = resolve(set.folder, config.keyFile);
  const key = needsKey && !dryRun ? await requireKey(keyFile, folder) : undefined;
  if (key?.isNew) {
    logs.audit('info', 'key made', { keyFile });
    context.log.warn(
      `the key "${keyFile}" was made: without it no archive can be opened. Keep a copy elsewhere`,
    );
  }
  const sealing = key === undefined ? [] : [await layerOf(config, key.secret)];
  const exported = await exportOnce(source, folder, config.isEncrypted ? sealing : [], dryRun, set, context);
  const archive = displayPath(exported.file.slice(exported.file.lastIndexOf('/') + 1));
  const path = resolve(folder, archive);
  let verified = false;
  if (config.isVerified && !dryRun) {
    await importArchive(
      { ...importOf(exported.file, async () => (config.isEncrypted ? sealing : [])), dryRun: true },
      context,
    );
    verified = true;
  }
  if (!dryRun)
    logs.audit('info', 'archive made', {
      archive,
      sealed: config.isEncrypted,
      sha256: exported.checksums.sha256 ?? '',
    });
  const cloud = await copyToCloud({ path, archive, sealing, isDryRun: dryRun }, set, context);
  if (cloud.state === 'failed') logs.audit('error', 'copy failed', { archive, code: cloud.code ?? '' });
  const retention = await applyArchiveRetention({ folder, policy: config.retention, dryRun }, context);
  for (const name of retention.deleted)
    logs.audit('info', dryRun ? 'would delete' : 'archive deleted', { archive: name });
  return {
    outcome: exported.outcome === 'partial' || cloud.state === 'failed' ? 'partial' : 'succeeded',
    archive,
    path,
    source,
    sizeBytes: exported.sizeBytes,
    contentBytes: exported.contentBytes,
    entries: exported.entries,
    checksums: exported.checksums,
    isEncrypted: config.isEncrypted,
    verified,
    ...(key?.isNew ? { keyCreated: keyFile } : {}),
    cloud,
    retention,
    problems: exported.problems,
    durationMs: context.clock.elapsed() - startedAt,
  };
}

async function exportOnce(
  source: string,
  folder: string,
  layers: readonly SealLayer[],
  dryRun: boolean,
  { config, tool, folder: base }: ArchiveSet,
  context: Context,
): Promise<ExportOutcome> {
  const real = realSource(source);
  const key = resolve(base, config.keyFile);
  const own = statSync(folder, { bigint: true, throwIfNoEntry: false });
  const rules = {
    boundaries: virtualMountPaths(readMounts()),
    // An archive holds neither the archives before it nor the key that opens it.
    skip: own === undefined ? [] : [{ device: deviceOf(own.dev), inode: own.ino }],
    exclude: (path: string) => displayPath(path) === key,
  };
  for (let tried = 1; ; tried += 1) {
    try {
      return await exportArchive(
        {
          entries: (inner, ignored) => folderEntries(real, rules, ignored, inner),
          format: findFormat('tar.gz'),
          level: config.level,
          layers,
          folder: bytesOfText(folder),
          prefix: namePrefix,
          checksums: ['sha256'],
          origin: { folder: source },
          tool,
          dryRun,
        },
        context,
      );
    } catch (error) {
      if (!isFailure(error, 'conflict', 'ARCHIVE_EXISTS') || tried >= nameTriesMax) throw error;
      await context.clock.sleep(1000, context.signal);
    }
  }
}

/** Links on the way are followed: what it leads to is what is meant. */
function realSource(source: string): string {
  try {
    return realpathSync.native(source, { encoding: 'buffer' }).toString('latin1');
  } catch (cause) {
    throw new Failure('missing', 'SOURCE_MISSING', `nothing exists at "${source}"`, {
      hint: 'Name the folder of keys: "source_path" in the configuration, or on the command line.',
      cause,
    });
  }
}

/** As the source tells devices: major * 2^32 + minor. */
function deviceOf(dev: bigint): number {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  return Number(major) * 2 ** 32 + Number(minor);
}

export async function listSet(set: ArchiveSet, context: Context): Promise<ListedArchive[]> {
  return listArchives(resolve(set.folder, set.config.localPath), context);
}

export interface RestoreArchiveRequest {
  /** A name in the folder of archives, or a path. */
  readonly archive: string;
  readonly target: string;
  /** Patterns; empty for everything. */
  readonly selective: readonly string[];
  readonly overwrite: boolean;
  readonly dryRun: boolean;
}

export interface RestoredArchive {
  readonly outcome: 'succeeded' | 'partial';
  readonly archive: string;
  readonly target: string;
  readonly checksums: ImportOutcome['checksums'];
  readonly found: ImportOutcome['found'];
  readonly restored: ImportOutcome['extracted'];
  readonly problems: number;
  readonly durationMs: number;
}

/** Everything is proven before the first byte is written. */
export async function restoreArchive(
  request: RestoreArchiveRequest,
  set: ArchiveSet,
  context: Context,
): Promise<RestoredArchive> {
  const { config } = set;
  const logs = new ArchiveLogs(resolve(set.folder, config.logPath), request.dryRun, context);
  const path = findArchive(request.archive, set);
  const target = resolve(set.folder, request.target);
  const { matches } = createMatcher(request.selective);
  try {
    const bring = (dryRun: boolean) =>
      importArchive(
        {
          ...importOf(bytesOfText(path), (told) => openingLayers(told, path, set)),
          target: bytesOfText(target),
          select: (entry, isDirectory) =>
            request.selective.length === 0 || matches(displayPath(entry), isDirectory),
          overwrite: request.overwrite,
          dryRun,
        },
        context,
      );
    // Before a folder is made for nothing.
    if (request.selective.length > 0 && (await bring(true)).found.entries === 0) {
      throw new Failure('missing', 'ARCHIVE_NOTHING_SELECTED', 'no entry of the archive fits the patterns', {
        hint: 'Look with "holdfast import FILE --list" what the archive holds.',
      });
    }
    const outcome = await bring(request.dryRun);
    const restored: RestoredArchive = {
      outcome: outcome.outcome,
      archive: path,
      target,
      checksums: outcome.checksums,
      found: outcome.found,
      restored: outcome.extracted,
      problems: outcome.problems,
      durationMs: outcome.durationMs,
    };
    const { files } = outcome.extracted;
    const facts = { outcome: outcome.outcome, archive: path, target, files, problems: outcome.problems };
    logs.restore(outcome.outcome === 'succeeded' ? 'info' : 'warning', 'restore ended', facts);
    logs.audit('info', 'archive restored', { ...facts, selective: request.selective.join(' ') });
    return restored;
  } catch (error) {
    logs.failed('restore', error, { archive: path, target });
    throw error;
  }
}

/** A bare name lies among the archives, and what has a slash is a path; the seal's ending may be left out. */
function findArchive(archive: string, { config, folder }: ArchiveSet): string {
  const place = archive.includes('/') ? folder : resolve(folder, config.localPath);
  const path = resolve(place, archive);
  return !existsSync(path) && existsSync(`${path}.gcm`) ? `${path}.gcm` : path;
}

/** Unseals and unpacks the newest archive and writes nothing; undefined where there is none. Leaves no line in a log. */
export async function proveNewest(
  set: ArchiveSet,
  context: Context,
): Promise<{ readonly archive: string; readonly files: number } | undefined> {
  const newest = (await namedArchives(resolve(set.folder, set.config.localPath))).at(-1);
  if (newest === undefined) return undefined;
  const request = importOf(bytesOfText(newest.path), (told) => openingLayers(told, newest.path, set));
  const { found } = await importArchive({ ...request, dryRun: true }, context);
  return { archive: newest.archive, files: found.files };
}

/** The seal of these archives is one, under the key file; archives with others are for `holdfast import`. */
async function openingLayers(
  told: readonly string[] | undefined,
  path: string,
  { config, folder }: ArchiveSet,
): Promise<SealLayer[]> {
  const names = told ?? (path.endsWith('.gcm') ? ['aes-256-gcm'] : []);
  if (names.length === 0) return [];
  if (names.length > 1 || names[0] !== 'aes-256-gcm') {
    throw new Failure('usage', 'ARCHIVE_SEAL_FOREIGN', `the archive is sealed with "${names.join(' + ')}"`, {
      hint: 'Open it with "holdfast import", which knows every seal and asks for its keys.',
    });
  }
  const { secret } = await requireKey(resolve(folder, config.keyFile));
  return [await layerOf(config, secret)];
}

async function layerOf({ kdf }: BackupConfig, password: Secret): Promise<SealLayer> {
  return { seal: await sealOf('aes-256-gcm'), key: { password, kdf } };
}

function importOf(file: string, layersOf: (told: readonly string[] | undefined) => Promise<SealLayer[]>) {
  return {
    file,
    layersOf,
    select: () => true,
    overwrite: false,
    owners: false,
    numericIds: false,
    devices: false,
    limits: { entriesMax: archiveEntriesMax, bytesMax: archiveBytesMax, ratioMax: archiveRatioMax },
  };
}

function bytesOfText(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}
