// Layers of seals, and the table: every pair opens again, and only from the outside in.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sealNames, sealOf, sealsInName, sealTable } from '../../../src/archives/seals/all.ts';
import { gather, inSteps } from '../../../src/archives/seals/conformance.ts';
import { openLayers, sealLayers, suffixOf } from '../../../src/archives/seals/layers.ts';
import { testContext } from '../../world.ts';
import { sealsUnderTest, secret } from './seal-world.ts';

const layers = await sealsUnderTest();
// Other keys of the same kinds: each layer has one of its own.
const outerLayers = layers.map(({ seal, otherKey }) => ({ seal, key: otherKey }));

test('all pairs of seals open again, and not in the wrong order', async () => {
  const context = testContext();
  const plain = randomBytes(70_000);
  for (const inner of layers) {
    for (const outer of outerLayers) {
      const pair = [inner, outer];
      const sealed = await gather(sealLayers(inSteps(plain, 9999), pair, context));
      const opened = await gather(openLayers(inSteps(sealed, 9999), pair, context));
      assert.ok(plain.equals(opened), `${inner.seal.name} in ${outer.seal.name}`);
      if (inner.seal.name === outer.seal.name || outer.seal.name === 'openssl') continue;
      await assert.rejects(gather(openLayers(inSteps(sealed, 9999), [outer, inner], context)));
    }
  }
});

test('three layers open, no layer changes nothing, nine are too many', async () => {
  const context = testContext();
  const plain = randomBytes(1000);
  const three = layers.slice(0, 3);
  const sealed = await gather(sealLayers(inSteps(plain, 100), three, context));
  assert.ok(plain.equals(await gather(openLayers(inSteps(sealed, 100), three, context))));
  assert.ok(plain.equals(await gather(sealLayers(inSteps(plain, 100), [], context))));
  assert.throws(() => sealLayers(inSteps(plain, 100), Array(9).fill(three[0]), context), {
    code: 'SEAL_LAYERS_TOO_MANY',
  });
  assert.equal(suffixOf(three), '.gcm.age.fernet');
});

test('two layers under one key are refused', async () => {
  const context = testContext();
  const [gcm, age, fernet, rsa, hybrid] = layers;
  const same = { password: secret('words') };
  for (const pair of [
    [
      { seal: gcm!.seal, key: same },
      { seal: fernet!.seal, key: same },
    ],
    [rsa!, hybrid!],
    [age!, age!],
  ]) {
    assert.throws(() => sealLayers(inSteps(new Uint8Array(1), 1), pair, context), {
      code: 'SEAL_LAYERS_SAME_KEY',
    });
  }
});

test('the table says of each seal what it says itself, and names tell the seals', async () => {
  for (const entry of sealTable) {
    const seal = await sealOf(entry.name);
    assert.equal(seal.name, entry.name);
    assert.equal(seal.suffix, entry.suffix);
  }
  assert.equal(new Set(sealNames).size, sealTable.length);
  assert.deepEqual(sealsInName('keys_backup_20261121_160000.tar.gz.gcm.rsa-hybrid'), {
    names: ['rsa-hybrid', 'aes-256-gcm'],
    rest: 'keys_backup_20261121_160000.tar.gz',
  });
  await assert.rejects(sealOf('rot13'), { code: 'SEAL_UNKNOWN' });
});
