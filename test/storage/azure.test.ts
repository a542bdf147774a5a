// Azure Blob Storage, against Azurite: the promises in good weather and in bad, and canceled calls.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import azure, { openAzure } from '../../src/storage/azure.ts';
import { defaultRetry, withRetry } from '../../src/storage/with/retry.ts';
import { startAzurite } from '../servers/azurite.ts';
import { serverFolder } from '../servers/process.ts';
import { startProxy } from '../servers/proxy.ts';
import { type AzureWorld, context, secrets, startAzureWorld } from './azure-world.ts';
import { cutting, demandAll, failureOf, healingContext, survivesResets } from './cloud-world.ts';
import { bytesOf, namesOf, signal, stillContext, textOf } from './storage-world.ts';

let world: AzureWorld;
let open: AzureWorld['open'];
let create: AzureWorld['create'];

before(async () => {
  world = await startAzureWorld();
  ({ open, create } = world);
});
after(() => world[Symbol.asyncDispose]());

test('a container keeps the promises, over pages of a list', async () => {
  await using made = await create('plain', { prefix: 'deep/er' });
  await using beside = await create('plain');
  await beside.put('deep/beside', bytesOf('not ours'), { signal });
  const config = azure.config.parse(world.fields('plain', { prefix: 'deep/er' }));
  await demandAll(() => openAzure(config, context, 25), 80);
  assert.deepEqual(await namesOf(made), []);
  assert.deepEqual(await namesOf(beside), ['deep/beside']);
});

test('retry keeps the promises while connections are cut, reset and refused', async () => {
  await using _ = await create('weather');
  await using proxy = await startProxy(world.server.port, { resetAfterBytes: 20 * 1024 * 1024 });
  const healing = healingContext(() => {
    proxy.weather.isRefusing = false;
  });
  let cuts = 0;
  const cut = () => {
    cuts += 1;
    proxy.weather.isRefusing = cuts % 3 === 0;
    proxy.cut();
  };
  const config = azure.config.parse(world.fields('weather', { endpoint: world.server.endpoint(proxy.port) }));
  const policy = { ...defaultRetry, attemptsMax: 30 };
  const inner = async () => withRetry(await azure.open(config, context), () => 0, healing, policy);
  await demandAll(async () => cutting(await inner(), 20, cut), 40);
  assert.ok(healing.sleeps.length > 3, 'nothing was ever tried again');
});

test('a reset after any power of two bytes costs a repetition, and nothing else', async () => {
  await using _ = await create('resets');
  await using proxy = await startProxy(world.server.port);
  await survivesResets(() => open('resets', { endpoint: world.server.endpoint(proxy.port) }), proxy);
});

test('connections are kept and used again', async () => {
  await using proxy = await startProxy(world.server.port);
  await using storage = await create('reused', { endpoint: world.server.endpoint(proxy.port) });
  for (let index = 0; index < 10; index += 1) {
    await storage.put(`object/${index}`, bytesOf('there'), { signal });
    await textOf(storage, `object/${index}`);
    await storage.stat(`object/${index}`, { signal });
    await namesOf(storage);
  }
  // A second one where an answer is there before its connection is free.
  assert.ok(proxy.connections() <= 3, `${proxy.connections()} connections`);
});

test('a server that is stopped and started again is waited for', async () => {
  using ownFolder = serverFolder();
  let own = await startAzurite({ folder: ownFolder.path });
  const { port } = own;
  const config = azure.config.parse(world.fields('again', { endpoint: own.endpoint() }));
  let isDown = false;
  const healing = healingContext(async () => {
    if (!isDown) return;
    isDown = false;
    own = await startAzurite({ folder: ownFolder.path, port });
  });
  try {
    await using storage = withRetry(await azure.create(config, context), () => 0, healing);
    await storage.put('before', bytesOf('kept'), { signal });
    await own.process.stop();
    isDown = true;
    assert.equal(await textOf(storage, 'before'), 'kept');
    await own.process.stop();
    isDown = true;
    await storage.put('after', bytesOf('kept too'), { signal, ifAbsent: true });
    assert.deepEqual(await namesOf(storage), ['after', 'before']);
  } finally {
    await own.process.stop();
  }
});

test('a call into a network that swallows everything is canceled at once', async () => {
  await using _ = await create('partition');
  await using proxy = await startProxy(world.server.port);
  await using storage = await open('partition', { endpoint: world.server.endpoint(proxy.port) });
  await storage.put('object', bytesOf('there'), { signal });
  proxy.weather.isPartitioned = true;
  const calls: readonly ((given: AbortSignal) => Promise<unknown>)[] = [
    (given) => storage.put('other', new Uint8Array(3_000_000), { signal: given }),
    (given) => storage.put('large', new Uint8Array(65 * 1024 * 1024), { signal: given }),
    (given) => storage.get('object', { signal: given }),
    (given) => storage.stat('object', { signal: given }),
    (given) => Array.fromAsync(storage.list('', { signal: given })),
    // May still arrive, as any canceled call may.
    (given) => storage.delete('nothing', { signal: given }),
  ];
  for (const call of calls) {
    const stop = new AbortController();
    const ended = failureOf(() => call(stop.signal), 'canceled', 'CANCELED', secrets);
    setImmediate(() => stop.abort());
    await ended;
  }
  proxy.cut();
  proxy.weather.isPartitioned = false;
  const patient = withRetry(storage, () => 0, stillContext());
  assert.equal(await textOf(patient, 'object'), 'there');
  assert.ok((await namesOf(patient)).includes('object'));
});

test('a blob above 64 MiB is sent in blocks, and is there whole or not at all', async () => {
  await using storage = await create('blocks');
  const bytes = new Uint8Array(65 * 1024 * 1024).fill(7);
  bytes[bytes.length - 1] = 1;
  await storage.put('large', bytes, { signal, ifAbsent: true });
  await failureOf(
    () => storage.put('large', bytes, { signal, ifAbsent: true }),
    'conflict',
    'OBJECT_EXISTS',
    secrets,
  );
  assert.equal(Buffer.compare(await storage.get('large', { signal }), bytes), 0);
  const stop = new AbortController();
  const ended = failureOf(
    () => storage.put('other', bytes, { signal: stop.signal }),
    'canceled',
    'CANCELED',
    secrets,
  );
  setImmediate(() => stop.abort());
  await ended;
  assert.equal(await storage.stat('other', { signal }), undefined);
});
