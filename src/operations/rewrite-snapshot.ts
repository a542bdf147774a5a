// Walks a snapshot and tells what of it is lost; with a session, also stores trees without the lost entries and marks everything that
// is kept as used, so that it is borrowed. A file of which any part is lost is lost: half a file under a whole file's name would be a lie.
// On demand, entries are left out on purpose as well.

import { createHmac } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import { boxTypes } from '../repository/box.ts';
import type { FrameBuilder, NewFrame } from '../repository/frame-builder.ts';
import type { Repository } from '../repository/repository.ts';
import type { Session } from '../repository/session.ts';
import {
  decodeSkeleton,
  decodeTree,
  encodeSkeleton,
  encodeTree,
  encodeTreeParts,
  nodeKinds,
  type Skeleton,
  skeletonOf,
  type Tree,
  type TreeColumns,
} from '../repository/tree.ts';
import type { WholeBlobs } from './whole-blobs.ts';

export interface LostEntry {
  /** Byte string, absolute. */
  readonly path: string;
  /** `part`: some of a large directory's entries, whose names are lost too. */
  readonly kind: 'file' | 'directory' | 'part';
  /** Of a file; 0 where nobody knows. */
  readonly bytes: number;
}

export interface Rewritten {
  /** Tree id ‖ skeleton id, of what is left. */
  readonly content: Uint8Array;
  /** With paths relative to this tree. */
  readonly lost: readonly LostEntry[];
  /** Left out because it was asked for, likewise; nothing below them is named. */
  readonly omitted: readonly LostEntry[];
  /** Twins that are gone; they follow from their trees, so nothing is lost with them. */
  readonly twinsGone: number;
  readonly entries: number;
  /** How many of the entries are only steps on the way to a saved path. */
  readonly steps: number;
  readonly bytes: number;
}

/** Whether an entry goes, with all below it. */
export type Omit = (path: string, isDirectory: boolean) => boolean;

export class Rewriting {
  readonly #repository: Repository;
  readonly #whole: WholeBlobs;
  readonly #session: Session | undefined;
  readonly #context: Context;
  readonly #omit: Omit | undefined;
  readonly #builder: FrameBuilder | undefined;
  readonly #frames: NewFrame[] = [];
  readonly #known = new Map<string, Rewritten | undefined>();
  /** Trees and skeletons that this run has stored: where they lie is not known before their pack is complete. */
  readonly #stored = new Map<string, Uint8Array>();

  /** `omit` sees absolute paths. */
  constructor(
    repository: Repository,
    whole: WholeBlobs,
    session: Session | undefined,
    context: Context,
    omit?: Omit,
  ) {
    this.#omit = omit;
    this.#repository = repository;
    this.#whole = whole;
    this.#session = session;
    this.#context = context;
    this.#builder = session?.builder({ comp: 1, level: 3 }, (frame) => this.#frames.push(frame));
  }

  /** Undefined when not even the root can be read. With a session, everything is stored when this resolves. */
  async run(root: Uint8Array): Promise<Rewritten | undefined> {
    const found = await this.#tree(root, '');
    this.#builder?.flush();
    await this.#store();
    await this.#session?.flush();
    return found;
  }

  async #tree(id: Uint8Array, at: string): Promise<Rewritten | undefined> {
    // The same folder may lie at two places, of which one is left out.
    const key = this.#omit === undefined ? hex(id) : hex(id) + at;
    if (this.#known.has(key)) return this.#known.get(key);
    this.#context.signal.throwIfAborted();
    const found = await this.#rewrite(id, at);
    this.#known.set(key, found);
    return found;
  }

  async #rewrite(id: Uint8Array, at: string): Promise<Rewritten | undefined> {
    const bytes = await this.#read(boxTypes.tree, id);
    if (bytes === undefined) return undefined;
    const tree = decoded(bytes);
    if (tree === undefined) return undefined;
    const found =
      tree.type === 'parts'
        ? await this.#parts(tree.ids, bytes, at)
        : await this.#nodes(tree.nodes, bytes, at);
    await this.#store();
    return found;
  }

  async #parts(ids: Uint8Array, bytes: Uint8Array, folder: string): Promise<Rewritten | undefined> {
    const kept: Uint8Array[] = [];
    const lost: LostEntry[] = [];
    const omitted: LostEntry[] = [];
    let entries = 0;
    let steps = 0;
    let size = 0;
    let twinsGone = 0;
    for (let at = 0; at < ids.length; at += 32) {
      const part = await this.#tree(ids.slice(at, at + 32), folder);
      if (part === undefined) {
        lost.push({ path: '', kind: 'part', bytes: 0 });
        continue;
      }
      kept.push(part.content);
      lost.push(...part.lost);
      omitted.push(...part.omitted);
      entries += part.entries;
      steps += part.steps;
      size += part.bytes;
      twinsGone += part.twinsGone;
    }
    if (kept.length === 0) return undefined;
    const trees = Buffer.concat(kept.map((content) => content.subarray(0, 32)));
    const twin = {
      children: Buffer.concat(kept.map((content) => content.subarray(32))),
      data: new Uint8Array(0),
    };
    const isSame = Buffer.compare(trees, ids) === 0;
    const stored = await this.#keep(isSame ? bytes : encodeTreeParts(trees), () => twin);
    return {
      content: stored.content,
      lost,
      omitted,
      twinsGone: twinsGone + stored.twinsGone,
      entries,
      steps,
      bytes: size,
    };
  }

  async #nodes(nodes: TreeColumns, bytes: Uint8Array, at: string): Promise<Rewritten> {
    const rows: number[] = [];
    const contents: Uint8Array[] = [];
    const lost: LostEntry[] = [];
    const omitted: LostEntry[] = [];
    let isSame = true;
    let entries = 0;
    let steps = 0;
    let size = 0;
    let twinsGone = 0;
    for (let row = 0; row < nodes.names.length; row += 1) {
      const path = `/${nodes.names[row]!}`;
      const kind = nodes.kinds[row]!;
      let content = nodes.contents[row]!;
      const isDirectory = kind === nodeKinds.directory || kind === nodeKinds.implied;
      if (this.#omit?.(at + path, isDirectory) === true) {
        const isFile = kind === nodeKinds.file;
        omitted.push({
          path,
          kind: isDirectory ? 'directory' : 'file',
          bytes: isFile ? nodes.sizes[row]! : 0,
        });
        isSame = false;
        continue;
      }
      if (isDirectory) {
        const below = await this.#tree(content.slice(0, 32), at + path);
        if (below === undefined) {
          lost.push({ path, kind: 'directory', bytes: 0 });
          isSame = false;
          continue;
        }
        for (const one of below.lost) lost.push({ ...one, path: path + one.path });
        for (const one of below.omitted) omitted.push({ ...one, path: path + one.path });
        if (Buffer.compare(below.content, content) !== 0) isSame = false;
        content = below.content;
        entries += below.entries;
        steps += below.steps;
        size += below.bytes;
        twinsGone += below.twinsGone;
      } else if (kind === nodeKinds.file) {
        if (!(await this.#file(content, nodes.indirect.has(row)))) {
          lost.push({ path, kind: 'file', bytes: nodes.sizes[row]! });
          isSame = false;
          continue;
        }
        size += nodes.sizes[row]!;
      }
      entries += 1;
      if (kind === nodeKinds.implied) steps += 1;
      rows.push(row);
      contents.push(content);
    }
    const left = isSame ? nodes : { ...pick(nodes, rows), contents };
    const stored = await this.#keep(isSame ? bytes : encodeTree(left), (tree) => skeletonOf(left, tree));
    return {
      content: stored.content,
      lost,
      omitted,
      twinsGone: twinsGone + stored.twinsGone,
      entries,
      steps,
      bytes: size,
    };
  }

  /** Whether the whole content is there; then it is kept. */
  async #file(content: Uint8Array, isIndirect: boolean): Promise<boolean> {
    if (!isIndirect) return (await this.#whole.hasAll(content)) && (await this.#keepData(content));
    const lists: Uint8Array[] = [];
    for (let at = 0; at < content.length; at += 32) {
      const list = await this.#read(boxTypes.skeleton, content.slice(at, at + 32));
      if (list === undefined) return false;
      lists.push(list);
    }
    const ids = lists.map((list) => decodeSkeleton(list, 'list of ids').data);
    for (const one of ids) if (!(await this.#whole.hasAll(one))) return false;
    for (const [position, list] of lists.entries()) {
      this.#add(boxTypes.skeleton, list);
      await this.#keepData(ids[position]!);
    }
    return true;
  }

  async #keepData(ids: Uint8Array): Promise<true> {
    if (this.#builder === undefined) return true;
    const { index } = this.#repository;
    for (let at = 0; at < ids.length; at += 32) {
      const row = index.find(ids, at);
      if (row >= 0) {
        index.markUsed(row);
        continue;
      }
      const id = ids.slice(at, at + 32);
      this.#builder.add(
        boxTypes.data,
        await this.#repository.readBlob(boxTypes.data, id, this.#context),
        id,
        0,
      );
      if (this.#frames.length > 0) await this.#store();
    }
    return true;
  }

  /** A tree with its twin, stored unless they are there. */
  async #keep(
    tree: Uint8Array,
    twinOf: (tree: Uint8Array) => Skeleton,
  ): Promise<{ content: Uint8Array; twinsGone: number }> {
    const content = new Uint8Array(64);
    content.set(this.#idOf(boxTypes.tree, tree), 0);
    const twin = encodeSkeleton({ ...twinOf(content.subarray(0, 32)), tree: content.subarray(0, 32) });
    content.set(this.#idOf(boxTypes.skeleton, twin), 32);
    const isThere = (await this.#read(boxTypes.skeleton, content.slice(32))) !== undefined;
    this.#add(boxTypes.tree, tree);
    this.#add(boxTypes.skeleton, twin);
    return { content, twinsGone: isThere ? 0 : 1 };
  }

  #add(type: number, plain: Uint8Array): void {
    const id = new Uint8Array(32);
    if (this.#builder?.add(type, plain, id, 0)) this.#stored.set(hex(id), plain);
  }

  #idOf(type: number, plain: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#repository.ring.idKey)
      .update(Uint8Array.of(type))
      .update(plain)
      .digest();
  }

  /** A copy of a blob; undefined when it is lost. */
  async #read(type: number, id: Uint8Array): Promise<Uint8Array | undefined> {
    if (!(await this.#whole.has(id, 0))) return undefined;
    const stored = this.#stored.get(hex(id));
    if (stored !== undefined) return stored;
    try {
      return Uint8Array.from(await this.#repository.readBlob(type, id, this.#context));
    } catch (error) {
      if (isFailure(error, 'corrupt') || isFailure(error, 'missing')) return undefined;
      throw error;
    }
  }

  async #store(): Promise<void> {
    for (const frame of this.#frames.splice(0)) await this.#session!.store(frame);
  }
}

function decoded(bytes: Uint8Array): Tree | undefined {
  try {
    return decodeTree(bytes, 'tree');
  } catch (error) {
    if (isFailure(error, 'corrupt')) return undefined;
    throw error;
  }
}

function pick(nodes: TreeColumns, rows: readonly number[]): TreeColumns {
  const numberOf = new Map(rows.map((row, number) => [row, number]));
  const moved = <Value>(map: ReadonlyMap<number, Value>): Map<number, Value> => {
    const left = new Map<number, Value>();
    for (const [row, value] of map) {
      const number = numberOf.get(row);
      if (number !== undefined) left.set(number, value);
    }
    return left;
  };
  const of = <Value>(column: { readonly [row: number]: Value }): Value[] => rows.map((row) => column[row]!);
  return {
    names: of(nodes.names),
    kinds: Uint8Array.from(of(nodes.kinds)),
    modes: Uint16Array.from(of(nodes.modes)),
    uids: Uint32Array.from(of(nodes.uids)),
    gids: Uint32Array.from(of(nodes.gids)),
    mtimes: BigInt64Array.from(of(nodes.mtimes)),
    ctimes: BigInt64Array.from(of(nodes.ctimes)),
    inodes: BigUint64Array.from(of(nodes.inodes)),
    sizes: Float64Array.from(of(nodes.sizes)),
    contents: of(nodes.contents),
    xattrs: moved(nodes.xattrs),
    runs: moved(nodes.runs),
    links: moved(nodes.links),
    indirect: new Set([...nodes.indirect].flatMap((row) => numberOf.get(row) ?? [])),
  };
}
