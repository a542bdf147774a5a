// What every cipher must keep, whoever wrote it. Each promise throws bug/CIPHER_UNFAITHFUL when it is broken.

import { createSecretKey, randomBytes } from 'node:crypto';
import { Failure } from '../base/failure.ts';
import type { Cipher } from './cipher.ts';

export interface Promised {
  readonly name: string;
  check(): void;
}

const lengths = [0, 1, 15, 16, 17, 4096, 100_003];

export function conformanceOf(cipher: Cipher): readonly Promised[] {
  const demand = (kept: boolean, why: string): void => {
    if (!kept) throw new Failure('bug', 'CIPHER_UNFAITHFUL', `the cipher "${cipher.name}" ${why}`);
  };
  const key = randomBytes(cipher.keyLength);
  const nonce = randomBytes(12);
  const aad = randomBytes(47);
  const isRefused = (
    sealed: Uint8Array,
    change: { key?: Uint8Array; nonce?: Uint8Array; aad?: Uint8Array } = {},
  ): boolean =>
    cipher.open(change.key ?? key, change.nonce ?? nonce, change.aad ?? aad, sealed) === undefined;

  return [
    {
      name: 'what was sealed opens, and is longer by the overhead',
      check() {
        for (const length of lengths) {
          const plain = randomBytes(length);
          const sealed = cipher.seal(key, nonce, aad, plain);
          demand(sealed.length === length + cipher.overhead, `seals ${length} bytes to ${sealed.length}`);
          const opened = cipher.open(key, nonce, aad, sealed);
          demand(
            opened !== undefined && plain.equals(opened),
            `does not open ${length} bytes that it sealed`,
          );
        }
      },
    },
    {
      name: 'raw keys and key objects are the same',
      check() {
        const sealed = cipher.seal(key, nonce, aad, aad);
        const other = cipher.seal(createSecretKey(key), nonce, aad, aad);
        demand(Buffer.compare(sealed, other) === 0, 'tells raw keys and key objects apart');
      },
    },
    {
      name: 'every flipped bit is refused',
      check() {
        const sealed = cipher.seal(key, nonce, aad, randomBytes(40));
        for (let bit = 0; bit < sealed.length * 8; bit += 1) {
          const changed = Uint8Array.from(sealed);
          changed[bit >> 3]! ^= 1 << (bit & 7);
          demand(isRefused(changed), `accepts a change of bit ${bit}`);
        }
      },
    },
    {
      name: 'every truncation is refused, down to a tag of no bytes',
      check() {
        const sealed = cipher.seal(key, nonce, aad, randomBytes(20));
        for (let length = 0; length < sealed.length; length += 1) {
          demand(isRefused(sealed.subarray(0, length)), `accepts ${length} of ${sealed.length} bytes`);
        }
      },
    },
    {
      name: 'another key, nonce or associated data is refused',
      check() {
        const sealed = cipher.seal(key, nonce, aad, randomBytes(33));
        demand(isRefused(sealed, { key: randomBytes(cipher.keyLength) }), 'opens with another key');
        for (let byte = 0; byte < key.length; byte += 1) {
          const changed = Uint8Array.from(key);
          changed[byte]! ^= 1;
          demand(isRefused(sealed, { key: changed }), `opens with a key changed in byte ${byte}`);
        }
        demand(isRefused(sealed, { nonce: randomBytes(12) }), 'opens with another nonce');
        demand(isRefused(sealed, { aad: aad.subarray(1) }), 'opens with other associated data');
        demand(isRefused(sealed, { aad: new Uint8Array(0) }), 'opens without associated data');
      },
    },
    {
      name: 'large results own their memory, and the input is left as it was',
      check() {
        const plain = randomBytes(200_000);
        const copy = Buffer.from(plain);
        const sealed = cipher.seal(key, nonce, aad, plain);
        const opened = cipher.open(key, nonce, aad, sealed);
        demand(plain.equals(copy), 'changes what it seals');
        for (const bytes of [sealed, opened!]) {
          demand(bytes.buffer.byteLength === bytes.length, 'gives a view into a larger buffer');
        }
      },
    },
  ];
}
