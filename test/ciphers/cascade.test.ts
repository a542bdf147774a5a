// What the cascade promises beyond a cipher: two layers with keys of their own, either of which refuses what the other would let through.

import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import aes from '../../src/ciphers/aes-256-gcm.ts';
import { ciphers } from '../../src/ciphers/all.ts';
import cascade from '../../src/ciphers/cascade.ts';
import chacha from '../../src/ciphers/chacha20-poly1305.ts';
import { cipherNameOf, cipherNames, suites } from '../../src/ciphers/kinds.ts';
import { type BoxMeaning, openBox, sealBox } from '../../src/repository/box.ts';

const key = randomBytes(64);
const [outerKey, innerKey] = [key.subarray(0, 32), key.subarray(32)];
const nonce = Buffer.alloc(12);
const aad = randomBytes(47);
const plain = randomBytes(300);

test('it is ChaCha20-Poly1305 within AES-256-GCM, over the same associated data', () => {
  const sealed = cascade.seal(key, nonce, aad, plain);
  const inner = aes.open(outerKey, nonce, aad, sealed);
  assert.deepEqual(Buffer.from(chacha.open(innerKey, nonce, aad, inner!)!), plain);
  assert.deepEqual(Buffer.from(inner!), Buffer.from(chacha.seal(innerKey, nonce, aad, plain)));
});

test('whoever has one key only can neither read nor forge', () => {
  const others = [
    Buffer.concat([outerKey, randomBytes(32)]),
    Buffer.concat([randomBytes(32), innerKey]),
    Buffer.concat([innerKey, outerKey]),
    Buffer.concat([outerKey, outerKey]),
    Buffer.concat([innerKey, innerKey]),
  ];
  for (const other of others) {
    assert.equal(cascade.open(other, nonce, aad, cascade.seal(key, nonce, aad, plain)), undefined);
    assert.equal(cascade.open(key, nonce, aad, cascade.seal(other, nonce, aad, plain)), undefined);
  }
});

test('a layer that was changed, moved or left out is refused by the other', () => {
  const inner = Buffer.from(chacha.seal(innerKey, nonce, aad, plain));
  const wrap = (body: Uint8Array, data = aad) => aes.seal(outerKey, nonce, data, body);
  assert.ok(cascade.open(key, nonce, aad, wrap(inner)) !== undefined);
  for (const at of [0, 150, inner.length - 16, inner.length - 1]) {
    const changed = Buffer.from(inner);
    changed[at]! ^= 1;
    assert.equal(cascade.open(key, nonce, aad, wrap(changed)), undefined, `inner byte ${at}`);
  }
  for (let kept = 0; kept < 16; kept += 1) {
    const cut = inner.subarray(0, inner.length - 16 + kept);
    assert.equal(cascade.open(key, nonce, aad, wrap(cut)), undefined, `inner tag of ${kept} bytes`);
  }
  const otherAad = randomBytes(47);
  assert.equal(cascade.open(key, nonce, aad, wrap(chacha.seal(innerKey, nonce, otherAad, plain))), undefined);
  assert.equal(cascade.open(key, nonce, aad, wrap(inner, otherAad)), undefined);
  assert.equal(cascade.open(key, nonce, aad, wrap(plain)), undefined, 'the outer layer alone');
  assert.equal(cascade.open(key, nonce, aad, inner), undefined, 'the inner layer alone');
  assert.equal(cascade.open(key, nonce, aad, new Uint8Array(0)), undefined);
});

test('a box of one suite opens as no other', () => {
  const secret = createSecretKey(randomBytes(32));
  const meaning: BoxMeaning = {
    repositoryId: randomBytes(16),
    domainId: randomBytes(16),
    generation: 1,
    suite: 4,
    type: 1,
    comp: 0,
    plainLength: plain.length,
  };
  for (const { suite } of ciphers) {
    const box = sealBox(secret, { ...meaning, suite }, plain);
    for (const { suite: other } of ciphers) {
      if (other === suite) continue;
      assert.throws(() => openBox(secret, { ...meaning, suite: other }, box, 'box'), { code: 'BOX_BROKEN' });
    }
  }
});

test('every cipher is known by its name', () => {
  assert.deepEqual(ciphers.map(({ name }) => name).sort(), [...cipherNames].sort());
  for (const { name, suite } of ciphers) assert.equal(cipherNameOf(suite), name);
  assert.deepEqual(
    ciphers.map(({ suite }) => suite),
    Object.values(suites),
  );
});
