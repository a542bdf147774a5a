// Which id a blob of one repository has in another. Ids are keyed, so only who has read a blob knows; but a snapshot and its copy have the
// same shape, so that what an earlier run has sent is learnt again from trees alone, without reading a byte of content.

import { hex } from '../../base/bytes.ts';
import type { Context } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { boxTypes } from '../../repository/box.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
import { readFileIds } from '../../repository/read-tree.ts';
import { missingBlob, type Repository } from '../../repository/repository.ts';
import { decodeTree, nodeKinds, type Tree, type TreeColumns } from '../../repository/tree.ts';

const blockRows = 4096;

interface Block {
  readonly ids: Buffer;
  readonly known: Uint8Array;
}

/** From rows of the index of `from` (it must not be loaded anew meanwhile) to ids in `to`: 33 bytes for each blob. */
export class Translation {
  readonly #from: Repository;
  readonly #to: Repository;
  readonly #blocks = new Map<number, Block>();

  constructor(from: Repository, to: Repository) {
    this.#from = from;
    this.#to = to;
  }

  /** The row of the blob whose id stands at `at`. */
  rowOf(ids: Uint8Array, at: number): number {
    const row = this.#from.index.findForReading(ids, at);
    if (row < 0) throw missingBlob(ids.subarray(at, at + 32));
    return row;
  }

  /** The id in the other repository, where it is known and the blob is there and may be used; it counts as used from now on. */
  use(row: number): Uint8Array | undefined {
    const block = this.#blocks.get(Math.floor(row / blockRows));
    const at = row % blockRows;
    if (block === undefined || block.known[at] === 0) return undefined;
    const id = block.ids.subarray(at * 32, at * 32 + 32);
    const { index } = this.#to;
    const there = index.find(id, 0);
    if (there < 0) return undefined;
    index.markUsed(there);
    return id;
  }

  set(row: number, id: Uint8Array): void {
    const number = Math.floor(row / blockRows);
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = { ids: Buffer.alloc(blockRows * 32), known: new Uint8Array(blockRows) };
      this.#blocks.set(number, block);
    }
    block.ids.set(id, (row % blockRows) * 32);
    block.known[row % blockRows] = 1;
  }

  /** What a snapshot and its copy tell. A copy that cannot be read teaches less and costs nothing else. */
  async learn(snapshot: ListedSnapshot, copy: ListedSnapshot, context: Context): Promise<void> {
    try {
      await this.#trees(snapshot.root, copy.root, new Set(), context);
    } catch (error) {
      if (!isFailure(error, 'corrupt') && !isFailure(error, 'missing')) throw error;
      context.log.warn('an earlier copy could not be read; what it holds is sent again', {
        code: error.code,
      });
    }
  }

  async #trees(one: Uint8Array, other: Uint8Array, seen: Set<string>, context: Context): Promise<void> {
    const key = hex(one) + hex(other);
    if (seen.has(key)) return;
    seen.add(key);
    context.signal.throwIfAborted();
    const [mine, theirs] = [
      await readTree(this.#from, one, context),
      await readTree(this.#to, other, context),
    ];
    if (mine.type === 'parts') {
      if (theirs.type !== 'parts' || theirs.ids.length !== mine.ids.length) return;
      for (let at = 0; at < mine.ids.length; at += 32)
        await this.#trees(mine.ids.slice(at, at + 32), theirs.ids.slice(at, at + 32), seen, context);
    } else if (theirs.type === 'nodes') await this.#nodes(mine.nodes, theirs.nodes, seen, context);
  }

  async #nodes(mine: TreeColumns, theirs: TreeColumns, seen: Set<string>, context: Context): Promise<void> {
    const rows = new Map(theirs.names.map((name, row) => [name, row]));
    for (const [row, name] of mine.names.entries()) {
      const other = rows.get(name);
      const kind = mine.kinds[row]!;
      if (other === undefined || theirs.kinds[other] !== kind) continue;
      if (kind === nodeKinds.directory || kind === nodeKinds.implied) {
        const [one, two] = [mine.contents[row]!, theirs.contents[other]!];
        await this.#trees(one.slice(0, 32), two.slice(0, 32), seen, context);
      } else if (kind === nodeKinds.file) {
        if (mine.sizes[row] !== theirs.sizes[other] || mine.mtimes[row] !== theirs.mtimes[other]) continue;
        const ids = await readFileIds(this.#from, mine, row, context);
        this.#pair(ids, await readFileIds(this.#to, theirs, other, context));
      }
    }
  }

  #pair(mine: Uint8Array, theirs: Uint8Array): void {
    if (mine.length !== theirs.length) return;
    for (let at = 0; at < mine.length; at += 32) {
      const row = this.#from.index.findForReading(mine, at);
      const other = this.#to.index.find(theirs, at);
      if (row < 0 || other < 0 || this.#from.index.lengthOf(row) !== this.#to.index.lengthOf(other)) continue;
      this.set(row, theirs.subarray(at, at + 32));
    }
  }
}

async function readTree(repository: Repository, id: Uint8Array, context: Context): Promise<Tree> {
  return decodeTree(Uint8Array.from(await repository.readBlob(boxTypes.tree, id, context)), 'tree');
}
