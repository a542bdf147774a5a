// A value that must not be shown. Its text forms say "[secret]", so that it cannot reach a log by accident.

export class Secret {
  readonly #bytes: Uint8Array;
  /** The type of key slot that it can open; any when absent. Spares stretching what is no passphrase. */
  readonly slotType: string | undefined;

  constructor(bytes: Uint8Array, slotType?: string) {
    this.#bytes = Uint8Array.from(bytes);
    this.slotType = slotType;
  }

  /** The bytes themselves: for key derivation only. */
  reveal(): Uint8Array {
    return this.#bytes;
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
