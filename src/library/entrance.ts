// What the npm package exports: `BackupManager`, for programs that back up a folder of keys without a shell. The same code as the
// command "archives"; like the command line, it is a place where the clock and the configuration enter.

import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Context, Problem } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { type BackupConfig, defaultBackupConfig, parseBackupConfig } from '../model/backup-config.ts';
import type { ArchiveSet } from '../operations/archive-set/archive-set.ts';

export { Failure } from '../base/failure.ts';

export interface BackupManagerOptions {
  /** `backup_config.json` in the working directory where absent; its defaults where that file is not there. */
  readonly configFile?: string;
  readonly config_file?: string;
  /** Ends what is running, with a Failure of kind "canceled". */
  readonly signal?: AbortSignal;
  /** One entry that could not be saved or restored whole: the run goes on. */
  readonly onProblem?: (problem: {
    readonly path: string;
    readonly code: string;
    readonly message: string;
  }) => void;
  readonly onWarning?: (message: string) => void;
}

export interface BackupResult {
  /** `partial`: there is an archive, but something is not in it, or its second copy failed. */
  readonly outcome: 'succeeded' | 'partial';
  /** Such as keys_backup_20240716_142533.tar.gz.gcm. */
  readonly archive: string;
  readonly path: string;
  readonly source: string;
  /** Of the archive. */
  readonly sizeBytes: number;
  /** Of what is in it. */
  readonly contentBytes: number;
  readonly files: number;
  readonly directories: number;
  readonly sha256: string;
  readonly isEncrypted: boolean;
  /** All of it was read again, unsealed and unpacked. */
  readonly verified: boolean;
  /** The path of a key that was made by this backup: keep a copy of it elsewhere. */
  readonly keyCreated?: string;
  /** `unwanted`: no second place is configured; `unconfigured`: "s3" is, but not where. */
  readonly cloud: {
    readonly state: 'stored' | 'failed' | 'unwanted' | 'unconfigured' | 'planned';
    readonly location?: string;
    readonly object?: string;
    readonly isSealed?: boolean;
    readonly code?: string;
  };
  /** Names of archives that retention took away. */
  readonly deleted: readonly string[];
  readonly problems: readonly Problem[];
  readonly durationMs: number;
}

export interface BackupListing {
  readonly archive: string;
  readonly path: string;
  readonly time: Date;
  readonly sizeBytes: number;
  readonly isEncrypted: boolean;
  /** `unchecked`: no checksum lies beside it. */
  readonly checksum: 'verified' | 'wrong' | 'unchecked' | 'unreadable';
}

export interface RestoreOptions {
  /** One pattern or several, such as "*.key"; everything where absent. */
  readonly selective?: string | readonly string[];
  /** Files in the way are replaced; else the restore is refused. */
  readonly overwrite?: boolean;
}

export interface RestoreResult {
  readonly outcome: 'succeeded' | 'partial';
  readonly archive: string;
  readonly target: string;
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
  /** Of each checksum that lay beside the archive. */
  readonly checksums: Readonly<Partial<Record<'sha256' | 'sha1' | 'md5', 'matches' | 'not available'>>>;
  readonly problems: readonly Problem[];
  readonly durationMs: number;
}

const usualFile = 'backup_config.json';

/** Methods fail with a Failure, whose `code` is stable (docs/errors.md). Several may run at once. */
export class BackupManager {
  readonly #config: BackupConfig;
  readonly #folder: string;
  readonly #options: BackupManagerOptions;

  /** Reads the configuration; usage/CONFIG_INVALID, missing/CONFIG_MISSING. */
  constructor(options: BackupManagerOptions = {}) {
    const named = options.configFile ?? options.config_file;
    const path = resolve(named ?? usualFile);
    const text = readIfAny(path, named !== undefined);
    this.#config = text === undefined ? defaultBackupConfig() : parseBackupConfig(text, path);
    this.#folder = dirname(path);
    this.#options = options;
  }

  /** Of a folder or a file; without a path, of what `source_path` names. */
  async createBackup(path?: string): Promise<BackupResult> {
    const problems: Problem[] = [];
    const { createArchive } = await import('../operations/archive-set/archive-set.ts');
    const created = await this.#run(
      createArchive(
        { ...(path === undefined ? {} : { source: resolve(path) }), dryRun: false },
        this.#set(),
        this.#context(problems),
      ),
    );
    return {
      outcome: created.outcome,
      archive: created.archive,
      path: created.path,
      source: created.source,
      sizeBytes: created.sizeBytes,
      contentBytes: created.contentBytes,
      files: created.entries.files,
      directories: created.entries.directories,
      sha256: created.checksums.sha256 ?? '',
      isEncrypted: created.isEncrypted,
      verified: created.verified,
      ...(created.keyCreated === undefined ? {} : { keyCreated: created.keyCreated }),
      cloud: created.cloud,
      deleted: created.retention.deleted,
      problems,
      durationMs: created.durationMs,
    };
  }

  /** Oldest first. Every archive is read and compared with its checksum. */
  async listBackups(): Promise<BackupListing[]> {
    const { listSet } = await import('../operations/archive-set/archive-set.ts');
    const listed = await this.#run(listSet(this.#set(), this.#context([])));
    return listed.map(({ archive, path, time, sizeBytes, seals, checksum }) => ({
      archive,
      path,
      time: new Date(time),
      sizeBytes,
      isEncrypted: seals.length > 0,
      checksum,
    }));
  }

  /** `archive`: a name from the list, or a path. All of it is proven before the first byte is written. */
  async restoreBackup(
    archive: string,
    targetPath: string,
    { selective = [], overwrite = false }: RestoreOptions = {},
  ): Promise<RestoreResult> {
    const problems: Problem[] = [];
    const { restoreArchive } = await import('../operations/archive-set/archive-set.ts');
    const done = await this.#run(
      restoreArchive(
        {
          archive: basename(archive) === archive ? archive : resolve(archive),
          target: resolve(targetPath),
          selective: typeof selective === 'string' ? [selective] : selective,
          overwrite,
          dryRun: false,
        },
        this.#set(),
        this.#context(problems),
      ),
    );
    return {
      outcome: done.outcome,
      archive: done.archive,
      target: done.target,
      files: done.restored.files,
      directories: done.restored.directories,
      bytes: done.restored.bytes,
      checksums: done.checksums,
      problems,
      durationMs: done.durationMs,
    };
  }

  create_backup(path?: string): Promise<BackupResult> {
    return this.createBackup(path);
  }
  list_backups(): Promise<BackupListing[]> {
    return this.listBackups();
  }
  restore_backup(archive: string, targetPath: string, options?: RestoreOptions): Promise<RestoreResult> {
    return this.restoreBackup(archive, targetPath, options);
  }

  #set(): ArchiveSet {
    const context = this.#context([]);
    return {
      config: this.#config,
      folder: this.#folder,
      tool: `holdfast ${readVersion()}`,
      async openCloud(place) {
        const { noSecrets, openStorage } = await import('../storage/all.ts');
        return openStorage(place, noSecrets, context);
      },
    };
  }

  /** What an ended signal throws on the way is told as everywhere else. */
  async #run<Result>(running: Promise<Result>): Promise<Result> {
    try {
      return await running;
    } catch (cause) {
      if (cause instanceof Failure || !this.#options.signal?.aborted) throw cause;
      throw new Failure('canceled', 'CANCELED', 'the operation was canceled', { cause });
    }
  }

  #context(problems: Problem[]): Context {
    return plainContext(this.#options, problems);
  }
}

function plainContext({ signal, onProblem, onWarning }: BackupManagerOptions, problems: Problem[]): Context {
  return {
    signal: signal ?? new AbortController().signal,
    clock: { now: () => Date.now(), elapsed: () => performance.now(), sleep },
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: (message) => onWarning?.(message),
      error: (message) => onWarning?.(message),
    },
    monitor: {
      count: () => undefined,
      total: () => undefined,
      phase: () => undefined,
      problem(problem) {
        problems.push(problem);
        onProblem?.(problem);
      },
    },
  };
}

function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new Failure('canceled', 'CANCELED', 'the wait was canceled'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, durationMs);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function readIfAny(path: string, isNamed: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (isAbsent && !isNamed) return undefined;
    throw new Failure('missing', 'CONFIG_MISSING', `the configuration "${path}" cannot be read`, {
      hint: 'Check the path and the permissions of the file.',
      cause,
    });
  }
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
