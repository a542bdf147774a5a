// Every cipher in the table keeps what a cipher must keep.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { cipherOf, ciphers } from '../../src/ciphers/all.ts';
import { conformanceOf } from '../../src/ciphers/conformance.ts';

for (const cipher of ciphers) {
  for (const promised of conformanceOf(cipher)) {
    test(`${cipher.name}: ${promised.name}`, () => promised.check());
  }
}

test('a number that no cipher has is refused as damage', () => {
  for (const number of [-1, 0, 3, 5, 255]) {
    assert.throws(
      () => cipherOf(number),
      (error) => isFailure(error, 'corrupt', 'CIPHER_UNKNOWN'),
    );
  }
});
