// The fast way to an id gives what the plain one gives, at every length at which it does something else.

import assert from 'node:assert/strict';
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { BlobIds } from '../../src/repository/blob-id.ts';

test('an id is the HMAC over type and bytes, whatever the length and whatever came before', () => {
  const key = createSecretKey(randomBytes(32));
  const ids = new BlobIds(key);
  const lengths = [0, 1, 54, 55, 56, 63, 64, 65, 1_000, 65_535, 65_536, 65_537, 200_000, 3, 0];
  for (const [turn, length] of lengths.entries()) {
    const plain = randomBytes(length);
    const type = 1 + (turn % 3);
    const expected = createHmac('sha256', key).update(Uint8Array.of(type)).update(plain).digest('hex');
    assert.equal(ids.of(type, plain).toString('hex'), expected, `${length} bytes`);
  }
});

test('an id stays what it is when others are made, and every byte of the blob counts', () => {
  const ids = new BlobIds(createSecretKey(randomBytes(32)));
  const plain = randomBytes(300);
  const first = ids.of(1, plain);
  const kept = first.toString('hex');
  const others = new Set([kept, ids.of(2, plain).toString('hex')]);
  for (let at = 0; at < plain.length; at += 1) {
    plain[at]! ^= 1;
    others.add(ids.of(1, plain).toString('hex'));
    plain[at]! ^= 1;
  }
  assert.equal(others.size, plain.length + 2);
  assert.equal(first.toString('hex'), kept);
});
