// A file system in memory that forgets like a real one: what was written but not synced, and names that were made or removed but whose
// directory was not synced, may or may not survive a power cut, each by itself. A seed chooses what does.

import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { DirectoryEntry, FileStat, LocalFiles, OpenFile } from '../../src/storage/local/files.ts';

interface FileNode {
  readonly type: 'file';
  bytes: Buffer;
  /** What the disk holds for certain. */
  durable: Buffer;
}

interface DirectoryNode {
  readonly type: 'directory';
  readonly entries: Map<string, Inode>;
  readonly durable: Map<string, Inode>;
  /** Changes since the last sync, oldest first. */
  pending: { readonly name: string; readonly inode: Inode | undefined }[];
}

type Inode = FileNode | DirectoryNode;

/** Which call is the last one: the power fails before it has an effect, or after it but before the answer. */
export interface PowerCut {
  readonly call: number;
  readonly moment: 'before' | 'after';
}

export class PowerCutFiles implements LocalFiles {
  readonly #root: DirectoryNode;
  readonly #cut: PowerCut | undefined;
  #calls = 0;
  #isOff = false;

  constructor(cut?: PowerCut, root: DirectoryNode = newDirectory()) {
    this.#cut = cut;
    this.#root = root;
  }

  /** Calls that had or could have had an effect so far; a campaign ends when its cut lies beyond them. */
  get calls(): number {
    return this.#calls;
  }

  get isOff(): boolean {
    return this.#isOff;
  }

  /** The machine after the cut, with what the seed let survive; `next` cuts its power too. */
  cut(seed: string, next?: PowerCut): PowerCutFiles {
    this.#isOff = true;
    let draws = 0;
    const chance = (outcomes: number): number => {
      draws += 1;
      return createHash('sha256').update(`${seed}:${draws}`).digest().readUInt32LE(0) % outcomes;
    };
    return new PowerCutFiles(next, survivor(this.#root, chance, new Map()) as DirectoryNode);
  }

  /** A copy in which everything written so far survives, as after an orderly shutdown; this machine goes on. */
  restart(next?: PowerCut): PowerCutFiles {
    const everything = (outcomes: number): number => outcomes - 1;
    return new PowerCutFiles(next, survivor(this.#root, everything, new Map()) as DirectoryNode);
  }

  create(path: string): Promise<OpenFile> {
    return this.#effect(() => {
      const directory = this.#directory(dirname(path), path);
      if (directory.entries.has(basename(path))) throw errno('EEXIST', path);
      const file: FileNode = { type: 'file', bytes: Buffer.alloc(0), durable: Buffer.alloc(0) };
      change(directory, basename(path), file);
      return this.#open(file);
    });
  }

  openForReading(path: string): Promise<OpenFile> {
    return this.#look(() => {
      const inode = this.#find(path);
      if (inode === undefined) throw errno('ENOENT', path);
      return this.#open(inode);
    });
  }

  openDirectory(path: string): Promise<OpenFile> {
    return this.#look(() => this.#open(this.#directory(path, path)));
  }

  link(from: string, to: string): Promise<void> {
    return this.#effect(() => {
      const inode = this.#find(from);
      const directory = this.#directory(dirname(to), to);
      if (inode === undefined) throw errno('ENOENT', from);
      if (directory.entries.has(basename(to))) throw errno('EEXIST', to);
      change(directory, basename(to), inode);
    });
  }

  unlink(path: string): Promise<void> {
    return this.#effect(() => {
      const directory = this.#directory(dirname(path), path);
      const inode = directory.entries.get(basename(path));
      if (inode === undefined) throw errno('ENOENT', path);
      if (inode.type === 'directory') throw errno('EISDIR', path);
      change(directory, basename(path), undefined);
    });
  }

  mkdir(path: string): Promise<void> {
    return this.#effect(() => {
      const directory = this.#directory(dirname(path), path);
      if (directory.entries.has(basename(path))) throw errno('EEXIST', path);
      change(directory, basename(path), newDirectory());
    });
  }

  readdir(path: string): Promise<readonly DirectoryEntry[]> {
    return this.#look(() =>
      [...this.#directory(path, path).entries].map(([name, { type }]) => ({ name, type })),
    );
  }

  stat(path: string): Promise<FileStat> {
    return this.#look(() => {
      const inode = this.#find(path);
      if (inode === undefined) throw errno('ENOENT', path);
      const sizeBytes = inode.type === 'file' ? inode.bytes.length : 0;
      return { sizeBytes, modifiedAt: 0, isDirectory: inode.type === 'directory', device: 1 };
    });
  }

  #open(inode: Inode): OpenFile {
    return {
      write: (bytes, offset, position) =>
        this.#effect(() => {
          const file = asFile(inode);
          // Short on purpose: who writes must go on with the rest.
          const part = bytes.subarray(offset, offset + Math.max(1, Math.ceil((bytes.length - offset) / 2)));
          const grown = Buffer.alloc(Math.max(file.bytes.length, position + part.length));
          file.bytes.copy(grown);
          grown.set(part, position);
          file.bytes = grown;
          return part.length;
        }),
      read: (bytes, offset, position) =>
        this.#look(() =>
          asFile(inode).bytes.copy(bytes, offset, position, position + Math.max(1, bytes.length >> 1)),
        ),
      size: () => this.#look(() => asFile(inode).bytes.length),
      sync: () =>
        this.#effect(() => {
          if (inode.type === 'file') {
            inode.durable = inode.bytes;
            return;
          }
          inode.durable.clear();
          for (const [name, child] of inode.entries) inode.durable.set(name, child);
          inode.pending = [];
        }),
      close: () => this.#look(() => undefined),
    };
  }

  async #look<Result>(call: () => Result): Promise<Result> {
    if (this.#isOff) throw errno('EIO', 'no power');
    return call();
  }

  async #effect<Result>(call: () => Result): Promise<Result> {
    if (this.#isOff) throw errno('EIO', 'no power');
    this.#calls += 1;
    const isNow = this.#calls === this.#cut?.call;
    if (isNow && this.#cut?.moment === 'before') {
      this.#isOff = true;
      throw errno('EIO', 'no power');
    }
    const result = call();
    if (isNow) {
      this.#isOff = true;
      throw errno('EIO', 'no power');
    }
    return result;
  }

  #find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.#root;
    for (const part of path.split('/').filter((one) => one !== '')) {
      if (inode?.type !== 'directory') return undefined;
      inode = inode.entries.get(part);
    }
    return inode;
  }

  #directory(path: string, asked: string): DirectoryNode {
    const inode = this.#find(path);
    if (inode === undefined) throw errno('ENOENT', asked);
    if (inode.type !== 'directory') throw errno('ENOTDIR', asked);
    return inode;
  }
}

function newDirectory(): DirectoryNode {
  return { type: 'directory', entries: new Map(), durable: new Map(), pending: [] };
}

function change(directory: DirectoryNode, name: string, inode: Inode | undefined): void {
  if (inode === undefined) directory.entries.delete(name);
  else directory.entries.set(name, inode);
  directory.pending.push({ name, inode });
}

function asFile(inode: Inode): FileNode {
  if (inode.type === 'directory') throw errno('EISDIR', 'a directory');
  return inode;
}

/** `copies` keeps two names of one file two names of one file. */
function survivor(inode: Inode, chance: (outcomes: number) => number, copies: Map<Inode, Inode>): Inode {
  const known = copies.get(inode);
  if (known !== undefined) return known;
  if (inode.type === 'file') {
    const bytes = survivingBytes(inode, chance);
    const copy: FileNode = { type: 'file', bytes, durable: bytes };
    copies.set(inode, copy);
    return copy;
  }
  const surviving = new Map(inode.durable);
  for (const { name, inode: changed } of inode.pending) {
    if (chance(2) === 0) continue;
    if (changed === undefined) surviving.delete(name);
    else surviving.set(name, changed);
  }
  const copy = newDirectory();
  copies.set(inode, copy);
  for (const [name, child] of surviving) {
    const kept = survivor(child, chance, copies);
    copy.entries.set(name, kept);
    copy.durable.set(name, kept);
  }
  return copy;
}

/** Bytes that were not synced: lost, cut short, zeros of the right length, or there. */
function survivingBytes(file: FileNode, chance: (outcomes: number) => number): Buffer {
  if (file.bytes === file.durable) return file.bytes;
  switch (chance(4)) {
    case 0:
      return file.durable;
    case 1:
      return file.bytes.subarray(0, chance(file.bytes.length + 1));
    case 2:
      return Buffer.alloc(file.bytes.length);
    default:
      return file.bytes;
  }
}

function errno(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
