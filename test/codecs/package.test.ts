// A codec whose library was left out says so, and does not call the data damaged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPackage } from '../../src/codecs/package.ts';

test('a library that is not there is told with the name of the codec', () => {
  for (const load of [
    (require: NodeJS.Require) => require('holdfast-has-no-such-package'),
    (require: NodeJS.Require) => require.resolve('holdfast-has-no-such-package/any.wasm'),
  ]) {
    assert.throws(() => fromPackage('xz', load), {
      kind: 'missing',
      code: 'CODEC_NOT_INSTALLED',
      message: /"xz"/,
    });
  }
});
