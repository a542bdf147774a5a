// One snapshot on its way to another repository: first what its trees need is found, then the content that is not known there is read in
// the order of the packs, then the trees are written anew from the leaves up, because the ids in them are others.

import { hex } from '../../base/bytes.ts';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { treeDepthMax } from '../../base/limits.ts';
import { boxTypes } from '../../repository/box.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
import type { Compression, FrameBuilder, NewFrame } from '../../repository/frame-builder.ts';
import { type Directory, decodeDirectory } from '../../repository/pack.ts';
import type { PackRecord } from '../../repository/pack-catalog.ts';
import { readFileIds } from '../../repository/read-tree.ts';
import { type Repository, verifyBlob } from '../../repository/repository.ts';
import type { Session } from '../../repository/session.ts';
import {
  decodeTree,
  directIdsMax,
  encodeSkeleton,
  encodeTree,
  encodeTreeParts,
  indirectIdsMax,
  nodeKinds,
  skeletonOf,
  type Tree,
  type TreeColumns,
} from '../../repository/tree.ts';
import { readFrames } from './frames.ts';
import type { Sample } from './sample.ts';
import type { Translation } from './translation.ts';

export class SnapshotCopy {
  readonly #from: Repository;
  readonly #session: Session;
  readonly #translation: Translation;
  readonly #sample: Sample;
  readonly #builder: FrameBuilder;
  readonly #context: Context;
  readonly #frames: NewFrame[] = [];
  /** Trees that were looked at, and where they went: tree id ‖ skeleton id. */
  readonly #seen = new Set<string>();
  readonly #trees = new Map<string, Uint8Array>();
  /** What must be read: a bit for each row of the index, and the frames in which they lie. */
  readonly #wanted: Uint8Array;
  readonly #wantedFrames = new Set<number>();

  constructor(
    parts: {
      readonly from: Repository;
      readonly session: Session;
      readonly translation: Translation;
      readonly sample: Sample;
      readonly compression: Compression;
    },
    context: Context,
  ) {
    this.#from = parts.from;
    this.#session = parts.session;
    this.#translation = parts.translation;
    this.#sample = parts.sample;
    this.#context = context;
    this.#wanted = new Uint8Array(Math.ceil(parts.from.index.size / 8));
    this.#builder = parts.session.builder(parts.compression, (frame) => this.#frames.push(frame));
  }

  /** Returns tree id ‖ skeleton id in the other repository, everything stored. */
  async run(snapshot: ListedSnapshot): Promise<Uint8Array> {
    await this.#collect(snapshot.root, 0);
    await this.#send();
    const root = await this.#tree(snapshot.root, true);
    this.#builder.flush();
    await this.#store();
    await this.#session.flush();
    return root;
  }

  /** Takes down what must be read. Each tree once, however often it occurs. */
  async #collect(id: Uint8Array, depth: number): Promise<void> {
    const key = hex(id);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (depth > treeDepthMax * 2) {
      throw new Failure(
        'corrupt',
        'TREE_TOO_DEEP',
        `a snapshot has directories deeper than ${treeDepthMax} levels`,
        {
          hint: 'The repository was written by a broken or hostile program; restore from another snapshot.',
        },
      );
    }
    const tree = await this.#read(id);
    if (tree.type === 'parts') {
      for (let at = 0; at < tree.ids.length; at += 32)
        await this.#collect(tree.ids.slice(at, at + 32), depth + 1);
      return;
    }
    const { nodes } = tree;
    for (let row = 0; row < nodes.names.length; row += 1) {
      const kind = nodes.kinds[row]!;
      if (isDirectory(kind)) await this.#collect(nodes.contents[row]!.slice(0, 32), depth + 1);
      else if (kind === nodeKinds.file) this.#want(await readFileIds(this.#from, nodes, row, this.#context));
    }
  }

  #want(ids: Uint8Array): void {
    const { index } = this.#from;
    let known = 0;
    for (let at = 0; at < ids.length; at += 32) {
      const row = this.#translation.rowOf(ids, at);
      const isWanted = this.#isWanted(row);
      const there = isWanted ? undefined : this.#translation.use(row);
      if (there !== undefined) this.#sample.known(ids.subarray(at, at + 32), there);
      if (there !== undefined || isWanted) {
        known += index.lengthOf(row);
        continue;
      }
      this.#wanted[row >>> 3]! |= 1 << (row & 7);
      this.#wantedFrames.add(index.frameOf(row));
    }
    if (known > 0) this.#context.monitor.count('sourceBytes', known);
  }

  #isWanted(row: number): boolean {
    return (this.#wanted[row >>> 3]! & (1 << (row & 7))) !== 0;
  }

  async #send(): Promise<void> {
    const { ring, index, catalog } = this.#from;
    const id = new Uint8Array(32);
    let decoded: { readonly pack: PackRecord; readonly directory: Directory } | undefined;
    for await (const { number, plain } of readFrames([...this.#wantedFrames], this.#from, this.#context)) {
      const frame = catalog.frame(number);
      const { pack } = frame;
      // The index keeps no whole ids in rows; the directory of the pack has them.
      if (decoded?.pack !== pack) decoded = { pack, directory: decodeDirectory(pack.directory, pack.name) };
      const { ids } = decoded.directory.frames[number - pack.firstFrame]!;
      let bytes = 0;
      for (let at = 0; at < ids.length; at += 32) {
        const row = index.findForReading(ids, at);
        // Equal blobs may lie in several frames: the one that was found is taken.
        if (row < 0 || !this.#isWanted(row) || index.frameOf(row) !== number) continue;
        const start = index.offsetOf(row);
        const blob = plain.subarray(start, start + index.lengthOf(row));
        verifyBlob(ring, boxTypes.data, ids.subarray(at, at + 32), blob, frame);
        this.#builder.add(boxTypes.data, blob, id, 0);
        this.#translation.set(row, id);
        this.#sample.sent(boxTypes.data, id, blob);
        bytes += blob.length;
      }
      await this.#store();
      this.#context.monitor.count('sourceBytes', bytes);
    }
  }

  async #tree(id: Uint8Array, isRoot = false): Promise<Uint8Array> {
    const key = hex(id);
    const known = this.#trees.get(key);
    if (known !== undefined) return known;
    this.#context.signal.throwIfAborted();
    const tree = await this.#read(id);
    const content =
      tree.type === 'parts' ? await this.#parts(tree.ids, isRoot) : await this.#nodes(tree.nodes, isRoot);
    this.#trees.set(key, content);
    return content;
  }

  async #parts(ids: Uint8Array, isRoot: boolean): Promise<Uint8Array> {
    const trees: Uint8Array[] = [];
    const skeletons: Uint8Array[] = [];
    for (let at = 0; at < ids.length; at += 32) {
      const part = await this.#tree(ids.slice(at, at + 32));
      trees.push(part.subarray(0, 32));
      skeletons.push(part.subarray(32));
    }
    const content = new Uint8Array(64);
    this.#addTree(encodeTreeParts(Buffer.concat(trees)), content, isRoot);
    const twin = {
      children: Buffer.concat(skeletons),
      data: new Uint8Array(0),
      tree: content.subarray(0, 32),
    };
    this.#builder.add(boxTypes.skeleton, encodeSkeleton(twin), content, 32);
    return content;
  }

  async #nodes(nodes: TreeColumns, isRoot: boolean): Promise<Uint8Array> {
    const contents: Uint8Array[] = [];
    const indirect = new Set<number>();
    for (let row = 0; row < nodes.names.length; row += 1) {
      const kind = nodes.kinds[row]!;
      const content = nodes.contents[row]!;
      if (isDirectory(kind)) {
        contents.push(await this.#tree(content.slice(0, 32)));
      } else if (kind === nodeKinds.file) {
        const ids = this.#translated(await readFileIds(this.#from, nodes, row, this.#context));
        contents.push(this.#listed(ids, row, indirect));
      } else {
        contents.push(content);
      }
    }
    const copy: TreeColumns = { ...nodes, contents, indirect };
    const stored = new Uint8Array(64);
    this.#addTree(encodeTree(copy), stored, isRoot);
    this.#builder.add(
      boxTypes.skeleton,
      encodeSkeleton(skeletonOf(copy, stored.subarray(0, 32))),
      stored,
      32,
    );
    await this.#store();
    return stored;
  }

  #addTree(bytes: Uint8Array, content: Uint8Array, isRoot: boolean): void {
    const isNew = this.#builder.add(boxTypes.tree, bytes, content, 0);
    if (isNew || isRoot) this.#sample.sent(boxTypes.tree, content.subarray(0, 32), bytes, isRoot);
  }

  #translated(ids: Uint8Array): Uint8Array {
    const out = new Uint8Array(ids.length);
    for (let at = 0; at < ids.length; at += 32) {
      const id = this.#translation.use(this.#translation.rowOf(ids, at));
      if (id === undefined) throw new Failure('bug', 'ASSERTION_FAILED', 'a blob was found, but not sent');
      out.set(id, at);
    }
    return out;
  }

  #listed(ids: Uint8Array, row: number, indirect: Set<number>): Uint8Array {
    if (ids.length <= directIdsMax * 32) return ids;
    indirect.add(row);
    const lists = Math.ceil(ids.length / (indirectIdsMax * 32));
    const content = new Uint8Array(lists * 32);
    for (let list = 0; list < lists; list += 1) {
      const data = ids.subarray(list * indirectIdsMax * 32, (list + 1) * indirectIdsMax * 32);
      this.#builder.add(
        boxTypes.skeleton,
        encodeSkeleton({ children: new Uint8Array(0), data }),
        content,
        list * 32,
      );
    }
    return content;
  }

  // Blobs are views of a cached frame; what is kept longer than the next read must be a copy.
  async #read(id: Uint8Array): Promise<Tree> {
    this.#context.signal.throwIfAborted();
    return decodeTree(Uint8Array.from(await this.#from.readBlob(boxTypes.tree, id, this.#context)), 'tree');
  }

  async #store(): Promise<void> {
    for (const frame of this.#frames.splice(0)) await this.#session.store(frame);
  }
}

function isDirectory(kind: number): boolean {
  return kind === nodeKinds.directory || kind === nodeKinds.implied;
}
