// Keys in a place that refuses deletion: what stays is said, with its time, and the new key works all the same.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { Secret } from '../../src/base/secret.ts';
import { addKey, changePassword, listKeys, removeKey, testKey } from '../../src/operations/keys.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { lockingStorage } from '../storage/locking-storage.ts';
import { create, open, password, scratch, testContext } from '../world.ts';

const params = { kdf: 'pbkdf2-sha256', rounds: 100_000 };

test('a key that the storage keeps says that it still opens, and until when', async () => {
  using state = scratch();
  const context = testContext();
  let ahead = 0;
  const place = lockingStorage(new MemoryStorage(), () => context.clock.now() + ahead, context);
  await create(place.storage, state.path, context);
  await using repository = await open(place.storage, state.path, 'one', context);
  const [old] = await listKeys(repository, context);
  const until = context.clock.now() + 1_000_000;
  await place.storage.retain!(`keys/slot-${old!.id}`, until, context);
  const secret = new Secret(Buffer.from('another horse'));
  await addKey({ secret, type: 'passphrase', params, label: 'second' }, repository, context);

  const isKept = (newer: boolean) => (error: unknown) => {
    assert.ok(isFailure(error, 'denied', 'KEY_RETAINED'), String(error));
    assert.equal(error.facts.until, new Date(until).toISOString());
    assert.equal(error.facts.key, old!.id);
    assert.equal('newer' in error.facts, newer);
    assert.match(error.hint ?? '', /rotate --master/);
    return true;
  };
  await assert.rejects(removeKey(old!.id, repository, context), isKept(false));
  const changed = new Secret(Buffer.from('a third horse'));
  const request = { id: old!.id, secret: changed, type: 'passphrase', params } as const;
  await assert.rejects(changePassword(request, repository, context), isKept(true));
  assert.equal((await testKey({ secret: changed }, repository, context)).type, 'passphrase');
  assert.equal((await testKey({ secret: password }, repository, context)).id, old!.id);

  ahead = 2_000_000;
  await removeKey(old!.id, repository, context);
  await assert.rejects(testKey({ secret: password }, repository, context), { code: 'WRONG_PASSWORD' });
});
