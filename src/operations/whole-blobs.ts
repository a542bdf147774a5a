// Whether a blob can be read, for check and repair. A blob in a pack that nobody condemned is taken at its index's word: reading packs
// finds what is wrong there. One that lies in condemned packs only may be what a repair set aside as damaged, so it is read and proven.

import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import { packObjectName } from '../repository/pack-catalog.ts';
import { openFrame, type Repository } from '../repository/repository.ts';

export class WholeBlobs {
  readonly #repository: Repository;
  readonly #other: Repository | undefined;
  readonly #context: Context;
  readonly #frames = new Map<number, boolean>();

  /** `other` holds the same packs: what can be read there counts as well. */
  constructor(repository: Repository, other: Repository | undefined, context: Context) {
    this.#repository = repository;
    this.#other = other;
    this.#context = context;
  }

  /** The quick half of has(): in a pack that nobody condemned. */
  isIndexed(ids: Uint8Array, at: number): boolean {
    return this.#repository.index.find(ids, at) >= 0;
  }

  async has(ids: Uint8Array, at: number): Promise<boolean> {
    const { index, catalog } = this.#repository;
    if (this.isIndexed(ids, at)) return true;
    const row = index.findForReading(ids, at);
    if (row < 0) return false;
    const frame = index.frameOf(row);
    if (frame >= catalog.frameCount) return true;
    let isReadable = this.#frames.get(frame);
    if (isReadable === undefined) {
      isReadable = (await this.#opens(this.#repository, frame)) || (await this.#opens(this.#other, frame));
      this.#frames.set(frame, isReadable);
    }
    return isReadable;
  }

  async hasAll(ids: Uint8Array): Promise<boolean> {
    for (let at = 0; at < ids.length; at += 32) {
      if (!this.isIndexed(ids, at) && !(await this.has(ids, at))) return false;
    }
    return true;
  }

  async #opens(where: Repository | undefined, number: number): Promise<boolean> {
    if (where === undefined) return false;
    const frame = this.#repository.catalog.frame(number);
    const { signal } = this.#context;
    try {
      const range = { offset: frame.offset, length: frame.length };
      openFrame(
        this.#repository.ring,
        frame,
        await where.storage.get(packObjectName(frame.pack), { range, signal }),
      );
      return true;
    } catch (error) {
      if (isFailure(error, 'corrupt') || isFailure(error, 'missing')) return false;
      throw error;
    }
  }
}
