// Node's compressors and ciphers return a fresh ArrayBuffer each time, which only a collection would free. Giving it back at once
// halves the memory of a backup (measured).

/** Below this a buffer is left to the collector: giving it back costs more. */
const worthFreeing = 16 * 1024;
/** What a decompressor's buffer may be larger than its result. */
const slackMax = 64;

/**
 * Frees the memory behind `bytes` now; nobody may use them, or another view of them, afterwards. Acts only on views of (nearly) a whole
 * ArrayBuffer: shared memory, parts of a larger buffer and of Node's pool are left alone.
 */
export function release(bytes: Uint8Array): void {
  const { buffer, byteLength, byteOffset } = bytes;
  if (byteOffset !== 0 || byteLength < worthFreeing || buffer instanceof SharedArrayBuffer) return;
  if (buffer.byteLength - byteLength <= slackMax) buffer.transfer(0);
}
