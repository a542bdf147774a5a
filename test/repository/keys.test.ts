// The bundle: read back as written, opened by its own master key and repository alone.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { createBundle, openBundle, rotateBundle, sealBundle } from '../../src/repository/bundle.ts';
import { chunkerParameters } from '../../src/repository/chunker/chunker.ts';
import { KeyRing } from '../../src/repository/keys.ts';

const masterKey = randomBytes(32);
const repositoryId = randomBytes(16);
const hexOf = (value: unknown): string =>
  JSON.stringify(value, (_key, one) =>
    one instanceof Uint8Array || one?.type === 'Buffer'
      ? Buffer.from(one.data ?? one).toString('hex')
      : typeof one === 'bigint'
        ? String(one)
        : one,
  );

test('a bundle, also a rotated one, is read back as it was written', () => {
  const first = createBundle(chunkerParameters(), 5);
  for (const bundle of [first, rotateBundle(first, 9)]) {
    const bytes = sealBundle(masterKey, repositoryId, 2, bundle);
    const opened = openBundle(masterKey, repositoryId, bytes, `keys/bundle-${bundle.number}`);
    assert.equal(opened.suite, 2);
    assert.equal(hexOf(opened.bundle), hexOf(bundle));
  }
});

test('a rotated bundle has exactly one active generation of every kind of key', () => {
  const bundle = rotateBundle(rotateBundle(createBundle(chunkerParameters(), 5), 9), 12);
  for (const keys of [bundle.indexKeys, bundle.metaKeys, bundle.domains[0]!.generations]) {
    assert.deepEqual(
      keys.map((one) => one.state),
      ['decrypt-only', 'decrypt-only', 'active'],
    );
  }
});

test('a bundle opens with no other master key and in no other repository', () => {
  const bytes = sealBundle(masterKey, repositoryId, 1, createBundle(chunkerParameters(), 5));
  for (const [key, id] of [
    [randomBytes(32), repositoryId],
    [masterKey, randomBytes(16)],
  ] as const) {
    assert.throws(
      () => openBundle(key, id, bytes, 'b'),
      (error) => isFailure(error, 'corrupt', 'BOX_BROKEN'),
    );
  }
});

test('a destroyed generation of any kind of key opens nothing', () => {
  const rotated = rotateBundle(createBundle(chunkerParameters(), 5), 9);
  const destroyed = rotated.indexKeys.map((one) =>
    one.state === 'active' ? one : { ...one, state: 'destroyed' as const },
  );
  const lookUps = (ring: KeyRing, generation: number) => [
    ring.data(generation),
    ring.index(generation),
    ring.packHead(generation),
    ring.meta(generation),
  ];
  const whole = new KeyRing(repositoryId, 1, rotated);
  assert.ok(lookUps(whole, 1).every((key) => key !== undefined));
  const ring = new KeyRing(repositoryId, 1, {
    ...rotated,
    domains: rotated.domains.map((one) => ({ ...one, generations: destroyed })),
    indexKeys: destroyed,
    metaKeys: destroyed,
  });
  assert.deepEqual(lookUps(ring, 1), [undefined, undefined, undefined, undefined]);
  assert.ok(lookUps(ring, 2).every((key) => key !== undefined));
});
