// Sealed files of the first version: what was sealed then opens for ever.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sealNames, sealOf } from '../../../src/archives/seals/all.ts';
import { gather, inSteps } from '../../../src/archives/seals/conformance.ts';
import { testContext } from '../../world.ts';
import { secret } from './seal-world.ts';

interface Vector {
  readonly seal: string;
  readonly way: string;
  readonly password?: string;
  readonly identity?: string;
  readonly rounds?: number;
  readonly plain: string;
  readonly sealed: string;
}

const path = join(import.meta.dirname, '../../vectors/seals.json');
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: readonly Vector[] };

test('every seal has a vector', () => {
  assert.deepEqual([...new Set(vectors.map(({ seal }) => seal))].sort(), [...sealNames].sort());
});

for (const vector of vectors) {
  test(`${vector.seal}, ${vector.way}: opens as it did`, async () => {
    const { password, identity, rounds } = vector;
    const key = {
      ...(password === undefined ? {} : { password: secret(password) }),
      ...(identity === undefined ? {} : { identities: [secret(identity)] }),
      ...(rounds === undefined ? {} : { kdf: { kdf: 'pbkdf2-sha256', rounds } }),
    };
    const seal = await sealOf(vector.seal);
    const sealed = Buffer.from(vector.sealed, 'base64');
    const opened = await gather(seal.open(inSteps(sealed, 64), key, testContext()));
    assert.equal(Buffer.from(opened).toString(), vector.plain);
  });
}
