// Google Cloud Storage, against a double that Google's own library accepts, too: the promises in good weather and in bad, canceled calls,
// sessions, checksums.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CRC32C, type GetFilesResponse, Storage as GoogleStorage } from '@google-cloud/storage';
import { JWT } from 'google-auth-library';
import { crc32c, crc32cText } from '../../src/storage/gcs/crc32c.ts';
import gcs, { openGcs } from '../../src/storage/gcs.ts';
import { defaultRetry, withRetry } from '../../src/storage/with/retry.ts';
import { startGcsDouble } from '../servers/gcs-double.ts';
import { startProxy } from '../servers/proxy.ts';
import { cutting, demandAll, failureOf, healingContext, survivesResets } from './cloud-world.ts';
import { context, type GcsWorld, secrets, startGcsWorld } from './gcs-world.ts';
import { bytesOf, namesOf, signal, stillContext, textOf } from './storage-world.ts';

let world: GcsWorld;
let open: GcsWorld['open'];
let create: GcsWorld['create'];

before(async () => {
  world = await startGcsWorld();
  ({ open, create } = world);
});
after(() => world[Symbol.asyncDispose]());

test('a bucket keeps the promises, over pages of a list', async () => {
  await using made = await create('plain', { prefix: 'deep/er' });
  await using beside = await create('plain');
  await beside.put('deep/beside', bytesOf('not ours'), { signal });
  await demandAll(() => openGcs(world.config('plain', { prefix: 'deep/er' }), context, 25), 80);
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
  const config = world.config('weather', { endpoint: `http://127.0.0.1:${proxy.port}` });
  const policy = { ...defaultRetry, attemptsMax: 30 };
  const inner = async () => withRetry(await gcs.open(config, context), () => 0, healing, policy);
  await demandAll(async () => cutting(await inner(), 20, cut), 40);
  assert.ok(healing.sleeps.length > 3, 'nothing was ever tried again');
});

test('retry keeps the promises while the service is busy, and waits as long as it asks', async () => {
  await using _ = await create('busy');
  const healing = healingContext(() => undefined);
  const { failures } = world.state;
  const policy = { ...defaultRetry, attemptsMax: 30 };
  const inner = async () => withRetry(await open('busy'), () => 0, healing, policy);
  let answers = 0;
  const fail = () => {
    const kinds = [
      { status: 503, reason: 'backendError' },
      { status: 429, reason: 'rateLimitExceeded', retryAfter: '3' },
      { status: 403, reason: 'userRateLimitExceeded' },
      { status: 500, reason: 'internalError' },
    ];
    failures.push(kinds[answers % kinds.length]!);
    answers += 1;
  };
  await demandAll(async () => cutting(await inner(), 5, fail), 40);
  assert.ok(healing.sleeps.includes(3000), 'what the service asked for was not kept');
  failures.length = 0;
});

test('a reset after any power of two bytes costs a repetition, and nothing else', async () => {
  await using _ = await create('resets');
  await using proxy = await startProxy(world.server.port);
  await survivesResets(() => open('resets', { endpoint: `http://127.0.0.1:${proxy.port}` }), proxy);
});

test('connections are kept and used again', async () => {
  await using proxy = await startProxy(world.server.port);
  await using storage = await create('reused', { endpoint: `http://127.0.0.1:${proxy.port}` });
  for (let index = 0; index < 10; index += 1) {
    await storage.put(`object/${index}`, bytesOf('there'), { signal });
    await textOf(storage, `object/${index}`);
    await storage.stat('missing', { signal });
    await namesOf(storage);
  }
  // A second one where an answer is there before its connection is free.
  assert.ok(proxy.connections() <= 3, `${proxy.connections()} connections`);
});

test('a server that is gone and comes again is waited for', async () => {
  let own = await startGcsDouble(world.state);
  const { port, endpoint } = own;
  let isDown = false;
  const healing = healingContext(async () => {
    if (!isDown) return;
    isDown = false;
    own = await startGcsDouble(world.state, { port });
  });
  try {
    await using storage = withRetry(await create('again', { endpoint }), () => 0, healing);
    await storage.put('before', bytesOf('kept'), { signal });
    await own[Symbol.asyncDispose]();
    isDown = true;
    await storage.put('after', bytesOf('kept too'), { signal, ifAbsent: true });
    assert.deepEqual(await namesOf(storage), ['after', 'before']);
  } finally {
    await own[Symbol.asyncDispose]();
  }
});

test('a call into a network that swallows everything is canceled at once', async () => {
  await using _ = await create('partition');
  await using proxy = await startProxy(world.server.port);
  await using storage = await open('partition', { endpoint: `http://127.0.0.1:${proxy.port}` });
  await storage.put('object', bytesOf('there'), { signal });
  proxy.weather.isPartitioned = true;
  const calls: readonly ((given: AbortSignal) => Promise<unknown>)[] = [
    (given) => storage.put('other', new Uint8Array(3_000_000), { signal: given }),
    (given) => storage.put('large', new Uint8Array(9 * 1024 * 1024), { signal: given }),
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
});

test('a large object goes through a session, also when the service keeps less than it was sent', async () => {
  await using storage = await create('sessions');
  const bytes = randomBytes(33 * 1024 * 1024 + 5);
  for (const keptOfChunk of [undefined, 63, 1]) {
    const { calls } = world.state;
    calls.length = 0;
    world.state.keptOfChunk = keptOfChunk;
    // Every chunk but the last is cut to `keptOfChunk` pieces, so that few bytes are left when it is 1.
    const size = keptOfChunk === 1 ? 17 * 1024 * 1024 : bytes.length;
    const part = bytes.subarray(0, size);
    await storage.put(`object/${keptOfChunk ?? 'all'}`, part, { signal, ifAbsent: true });
    assert.ok(calls.filter((one) => one.startsWith('PUT')).length >= 2);
    const read = await storage.get(`object/${keptOfChunk ?? 'all'}`, { signal });
    assert.equal(Buffer.compare(read, part), 0);
  }
  world.state.keptOfChunk = undefined;
  await failureOf(
    () => storage.put('object/all', bytes, { signal, ifAbsent: true }),
    'conflict',
    'OBJECT_EXISTS',
    secrets,
  );
  // A service that keeps nothing must not be fed for ever.
  world.state.keptOfChunk = 0;
  await failureOf(
    () => storage.put('never', bytes, { signal }),
    'unavailable',
    'STORAGE_UNAVAILABLE',
    secrets,
  );
  world.state.keptOfChunk = undefined;
  assert.equal(await storage.stat('never', { signal }), undefined);
});

test('another object of the same name is never overwritten', async () => {
  await using storage = await create('differs');
  await storage.put('object', bytesOf('first'), { signal });
  await storage.put('object', bytesOf('first'), { signal });
  for (const other of ['other', 'longer than the first']) {
    await failureOf(
      () => storage.put('object', bytesOf(other), { signal }),
      'corrupt',
      'OBJECT_DIFFERS',
      secrets,
    );
  }
  assert.equal(await textOf(storage, 'object'), 'first');
});

test('bytes that change on the way are noticed, both ways', async () => {
  await using storage = await create('damage');
  await storage.put('object', bytesOf('there'), { signal });
  world.state.isDamaging = true;
  await failureOf(() => storage.get('object', { signal }), 'unavailable', 'STORAGE_UNAVAILABLE', secrets);
  world.state.isDamaging = false;
  assert.equal(await textOf(storage, 'object'), 'there');
  const { store } = world.state;
  const query = new URLSearchParams();
  assert.throws(() =>
    store.put('damage', 'x', Buffer.from('y'), { crc32c: crc32cText(bytesOf('x')) }, query),
  );
});

test('the checksum is that of Google, whatever the length', () => {
  assert.equal(crc32c(bytesOf('123456789')), 0xe3069283);
  assert.equal(crc32cText(new Uint8Array(0)), 'AAAAAA==');
  for (let length = 0; length < 40; length += 1) {
    const bytes = randomBytes(length);
    const google = new CRC32C();
    google.update(bytes);
    assert.equal(crc32cText(bytes), google.toString(), `${length} bytes`);
  }
});

test("Google's own library reads what we write, and we read what it writes", async () => {
  await using storage = await create('shared', { prefix: 'ours' });
  const google = new GoogleStorage({
    apiEndpoint: world.server.endpoint,
    useAuthWithCustomEndpoint: true,
    projectId: 'project',
    authClient: signer(),
  });
  world.state.areSessionsOpenToAll = true;
  const bucket = google.bucket('shared');
  const large = randomBytes(9 * 1024 * 1024);
  await storage.put('small', bytesOf('small'), { signal });
  await storage.put('large', large, { signal });
  const [small] = await bucket.file('ours/small').download({ validation: 'crc32c' });
  assert.equal(small.toString(), 'small');
  const [read] = await bucket.file('ours/large').download({ validation: 'crc32c' });
  assert.equal(Buffer.compare(read, large), 0);

  await bucket.file('ours/theirs').save('theirs', { resumable: false, validation: 'crc32c' });
  await bucket
    .file('ours/session')
    .save(large, { resumable: true, validation: 'crc32c', chunkSize: 4 * 1024 * 1024 });
  assert.equal(await textOf(storage, 'theirs'), 'theirs');
  assert.equal(Buffer.compare(await storage.get('session', { signal }), large), 0);
  await assert.rejects(
    bucket.file('ours/theirs').save('x', { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } }),
    { code: 412 },
  );
  const names: string[] = [];
  for (let query: object | null = { prefix: 'ours/', maxResults: 3, autoPaginate: false }; query !== null; ) {
    const [files, next]: GetFilesResponse = await bucket.getFiles(query);
    names.push(...files.map(({ name }) => name));
    query = next;
  }
  assert.deepEqual(names, ['ours/large', 'ours/session', 'ours/small', 'ours/theirs']);
  await storage.transition?.('small', 'NEARLINE', { signal });
  const [metadata] = await bucket.file('ours/small').getMetadata();
  assert.equal(metadata.storageClass, 'NEARLINE');
  world.state.areSessionsOpenToAll = false;
});

function signer() {
  const jwt = new JWT({
    email: String(world.key.client_email),
    key: String(world.key.private_key),
    scopes: 'https://www.googleapis.com/auth/devstorage.full_control',
  });
  jwt.useJWTAccessWithScope = true;
  return jwt;
}
