// The codec port: pure, synchronous, bounded.

export interface Codec {
  /** FORMAT.md §2. */
  readonly comp: number;
  readonly name: string;
  compress(bytes: Uint8Array, level: number): Uint8Array;
  /** Exactly `plainLength` bytes, or corrupt/CODEC_BROKEN; never decodes more than one byte beyond. */
  decompress(bytes: Uint8Array, plainLength: number): Uint8Array;
}
