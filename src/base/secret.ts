// A value that must not be shown. Its text forms say "[secret]", so that it cannot reach a log by accident.

export class Secret {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes);
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
