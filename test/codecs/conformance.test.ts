// Every codec in the table keeps what a codec must keep.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { codecOf, codecs } from '../../src/codecs/all.ts';
import { conformanceOf } from '../../src/codecs/conformance.ts';
import { codecKinds } from '../../src/codecs/kinds.ts';

for (const codec of codecs) {
  for (const promised of conformanceOf(codec)) {
    test(`${codec.name}: ${promised.name}`, () => promised.check());
  }
}

test('the table of names and levels is that of the codecs', () => {
  assert.deepEqual(
    codecs.map(({ comp, name, levels }) => ({ comp, name, levels })),
    Object.values(codecKinds),
  );
  for (const [comp, codec] of codecs.entries()) assert.equal(codecOf(comp), codec);
});

test('a number that no codec has is refused as damage', () => {
  for (const number of [-1, codecs.length + 1, 255]) {
    assert.throws(
      () => codecOf(number),
      (error) => isFailure(error, 'corrupt', 'CODEC_UNKNOWN'),
    );
  }
});
