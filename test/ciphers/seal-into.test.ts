import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import aes256Gcm from '../../src/ciphers/aes-256-gcm.ts';
import chacha20Poly1305 from '../../src/ciphers/chacha20-poly1305.ts';
import { sealInto } from '../../src/ciphers/seal-into.ts';

test('what is sealed into memory is what the cipher seals, and nothing around it is touched', () => {
  for (const cipher of [aes256Gcm, chacha20Poly1305]) {
    for (const length of [0, 1, 16_383, 16_384, 65_536]) {
      const [key, nonce, aad, plain] = [
        randomBytes(32),
        randomBytes(12),
        randomBytes(49),
        randomBytes(length),
      ];
      const out = Buffer.alloc(length + 16 + 20, 7);
      const name = cipher.name as 'aes-256-gcm' | 'chacha20-poly1305';
      sealInto(out, 10, name, key, nonce, aad, plain);
      assert.deepEqual(out.subarray(10, -10), Buffer.from(cipher.seal(key, nonce, aad, plain)));
      assert.deepEqual([...out.subarray(0, 10), ...out.subarray(-10)], Array(20).fill(7));
      sealInto(out, 10, name, key, nonce, undefined, plain);
      assert.deepEqual(
        Buffer.from(cipher.open(key, nonce, new Uint8Array(0), out.subarray(10, -10))!),
        plain,
      );
    }
  }
});
