// Types of two bzip2 packages that come without any: what bzip2.ts uses of them.

declare module 'bzip2-wasm' {
  export default class BZip2 {
    init(): Promise<void>;
    compress(plain: Uint8Array, level: number, room: number): Uint8Array;
  }
}

declare module 'unbzip2-stream/lib/bzip2.js' {
  type Bits = (count: number | null) => number;
  const decoder: {
    header(bits: Bits): number;
    /** The checksum so far, or null at the end of a stream. */
    decompress(
      bits: Bits,
      take: (byte: number) => void,
      buffer: Int32Array,
      length: number,
      checksum: number,
    ): number | null;
  };
  export default decoder;
}
