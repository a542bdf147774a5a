// T-56: every k of the n shares open, fewer do not, and a share that is wrong is named.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { SlotParameters } from '../../../src/keyslots/keyslot.ts';
import { decodeShare, encodeShare, tagOf } from '../../../src/keyslots/shamir/share.ts';
import { readShare, shareText } from '../../../src/keyslots/shamir/share-text.ts';
import shamir, { joinShares, splitNewKey } from '../../../src/keyslots/shamir.ts';

function subsets<Item>(items: readonly Item[], size: number): Item[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, index) =>
    subsets(items.slice(index + 1), size - 1).map((rest) => [item, ...rest]),
  );
}

async function texts(threshold: number, count: number) {
  const { kek, params, shares } = await splitNewKey(threshold, count);
  return { kek, params, shares: shares.map((share) => Buffer.from(share.reveal()).toString('latin1')) };
}

const failsWith = (code: string, pattern: RegExp) => (error: unknown) =>
  isFailure(error, undefined, code) && pattern.test(error.message);

for (const [threshold, count] of [
  [2, 2],
  [2, 3],
  [3, 5],
  [5, 5],
  [4, 7],
  [2, 16],
  [16, 16],
  [15, 16],
] as const) {
  test(`${threshold} of ${count}: every ${threshold} open, every ${threshold - 1} do not and are told how many are missing`, async () => {
    const { kek, params, shares } = await texts(threshold, count);
    for (const people of subsets(shares, threshold)) {
      assert.deepEqual(await joinShares(people.reverse().join('\n'), params), kek);
    }
    for (const people of subsets(shares, threshold - 1)) {
      await assert.rejects(
        joinShares(people.join(''), params),
        failsWith('SHARES_TOO_FEW', new RegExp(`${threshold} of ${count} shares are needed, 1 more`)),
      );
    }
    assert.deepEqual(await joinShares(shares.join(''), params), kek, 'more than are needed do no harm');
  });
}

test('fewer shares say nothing of the key: a slot that asks for fewer gives another key, not a part of it', async () => {
  const { kek, params, shares } = await texts(3, 5);
  const lowered = { ...params, threshold: 2 };
  const seen = new Set<string>();
  for (const people of subsets(shares, 2)) {
    const key = Buffer.from(await joinShares(people.join(''), lowered));
    assert.notDeepEqual(new Uint8Array(key), kek);
    seen.add(key.toString('hex'));
  }
  // Two pairs give the same wrong key when the products of their places are equal; pairs that share a place never do.
  assert.ok(seen.size >= 4, `${seen.size} different keys of 10 pairs`);
});

test('the same share twice counts once', async () => {
  const { params, shares } = await texts(2, 3);
  await assert.rejects(
    joinShares(shares[0]! + shares[0]!, params),
    failsWith('SHARES_TOO_FEW', /1 more.*\(1\)/),
  );
});

test('a share of another set is named', async () => {
  const one = await texts(2, 3);
  const other = await texts(2, 3);
  await assert.rejects(
    joinShares(one.shares[0]! + other.shares[1]!, one.params),
    failsWith('SHARE_OF_ANOTHER_SET', /^share 2 belongs to another set$/),
  );
});

test('shares that all belong to another set are passed over: one circle of people is not in the way of another', async () => {
  const [one, other] = [await texts(2, 3), await texts(2, 3)];
  const secret = new Secret(Buffer.from(other.shares[0]! + other.shares[1]!, 'latin1'), 'shamir');
  const binding = { repositoryId: new Uint8Array(16), slotId: '' };
  assert.equal(await shamir.keyEncryptionKey(secret, one.params, binding), undefined);
  assert.deepEqual(await shamir.keyEncryptionKey(secret, other.params, binding), other.kek);
});

test('a mistyped share is named with its line', async () => {
  const { params, shares } = await texts(2, 3);
  const lines = shares[2]!.trimEnd().split('\n');
  const wrong = lines.with(3, `${lines[3]!.startsWith('A') ? 'B' : 'A'}${lines[3]!.slice(1)}`);
  await assert.rejects(
    joinShares(`${shares[0]}${wrong.join('\n')}`, params),
    failsWith('SHARE_DAMAGED', /^share 3 at place 2 is damaged: its line 4 does not fit its check word$/),
  );
});

test('a share that a holder changed on purpose, with a right tag and right words, is named', async () => {
  const { params, shares } = await texts(2, 3);
  const read = readShare(shares[1]!.trimEnd().split('\n'));
  assert.ok('share' in read);
  const forged = { ...read.share, value: read.share.value.map((byte) => byte ^ 1) };
  assert.ok(decodeShare(encodeShare(forged)), 'it looks sound');
  await assert.rejects(
    joinShares(`${shares[0]}${shareText(forged).join('\n')}`, params),
    failsWith('SHARE_FORGED', /^share 2 is not the one that was handed out$/),
  );
});

test('the slot says nothing of a share but its tag', async () => {
  const { params, shares } = await texts(3, 4);
  const tags = shares.map((text) => {
    const read = readShare(text.trimEnd().split('\n'));
    assert.ok('share' in read);
    return tagOf(read.share).toString('base64url');
  });
  assert.deepEqual(params['tags'], tags);
  assert.deepEqual(Object.keys(params).sort(), ['count', 'set', 'tags', 'threshold']);
});

test('numbers of people that make no sense are refused', async () => {
  for (const [threshold, count] of [
    [1, 3],
    [4, 3],
    [2, 17],
    [2.5, 4],
    [Number.NaN, 4],
    [0, 0],
  ] as const) {
    await assert.rejects(splitNewKey(threshold, count), failsWith('SHARES_IMPOSSIBLE', /split/));
  }
});

test('a slot that does not say how its key was split is refused', async () => {
  const { params, shares } = await texts(2, 3);
  const broken: readonly SlotParameters[] = [
    {},
    { ...params, threshold: 1 },
    { ...params, count: 2.5 },
    { ...params, set: 'AAAA' },
    { ...params, tags: [] },
    { ...params, threshold: '2' },
  ];
  for (const each of broken) {
    await assert.rejects(joinShares(shares.join(''), each), failsWith('SLOT_BROKEN', /split/));
  }
});
