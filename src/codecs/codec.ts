// The codec port: pure, synchronous, bounded.

export interface Codec {
  /** FORMAT.md §2. */
  readonly comp: number;
  readonly name: string;
  /** `level` as zstd counts: 1 fast, 3 usual, 19 small. Results are in memory of their own, unless they are `bytes` itself. */
  compress(bytes: Uint8Array, level: number): Uint8Array;
  /** Exactly `plainLength` bytes. Fails with corrupt/CODEC_OVERRUN when there are more (decoding stops there), else corrupt/CODEC_BROKEN. */
  decompress(bytes: Uint8Array, plainLength: number): Uint8Array;
}
