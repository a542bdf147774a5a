// What rows keep: one text for one value, any finite number, and nothing that would come back as something else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromStored, toStored } from '../../src/catalog/stored-json.ts';

test('what is kept comes back, whatever its numbers and keys are', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: true }), (value) => {
      const plain = JSON.parse(JSON.stringify(value));
      assert.deepEqual(fromStored(toStored(plain)), plain);
    }),
  );
});

test('the order of keys makes no difference, and undefined is nothing', () => {
  assert.equal(toStored({ b: 0.25, a: [1e21, -1.5], c: undefined }), '{"a":[1e+21,-1.5],"b":0.25}');
  assert.equal(toStored({ a: 1, b: 2 }), toStored({ b: 2, a: 1 }));
});

test('what JSON cannot hold is refused, not changed', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, { a: 1n }, [() => 1], [undefined]])
    assert.throws(() => toStored(value), /cannot hold/);
});
