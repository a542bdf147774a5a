// Bits out of pieces, from the left.

/** What was asked for lies beyond the end. */
export class EndOfInput extends Error {}

export class BitInput {
  #pieces: Uint8Array[] = [];
  /** The first of them that was not begun: taking them off one by one would cost the square of their number. */
  #next = 0;
  #current: Uint8Array = new Uint8Array(0);
  #at = 0;
  #held = 0;
  #heldBits = 0;
  /** Bytes of which no bit was asked for. */
  #bytes = 0;

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  get length(): number {
    return this.#bytes;
  }

  /** At most 24 bits at once, so that they fit beside what is held. */
  bits(count: number): number {
    while (this.#heldBits < count) {
      if (this.#at === this.#current.length) this.#advance();
      this.#held = (this.#held << 8) | this.#current[this.#at]!;
      this.#at += 1;
      this.#bytes -= 1;
      this.#heldBits += 8;
    }
    this.#heldBits -= count;
    return (this.#held >>> this.#heldBits) & ((1 << count) - 1);
  }

  /** Goes on to the next whole byte. */
  align(): void {
    this.#heldBits -= this.#heldBits % 8;
  }

  /** Whole bytes that are held as bits. */
  get isDrained(): boolean {
    return this.#bytes === 0 && this.#heldBits < 8;
  }

  #advance(): void {
    const piece = this.#pieces[this.#next];
    if (piece === undefined) throw new EndOfInput();
    this.#next += 1;
    if (this.#next === 1024 || this.#next === this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#next);
      this.#next = 0;
    }
    this.#current = piece;
    this.#at = 0;
  }
}
