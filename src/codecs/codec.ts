// The codec port: pure, synchronous, bounded.

export interface Codec {
  /** FORMAT.md §2. */
  readonly comp: number;
  readonly name: string;
  /** What `compress` takes; all zero for a codec without levels. */
  readonly levels: Levels;
  /** `level` within `levels`. Results are in memory of their own, unless they are `bytes` itself. */
  compress(bytes: Uint8Array, level: number): Uint8Array;
  /**
   * Exactly `plainLength` bytes, out of all of `bytes`. Fails with corrupt/CODEC_OVERRUN when there are more (decoding stops there), else
   * corrupt/CODEC_BROKEN.
   */
  decompress(bytes: Uint8Array, plainLength: number): Uint8Array;
}

export interface Levels {
  readonly least: number;
  readonly usual: number;
  readonly most: number;
}
