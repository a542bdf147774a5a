// What a GET answers, checked against what was asked.

import { Failure } from '../../base/failure.ts';
import type { GetOptions } from '../storage.ts';
import type { WebdavHead } from './requests.ts';

/** Collects exactly a range (or all) from an answer, also from servers that send the whole object when asked for a part. */
export class RangeReader {
  readonly #name: string;
  readonly #range: { readonly offset: number; readonly length: number } | undefined;
  #bytes: Buffer | undefined;
  #filled = 0;
  #skip = 0;

  constructor(name: string, range: GetOptions['range']) {
    this.#name = name;
    this.#range = range;
  }

  take(piece: Buffer, head: WebdavHead): boolean {
    const bytes = this.#begin(head);
    const from = Math.min(this.#skip, piece.length);
    this.#skip -= from;
    // A server may send more than it promised.
    if (this.#range === undefined && this.#filled + piece.length > bytes.length) this.#filled = Number.NaN;
    else this.#filled += piece.copy(bytes, this.#filled, from);
    return this.#range !== undefined && this.#filled === bytes.length;
  }

  /** Undefined when the answer ended early. */
  finish(head: WebdavHead): Uint8Array | undefined {
    const bytes = this.#begin(head);
    return this.#filled === bytes.length ? bytes : undefined;
  }

  #begin({ status, headers }: WebdavHead): Buffer {
    if (this.#bytes !== undefined) return this.#bytes;
    const length = Number(headers['content-length'] ?? Number.NaN);
    const part = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '');
    const range = this.#range;
    const isPart = status === 206;
    if (
      !Number.isSafeInteger(length) ||
      headers['content-encoding'] !== undefined ||
      isPart !== (part !== null)
    ) {
      throw this.#wrong();
    }
    if (range === undefined) {
      if (isPart) throw this.#wrong();
      this.#bytes = Buffer.allocUnsafeSlow(length);
      return this.#bytes;
    }
    const size = isPart ? Number(part?.[3]) : length;
    if (size < range.offset + range.length) throw tooShort(this.#name, range.offset + range.length, size);
    if (isPart && (Number(part?.[1]) !== range.offset || length !== range.length)) throw this.#wrong();
    this.#skip = isPart ? 0 : range.offset;
    this.#bytes = Buffer.allocUnsafeSlow(range.length);
    return this.#bytes;
  }

  #wrong(): Failure {
    return new Failure(
      'unavailable',
      'STORAGE_UNAVAILABLE',
      `the answer for "${this.#name}" is not what was asked for`,
      {
        hint: 'The server, or something before it, changes lengths, ranges or encodings. Switch compression and rewriting off there.',
      },
    );
  }
}

export function tooShort(name: string, asked: number, size: number): Failure {
  return new Failure('corrupt', 'OBJECT_TOO_SHORT', `object "${name}" has ${size} bytes, not ${asked}`, {
    hint: 'Run "holdfast check --read-data", then "holdfast repair".',
  });
}
