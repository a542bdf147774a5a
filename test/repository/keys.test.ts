// The bundle: read back as written, opened by its own master key and repository alone.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { Secret } from '../../src/base/secret.ts';
import { createBundle, openBundle, rotateBundle, sealBundle } from '../../src/repository/bundle.ts';
import { chunkerParameters } from '../../src/repository/chunker/chunker.ts';
import { KeyRing } from '../../src/repository/keys.ts';
import { isShredKey, shredKeyOf, withShredKey } from '../../src/repository/shred.ts';

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

test('a ring of a maintenance key has the index key and no other', () => {
  const bundle = createBundle(chunkerParameters(), 5);
  const ring = new KeyRing(repositoryId, 1, bundle, { isMaintenance: true });
  const isDenied = (error: unknown) => isFailure(error, 'denied', 'MAINTENANCE_ONLY');
  assert.ok(ring.index(1) !== undefined && ring.packHead(1) !== undefined);
  assert.deepEqual([ring.dataGeneration, ring.metaGeneration], [0, 0]);
  for (const ask of [
    () => ring.data(1),
    () => ring.meta(1),
    () => ring.requireData(),
    () => ring.forNewFrames(1),
  ])
    assert.throws(ask, isDenied);
  assert.ok(KeyRing.of(ring.export()).isMaintenance);
});

test('a bundle without a domain, or with none or two active keys of a kind, gives no ring', () => {
  const bundle = rotateBundle(createBundle(chunkerParameters(), 5), 9);
  const all = (state: 'active' | 'decrypt-only') => bundle.indexKeys.map((one) => ({ ...one, state }));
  const spoiled = [
    { ...bundle, domains: [] },
    { ...bundle, indexKeys: all('active') },
    { ...bundle, indexKeys: all('decrypt-only') },
    { ...bundle, metaKeys: all('active') },
    { ...bundle, domains: bundle.domains.map((one) => ({ ...one, generations: all('decrypt-only') })) },
  ];
  for (const one of spoiled) {
    assert.throws(
      () => new KeyRing(repositoryId, 1, one),
      (error) => isFailure(error, 'corrupt', 'BUNDLE_BROKEN'),
    );
  }
});

test('sizes of a chunker that do not ascend and masks beyond 64 bits are refused', () => {
  const bundle = createBundle(chunkerParameters(), 5);
  const read = (change: object) => {
    const domains = bundle.domains.map((one) => ({ ...one, chunker: { ...one.chunker, ...change } }));
    const bytes = sealBundle(masterKey, repositoryId, 1, { ...bundle, domains });
    return openBundle(masterKey, repositoryId, bytes, 'keys/bundle-1').bundle.domains[0]!.chunker;
  };
  const good = [
    { minBytes: 1, normalBytes: 1, maxBytes: 1 },
    { strictMask: 0n, looseMask: 2n ** 64n - 1n },
    { strictMask: 2n ** 53n, looseMask: 5n },
  ];
  for (const change of good) assert.deepEqual(read(change), { ...bundle.domains[0]!.chunker, ...change });
  const bad = [
    { minBytes: 0 },
    { minBytes: 3, normalBytes: 2, maxBytes: 4 },
    { minBytes: 1, normalBytes: 5, maxBytes: 4 },
    { maxBytes: 8 * 1024 * 1024 + 1 },
    { strictMask: -1n },
    { looseMask: 'x' },
  ];
  for (const change of bad) {
    const what = Object.keys(change).join();
    assert.throws(
      () => read(change),
      (error) => isFailure(error, 'corrupt', 'OBJECT_MALFORMED'),
      what,
    );
  }
});

test('a bundle is read under its own name alone', () => {
  const bytes = sealBundle(masterKey, repositoryId, 1, createBundle(chunkerParameters(), 5));
  assert.throws(
    () => openBundle(masterKey, repositoryId, bytes, 'keys/bundle-2'),
    (error) => isFailure(error, 'corrupt'),
  );
});

test('a shred key is 32 bytes in the first line, and fits the repository and domain it was made for', () => {
  const key = randomBytes(32);
  const asText = (bytes: Uint8Array) =>
    new Secret(Buffer.from(`${Buffer.from(bytes).toString('base64url')}\nmore\n`));
  assert.deepEqual(Buffer.from(shredKeyOf(asText(key))), key);
  for (const other of [key.subarray(1), Buffer.concat([key, key]), Buffer.alloc(0)])
    assert.throws(
      () => shredKeyOf(asText(other)),
      (error) => isFailure(error),
    );
  const [domain] = withShredKey(createBundle(chunkerParameters(), 5), repositoryId, key, []).domains;
  assert.ok(isShredKey(key, repositoryId, domain!));
  assert.equal(isShredKey(randomBytes(32), repositoryId, domain!), false);
  assert.equal(isShredKey(key, randomBytes(16), domain!), false);
  assert.equal(isShredKey(key, repositoryId, { ...domain!, id: randomBytes(16) }), false);
  assert.equal(isShredKey(key, repositoryId, { id: domain!.id }), false);
});
