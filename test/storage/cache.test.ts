// What the cache promises: nothing is fetched twice, nothing wrong is ever served, and it may be damaged, full or gone.

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { withCache } from '../../src/storage/with/cache.ts';
import { type RecordedCall, withRecording } from '../../src/storage/with/recording.ts';
import { bytesOf, failure, namesOf, scratch, signal, textOf } from './storage-world.ts';

const prefixes = { wholePrefixes: ['index/', 'snapshots/'], rangePrefixes: ['meta/'] };

async function world(
  folder: string,
): Promise<{ memory: MemoryStorage; cached: Storage; gets: () => number }> {
  const memory = new MemoryStorage();
  await memory.put('index/one', bytesOf('first index'), { signal });
  await memory.put('index/two', bytesOf('second index'), { signal });
  await memory.put('meta/ab/pack', bytesOf('0123456789'), { signal });
  await memory.put('packs/ab/pack', bytesOf('data'), { signal });
  const calls: RecordedCall[] = [];
  const cached = withCache(withRecording(memory, calls), { folder, ...prefixes });
  return { memory, cached, gets: () => calls.filter(({ verb }) => verb === 'get').length };
}

const range = { offset: 2, length: 3 };

test('objects and ranges under the prefixes are fetched once, others always', async () => {
  using folder = scratch();
  const { cached, gets } = await world(join(folder.path, 'new'));
  for (let time = 0; time < 3; time += 1) {
    assert.equal(await textOf(cached, 'index/one'), 'first index');
    assert.equal(Buffer.from(await cached.get('meta/ab/pack', { signal, range })).toString(), '234');
    assert.equal(Buffer.from(await cached.get('index/one', { signal, range })).toString(), 'rst');
  }
  assert.equal(gets(), 2);
  await textOf(cached, 'packs/ab/pack');
  await textOf(cached, 'packs/ab/pack');
  await textOf(cached, 'meta/ab/pack');
  assert.equal(gets(), 5);
  assert.equal(statSync(join(folder.path, 'new/index/one')).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder.path, 'new/index')).mode & 0o777, 0o700);
});

test('what was put is not fetched', async () => {
  using folder = scratch();
  const { cached, gets } = await world(folder.path);
  await cached.put('snapshots/new', bytesOf('snapshot'), { signal, ifAbsent: true });
  assert.equal(await textOf(cached, 'snapshots/new'), 'snapshot');
  assert.equal(gets(), 0);
});

test('a damaged, truncated or exchanged file is never served, and is written anew', async () => {
  using folder = scratch();
  const { cached, gets } = await world(folder.path);
  const file = join(folder.path, 'index/one');
  const good = () => textOf(cached, 'index/one');
  await good();
  const whole = readFileSync(file);
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 1;
    writeFileSync(file, damaged);
    assert.equal(await good(), 'first index', `bit at ${at}`);
  }
  for (let length = 0; length < whole.length; length += 1) {
    writeFileSync(file, whole.subarray(0, length));
    assert.equal(await good(), 'first index', `cut to ${length}`);
  }
  await textOf(cached, 'index/two');
  renameSync(join(folder.path, 'index/two'), file);
  assert.equal(await good(), 'first index', 'another object under this name');
  const fetched = gets();
  assert.equal(await good(), 'first index');
  assert.equal(gets(), fetched);
});

test('a cache that is deleted, is a file, or cannot be written is no trouble', async () => {
  using folder = scratch();
  const { cached } = await world(join(folder.path, 'cache'));
  await textOf(cached, 'index/one');
  rmSync(join(folder.path, 'cache'), { recursive: true });
  assert.equal(await textOf(cached, 'index/one'), 'first index');
  rmSync(join(folder.path, 'cache'), { recursive: true });
  writeFileSync(join(folder.path, 'cache'), 'a file');
  assert.equal(await textOf(cached, 'index/one'), 'first index');
  await cached.put('index/new', bytesOf('new'), { signal });
  await cached.delete('index/new', { signal });
  assert.deepEqual(await namesOf(cached, 'index/'), ['index/one', 'index/two']);
  assert.equal(readFileSync(join(folder.path, 'cache'), 'utf8'), 'a file');
  rmSync(join(folder.path, 'cache'));
  await textOf(cached, 'index/one');
  chmodSync(join(folder.path, 'cache/index'), 0o500);
  assert.equal(await textOf(cached, 'index/two'), 'second index');
  chmodSync(join(folder.path, 'cache/index'), 0o700);
});

test('deleting drops the object and its ranges', async () => {
  using folder = scratch();
  const { cached } = await world(folder.path);
  await textOf(cached, 'index/one');
  await cached.get('meta/ab/pack', { signal, range });
  await cached.delete('index/one', { signal });
  await cached.delete('meta/ab/pack', { signal });
  const missing = failure('missing', 'OBJECT_MISSING');
  await assert.rejects(cached.get('index/one', { signal }), missing);
  await assert.rejects(cached.get('meta/ab/pack', { signal, range }), missing);
});

test('a complete list drops what others deleted, a list that is left early drops nothing', async () => {
  using folder = scratch();
  const { memory, cached } = await world(folder.path);
  await textOf(cached, 'index/one');
  await textOf(cached, 'index/two');
  await cached.get('meta/ab/pack', { signal, range });
  memory.damage('index/one', undefined);
  memory.damage('meta/ab/pack', undefined);
  for await (const _ of cached.list('index/', { signal })) break;
  assert.ok(existsSync(join(folder.path, 'index/one')));
  await namesOf(cached, 'index/');
  await namesOf(cached, 'meta/');
  assert.deepEqual(readdirSync(join(folder.path, 'index')), ['two']);
  assert.deepEqual(readdirSync(join(folder.path, 'meta')), []);
});

test('a canceled call is not answered from the cache', async () => {
  using folder = scratch();
  const { cached } = await world(folder.path);
  await textOf(cached, 'index/one');
  await assert.rejects(
    cached.get('index/one', { signal: AbortSignal.abort() }),
    failure('canceled', 'CANCELED'),
  );
});
