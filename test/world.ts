// A small world for tests of the engine: a context with a clock that only moves when told, a folder with files, a repository on any
// storage, and the two questions that matter: what does a snapshot restore to, and is that what went in?

import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, Problem } from '../src/base/context.ts';
import { Failure } from '../src/base/failure.ts';
import { Secret } from '../src/base/secret.ts';
import { type BackupOutcome, backup } from '../src/operations/backup.ts';
import { restore } from '../src/operations/restore.ts';
import { type ListedSnapshot, loadChain } from '../src/repository/chain.ts';
import { createRepository } from '../src/repository/create.ts';
import type { Compression } from '../src/repository/frame-builder.ts';
import { openRepository } from '../src/repository/open.ts';
import type { Repository, SessionOwner } from '../src/repository/repository.ts';
import files from '../src/sources/files/kind.ts';
import type { Storage } from '../src/storage/storage.ts';

export interface TestContext extends Context {
  readonly problems: Problem[];
  readonly warnings: string[];
}

export function testContext(signal: AbortSignal = new AbortController().signal): TestContext {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  let time = 1_700_000_000_000;
  return {
    problems,
    warnings,
    signal,
    clock: {
      now: () => (time += 1000),
      elapsed: () => (time += 1),
      sleep: async (durationMs) => {
        time += durationMs;
      },
    },
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: (message) => warnings.push(message),
      error: (message) => warnings.push(message),
    },
    monitor: {
      count: () => undefined,
      total: () => undefined,
      phase: () => undefined,
      problem: (problem) => problems.push(problem),
    },
  };
}

export const password = new Secret(Buffer.from('correct horse battery'));
/** Cheap on purpose: thousands of repositories are opened by the campaigns. */
const slotParameters = { kdf: 'pbkdf2-sha256', rounds: 100_000 };

/** A process that was killed is provably dead, as on a real machine. */
export function owner(incarnation: string): SessionOwner {
  return { node: 'test', incarnation, isDead: (node, other) => node === 'test' && other !== incarnation };
}

export function scratch(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 20 }) };
}

export async function create(
  storage: Storage,
  stateDirectory: string,
  context: Context,
  suite = 1,
): Promise<void> {
  await createRepository(
    {
      storage,
      state: { directory: stateDirectory },
      secret: password,
      slotType: 'passphrase',
      slotParameters,
      label: 'test',
      profile: 'default',
      suite,
      owner: owner('init'),
      writerName: 'test',
    },
    context,
  );
}

export async function open(
  storage: Storage,
  stateDirectory: string,
  incarnation: string,
  context: Context,
): Promise<Repository> {
  return openRepository(
    {
      storage,
      state: { directory: stateDirectory },
      secrets: [password],
      owner: owner(incarnation),
      writerName: 'test',
    },
    context,
  );
}

interface BackupWish {
  readonly workers?: number;
  readonly force?: boolean;
  readonly compression?: Compression;
  readonly canaries?: readonly string[];
}

export function backupFolder(
  folder: string,
  repository: Repository,
  context: Context,
  more: BackupWish = {},
): Promise<BackupOutcome> {
  return backupFolders([folder], repository, context, more);
}

export async function backupFolders(
  paths: readonly string[],
  repository: Repository,
  context: Context,
  more: BackupWish = {},
): Promise<BackupOutcome> {
  using source = files.open({ paths } as never, context);
  return backup(
    {
      source,
      sourceSpec: { kind: 'files', config: { paths } },
      paths,
      host: 'test',
      user: 'tester',
      tags: [],
      force: more.force ?? false,
      dryRun: false,
      workers: more.workers ?? 0,
      compression: more.compression ?? { comp: 1, level: 1 },
      tool: 'test',
      ...(more.canaries === undefined ? {} : { canaries: more.canaries }),
    },
    repository,
    context,
  );
}

export async function snapshotsOf(
  repository: Repository,
  context: Context,
): Promise<readonly ListedSnapshot[]> {
  return (await loadChain(repository, context)).snapshots;
}

/** Restores a snapshot into a scratch folder and returns the digest of what is there; a Failure when it is not all there. */
export async function restoredDigest(
  snapshot: ListedSnapshot,
  repository: Repository,
  context: Context,
): Promise<string> {
  using folder = scratch();
  const target = join(folder.path, 'out');
  const outcome = await restore(
    {
      snapshot,
      target,
      select: () => true,
      verify: false,
      dryRun: false,
      devices: false,
      owners: process.getuid?.() === 0,
      workers: 0,
    },
    repository,
    context,
  );
  if (outcome.outcome !== 'succeeded')
    throw new Failure('corrupt', 'RESTORE_PARTIAL', `the restore was ${outcome.outcome}`);
  return treeDigest(target);
}

/** A digest over names, kinds, modes, times, targets and bytes of everything below a folder. */
export function treeDigest(folder: string): string {
  const hash = createHash('sha256');
  const visit = (path: string, name: string) => {
    const stat = lstatSync(path, { bigint: true });
    hash.update(`${name}\0${stat.mode}\0${stat.mtimeNs}\0`);
    if (stat.isDirectory())
      for (const child of readdirSync(path).sort()) visit(join(path, child), `${name}/${child}`);
    else if (stat.isSymbolicLink()) hash.update(readlinkSync(path));
    else if (stat.isFile()) hash.update(readFileSync(path));
  };
  visit(folder, '');
  return hash.digest('hex');
}

/** Deterministic bytes that do not compress. */
export function noise(seed: string, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let block = 0; block * 32 < length; block += 1) {
    parts.push(createHash('sha256').update(`${seed}:${block}`).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
}

export function writeTree(folder: string, tree: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, content] of Object.entries(tree)) {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
  }
}
