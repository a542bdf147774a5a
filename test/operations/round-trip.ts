// A folder that goes into a snapshot and comes back: real files on the disk under the temporary folder, a repository in memory.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext as Test } from 'node:test';
import { compareTrees } from '../../src/cli/compare-trees.ts';
import { type BackupOutcome, backup } from '../../src/operations/backup.ts';
import { type RestoreOutcome, restore } from '../../src/operations/restore.ts';
import type { ListedSnapshot } from '../../src/repository/chain.ts';
import type { Repository } from '../../src/repository/repository.ts';
import type { WalkRules } from '../../src/sources/files/exclusions.ts';
import files from '../../src/sources/files/kind.ts';
import type { Source } from '../../src/sources/source.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { create, open, scratch, snapshotsOf, type TestContext, testContext } from '../world.ts';

export interface SaveOptions {
  /** Byte strings; the source folder alone when absent. */
  readonly paths?: readonly string[];
  readonly rules?: WalkRules;
  readonly force?: boolean;
  readonly workers?: number;
  /** Puts something between the backup and the files. */
  readonly wrap?: (source: Source) => Source;
}

export interface BringOptions {
  readonly path?: string;
  readonly select?: (path: string, isDirectory: boolean) => boolean;
  readonly verify?: boolean;
  readonly devices?: boolean;
  readonly owners?: boolean;
  readonly numericIds?: boolean;
  readonly workers?: number;
  /** The newest one when absent. */
  readonly snapshot?: ListedSnapshot;
}

export const isRoot: boolean = process.getuid?.() === 0;

export class RoundTrip implements AsyncDisposable {
  readonly context: TestContext = testContext();
  readonly source: string;
  readonly repository: Repository;
  readonly #folder: { readonly path: string } & Disposable;
  #targets = 0;

  private constructor(folder: { readonly path: string } & Disposable, repository: Repository) {
    this.#folder = folder;
    this.source = join(folder.path, 'source');
    this.repository = repository;
    mkdirSync(this.source);
  }

  static async begin(): Promise<RoundTrip> {
    const folder = scratch();
    const storage = new MemoryStorage();
    const context = testContext();
    const state = join(folder.path, 'state');
    await create(storage, state, context);
    return new RoundTrip(folder, await open(storage, state, 'writer', context));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.repository[Symbol.asyncDispose]();
    // Node's own removal takes no path above 4095 bytes.
    spawnSync('rm', ['-rf', this.#folder.path]);
  }

  /** A path in the source. */
  at(...names: string[]): string {
    return join(this.source, ...names);
  }

  /** A path beside the source. */
  beside(...names: string[]): string {
    return join(this.#folder.path, ...names);
  }

  async save(options: SaveOptions = {}): Promise<BackupOutcome> {
    const { paths = [this.source], rules, wrap = (source: Source) => source } = options;
    using plain = files.open({ paths, ...(rules === undefined ? {} : { rules }) } as never, this.context);
    return backup(
      {
        source: wrap(plain),
        sourceSpec: { kind: 'files', config: { paths } },
        paths,
        host: 'test',
        user: 'tester',
        tags: [],
        force: options.force ?? false,
        dryRun: false,
        workers: options.workers ?? 0,
        compression: { comp: 1, level: 1 },
        tool: 'test',
      },
      this.repository,
      this.context,
    );
  }

  async newest(): Promise<ListedSnapshot> {
    return (await snapshotsOf(this.repository, this.context)).at(-1)!;
  }

  /** Restores the newest snapshot into a new folder. */
  async bring(options: BringOptions = {}): Promise<{ target: string; outcome: RestoreOutcome }> {
    this.#targets += 1;
    const target = this.beside(`target${this.#targets}`);
    const outcome = await restore(
      {
        snapshot: options.snapshot ?? (await this.newest()),
        ...(options.path === undefined ? {} : { path: options.path }),
        target,
        select: options.select ?? (() => true),
        verify: options.verify ?? true,
        dryRun: false,
        devices: options.devices ?? false,
        owners: options.owners ?? isRoot,
        numericIds: options.numericIds ?? false,
        workers: options.workers ?? 0,
      },
      this.repository,
      this.context,
    );
    return { target, outcome };
  }

  /** Saves and restores the source; both must be faultless, and a second opinion must find no difference. */
  async there(options: BringOptions = {}): Promise<string> {
    const saved = await this.save();
    assert.deepEqual([saved.outcome, this.context.problems], ['succeeded', []]);
    const { target, outcome } = await this.bring(options);
    assert.deepEqual(
      [outcome.outcome, outcome.verified?.differences, this.context.problems],
      ['succeeded', [], []],
    );
    assert.deepEqual(compareTrees(this.source, target, isRoot).differences, []);
    return target;
  }
}

/** Bytes that do not compress, always the same for a seed, and quick to make. */
export function bytes(seed: string, length: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(seed).digest();
}

/** What a program says; it must succeed. */
export function say(program: string, ...words: string[]): string {
  const done = spawnSync(program, words, { encoding: 'latin1' });
  assert.equal(done.status, 0, `${program} ${words.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

/** False, with a skip that says what to install, where a program is missing; in CI none may be missing. */
export function hasProgram(test: Test, program: string, packageName: string): boolean {
  const found = spawnSync(program, ['--version']).error === undefined;
  if (found) return true;
  assert.equal(process.env.CI, undefined, `"${program}" is missing: apt-get install -y ${packageName}`);
  test.skip(`"${program}" is missing: apt-get install -y ${packageName}`);
  return false;
}

/** False, with a skip, for who is not root; in CI tests run as root. */
export function asRoot(test: Test): boolean {
  if (isRoot) return true;
  assert.equal(process.env.CI, undefined, 'in CI, tests of owners, devices and mounts run as root');
  test.skip('only root may do this: sudo npm test');
  return false;
}
