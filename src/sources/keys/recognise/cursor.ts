// Reads numbers and counted bytes one after the other. Past the end it answers undefined, forever: a parser looks once, at the end.

export class Cursor {
  readonly #bytes: Uint8Array;
  #at: number;
  #isBroken = false;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Something was asked for that is not there. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  take(length: number): Uint8Array {
    if (this.#isBroken || length < 0 || length > this.left) {
      this.#isBroken = true;
      return new Uint8Array();
    }
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  /** Big-endian; 0 past the end. */
  number(length: 1 | 2 | 4): number {
    return this.take(length).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  /** Bytes behind their own length. */
  counted(lengthBytes: 1 | 2 | 4): Uint8Array {
    return this.take(this.number(lengthBytes));
  }

  text(lengthBytes: 1 | 2 | 4): string {
    return Buffer.from(this.counted(lengthBytes)).toString('utf8');
  }
}
