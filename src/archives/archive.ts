// The archive port: one file that holds a tree, written and read as streams, so that memory does not grow with it.
// Names are byte strings (one char per byte): what is not UTF-8 survives. This room knows no repository and no source.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';

export type ArchiveEntryKind =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'fifo'
  | 'character-device'
  | 'block-device';

export interface ArchiveEntry {
  /** As the archive has it: a reader gives names unchecked, but without "/" at the end. */
  readonly path: string;
  readonly kind: ArchiveEntryKind;
  /** Permission bits (07777). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Byte strings; absent or empty where only the number is known. */
  readonly user?: string;
  readonly group?: string;
  readonly mtimeNs: bigint;
  /** Bytes of a file's content; of a further name, those of the file. */
  readonly sizeBytes: number;
  /** Where a symlink points; the path of the entry that a hard link is a further name of. */
  readonly target?: string;
  readonly device?: { readonly major: number; readonly minor: number };
  readonly xattrs?: readonly (readonly [name: string, value: Uint8Array])[];
}

/**
 * What a writer takes. `content` gives exactly `sizeBytes`, each piece lent until the next one is asked for; hard links have it too, for formats
 * that know no links.
 */
export interface OutgoingEntry {
  readonly entry: ArchiveEntry;
  readonly content?: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** What a reader gives. The content may be read until the next entry is asked for; what is not read is passed over. */
export interface IncomingEntry {
  readonly entry: ArchiveEntry;
  readonly content: AsyncIterable<Uint8Array>;
}

/** An archive's plain bytes, as often as they are asked for, from the start. */
export type ByteSource = () => AsyncIterable<Uint8Array>;

export interface WriteOptions {
  /** Of the compression within the format; only zip has one. */
  readonly level: number;
}

export interface ArchiveFormat {
  readonly name: string;
  /** Each piece is lent until the next one is asked for. */
  write(
    entries: AsyncIterable<OutgoingEntry>,
    options: WriteOptions,
    context: Context,
  ): AsyncGenerator<Uint8Array>;
  /** A reader whose `entries` may be called again and again; each time the whole structure is checked up to the last byte. */
  open(bytes: ByteSource, limits: ReadLimits): { entries(context: Context): AsyncGenerator<IncomingEntry> };
}

/** What a foreign archive may cost. */
export interface ReadLimits {
  readonly entriesMax: number;
  /** Bytes of all contents together. */
  readonly bytesMax: number;
  /** Bytes of content for each byte of the archive. */
  readonly ratioMax: number;
}

export function archiveBroken(what: string, cause?: unknown): Failure {
  return new Failure('corrupt', 'ARCHIVE_BROKEN', `the archive ${what}`, {
    hint: 'Take another copy of the archive: this one was changed, cut off or is of another kind.',
    cause,
  });
}

export function archiveUnsupported(what: string): Failure {
  return new Failure('usage', 'ARCHIVE_UNSUPPORTED', `the archive ${what}`, {
    hint: 'Unpack it with the program that made it.',
  });
}

export function archiveTooLarge(what: string, option: string): Failure {
  return new Failure('exhausted', 'ARCHIVE_TOO_LARGE', `the archive ${what}`, {
    hint: `If the archive is known to be good, allow more with "${option}".`,
    facts: { option },
  });
}

/** Below this, no ratio is worth a refusal: small files of zeros are common. */
const ratioFromBytes = 64 * 1024 * 1024;

/** Stops what grows out of all proportion to what it is made from. */
export function checkRatio(plainBytes: number, packedBytes: number, { ratioMax }: ReadLimits): void {
  if (plainBytes > ratioFromBytes && plainBytes > packedBytes * ratioMax)
    throw archiveTooLarge(`grows more than ${ratioMax} times when it is unpacked`, '--max-ratio');
}

/** Bytes on demand out of a stream of pieces of any length. */
export class ByteQueue {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #current: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Bytes that were taken so far. */
  get position(): number {
    return this.#position;
  }

  /** The next bytes, at most `lengthMax` and at least one; undefined at the end. */
  async some(lengthMax: number): Promise<Uint8Array | undefined> {
    while (this.#current.length === 0) {
      const { done, value } = await this.#pieces.next();
      if (done === true) return undefined;
      this.#current = value;
    }
    const taken = this.#current.subarray(0, lengthMax);
    this.#current = this.#current.subarray(taken.length);
    this.#position += taken.length;
    return taken;
  }

  /** Exactly so many bytes, or as many as there were until the end. */
  async upTo(length: number): Promise<Uint8Array> {
    const first = await this.some(length);
    if (first === undefined) return new Uint8Array(0);
    if (first.length === length) return first;
    const joined = new Uint8Array(length);
    joined.set(first);
    let filled = first.length;
    while (filled < length) {
      const more = await this.some(length - filled);
      if (more === undefined) break;
      joined.set(more, filled);
      filled += more.length;
    }
    return joined.subarray(0, filled);
  }

  /** Exactly so many bytes; a shorter archive is broken. */
  async exactly(length: number): Promise<Uint8Array> {
    const bytes = length === 0 ? new Uint8Array(0) : await this.upTo(length);
    if (bytes.length !== length) throw archiveBroken(`ends too early, after ${this.#position} bytes`);
    return bytes;
  }

  /** Gives bytes back, to be taken again. */
  giveBack(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#position -= bytes.length;
    this.#current =
      this.#current.length === 0 ? Uint8Array.from(bytes) : Buffer.concat([bytes, this.#current]);
  }

  /** Exactly so many bytes as a stream. */
  async *stream(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const piece = await this.some(Math.min(left, 65_536));
      if (piece === undefined) throw archiveBroken(`ends too early, after ${this.#position} bytes`);
      left -= piece.length;
      yield piece;
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

/** A content that the caller may leave unread: `finish` reads the rest. */
export function restartable(content: AsyncGenerator<Uint8Array>): {
  readonly content: AsyncIterable<Uint8Array>;
  finish(): Promise<void>;
} {
  return {
    // A consumer that stops early must not end the generator: the bytes that follow belong to the next entry.
    content: { [Symbol.asyncIterator]: () => ({ next: () => content.next() }) },
    async finish() {
      for (let step = await content.next(); step.done !== true; ) step = await content.next();
    },
  };
}
