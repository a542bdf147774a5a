// Copies snapshots to another repository without reading the source again. Ids are keyed, so every blob gets a new id and trees are
// written anew; what the other repository has already is not sent.

import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { boxTypes } from '../repository/box.ts';
import { type ListedSnapshot, loadChain } from '../repository/chain.ts';
import type { Compression, FrameBuilder, NewFrame } from '../repository/frame-builder.ts';
import { readFileIds } from '../repository/read-tree.ts';
import type { Repository } from '../repository/repository.ts';
import { Session } from '../repository/session.ts';
import {
  decodeTree,
  directIdsMax,
  encodeSkeleton,
  encodeTree,
  encodeTreeParts,
  indirectIdsMax,
  nodeKinds,
  skeletonOf,
  type TreeColumns,
} from '../repository/tree.ts';

export interface CopyRequest {
  readonly snapshots: readonly ListedSnapshot[];
  readonly dryRun: boolean;
  readonly compression: Compression;
}

export interface CopyOutcome {
  readonly copied: readonly { readonly from: string; readonly to: string }[];
  /** Ids that the other repository has already. */
  readonly skipped: readonly string[];
  readonly newBlobs: number;
  readonly storedBytes: number;
}

export async function copy(
  request: CopyRequest,
  from: Repository,
  to: Repository,
  context: Context,
): Promise<CopyOutcome> {
  await from.loadIndex(context);
  const there = new Set(
    (await loadChain(to, context)).snapshots.flatMap((one) => [one.id, one.original ?? one.id]),
  );
  const wanted = request.snapshots.filter((one) => !there.has(one.original ?? one.id) && !there.has(one.id));
  const skipped = request.snapshots.filter((one) => !wanted.includes(one)).map((one) => one.id);
  if (request.dryRun) {
    return { copied: wanted.map((one) => ({ from: one.id, to: '' })), skipped, newBlobs: 0, storedBytes: 0 };
  }
  context.monitor.phase('copying');
  context.monitor.total(
    'sourceBytes',
    wanted.reduce((sum, one) => sum + one.stats.bytes, 0),
  );
  await to.storage.fillReserve?.({ signal: context.signal });
  const copied: { from: string; to: string }[] = [];
  let newBlobs = 0;
  let storedBytes = 0;
  for (const snapshot of wanted) {
    await using session = await Session.open(to, context);
    let root: Uint8Array | undefined;
    while (root === undefined) {
      const found = await new Copying(from, session, request.compression, context).run(snapshot);
      if (await session.borrow()) root = found;
    }
    const published = await session.publish({
      host: snapshot.host,
      user: snapshot.user,
      paths: snapshot.paths,
      tags: snapshot.tags,
      time: snapshot.time,
      durationMs: snapshot.durationMs,
      outcome: snapshot.outcome,
      stats: snapshot.stats,
      root: root.subarray(0, 32),
      skeleton: root.subarray(32, 64),
      owners: snapshot.owners,
      sourceKind: snapshot.sourceKind,
      tool: snapshot.tool,
      original: snapshot.original ?? snapshot.id,
    });
    copied.push({ from: snapshot.id, to: published.id });
    newBlobs += session.packs.newBlobs;
    storedBytes += session.packs.storedBytes;
  }
  return { copied, skipped, newBlobs, storedBytes };
}

/** One snapshot on its way. Remembers which trees and blobs it has brought, so that equal ones are read once. */
class Copying {
  readonly #from: Repository;
  readonly #session: Session;
  readonly #builder: FrameBuilder;
  readonly #context: Context;
  readonly #frames: NewFrame[] = [];
  readonly #trees = new Map<string, Uint8Array>();
  readonly #blobs = new Map<string, Uint8Array>();

  constructor(from: Repository, session: Session, compression: Compression, context: Context) {
    this.#from = from;
    this.#session = session;
    this.#context = context;
    this.#builder = session.builder(compression, (frame) => this.#frames.push(frame));
  }

  /** Returns tree id ‖ skeleton id in the other repository, everything stored. */
  async run(snapshot: ListedSnapshot): Promise<Uint8Array> {
    const root = await this.#tree(snapshot.root);
    this.#builder.flush();
    await this.#store();
    await this.#session.flush();
    return root;
  }

  async #tree(id: Uint8Array): Promise<Uint8Array> {
    const key = hex(id);
    const known = this.#trees.get(key);
    if (known !== undefined) return known;
    this.#context.signal.throwIfAborted();
    const bytes = Uint8Array.from(await this.#from.readBlob(boxTypes.tree, id, this.#context));
    const tree = decodeTree(bytes, 'tree');
    const content = tree.type === 'parts' ? await this.#parts(tree.ids) : await this.#nodes(tree.nodes);
    this.#trees.set(key, content);
    return content;
  }

  async #parts(ids: Uint8Array): Promise<Uint8Array> {
    const trees: Uint8Array[] = [];
    const skeletons: Uint8Array[] = [];
    for (let at = 0; at < ids.length; at += 32) {
      const part = await this.#tree(ids.slice(at, at + 32));
      trees.push(part.subarray(0, 32));
      skeletons.push(part.subarray(32));
    }
    const content = new Uint8Array(64);
    this.#builder.add(boxTypes.tree, encodeTreeParts(Buffer.concat(trees)), content, 0);
    const twin = {
      children: Buffer.concat(skeletons),
      data: new Uint8Array(0),
      tree: content.subarray(0, 32),
    };
    this.#builder.add(boxTypes.skeleton, encodeSkeleton(twin), content, 32);
    return content;
  }

  async #nodes(nodes: TreeColumns): Promise<Uint8Array> {
    const contents: Uint8Array[] = [];
    const indirect = new Set<number>();
    for (let row = 0; row < nodes.names.length; row += 1) {
      const kind = nodes.kinds[row]!;
      const content = nodes.contents[row]!;
      if (kind === nodeKinds.directory || kind === nodeKinds.implied) {
        contents.push(await this.#tree(content.slice(0, 32)));
      } else if (kind === nodeKinds.file) {
        const ids = await this.#data(await readFileIds(this.#from, nodes, row, this.#context));
        contents.push(this.#listed(ids, row, indirect));
        this.#context.monitor.count('sourceBytes', nodes.sizes[row]!);
      } else {
        contents.push(content);
      }
    }
    const copy: TreeColumns = { ...nodes, contents, indirect };
    const stored = new Uint8Array(64);
    this.#builder.add(boxTypes.tree, encodeTree(copy), stored, 0);
    this.#builder.add(
      boxTypes.skeleton,
      encodeSkeleton(skeletonOf(copy, stored.subarray(0, 32))),
      stored,
      32,
    );
    await this.#store();
    return stored;
  }

  async #data(ids: Uint8Array): Promise<Uint8Array> {
    const out = new Uint8Array(ids.length);
    for (let at = 0; at < ids.length; at += 32) {
      const id = ids.slice(at, at + 32);
      const key = Buffer.from(id).toString('latin1');
      const known = this.#blobs.get(key);
      if (known !== undefined) {
        out.set(known, at);
        continue;
      }
      const blob = await this.#from.readBlob(boxTypes.data, id, this.#context);
      this.#builder.add(boxTypes.data, blob, out, at);
      this.#blobs.set(key, out.slice(at, at + 32));
      if (this.#frames.length > 0) await this.#store();
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

  async #store(): Promise<void> {
    for (const frame of this.#frames.splice(0)) await this.#session.store(frame);
  }
}
