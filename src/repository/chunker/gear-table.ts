// The keyed gear table: FORMAT.md §7.

import { createCipheriv, hkdfSync } from 'node:crypto';

/** 256 words from the AES-256-CTR key stream under a key derived from the chunk key. */
export function gearTable(chunkKey: Uint8Array): BigUint64Array {
  const key = Buffer.from(hkdfSync('sha256', chunkKey, new Uint8Array(0), 'bkp1/gear64\0', 32));
  const stream = createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(new Uint8Array(2048));
  return new BigUint64Array(Uint8Array.from(stream).buffer);
}
