// The client of the object server against the real server: the promises, plain and in bad weather, and every way to be refused.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { noSecrets, openConfiguredStorage, openStorage } from '../../src/storage/all.ts';
import { conformance } from '../../src/storage/conformance.ts';
import rest from '../../src/storage/rest.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { withNames } from '../../src/storage/with/names.ts';
import { defaultRetry, withRetry } from '../../src/storage/with/retry.ts';
import {
  createAs,
  makeCertificate,
  openAs,
  openWithoutSecrets,
  password,
  startObjectProcess,
  startObjects,
  token,
  urlFor,
  withPassword,
} from '../servers/object-server.ts';
import { freePort, programsOrSkip } from '../servers/process.ts';
import { startProxy } from '../servers/proxy.ts';
import { testContext } from '../world.ts';
import { bytesOf, failure, namesOf, scratch, signal, stillContext, textOf } from './storage-world.ts';

async function demandAll(open: () => Promise<Storage>, listedObjects: number): Promise<void> {
  const results = await Array.fromAsync(conformance(open, { signal, listedObjects }));
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
}

test('the object server keeps the promises', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using created = await createAs(server.port);
  assert.equal(created.location, urlFor(server.port));
  await demandAll(() => openAs(server.port), 1050);
});

test('it keeps them over TLS', async (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using folder = scratch();
  const { certificate, key, certificatePath } = makeCertificate(folder.path, 'localhost', 'DNS:localhost');
  await using server = await startObjects(folder.path, { tls: { certificate, key } });
  const url = `rests://alice@localhost:${server.port}/r?ca-file=${certificatePath}`;
  const given = rest.config.parse({ ...rest.fromUrl(url), password });
  await (await rest.create(given, testContext()))[Symbol.asyncDispose]();
  await demandAll(() => openStorage(url, withPassword, testContext()), 60);
});

test('it keeps them behind retry while connections are reset again and again', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using proxy = await startProxy(server.port);
  await using created = await createAs(server.port);
  const patient = { ...defaultRetry, attemptsMax: 30 };
  let bytes = 9_000_000;
  await demandAll(async () => {
    const context = stillContext();
    const storage = withRetry(await openAs(proxy.port), () => 0, context, patient);
    // The largest object of the suite has 8 MiB; each connection carries a little more, at ever other lengths. A put whose answer
    // is lost and that finds equal bytes has succeeded, so where the suite waits for a refusal nothing is reset.
    return {
      ...storage,
      features: storage.features,
      location: storage.location,
      async put(name: string, content: Uint8Array, options: Parameters<Storage['put']>[2]) {
        bytes = 8_600_000 + (bytes % 700_001);
        proxy.weather.resetAfterBytes = options.ifAbsent === true ? undefined : bytes;
        await storage.put(name, content, options);
      },
    } as Storage;
  }, 40);
  assert.ok(proxy.connections() > 5);
  await created.put('end', bytesOf('x'), { signal });
});

test('reset at any byte, a put and a get succeed behind retry with one retry', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using proxy = await startProxy(server.port);
  await using created = await createAs(server.port);
  const bytes = Buffer.alloc(200_000, 3);
  for (let reset = 1; reset < 500_000; reset *= 2) {
    const context = stillContext();
    proxy.weather.resetAfterBytes = undefined;
    await using inner = await openAs(proxy.port);
    const storage = withRetry(inner, () => 0, {
      ...context,
      clock: {
        ...context.clock,
        sleep: async (...given) => {
          proxy.weather.resetAfterBytes = undefined;
          await context.clock.sleep(...given);
        },
      },
    });
    proxy.weather.resetAfterBytes = reset;
    await storage.put(`reset/${reset}`, bytes, { signal, ifAbsent: true });
    proxy.weather.resetAfterBytes = reset;
    proxy.cut();
    assert.ok(Buffer.from(await storage.get(`reset/${reset}`, { signal })).equals(bytes));
    proxy.weather.resetAfterBytes = reset;
    assert.equal((await namesOf(storage, `reset/${reset}`)).includes(`reset/${reset}`), true);
  }
  assert.equal((await namesOf(created)).length, 19);
});

test('a partition that heals, refused connections and cut ones are one failure at most', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using proxy = await startProxy(server.port);
  await using created = await createAs(server.port);
  await using storage = await openAs(proxy.port);
  await storage.put('a', bytesOf('one'), { signal });
  proxy.cut();
  // A resting connection that broke is replaced unnoticed.
  assert.equal(await textOf(storage, 'a'), 'one');
  proxy.weather.isRefusing = true;
  proxy.cut();
  await assert.rejects(storage.get('a', { signal }), failure('unavailable', 'STORAGE_UNAVAILABLE'));
  proxy.weather.isRefusing = false;
  assert.equal(await textOf(storage, 'a'), 'one');
  proxy.weather.isPartitioned = true;
  const hanging = storage.get('a', { signal });
  proxy.cut();
  proxy.weather.isPartitioned = false;
  const ends = await Promise.allSettled([hanging]);
  assert.ok(
    ends[0].status === 'fulfilled' || isFailure(ends[0].reason, 'unavailable', 'STORAGE_UNAVAILABLE'),
  );
  assert.equal(await textOf(storage, 'a'), 'one');
  assert.deepEqual(await namesOf(created), ['a']);
});

test('a server that is killed during puts and starts again has every object that was acknowledged', async () => {
  using folder = scratch();
  const port = await freePort();
  let server = await startObjectProcess(folder.path, port);
  try {
    await (await createAs(port))[Symbol.asyncDispose]();
    await using inner = await openAs(port);
    const context = testContext();
    let restarts = 0;
    const storage = withRetry(inner, () => 0, {
      ...context,
      clock: {
        ...context.clock,
        async sleep() {
          restarts += 1;
          await server.kill();
          server = await startObjectProcess(folder.path, port);
        },
      },
    });
    const bytes = Buffer.alloc(3_000_000, 9);
    for (let round = 0; round < 3; round += 1) {
      const putting = storage.put(`round/${round}`, bytes, { signal, ifAbsent: true });
      await server.kill();
      await putting;
    }
    assert.ok(restarts >= 3, `${restarts} restarts`);
    assert.deepEqual(await namesOf(storage), ['round/0', 'round/1', 'round/2']);
    assert.equal(await storage.sweep?.(Number.MAX_SAFE_INTEGER / 10, { signal }), 0 + (await swept(storage)));
  } finally {
    await server.kill();
  }
});

/** What a killed put left is removed once; a second look finds nothing. */
async function swept(storage: Storage): Promise<number> {
  return (await storage.sweep?.(Number.MAX_SAFE_INTEGER / 10, { signal })) ?? 0;
}

test('a URL and a configuration mean the same', () => {
  const fingerprint = 'AB'.repeat(32);
  const cases: readonly (readonly [string, object])[] = [
    [
      'rests://alice@backup.example/laptop',
      {
        host: 'backup.example',
        port: 8640,
        name: 'laptop',
        user: 'alice',
        tls: true,
        allowPlaintextTransport: false,
      },
    ],
    [
      `rests://[::1]:99/a-b.c?ca-file=/etc/ca.pem&certificate-sha256=${fingerprint}`,
      {
        host: '::1',
        port: 99,
        name: 'a-b.c',
        tls: true,
        caFile: '/etc/ca.pem',
        certificateSha256: fingerprint,
        allowPlaintextTransport: false,
      },
    ],
    [
      'rest://j%40x@h/r?allow-plaintext=yes',
      { host: 'h', port: 8640, name: 'r', user: 'j@x', tls: false, allowPlaintextTransport: true },
    ],
  ];
  for (const [url, expected] of cases) {
    assert.deepEqual(rest.config.parse(rest.fromUrl(url)), expected);
    assert.deepEqual(rest.config.parse(expected), expected);
  }
  for (const url of [
    'rests://host',
    'rests://host/a/b',
    'rests:///r',
    'rests://h/r?allow-plaintext=no',
    'rests://h/r?x=1',
    'rests://h/r#x',
  ]) {
    assert.throws(() => rest.fromUrl(url), failure('usage', 'STORAGE_URL_INVALID'), url);
  }
  assert.throws(() => rest.fromUrl('rests://alice:geheim@h/r'), failure('usage', 'STORAGE_URL_HAS_SECRET'));
  for (const wrong of [
    { name: '..' },
    { name: 'A' },
    { name: 'a b' },
    { port: 0 },
    { port: 65_536 },
    { user: 'a:b' },
    { certificateSha256: 'ab' },
    { token: 'short' },
  ]) {
    assert.throws(
      () => rest.config.parse({ host: 'h', name: 'r', user: 'u', ...wrong }),
      JSON.stringify(wrong),
    );
  }
});

test('every wrong input is refused with its own code and a hint, and shows no secret', async (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using folder = scratch();
  const good = makeCertificate(folder.path, 'localhost', 'DNS:localhost');
  const other = makeCertificate(folder.path, 'other', 'DNS:other.example');
  await using secure = await startObjects(folder.path, { tls: good });
  await using misnamed = await startObjects(folder.path, { tls: other });
  await using plain = await startObjects(folder.path);
  await (await createAs(plain.port))[Symbol.asyncDispose]();
  await using stranger = await strangeServer((_, response) => response.writeHead(200).end('<html>welcome'));
  await using lost = await strangeServer((_, response) => response.writeHead(404).end('not found'));
  const freed = await freePort();
  const ca = `?ca-file=${good.certificatePath}`;
  const at = (port: number, rest = '') => `rests://alice@localhost:${port}/repository${rest}`;
  const wrong = 'wrong-Geheimnis';
  const cases: readonly (readonly [string, string, string, string, string?])[] = [
    ['a wrong password', at(secure.port, ca), 'denied', 'STORAGE_LOGIN_REFUSED', wrong],
    ['an unknown user', at(secure.port, ca).replace('alice', 'eve'), 'denied', 'STORAGE_LOGIN_REFUSED'],
    ['no such repository', at(secure.port, ca).replace('repository', 'none'), 'missing', 'STORAGE_MISSING'],
    ['a certificate nobody vouches for', at(secure.port), 'denied', 'STORAGE_CERTIFICATE'],
    [
      'a certificate for another name',
      at(misnamed.port, `?ca-file=${other.certificatePath}`),
      'denied',
      'STORAGE_CERTIFICATE',
    ],
    [
      'another certificate than was pinned',
      at(secure.port, `?certificate-sha256=${other.sha256}`),
      'denied',
      'STORAGE_CERTIFICATE',
    ],
    ['no such CA file', at(secure.port, '?ca-file=/nowhere/ca.pem'), 'usage', 'STORAGE_FILE_UNREADABLE'],
    ['TLS to a plain port', at(plain.port, ca), 'usage', 'STORAGE_ANSWER_INVALID'],
    ['plain to a TLS port', urlFor(secure.port), 'unavailable', 'STORAGE_UNAVAILABLE'],
    ['nobody listens', urlFor(freed), 'unavailable', 'STORAGE_UNAVAILABLE'],
    ['no such host', 'rests://alice@host.invalid/r', 'unavailable', 'STORAGE_HOST_UNKNOWN'],
    ['another server', urlFor(stranger.port), 'unavailable', 'STORAGE_ANSWER_INVALID'],
    [
      "another server's 404 is no missing repository",
      urlFor(lost.port),
      'unavailable',
      'STORAGE_ANSWER_INVALID',
    ],
    ['plain to the world', 'rest://alice@192.0.2.1/r', 'usage', 'STORAGE_PLAINTEXT'],
    [
      'a pin without TLS',
      `${urlFor(plain.port)}?certificate-sha256=${other.sha256}`,
      'usage',
      'STORAGE_PLAINTEXT',
    ],
  ];
  for (const [what, url, kind, code, secret = password] of cases) {
    const secretOf = async (field: string) => (field === 'password' ? secret : undefined);
    await assert.rejects(openStorage(url, secretOf, testContext()), (error: unknown) => {
      assert.ok(error instanceof Failure, `${what}: ${error}`);
      assert.deepEqual([error.kind, error.code], [kind, code], `${what}: ${error.message}`);
      assert.ok((error.hint ?? '').length > 10, `${what} has no hint`);
      assert.doesNotMatch(everything(error), /Geheimnis|horse-Pferd|aG9yc2U/, what);
      return true;
    });
  }
  await assert.rejects(openWithoutSecrets(urlFor(plain.port)), failure('usage', 'STORAGE_LOGIN_MISSING'));
  await assert.rejects(
    createAs(plain.port).then(async (storage) => {
      await storage.put('packs/a', bytesOf('x'), { signal });
      await createAs(plain.port);
    }),
    failure('conflict', 'STORAGE_NOT_EMPTY'),
  );
  await using pinned = await openStorage(
    at(secure.port, `?certificate-sha256=${good.sha256}`),
    withPassword,
    testContext(),
  );
  assert.deepEqual(await namesOf(pinned), ['packs/a']);
});

test('nothing is sent before a pinned certificate has been looked at', async (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using folder = scratch();
  const posing = makeCertificate(folder.path, 'posing', 'DNS:localhost');
  const expected = makeCertificate(folder.path, 'expected', 'DNS:localhost');
  const requests: string[] = [];
  const { createServer: createSecure } = await import('node:https');
  const server = createSecure({ cert: posing.certificate, key: posing.key }, (request, response) => {
    requests.push(request.headers.authorization ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `rests://alice@localhost:${port}/r?certificate-sha256=${expected.sha256}`;
  await assert.rejects(
    openStorage(url, withPassword, testContext()),
    failure('denied', 'STORAGE_CERTIFICATE'),
  );
  server.close();
  server.closeAllConnections();
  assert.deepEqual(requests, []);
});

test('a token is enough, and stands in no URL', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  const given = { kind: 'rest', host: '127.0.0.1', port: server.port, name: 'r', tls: false, token };
  await assert.rejects(openConfiguredStorage(given, testContext()), failure('missing', 'STORAGE_MISSING'));
  const { kind: _, ...fields } = given;
  await using made = await rest.create(rest.config.parse(fields), testContext());
  await made.put('a', bytesOf('x'), { signal });
  assert.doesNotMatch(made.location, /hf_/);
  await assert.rejects(
    openConfiguredStorage({ ...given, token: `${token}x` }, testContext()),
    failure('denied', 'STORAGE_LOGIN_REFUSED'),
  );
});

test('every call is left at once when it is canceled in flight, and no connection stays', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using proxy = await startProxy(server.port);
  await (await createAs(server.port))[Symbol.asyncDispose]();
  const storage = await openAs(proxy.port);
  await storage.put('a', Buffer.alloc(100_000), { signal });
  proxy.weather.isPartitioned = true;
  const calls = [
    (given: AbortSignal) => storage.get('a', { signal: given }),
    (given: AbortSignal) => storage.stat('a', { signal: given }),
    (given: AbortSignal) =>
      namesOf({ ...storage, list: (prefix) => storage.list(prefix, { signal: given }) }),
    (given: AbortSignal) => storage.put('b', Buffer.alloc(100_000), { signal: given }),
    (given: AbortSignal) => storage.delete('a', { signal: given }),
  ];
  for (const call of calls) {
    const controller = new AbortController();
    const running = call(controller.signal);
    setImmediate(() => controller.abort());
    await assert.rejects(running, failure('canceled', 'CANCELED'));
  }
  proxy.weather.isPartitioned = false;
  assert.equal((await storage.stat('a', { signal }))?.sizeBytes, 100_000);
  await storage[Symbol.asyncDispose]();
});

test('connections are used again', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using proxy = await startProxy(server.port);
  await (await createAs(server.port))[Symbol.asyncDispose]();
  await using storage = await openAs(proxy.port);
  for (let index = 0; index < 20; index += 1) await storage.put(`a/${index}`, bytesOf('x'), { signal });
  for (let index = 0; index < 20; index += 1) await storage.stat(`a/none-${index}`, { signal });
  assert.equal(proxy.connections(), 1);
});

test('an answer that lies is never taken for the object, nor for the list', async () => {
  const answers: { status: number; headers: Record<string, string>; body: string }[] = [];
  await using server = await strangeServer((request, response) => {
    if (request.url === '/v1/repository') {
      response.end('{"protocol":1,"access":"full"}');
      return;
    }
    const { status, headers, body } = answers[0]!;
    response.writeHead(status, headers);
    const isShort = Number(headers['content-length'] ?? body.length) > body.length;
    if (isShort) response.write(body, () => void response.destroy());
    else response.end(body);
  });
  await using storage = withNames(await openAs(server.port), testContext());
  const answer = (body: string, headers: Record<string, string> = {}, status = 200) => {
    answers[0] = { status, headers: { 'content-length': String(body.length), ...headers }, body };
  };
  const digest = 'sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:';
  answer('hello', { 'content-digest': digest });
  assert.equal(await textOf(storage, 'a'), 'hello');
  const refusals: readonly (readonly [string, Record<string, string>, number, string])[] = [
    ['hellO', { 'content-digest': digest }, 200, 'STORAGE_DAMAGED_ON_WAY'],
    ['hello', {}, 200, 'STORAGE_DAMAGED_ON_WAY'],
    ['hello', { 'content-digest': digest, 'content-length': '9' }, 200, 'STORAGE_UNAVAILABLE'],
    ['hello', { 'content-digest': digest }, 206, 'STORAGE_ANSWER_INVALID'],
    ['hello', { 'content-digest': digest, 'content-length': '999999999999' }, 200, 'STORAGE_ANSWER_INVALID'],
    ['', {}, 204, 'STORAGE_ANSWER_INVALID'],
    ['moved', {}, 302, 'STORAGE_ANSWER_INVALID'],
    ['', { 'holdfast-error': 'constructor' }, 404, 'STORAGE_ANSWER_INVALID'],
  ];
  for (const [body, headers, status, code] of refusals) {
    answer(body, headers, status);
    await assert.rejects(storage.get('a', { signal }), failure('unavailable', code), `${status} ${body}`);
  }
  answer('hello', { 'content-digest': digest });
  await assert.rejects(
    storage.get('a', { signal, range: { offset: 0, length: 5 } }),
    failure('unavailable', 'STORAGE_ANSWER_INVALID'),
  );
  const one = '{"objects":[{"name":"a","sizeBytes":1,"modifiedAt":2}]}\n';
  answer(`${one}{"end":true,"count":1}\n`);
  assert.deepEqual(await namesOf(storage), ['a']);
  for (const body of [
    '',
    one,
    `${one}{"end":true,"count":2}\n`,
    `{"end":true,"count":0}\n${one}`,
    '{"objects":"all"}\n',
    '[]\n',
    'x\n',
    '{"end":true,"count":0}',
    '{"objects":[{"name":"a","sizeBytes":-1,"modifiedAt":2}]}\n{"end":true,"count":1}\n',
  ]) {
    answer(body);
    await assert.rejects(namesOf(storage), (error) => isFailure(error, 'unavailable'), body);
  }
  answer('', { 'holdfast-error': 'STORAGE_UNAVAILABLE', 'retry-after': '7' }, 503);
  await assert.rejects(
    storage.get('a', { signal }),
    (error) => isFailure(error, 'unavailable') && error.facts.retryAfterMs === 7000,
  );
});

async function strangeServer(
  answer: Parameters<typeof createServer>[1] & {},
): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** All that a log could show of an error. */
function everything(error: unknown): string {
  return inspect(error, { depth: 6, showHidden: true });
}

test('no secrets are needed to describe what is missing', async () => {
  await assert.rejects(
    openStorage('rests://h/r', noSecrets, testContext()),
    failure('usage', 'STORAGE_LOGIN_MISSING'),
  );
});
