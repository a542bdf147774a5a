// Ids of blobs: HMAC-SHA256 (RFC 2104) over type and plain bytes. Made twice for every blob there is, so a small blob takes two calls of the
// one-shot hash in place of three objects of a keyed one, which cost a fifth of it.

import { createHmac, hash, type KeyObject } from 'node:crypto';

const blockLength = 64;
const digestLength = 32;
/** Longer blobs are not copied: beside hashing them, the objects cost nothing. */
const copiedMax = 64 * 1024;

export class BlobIds {
  readonly #key: KeyObject;
  /** The padded key, room for the type, room for a blob. */
  readonly #inner = Buffer.allocUnsafeSlow(blockLength + 1 + copiedMax);
  /** The padded key, room for the inner digest. */
  readonly #outer = Buffer.allocUnsafeSlow(blockLength + digestLength);

  /** Of 32 bytes. */
  constructor(key: KeyObject) {
    this.#key = key;
    const bytes = key.export();
    this.#inner.fill(0x36, 0, blockLength);
    this.#outer.fill(0x5c, 0, blockLength);
    for (const [at, byte] of bytes.entries()) {
      this.#inner[at]! ^= byte;
      this.#outer[at]! ^= byte;
    }
    bytes.fill(0);
  }

  /** 32 bytes. */
  of(type: number, plain: Uint8Array): Buffer {
    this.#inner[blockLength] = type;
    if (plain.length > copiedMax) {
      const typeByte = this.#inner.subarray(blockLength, blockLength + 1);
      return createHmac('sha256', this.#key).update(typeByte).update(plain).digest();
    }
    this.#inner.set(plain, blockLength + 1);
    const message = this.#inner.subarray(0, blockLength + 1 + plain.length);
    // As Latin-1, a byte a letter: a string is had faster than a buffer.
    this.#outer.write(hash('sha256', message, 'latin1'), blockLength, 'latin1');
    return Buffer.from(hash('sha256', this.#outer, 'latin1'), 'latin1');
  }
}
