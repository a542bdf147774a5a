// S3 on a bad network: connections that break, refuse and hang, a gateway that is killed, and calls that are canceled.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { FailureKind } from '../../src/base/failure.ts';
import { conformance } from '../../src/storage/conformance.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { defaultRetry, withRetry } from '../../src/storage/with/retry.ts';
import { startProxy } from '../servers/proxy.ts';
import { radosGatewayOrSkip, startRadosGateway } from '../servers/radosgw.ts';
import { createS3, failureOf, fieldsOf, openS3, waitingContext } from './s3-world.ts';
import { bytesOf, signal, stillContext, textOf } from './storage-world.ts';

const policy = { ...defaultRetry, attemptsMax: 30 };

test('a bucket behind a bad network', async (t) => {
  if (!radosGatewayOrSkip(t)) return;
  await using gateway = await startRadosGateway();
  await using proxy = await startProxy(gateway.port);
  const fields = fieldsOf(gateway, { bucket: 'holdfast', endpoint: `http://127.0.0.1:${proxy.port}` });
  const { weather } = proxy;
  await (await createS3(fields))[Symbol.asyncDispose]();

  await t.test('keeps the promises though every connection is reset after some megabytes', async () => {
    let waits = 0;
    const context = waitingContext(async () => {
      waits += 1;
    });
    weather.resetAfterBytes = 8_450_000;
    const open = async () => withRetry(await openS3(fields, context), () => 0, context, policy);
    const results = await Array.fromAsync(conformance(open, { signal, listedObjects: 20 }));
    weather.resetAfterBytes = undefined;
    assert.ok(waits > 0, 'nothing was reset');
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
  });

  await t.test('loses and doubles nothing though every other call is reset', async () => {
    let waits = 0;
    const context = waitingContext(async () => {
      waits += 1;
    });
    await using storage = withRetry(await openS3(fields, context), () => 0, context, policy);
    weather.resetAfterBytes = 50_000;
    const bytesAt = (index: number) => Buffer.alloc(20_000, index);
    for (let index = 0; index < 40; index += 1) {
      await storage.put(`reset/${index}`, bytesAt(index), { signal, ifAbsent: index % 2 === 0 });
      const read = await storage.get(`reset/${index}`, { signal });
      assert.ok(bytesAt(index).equals(read), `object ${index} is another`);
      if (index % 4 === 0) await storage.delete(`reset/${index}`, { signal });
    }
    weather.resetAfterBytes = undefined;
    assert.equal((await Array.fromAsync(storage.list('reset/', { signal }))).length, 30);
    assert.ok(waits >= 20, `only ${waits} calls were reset`);
  });

  await t.test('keeps its connections, and replaces those that broke unseen', async () => {
    await using storage = await openS3(fields);
    const before = proxy.connections();
    for (let index = 0; index < 20; index += 1) {
      await storage.put(`kept/${index}`, Buffer.alloc(400_000, index), { signal });
      await storage.get(`kept/${index}`, { signal });
    }
    assert.equal(proxy.connections(), before, 'a call opened a connection of its own');
    const context = waitingContext(async () => undefined);
    const patient = withRetry(storage, () => 0, context, policy);
    proxy.cut();
    assert.equal((await patient.get('kept/3', { signal })).length, 400_000);
    proxy.cut();
    await patient.put('kept/again', bytesOf('x'), { signal });
    assert.equal(await textOf(storage, 'kept/again'), 'x');
  });

  await t.test('is reached again after connections were refused, or hung until they were cut', async () => {
    let waits = 0;
    const context = waitingContext(async () => {
      waits += 1;
      if (waits === 3) weather.isRefusing = false;
    });
    await using storage = await openS3(fields, context);
    const patient = withRetry(storage, () => 0, context, policy);
    weather.isRefusing = true;
    proxy.cut();
    await patient.put('refused', bytesOf('through'), { signal, ifAbsent: true });
    assert.equal(waits, 3);
    weather.isPartitioned = true;
    const hanging = patient.put('hung', bytesOf('through'), { signal, ifAbsent: true });
    const seen = proxy.connections();
    proxy.cut();
    while (proxy.connections() === seen) await new Promise((resolve) => setImmediate(resolve));
    weather.isPartitioned = false;
    proxy.cut();
    await hanging;
    assert.equal(await textOf(storage, 'hung'), 'through');
  });

  await t.test('survives a gateway that is killed at work and started again', async () => {
    let restarted: Promise<void> | undefined;
    const context = waitingContext(async () => restarted);
    await using storage = await openS3(fields, context);
    const patient = withRetry(storage, () => 0, context, policy);
    const put = (index: number) =>
      patient.put(`killed/${index}`, Buffer.alloc(300_000, index), { signal, ifAbsent: true });
    for (let index = 0; index < 24; index += 8) {
      const puts = Array.from({ length: 8 }, (_, one) => put(index + one));
      restarted = gateway.restart();
      await Promise.all([...puts, restarted]);
    }
    for (let index = 0; index < 24; index += 1) {
      const read = await patient.get(`killed/${index}`, { signal });
      assert.ok(Buffer.alloc(300_000, index).equals(read), `object ${index} is another`);
    }
  });
});

test('a call that is canceled in flight ends at once, and so does its connection', async () => {
  const calls: Readonly<Record<string, (storage: Storage, own: AbortSignal) => Promise<unknown>>> = {
    put: (storage, own) => storage.put('a', Buffer.alloc(1_000_000), { signal: own }),
    'small put': (storage, own) => storage.put('a', bytesOf('x'), { signal: own }),
    get: (storage, own) => storage.get('a', { signal: own }),
    'get of a body that stops half-way': (storage, own) => storage.get('half', { signal: own }),
    stat: (storage, own) => storage.stat('a', { signal: own }),
    list: (storage, own) => Array.fromAsync(storage.list('', { signal: own })),
    delete: (storage, own) => storage.delete('a', { signal: own }),
  };
  for (const [name, call] of Object.entries(calls)) {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const server = createServer((request, answer) => {
      if (request.url?.includes('object-lock') === true) return void answer.writeHead(404).end(noLock);
      request.socket.once('close', close);
      if (request.url?.includes('half') === true) {
        answer.writeHead(200, { 'content-length': '1000' });
        answer.write('half', () => begin());
      } else begin();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    await using storage = await openS3({ bucket: 'one', accessKeyId: 'a', secretAccessKey: 'b', endpoint });
    const stop = new AbortController();
    const running = failureOf('canceled', 'CANCELED', () => call(storage, stop.signal));
    await begun;
    stop.abort();
    await running.catch((error: unknown) => assert.fail(`${name}: ${error}`));
    await closed;
    server.close();
  }
});

const noLock = '<?xml version="1.0"?><Error><Code>ObjectLockConfigurationNotFoundError</Code></Error>';

test('what a disturbed service asks for is handed to who repeats', async () => {
  const answers: (readonly [number, string, Record<string, string>])[] = [];
  const server = createServer((_, answer) => {
    const [status, code, headers] = answers[0] ?? [500, 'InternalError', {}];
    answer.writeHead(status, { 'content-type': 'application/xml', connection: 'close', ...headers });
    answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const fields = { bucket: 'one-bucket', accessKeyId: 'a', secretAccessKey: 'b' };
  const open = () => openS3({ ...fields, endpoint: `http://127.0.0.1:${port}` }, stillContext());
  const passing: readonly (readonly [number, string, Record<string, string>, number | undefined])[] = [
    [503, 'SlowDown', { 'retry-after': '7' }, 7000],
    [503, 'SlowDown', {}, undefined],
    [429, 'TooManyRequests', { 'retry-after': '2' }, 2000],
    [500, 'InternalError', {}, undefined],
    [502, 'BadGateway', {}, undefined],
    [409, 'ConditionalRequestConflict', {}, undefined],
    [400, 'RequestTimeout', {}, undefined],
    [403, 'RequestTimeTooSkewed', {}, undefined],
    [503, 'SlowDown', { 'retry-after': 'soon' }, undefined],
  ];
  for (const [status, code, headers, retryAfterMs] of passing) {
    answers[0] = [status, code, headers];
    const { facts } = await failureOf('unavailable', 'STORAGE_UNAVAILABLE', open);
    assert.equal(facts.retryAfterMs, retryAfterMs, `${status} ${code}`);
  }
  const refusals: readonly (readonly [number, string, FailureKind, string, RegExp])[] = [
    [403, 'ExpiredToken', 'denied', 'STORAGE_DENIED', /Sign in again/],
    [400, 'InvalidToken', 'denied', 'STORAGE_DENIED', /Sign in again/],
    [400, 'KMS.DisabledException', 'denied', 'STORAGE_DENIED', /kms-key/],
    [401, 'Unauthorized', 'denied', 'STORAGE_DENIED', /lacks a right/],
    [403, 'InvalidObjectState', 'conflict', 'OBJECT_FROZEN', /Thaw/],
    [400, 'InvalidBucketName', 'usage', 'STORAGE_CONFIG_INVALID', /URL/],
    [400, 'SomethingNew', 'usage', 'STORAGE_CONFIG_INVALID', /endpoint/],
  ];
  for (const [status, code, kind, expected, hint] of refusals) {
    answers[0] = [status, code, {}];
    const failure = await failureOf(kind, expected, open);
    assert.match(failure.hint ?? '', hint, code);
  }
  for (const [status, code] of [
    [507, 'InsufficientStorage'],
    [403, 'QuotaExceeded'],
  ] as const) {
    answers[0] = [status, code, {}];
    await failureOf('exhausted', 'STORAGE_FULL', open);
  }
  server.close();
});
