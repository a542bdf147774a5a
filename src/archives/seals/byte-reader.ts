// A stream of bytes in pieces of any size, read in lengths that the reader chooses. Who gives the stream must not write to pieces that it
// has given: what is whole in one piece is not copied.

export const newline = 0x0a;

export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  /** What came and was not taken yet. */
  #held: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Exactly `length` bytes, or fewer where the stream ends. */
  async take(length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0 && (await this.#fill())) {
      const part = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    return joined(parts);
  }

  /** As `take`, into memory that is used again and again: the part of `space` that was filled. */
  async takeInto(space: Uint8Array): Promise<Uint8Array> {
    let length = 0;
    while (length < space.length && (await this.#fill())) {
      const part = this.#held.subarray(0, space.length - length);
      this.#held = this.#held.subarray(part.length);
      space.set(part, length);
      length += part.length;
    }
    return space.subarray(0, length);
  }

  /** Up to and with the first `end`, or all that is left where it does not come; undefined when that is more than `max` bytes. */
  async takeThrough(end: number, max: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let length = 0;
    while (await this.#fill()) {
      const at = this.#held.indexOf(end);
      const part = this.#held.subarray(0, at < 0 ? this.#held.length : at + 1);
      length += part.length;
      if (length > max) return undefined;
      parts.push(part);
      this.#held = this.#held.subarray(part.length);
      if (at >= 0) break;
    }
    return joined(parts);
  }

  /** The next byte, which stays where it is; undefined at the end. */
  async peek(): Promise<number | undefined> {
    return (await this.#fill()) ? this.#held[0] : undefined;
  }

  /** Whether nothing is left; waits for the next byte to know. */
  async isAtEnd(): Promise<boolean> {
    return !(await this.#fill());
  }

  /** Lets the source give back what it holds. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#source.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#held.length === 0) {
      if (this.#ended) return false;
      const { value, done } = await this.#source.next();
      if (done === true) this.#ended = true;
      else this.#held = value;
    }
    return true;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

/**
 * The stream in pieces of exactly `length` bytes and a last one, which is empty only when the whole stream is. A piece is good until the
 * next is asked for: all lie in the same memory, since a piece each would be garbage sooner than it is collected.
 */
export async function* piecesOf(
  source: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly isLast: boolean }> {
  const reader = new ByteReader(source);
  const space = Buffer.allocUnsafeSlow(length);
  try {
    for (;;) {
      const bytes = await reader.takeInto(space);
      const isLast = await reader.isAtEnd();
      yield { bytes, isLast };
      if (isLast) return;
    }
  } finally {
    await reader.close();
  }
}
