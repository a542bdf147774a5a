// Types of a package that comes without any: what bzip2.ts uses of it.

declare module 'bzip2-wasm' {
  export default class BZip2 {
    init(): Promise<void>;
    compress(plain: Uint8Array, level: number, room: number): Uint8Array;
  }
}
