// Reads sealed frames one by one, as trees and copies ask for them. Over a network a round costs as much as some megabytes, so neighbours
// come along: those of trees always, because whoever reads one reads most; those of data once they are read in order.

import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import type { Storage } from '../storage/storage.ts';
import { type PackCatalog, packObjectName } from './pack-catalog.ts';

const groupBytesMax = 4 * 1024 * 1024;

export class FrameReader {
  readonly #storage: Storage;
  /** Sealed frames that came along, by number. */
  #ahead = new Map<number, Uint8Array>();
  #last = -2;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** After the catalog has changed, numbers mean other frames. */
  forget(): void {
    this.#ahead.clear();
    this.#last = -2;
  }

  /** The sealed bytes of a frame. */
  async read(number: number, catalog: PackCatalog, context: Context): Promise<Uint8Array> {
    const isNext = number === this.#last + 1;
    this.#last = number;
    const ahead = this.#ahead.get(number);
    if (ahead !== undefined) {
      this.#ahead.delete(number);
      return ahead;
    }
    const { isMetadata } = catalog.packOfFrame(number);
    if (this.#storage.features.isLocal || !(isMetadata || isNext)) return this.#one(number, catalog, context);
    // Of trees always the same groups, so that the local cache of ranges serves them again.
    const group = isMetadata ? groupAround(number, catalog) : groupFrom(number, catalog);
    try {
      return await this.#group(group, number, catalog, context);
    } catch (error) {
      // A neighbour may lie beyond the end of a pack that was cut short.
      if (!isFailure(error, 'corrupt')) throw error;
      return this.#one(number, catalog, context);
    }
  }

  async #one(number: number, catalog: PackCatalog, { signal }: Context): Promise<Uint8Array> {
    const { pack, offset, length } = catalog.frame(number);
    return this.#storage.get(packObjectName(pack), { range: { offset, length }, signal });
  }

  async #group(group: Group, wanted: number, catalog: PackCatalog, { signal }: Context): Promise<Uint8Array> {
    const first = catalog.frame(group.first);
    const last = catalog.frame(group.last);
    const range = { offset: first.offset, length: last.offset + last.length - first.offset };
    const bytes = await this.#storage.get(packObjectName(first.pack), { range, signal });
    this.#ahead.clear();
    let found = bytes;
    for (let number = group.first; number <= group.last; number += 1) {
      const { offset, length } = catalog.frame(number);
      const box = bytes.subarray(offset - first.offset, offset - first.offset + length);
      if (number === wanted) found = box;
      else this.#ahead.set(number, box);
    }
    return found;
  }
}

interface Group {
  readonly first: number;
  readonly last: number;
}

/** The pack cut into groups from its first frame on: the one that holds this frame. */
function groupAround(number: number, catalog: PackCatalog): Group {
  const { firstFrame } = catalog.packOfFrame(number);
  let group = groupFrom(firstFrame, catalog);
  while (group.last < number) group = groupFrom(group.last + 1, catalog);
  return group;
}

/** From this frame on to the end of the pack, as far as the limit. At least the frame itself. */
function groupFrom(first: number, catalog: PackCatalog): Group {
  const { firstFrame, frameCount } = catalog.packOfFrame(first);
  let bytes = catalog.frame(first).length;
  let last = first;
  while (last + 1 < firstFrame + frameCount) {
    bytes += catalog.frame(last + 1).length;
    if (bytes > groupBytesMax) break;
    last += 1;
  }
  return { first, last };
}
