// By whose word packs are borrowed: everybody's while all who write can read, and afterwards that of readers and one's own.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { type Bundle, createBundle, type Signer, signerKeyId } from '../../src/repository/bundle.ts';
import { chunkerParameters } from '../../src/repository/chunker/chunker.ts';
import { KeyRing } from '../../src/repository/keys.ts';
import { signIndex, vouching, vouchingOf } from '../../src/repository/vouching.ts';

const repositoryId = randomBytes(16);

function signerOf(roles: Signer['roles']) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = new Uint8Array(publicKey.export({ format: 'raw-public' }));
  const keyId = signerKeyId(raw);
  const signer: Signer = { keyId, publicKey: raw, roles, name: 'a', from: 0, writerId: randomBytes(16) };
  return { signer, keyId, privateKey, hex: Buffer.from(keyId).toString('hex') };
}

const reader = signerOf(['writer', 'forgetter']);
const sealed = signerOf(['writer']);
const stranger = signerOf(['writer', 'forgetter']);
const bundle: Bundle = { ...createBundle(chunkerParameters(), 5), signers: [reader.signer, sealed.signer] };
// A repository that knows maintainers, even none any more, has its index key in other hands.
const ring = new KeyRing(repositoryId, 1, { ...bundle, maintainers: [] });
const ringOfSealed = new KeyRing(repositoryId, 1, bundle, { writeOnlyKeyId: sealed.keyId });

function indexBy(by: typeof reader | undefined, voucher?: string): Map<number, unknown> {
  const item = new Map<number, unknown>([[1, ['packs']]]);
  if (by !== undefined) signIndex(item, by, voucher);
  return item;
}

test('while all who can write can read, an index needs no signature', () => {
  const open = new KeyRing(repositoryId, 1, bundle);
  for (const item of [indexBy(undefined), indexBy(stranger), indexBy(sealed)])
    assert.deepEqual(vouchingOf(open, item), { trusted: true });
});

test('afterwards a reader is believed, a write-only writer by itself alone, and a stranger by nobody', () => {
  assert.deepEqual(vouchingOf(ring, indexBy(reader)), { trusted: true });
  assert.deepEqual(vouchingOf(ring, indexBy(sealed)), { trusted: false, voucher: sealed.hex });
  assert.deepEqual(vouchingOf(ringOfSealed, indexBy(sealed)), { trusted: true, voucher: sealed.hex });
  for (const item of [indexBy(undefined), indexBy(stranger)])
    assert.deepEqual(vouchingOf(ring, item), { trusted: false });
});

test('a reader who passes on the word of a write-only writer does not make it its own', () => {
  const item = indexBy(reader, sealed.hex);
  assert.deepEqual(vouchingOf(ring, item), { trusted: false, voucher: sealed.hex, isPassedOn: true });
  assert.deepEqual(vouchingOf(ringOfSealed, item), { trusted: true, voucher: sealed.hex, isPassedOn: true });
  assert.deepEqual(vouching(vouchingOf(ring, item)), { trusted: false, voucher: sealed.hex });
  assert.deepEqual(vouching({ trusted: true }), { trusted: true });
  // Taking the name of the voucher away would make it the reader's own word.
  item.delete(5);
  assert.deepEqual(vouchingOf(ring, item), { trusted: false });
});

test('a signature that is changed, of another kind or of no form is not believed', () => {
  const changed = indexBy(reader);
  changed.set(1, ['other packs']);
  assert.deepEqual(vouchingOf(ring, changed), { trusted: false });
  const [, key, made] = indexBy(reader).get(4) as [number, Uint8Array, Uint8Array];
  const item = (value: unknown) =>
    new Map<number, unknown>([
      [1, ['packs']],
      [4, value],
    ]);
  assert.deepEqual(vouchingOf(ring, item([1, key, made])), { trusted: true });
  assert.deepEqual(vouchingOf(ring, item([2, key, made])), { trusted: false });
  assert.deepEqual(vouchingOf(ring, item([1, sealed.keyId, made])), { trusted: false });
  for (const value of [7, [1, key.subarray(1), made], [1, key, made.subarray(1)], [1, key]])
    assert.throws(
      () => vouchingOf(ring, item(value)),
      (error) => isFailure(error, 'corrupt', 'OBJECT_MALFORMED'),
    );
});
