// Two at the same place at the same time: an init that fails brings back what it took away, and a feature is asked for once, whoever was first.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { encodeConfig, maintenanceFeature, peekConfig, sealedFeature } from '../../src/repository/config.ts';
import { requireFeature } from '../../src/repository/open.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { create, open, scratch, testContext } from '../world.ts';

const broken = () => new Failure('unavailable', 'STORAGE_UNREACHABLE', 'nobody is there');

test('an init that fails puts the keys back that it took away, and says so when it cannot', async () => {
  using folder = scratch();
  for (const isLasting of [false, true]) {
    const inner = new MemoryStorage();
    await create(inner, folder.path, testContext());
    inner.damage('config/1', undefined);
    const before = inner.names();
    let isDown = false;
    const storage = forwarding(inner, {
      async put(name, bytes, options) {
        if (name.startsWith('config/')) isDown = isLasting;
        if (name.startsWith('config/') || isDown) throw broken();
        await inner.put(name, bytes, options);
      },
    });
    const context = testContext();
    await assert.rejects(create(storage, folder.path, context), { code: 'STORAGE_UNREACHABLE' });
    if (isLasting) assert.match(context.warnings.join(), /could not be put back/);
    else assert.deepEqual([inner.names(), context.warnings], [before, []]);
    // Whatever is left, the next init makes a repository of it.
    await create(inner, folder.path, testContext());
    await (await open(inner, folder.path, 'one', testContext()))[Symbol.asyncDispose]();
  }
});

test('of two inits at once one makes the repository, and the other is told that it is there', async () => {
  using folder = scratch();
  const inner = new MemoryStorage();
  let isFirst = true;
  const storage = forwarding(inner, {
    async put(name, bytes, options) {
      if (isFirst) {
        isFirst = false;
        await create(inner, folder.path, testContext());
      }
      await inner.put(name, bytes, options);
    },
  });
  await assert.rejects(create(storage, folder.path, testContext()), { code: 'REPOSITORY_EXISTS' });
  await (await open(inner, folder.path, 'one', testContext()))[Symbol.asyncDispose]();
});

test('an init that another error than a failure ends shows that error', async () => {
  using folder = scratch();
  const inner = new MemoryStorage();
  await create(inner, folder.path, testContext());
  inner.damage('config/1', undefined);
  let isDown = false;
  const storage = forwarding(inner, {
    async put(name, bytes, options) {
      if (isDown) throw new TypeError('a mistake of ours');
      if (name.startsWith('config/')) {
        isDown = true;
        throw broken();
      }
      await inner.put(name, bytes, options);
    },
  });
  await assert.rejects(create(storage, folder.path, testContext()), TypeError);
});

test('a feature that two ask for at once stands there once, and others are kept', async () => {
  using folder = scratch();
  const inner = new MemoryStorage();
  const context = testContext();
  await create(inner, folder.path, context);
  let others = 0;
  const storage = forwarding(inner, {
    async put(name, bytes, options) {
      // Somebody else is faster, once.
      if (name === 'config/2' && others++ === 0) {
        const features = { read: [], write: [maintenanceFeature] };
        await inner.put(
          name,
          encodeConfig(repository.masterKey, { ...repository.config, features }),
          options,
        );
      }
      await inner.put(name, bytes, options);
    },
  });
  await using repository = await open(storage, folder.path, 'one', context);
  await requireFeature(sealedFeature, repository, context);
  const { features } = peekConfig(await inner.get('config/3', { signal: context.signal }), 'config/3');
  assert.deepEqual(features, { read: [sealedFeature], write: [maintenanceFeature, sealedFeature] });
  const before = inner.names();
  await requireFeature(sealedFeature, repository, context);
  await requireFeature(maintenanceFeature, repository, context, 'writers');
  assert.deepEqual(inner.names(), before, 'what is asked for already is not written again');
});

test('who is never faster than others gives up, and a storage that fails is no race', async () => {
  using folder = scratch();
  const inner = new MemoryStorage();
  const context = testContext();
  await create(inner, folder.path, context);
  let tries = 0;
  let trouble = new Failure('conflict', 'OBJECT_EXISTS', 'somebody was faster');
  const storage = forwarding(inner, {
    async put(name, bytes, options) {
      if (!name.startsWith('config/')) return inner.put(name, bytes, options);
      tries += 1;
      throw trouble;
    },
  });
  await using repository = await open(storage, folder.path, 'one', context);
  await assert.rejects(() => requireFeature(sealedFeature, repository, context), { code: 'OBJECT_EXISTS' });
  assert.ok(tries > 1 && tries < 100, `${tries} tries`);
  tries = 0;
  trouble = broken();
  await assert.rejects(() => requireFeature(sealedFeature, repository, context), {
    code: 'STORAGE_UNREACHABLE',
  });
  assert.equal(tries, 1);
});
