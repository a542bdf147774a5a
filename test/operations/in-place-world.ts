// A folder that was saved, then changed in every way, for tests of restores in place and of their undoing; and a digest that also sees owners,
// extended attributes and which names are one file.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  type InPlaceOutcome,
  type InPlaceRequest,
  restoreInPlace,
} from '../../src/operations/restore-in-place.ts';
import { type RollbackOutcome, type RollbackRequest, rollback } from '../../src/operations/rollback.ts';
import type { ListedSnapshot } from '../../src/repository/chain.ts';
import { Repository } from '../../src/repository/repository.ts';
import { RepositoryState } from '../../src/repository/state.ts';
import { openSystem, type System, sys } from '../../src/sources/files/system.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import {
  backupFolders,
  create,
  open,
  owner,
  scratch,
  snapshotsOf,
  testContext,
  writeTree,
} from '../world.ts';

/** Opened once: every opening binds the calls of the C library anew. */
const system = openSystem();

export class InPlaceWorld implements Disposable {
  readonly #scratch: { readonly path: string } & Disposable;
  readonly path: string;
  readonly folder: string;
  readonly pointers: string;
  readonly context = testContext();
  storage = new MemoryStorage();
  repository!: Repository;
  snapshot!: ListedSnapshot;
  #saved: MemoryStorage | undefined;

  constructor(place: () => { readonly path: string } & Disposable = scratch) {
    this.#scratch = place();
    this.path = this.#scratch.path;
    this.folder = join(this.path, 'home');
    this.pointers = join(this.path, 'restores');
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }

  at(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Saves the folder as `fill` leaves it. */
  async save(fill: () => void, other?: { readonly folder: string; fill(): void }): Promise<this> {
    mkdirSync(this.folder, { recursive: true });
    fill();
    other?.fill();
    await create(this.storage, join(this.path, 'state'), this.context);
    this.repository = await open(this.storage, join(this.path, 'state'), 'one', this.context);
    const paths = other === undefined ? [this.folder] : [this.folder, other.folder];
    await backupFolders(paths, this.repository, this.context);
    this.snapshot = (await snapshotsOf(this.repository, this.context)).at(-1)!;
    cpSync(join(this.path, 'state'), join(this.path, 'state as saved'), { recursive: true });
    this.#saved = this.storage.clone();
    return this;
  }

  /** The repository as `save` left it: else the next run reads a restore point of each run before. What lies in folders stays. */
  async forgetRestorePoints(): Promise<void> {
    rmSync(join(this.path, 'state'), { recursive: true });
    cpSync(join(this.path, 'state as saved'), join(this.path, 'state'), { recursive: true });
    this.storage = this.#saved!.clone();
    const { config, ring, masterKey, owner } = this.repository;
    const state = new RepositoryState({ directory: join(this.path, 'state') }, config.repoId);
    this.repository = new Repository({ storage: this.storage, config, ring, masterKey, state, owner });
    await this.repository.loadIndex(this.context);
  }

  restore(more: Partial<InPlaceRequest> = {}): Promise<InPlaceOutcome> {
    return restoreInPlace(
      {
        snapshot: this.snapshot,
        overwrite: 'if-changed',
        delete: false,
        select: () => true,
        verify: false,
        dryRun: false,
        devices: false,
        owners: process.getuid?.() === 0,
        workers: 0,
        keep: [],
        pointers: this.pointers,
        system,
        restorePoint: { host: 'test', user: 'tester', tool: 'test', compression: { comp: 1, level: 1 } },
        ...more,
      },
      this.repository,
      this.context,
    );
  }

  rollback(more: Partial<RollbackRequest> = {}): Promise<RollbackOutcome> {
    return rollback(
      { pointers: this.pointers, dryRun: false, discard: false, owner: owner('two'), system, ...more },
      this.context,
    );
  }

  digest(folder = this.folder): string {
    return fullDigest(folder);
  }
}

/** In memory where files there have extended attributes: for campaigns that force a journal to disk thousands of times. */
export function memoryScratch(): { readonly path: string } & Disposable {
  if (!existsSync('/dev/shm')) return scratch();
  const path = mkdtempSync('/dev/shm/holdfast-in-place-');
  const made = { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
  try {
    mark(path, 'user.probe', 'x');
    return made;
  } catch {
    made[Symbol.dispose]();
    return scratch();
  }
}

/** Over all that a backup keeps of a tree, staging folders left out. */
export function fullDigest(folder: string): string {
  return createHash('sha256').update(fullListing(folder)).digest('hex');
}

export function fullListing(folder: string): string {
  const lines: string[] = [];
  const first = new Map<bigint, string>();
  const visit = (path: string, name: string) => {
    const stat = lstatSync(path, { bigint: true });
    const one = first.get(stat.ino) ?? name;
    first.set(stat.ino, one);
    const same = stat.isDirectory() ? '' : one;
    lines.push(`${name} ${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${stat.mtimeNs} ${same}`);
    for (const key of xattrNames(path)) {
      lines.push(`  ${key}=${Buffer.from(system.getXattrAt(sys.atFdCwd, path, key)).toString('hex')}`);
    }
    if (stat.isDirectory()) {
      for (const child of readdirSync(path).sort()) {
        if (!child.startsWith('.holdfast-restore-')) visit(join(path, child), `${name}/${child}`);
      }
    } else if (stat.isSymbolicLink()) lines.push(`  -> ${readlinkSync(path)}`);
    else if (stat.isFile()) lines.push(`  ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);
  };
  visit(folder, '');
  return lines.join('\n');
}

function xattrNames(path: string): string[] {
  try {
    return system.listXattrsAt(sys.atFdCwd, path).sort();
  } catch {
    return [];
  }
}

/** Files, folders, links of both kinds, attributes, old times. */
export function fillTree(world: InPlaceWorld): void {
  writeTree(world.folder, {
    'letters/one.txt': 'one',
    'letters/two.txt': 'two',
    'letters/deep/three.txt': 'three',
    'notes.txt': 'notes',
    'becomes-folder': 'a file now',
    'gone.txt': 'will be gone',
    'gone/below/file': 'will be gone, too',
    'same.txt': 'stays the same',
    'linked-a': 'one inode',
  });
  mkdirSync(world.at('becomes-file'));
  writeFileSync(world.at('becomes-file', 'inner'), 'inner');
  mkdirSync(world.at('becomes-link'));
  writeFileSync(world.at('becomes-link', 'inner'), 'inner');
  symlinkSync('letters/one.txt', world.at('link'));
  symlinkSync('letters', world.at('link-becomes-folder'));
  linkSync(world.at('linked-a'), world.at('linked-b'));
  linkSync(world.at('linked-a'), world.at('letters', 'linked-c'));
  mark(world.at('notes.txt'), 'user.note', 'as saved');
  mark(world.at('letters'), 'user.note', 'folder, as saved');
  chmodSync(world.at('letters'), 0o750);
  age(world.folder, 1_600_000_000);
}

/** Every kind of difference that a restore has to mend. */
export function changeTree(world: InPlaceWorld): void {
  writeFileSync(world.at('letters', 'one.txt'), 'one, but longer');
  unlinkSync(world.at('letters', 'two.txt'));
  writeFileSync(world.at('letters', 'new.txt'), 'not in the snapshot');
  unlinkSync(world.at('becomes-folder'));
  mkdirSync(world.at('becomes-folder'));
  writeFileSync(world.at('becomes-folder', 'child'), 'child');
  rmSync(world.at('becomes-file'), { recursive: true });
  writeFileSync(world.at('becomes-file'), 'now a file');
  rmSync(world.at('becomes-link'), { recursive: true });
  symlinkSync('gone', world.at('becomes-link'));
  unlinkSync(world.at('link-becomes-folder'));
  mkdirSync(world.at('link-becomes-folder'));
  writeFileSync(world.at('link-becomes-folder', 'child'), 'child');
  unlinkSync(world.at('link'));
  symlinkSync('letters/two.txt', world.at('link'));
  unlinkSync(world.at('gone.txt'));
  rmSync(world.at('gone'), { recursive: true });
  writeFileSync(world.at('linked-d'), 'two inodes now');
  renameSync(world.at('linked-d'), world.at('linked-b'));
  mark(world.at('notes.txt'), 'user.note', 'changed');
  mark(world.at('letters'), 'user.note', 'folder, changed');
  mark(world.at('letters'), 'user.more', 'added');
  chmodSync(world.at('letters'), 0o700);
  writeTree(world.folder, { 'extra/deep/file': 'extra' });
  age(world.at('becomes-folder'), 1_650_000_000);
  age(world.at('extra'), 1_651_000_000);
  utimesSync(world.folder, 1_652_000_000, 1_652_000_000);
}

export function mark(path: string, name: string, value: string): void {
  system.setXattrAt(sys.atFdCwd, path, name, Buffer.from(value));
}

/** Old times that no accident brings back. */
function age(path: string, seconds: number): void {
  const stat = lstatSync(path);
  if (stat.isDirectory()) for (const name of readdirSync(path)) age(join(path, name), seconds + 1);
  lutimesSync(path, seconds, seconds);
}

/** Thrown in place of being killed. */
export class Killed extends Error {}

const reading: ReadonlySet<string> = new Set([
  'capabilities',
  'statInto',
  'statAt',
  'statAtIfAny',
  'statFd',
  'listNames',
  'close',
  'readlinkAt',
  'listXattrsAt',
  'listXattrsFd',
  'getXattrAt',
  'getXattrFd',
  'seekData',
  'seekHole',
]);

/** A system whose process dies before its call number `at` that changes anything; from then on no call does anything. */
export function mortalSystem(
  at: number,
  base: System = system,
): { readonly system: System; readonly calls: () => number } {
  let calls = 0;
  const real = base as unknown as Record<string, (...args: unknown[]) => unknown>;
  const wrapped = new Proxy(real, {
    get(target, name: string) {
      const value = target[name]!;
      if (reading.has(name)) return value;
      return (...args: unknown[]) => {
        // 0o100 creates: everything else that is opened is only read.
        if (name === 'openAt' && (Number(args[2]) & 0o100) === 0 && calls < at) return value(...args);
        if (calls >= at) throw new Killed();
        calls += 1;
        if (calls >= at) throw new Killed();
        return value(...args);
      };
    },
  });
  return { system: wrapped as unknown as System, calls: () => calls };
}

/** A file system that can neither exchange two entries nor refuse to replace one. */
export function plainRenames(): System {
  const real = system;
  return {
    ...real,
    renameAt(oldDirectory, oldPath, newDirectory, newPath, flags = 0) {
      if (flags !== 0) throw Object.assign(new Error('EINVAL'), { code: 'EINVAL', syscall: 'rename' });
      real.renameAt(oldDirectory, oldPath, newDirectory, newPath);
    },
  };
}

/** A system whose call number `at` that changes anything fails once, with this code. */
export function failingSystem(
  at: number,
  code: string,
): { readonly system: System; readonly calls: () => number } {
  let calls = 0;
  const real = system as unknown as Record<string, (...args: unknown[]) => unknown>;
  const failing = new Proxy(real, {
    get(target, name: string) {
      const value = target[name]!;
      if (reading.has(name)) return value;
      return (...args: unknown[]) => {
        if (name === 'openAt' && (Number(args[2]) & 0o100) === 0) return value(...args);
        calls += 1;
        if (calls === at) throw Object.assign(new Error(code), { code, syscall: name });
        return value(...args);
      };
    },
  });
  return { system: failing as unknown as System, calls: () => calls };
}
