// Sources that are asked over a network: all answers are gathered before the walk and lie in shared memory, never on a disk, so that every
// thread reads the same and nothing is asked twice. What cannot be held in memory is a stream beside them.

import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Content, Listing, OpenContent, Source, WalkEvent } from './source.ts';

/** A content whose length only reading tells is taken piece by piece when it claims this much. */
const streamClaimBytes = 8 * 1024 * 1024 + 1;
/** One gathering holds no more; it is read into memory as a whole. */
const gatheredBytesMax = 1024 * 1024 * 1024;

const file = z.object({
  /** An absolute byte string. */
  path: z.string(),
  offset: z.number(),
  length: z.number(),
  mtimeMs: z.number(),
  /** Why there is no content: told by whoever opens it. */
  problem: z.optional(z.object({ code: z.string(), message: z.string() })),
  /** Its content comes from a stream, not from `bytes`. */
  isStream: z.optional(z.boolean()),
});
export type GatheredFile = z.infer<typeof file>;

/** For the configuration of a kind: `bytes` hold secrets. */
export const gatheredTree = z.object({
  files: z.array(file),
  bytes: z.custom<SharedArrayBuffer>((value) => value instanceof SharedArrayBuffer),
  gatheredAtMs: z.number(),
});
export type GatheredTree = z.infer<typeof gatheredTree>;

/** Grows while answers come in. */
export class Gathering {
  readonly #files: GatheredFile[] = [];
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  /** `bytes` are taken over and wiped in the end. */
  add(path: string, bytes: Uint8Array, mtimeMs: number): void {
    if (this.#length + bytes.length > gatheredBytesMax) {
      throw new Failure('exhausted', 'GATHERED_TOO_MUCH', 'the answers do not fit into memory', {
        hint: 'Save less at once: narrow it down by a prefix or path.',
      });
    }
    this.#files.push({ path, offset: this.#length, length: bytes.length, mtimeMs });
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  addText(path: string, text: string, mtimeMs: number): void {
    this.add(path, Buffer.from(text, 'utf8'), mtimeMs);
  }

  /** Keys in order, so that the same answer is the same file. */
  addJson(path: string, value: unknown, mtimeMs: number): void {
    this.addText(path, `${JSON.stringify(ordered(value), undefined, 2)}\n`, mtimeMs);
  }

  /** An entry that is there and could not be read. */
  addProblem(path: string, problem: { readonly code: string; readonly message: string }): void {
    this.#files.push({ path, offset: 0, length: 0, mtimeMs: 0, problem });
  }

  addStream(path: string, mtimeMs: number): void {
    this.#files.push({ path, offset: 0, length: 0, mtimeMs, isStream: true });
  }

  end(gatheredAtMs: number): GatheredTree {
    const bytes = new SharedArrayBuffer(this.#length);
    const view = new Uint8Array(bytes);
    let at = 0;
    for (const piece of this.#pieces) {
      view.set(piece, at);
      at += piece.length;
      piece.fill(0);
    }
    return { files: this.#files, bytes, gatheredAtMs };
  }
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, ordered(one)]));
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: Map<string, GatheredFile>;
}

export interface GatheredOptions {
  /** The folder that all files lie in; those above it are only the way there. */
  readonly location: string;
  readonly tree: GatheredTree;
  /** Opens the content of a file that is a stream. */
  stream?(path: string, context: Context): Stream;
}

/** Fills a buffer like `OpenContent.read`, and throws unless the end is one that is proven. */
export interface Stream {
  read(buffer: Uint8Array): number;
  close(): void;
}

/** The gathered files as a tree. Disposing of it wipes them. */
export function gatheredSource({ location, tree, stream }: GatheredOptions): Source {
  const root = plant(tree.files);
  const byPath = new Map(tree.files.map((one) => [one.path, one]));
  const ctimeNs = BigInt(Math.round(tree.gatheredAtMs)) * 1_000_000n;
  return {
    location,
    probe: () => ({ missing: [] }),
    *walk(context) {
      if (tree.files.length === 0) throw nothingThere(location);
      yield* walkFolder('/', root, 0, { location, ctimeNs }, context);
    },
    open(path, _expected, context) {
      const found = byPath.get(path);
      if (found === undefined) throw new Failure('bug', 'ASSERTION_FAILED', 'what was not listed is read');
      if (found.problem !== undefined) {
        context.monitor.problem({ path, ...found.problem });
        return undefined;
      }
      if (found.isStream !== true) return openBytes(found, new Uint8Array(tree.bytes), ctimeNs);
      if (stream === undefined) throw new Failure('bug', 'ASSERTION_FAILED', 'there is no such stream');
      return openStream(found, stream(path, context), ctimeNs);
    },
    link: () => undefined,
    attributes: () => [],
    owners: () => ({ users: new Map(), groups: new Map() }),
    [Symbol.dispose]: () => {
      new Uint8Array(tree.bytes).fill(0);
    },
  };
}

function nothingThere(location: string): Failure {
  return new Failure('missing', 'SOURCE_MISSING', `there is nothing to save at "${location}"`, {
    facts: { location },
    hint: 'Check region, account, prefix and path: an empty backup would look like a good one.',
  });
}

function plant(files: readonly GatheredFile[]): Folder {
  const root: Folder = { folders: new Map(), files: new Map() };
  for (const one of files) {
    const names = one.path.split('/').slice(1);
    const name = names.pop()!;
    let folder = root;
    for (const step of names) {
      let next = folder.folders.get(step);
      if (next === undefined) {
        next = { folders: new Map(), files: new Map() };
        folder.folders.set(step, next);
      }
      folder = next;
    }
    if (folder.files.has(name)) {
      throw new Failure('bug', 'ASSERTION_FAILED', 'two gathered files have one path');
    }
    folder.files.set(name, one);
  }
  return root;
}

interface Walk {
  readonly location: string;
  readonly ctimeNs: bigint;
}

function isAbove(path: string, location: string): boolean {
  return location.startsWith(path === '/' ? path : `${path}/`);
}

function* walkFolder(
  path: string,
  folder: Folder,
  depth: number,
  walk: Walk,
  context: Context,
): Generator<WalkEvent, void, undefined> {
  if (context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the backup was canceled');
  const state = isAbove(path, walk.location) ? 'implied' : 'read';
  yield { type: 'directory', listing: listingOf(path, folder, walk), depth, state };
  for (const name of [...folder.folders.keys()].sort()) {
    const below = path === '/' ? `/${name}` : `${path}/${name}`;
    yield* walkFolder(below, folder.folders.get(name)!, depth + 1, walk, context);
  }
  yield { type: 'leave', path, depth };
}

function listingOf(path: string, folder: Folder, { location, ctimeNs }: Walk): Listing {
  const names = [...folder.folders.keys(), ...folder.files.keys()].sort();
  const count = names.length;
  const rows = names.map((name) => folder.files.get(name));
  const zeros = new Uint32Array(count);
  const sizes = Float64Array.from(rows, (row) => (row?.isStream ? streamClaimBytes : (row?.length ?? 0)));
  return {
    path,
    count,
    names,
    kinds: Uint8Array.from(rows, (row, at) => {
      if (row !== undefined) return 0;
      return isAbove(path === '/' ? `/${names[at]}` : `${path}/${names[at]}`, location) ? 7 : 1;
    }),
    modes: Uint16Array.from(rows, (row) => (row === undefined ? 0o700 : 0o600)),
    uids: zeros,
    gids: zeros,
    sizes,
    mtimes: BigInt64Array.from(rows, (row) => mtimeOf(row, ctimeNs)),
    // The moment of gathering: nothing is taken for unchanged by its times, and reading from memory costs nothing.
    ctimes: new BigInt64Array(count).fill(ctimeNs),
    inodes: new BigUint64Array(count),
    devices: new Float64Array(count),
    links: new Uint32Array(count).fill(1),
    rdevs: new Float64Array(count),
    blocks: sizes.map((size) => Math.ceil(size / 512)),
  };
}

function mtimeOf(row: GatheredFile | undefined, ctimeNs: bigint): bigint {
  return row === undefined || row.mtimeMs === 0 ? ctimeNs : BigInt(Math.round(row.mtimeMs)) * 1_000_000n;
}

function contentOf(row: GatheredFile, length: number, ctimeNs: bigint): Content {
  return {
    sizeBytes: length,
    bytesRead: length,
    changed: row.isStream === true,
    after: {
      mode: 0o600,
      uid: 0,
      gid: 0,
      inode: 0n,
      device: 0,
      links: 1,
      mtimeNs: mtimeOf(row, ctimeNs),
      ctimeNs,
    },
    xattrs: [],
  };
}

function openBytes(row: GatheredFile, bytes: Uint8Array, ctimeNs: bigint): OpenContent {
  let position = row.offset;
  const end = row.offset + row.length;
  return {
    read(buffer) {
      const length = Math.min(buffer.length, end - position);
      buffer.set(bytes.subarray(position, position + length));
      position += length;
      return length;
    },
    finish: () => contentOf(row, row.length, ctimeNs),
    close: () => {},
  };
}

function openStream(row: GatheredFile, stream: Stream, ctimeNs: bigint): OpenContent {
  let length = 0;
  return {
    read(buffer) {
      const more = stream.read(buffer);
      length += more;
      return more;
    },
    finish: () => contentOf(row, length, ctimeNs),
    close: () => stream.close(),
  };
}
