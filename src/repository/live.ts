// Which blobs are in use: found from skeletons alone, so that pruning needs the index key and never reads a name.

import type { Context } from '../base/context.ts';
import { boxTypes } from './box.ts';
import type { Repository } from './repository.ts';
import { missingBlob } from './repository.ts';
import { decodeSkeleton } from './tree.ts';

/** Rows of the loaded index that snapshots need; of equal blobs in several packs one row that is not condemned, or all where each is. */
export class LiveRows {
  readonly #bits: Uint8Array;
  count = 0;

  constructor(rows: number) {
    this.#bits = new Uint8Array((rows >> 3) + 1);
  }

  has(row: number): boolean {
    return (this.#bits[row >> 3]! & (1 << (row & 7))) !== 0;
  }

  /** Tells whether the row was not marked before. */
  mark(row: number): boolean {
    if (this.has(row)) return false;
    this.#bits[row >> 3]! |= 1 << (row & 7);
    this.count += 1;
    return true;
  }
}

/** Marks everything that is reachable from these root skeletons. A blob that is nowhere fails: nothing may then be deleted. */
export async function markLive(
  repository: Repository,
  roots: readonly Uint8Array[],
  live: LiveRows,
  context: Context,
): Promise<void> {
  const { index } = repository;
  const pending: Uint8Array[] = roots.map((root) => Uint8Array.from(root));
  const mark = (ids: Uint8Array, offset: number): boolean => {
    const row = index.findForReading(ids, offset);
    if (row < 0) throw missingBlob(ids.subarray(offset, offset + 32));
    if (!index.isCondemned(row)) return live.mark(row);
    // Where no pack is good beyond doubt all stay: one of them may be named by somebody who only claims that it holds the blob.
    let isFresh = false;
    for (const one of index.rowsOf(ids, offset)) isFresh = live.mark(one) || isFresh;
    return isFresh;
  };
  while (pending.length > 0) {
    const id = pending.pop()!;
    if (!mark(id, 0)) continue;
    const blob = await repository.readBlob(boxTypes.skeleton, id, context);
    const skeleton = decodeSkeleton(blob, 'skeleton');
    if (skeleton.tree !== undefined) mark(skeleton.tree, 0);
    for (let at = 0; at < skeleton.data.length; at += 32) mark(skeleton.data, at);
    for (let at = 0; at < skeleton.children.length; at += 32) {
      pending.push(Uint8Array.from(skeleton.children.subarray(at, at + 32)));
    }
    context.monitor.count('objects', 1);
  }
}
