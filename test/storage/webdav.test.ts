// WebDAV against nginx and Apache, with every kind of login and of trust, on good and bad networks; and against a server that lies.

import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { createStorage, kindNamed, openConfiguredStorage, openStorage } from '../../src/storage/all.ts';
import { conformance } from '../../src/storage/conformance.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { withRetry } from '../../src/storage/with/retry.ts';
import { apachePackages, apachePrograms, davPassword, startApache } from '../servers/apache.ts';
import { makeAuthority } from '../servers/authority.ts';
import { nginxPackages, nginxPrograms, startNginx } from '../servers/nginx.ts';
import { freePort, programsOrSkip, rootOrSkip, serverFolder } from '../servers/process.ts';
import { startProxy } from '../servers/proxy.ts';
import { smallDisk } from '../servers/small-disk.ts';
import { type DavLies, startDavDouble } from '../servers/webdav-double.ts';
import { bytesOf, failure, namesOf, signal, stillContext, textOf } from './storage-world.ts';

const secretOf = async (field: string) => (field === 'password' ? davPassword : undefined);
const open = (url: string, context = stillContext()) => openStorage(url, secretOf, context);
const create = (url: string, context = stillContext()) => createStorage(url, secretOf, context);
const at = (port: number, path = '/dav/repository') => `webdav://keeper@127.0.0.1:${port}${path}`;

function canServe(t: TestContext): boolean {
  const programs = [...nginxPrograms, ...apachePrograms];
  return programsOrSkip(t, programs, `${nginxPackages} ${apachePackages}`) && rootOrSkip(t);
}

async function demandConformance(openOne: () => Promise<Storage>, listedObjects: number): Promise<void> {
  const results = await Array.fromAsync(conformance(openOne, { signal, listedObjects }));
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
  assert.ok(results.length > 10);
}

test('nginx keeps the promises', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  await using server = await startNginx({ folder: folder.path });
  await using storage = await create(at(server.port));
  assert.deepEqual(storage.features, {
    exclusivePut: false,
    isLocal: false,
    parallelCallsMax: 6,
    durability: 'C',
  });
  await demandConformance(() => open(at(server.port)), 60);
  assert.deepEqual(await namesOf(storage), []);
});

test('Apache keeps the promises, with a digest login', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  await using server = await startApache({ folder: folder.path, login: 'Digest' });
  await using storage = await create(at(server.port));
  await demandConformance(() => open(at(server.port)), 60);
  assert.deepEqual(await namesOf(storage), []);
});

test('https keeps the promises, by an authority or a pinned certificate, and trusts nobody else', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  const authority = makeAuthority(folder.path);
  const certificate = authority.issue('server', 'IP:127.0.0.1');
  const foreign = makeAuthority(folder.path, 'foreign').issue('other', 'DNS:elsewhere.test');
  await using server = await startApache({ folder: folder.path, certificate, login: 'Basic' });
  const url = `webdavs://keeper@127.0.0.1:${server.port}/dav/repository`;
  await (await create(`${url}?ca-file=${authority.path}`))[Symbol.asyncDispose]();
  await demandConformance(() => open(`${url}?fingerprint=${certificate.fingerprint}`), 5);
  for (const bad of [
    url,
    `${url}?fingerprint=${foreign.fingerprint}`,
    `${url}?ca-file=${join(folder.path, 'foreign.pem')}`,
  ]) {
    await assert.rejects(open(bad), (error) => {
      assert.ok(
        error instanceof Failure && error.kind === 'denied' && error.code === 'STORAGE_CERTIFICATE',
        String(error),
      );
      assert.match(error.hint ?? '', /fingerprint/);
      return true;
    });
  }
  await assert.rejects(
    open(url.replace('webdavs', 'webdav')),
    (error) => error instanceof Failure && error.hint !== undefined,
  );
  await server.process.stop();
  await using misnamed = await startApache({ folder: folder.path, certificate: foreign });
  await assert.rejects(
    open(`webdavs://127.0.0.1:${misnamed.port}/dav/repository?ca-file=${join(folder.path, 'foreign.pem')}`),
    failure('denied', 'STORAGE_CERTIFICATE'),
  );
});

test('retry keeps the promises through resets, refusals, and a server that was killed', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  const port = await freePort();
  await using servers = new AsyncDisposableStack();
  const start = async () => servers.use(await startNginx({ folder: folder.path, port }));
  const server = await start();
  await using proxy = await startProxy(port);
  const context = stillContext();
  await (await create(at(proxy.port)))[Symbol.asyncDispose]();
  proxy.weather.resetAfterBytes = 17_200_000;
  const policy = { attemptsMax: 12, firstDelayMs: 1, delayMaxMs: 1 };
  await demandConformance(async () => withRetry(await open(at(proxy.port)), () => 0, context, policy), 20);
  assert.ok(context.sleeps.length > 0, `${context.sleeps.length} retries`);
  proxy.weather.resetAfterBytes = undefined;

  let waits = 0;
  const healing = {
    ...context,
    clock: {
      ...context.clock,
      async sleep() {
        waits += 1;
        if (waits === 2) await start();
        if (waits === 4) proxy.weather.isRefusing = false;
      },
    },
  };
  await using storage = withRetry(await open(at(proxy.port)), () => 0, healing);
  await storage.put('kept', bytesOf('before'), { signal });
  await server.process.stop();
  proxy.cut();
  proxy.weather.isRefusing = true;
  await storage.put('after', bytesOf('after'), { signal });
  assert.ok(waits >= 4);
  assert.deepEqual(await namesOf(storage), ['after', 'kept']);
});

test('a call that is canceled in flight ends at once, and connections are used again', async () => {
  await using double = await startDavDouble();
  await using proxy = await startProxy(double.port);
  await using storage = await create(at(proxy.port, '/r'));
  const opened = proxy.connections();
  await storage.put('here', bytesOf('here'), { signal });
  assert.equal(proxy.connections(), opened);
  for (const hangsOn of ['PROPFIND', 'PUT', 'GET', 'MOVE']) {
    double.lies = { hangsOn };
    const abort = new AbortController();
    const before = double.requests.length;
    const call = storage.put(`new-${hangsOn.toLowerCase()}`, bytesOf('x'), { signal: abort.signal });
    const reached = (async () => {
      while (!double.requests.slice(before).some(({ method }) => method === hangsOn))
        await new Promise(setImmediate);
      abort.abort();
    })();
    await assert.rejects(call, failure('canceled', 'CANCELED'));
    await reached;
    double.lies = {};
    assert.equal(await textOf(storage, 'here'), 'here');
  }
  await Promise.all(Array.from({ length: 40 }, () => storage.get('here', { signal })));
  const connections = proxy.connections();
  await Promise.all(Array.from({ length: 40 }, () => storage.get('here', { signal })));
  assert.ok(proxy.connections() === connections && connections <= opened + 10, `${connections} connections`);
});

test('a put without an answer is resolved by reading', async () => {
  for (const cutsAfter of ['PUT', 'MOVE', 'GET']) {
    await using double = await startDavDouble();
    const context = stillContext();
    const sleep = async () => {
      double.lies = {};
    };
    const healing = { ...context, clock: { ...context.clock, sleep } };
    await using storage = withRetry(await create(at(double.port, '/r')), () => 0, healing);
    double.lies = { cutsAfter };
    await storage.put('packs/one', bytesOf('one'), { signal, ifAbsent: true });
    double.lies = {};
    assert.deepEqual(await namesOf(storage), ['packs/one']);
    assert.equal(await textOf(storage, 'packs/one'), 'one');
    const left = [...double.files.keys()].filter((path) => path.includes('.tmp-')).length;
    assert.equal(await storage.sweep?.(0, { signal }), 0);
    assert.equal(await storage.sweep?.(Date.UTC(2027, 0), { signal }), left);
    assert.deepEqual([...double.files.keys()], ['/r/packs/one']);
  }
});

test('an object that another writer puts meanwhile is never replaced', async () => {
  await using double = await startDavDouble();
  await using storage = await create(at(double.port, '/r'));
  const appears = { path: '/r/one', bytes: Buffer.from('theirs') };
  double.lies = { appears };
  const put = (text: string, ifAbsent: boolean) => storage.put('one', bytesOf(text), { signal, ifAbsent });
  await assert.rejects(put('ours', true), failure('conflict', 'OBJECT_EXISTS'));
  assert.deepEqual([...double.files], [[appears.path, appears.bytes]]);
  double.files.clear();
  await assert.rejects(put('ours', false), failure('corrupt', 'OBJECT_DIFFERS'));
  double.files.clear();
  await put('theirs', false);
  assert.deepEqual([...double.files], [[appears.path, appears.bytes]]);
});

test('answers that are not what was asked for are never handed on', async () => {
  await using double = await startDavDouble();
  await using storage = await create(at(double.port, '/r'));
  await storage.put('one', bytesOf('0123456789'), { signal });
  const range = { offset: 2, length: 3 };
  double.lies = { ignoresRanges: true };
  assert.equal(Buffer.from(await storage.get('one', { signal, range })).toString(), '234');
  await assert.rejects(
    storage.get('one', { signal, range: { offset: 8, length: 3 } }),
    failure('corrupt', 'OBJECT_TOO_SHORT'),
  );
  const bad: readonly DavLies[] = [{ shiftsRanges: true }, { encodesContent: true }, { sendsBytes: 1 }];
  for (const lies of bad) {
    double.lies = lies;
    await assert.rejects(
      storage.get('one', { signal, range }),
      failure('unavailable', 'STORAGE_UNAVAILABLE'),
    );
  }
  double.lies = { convertsLineEnds: true };
  await assert.rejects(
    storage.put('two', bytesOf('a\nb'), { signal }),
    failure('corrupt', 'STORAGE_CHANGES_BYTES'),
  );
  double.lies = {};
  assert.deepEqual([...double.files.keys()], ['/r/one']);
});

test('a list that is not whole is an error, and so is one of a folder that is gone', async (t) => {
  await using double = await startDavDouble();
  await using storage = await create(at(double.port, '/r'));
  const entry = (href: string, status = '200 OK') =>
    `<response><href>${href}</href><propstat><prop><resourcetype/><getcontentlength>1</getcontentlength><getlastmodified>Fri, 02 Jan 2026 03:04:05 GMT</getlastmodified></prop><status>HTTP/1.1 ${status}</status></propstat></response>`;
  const self =
    '<response><href>/r/</href><propstat><prop><resourcetype><collection/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response>';
  const whole = (inner: string) => `<?xml version="1.0"?><multistatus xmlns="DAV:">${inner}</multistatus>`;
  double.lies = { listing: whole(self + entry('http://elsewhere/r/a%2Db')) };
  assert.deepEqual(await namesOf(storage), ['a-b']);
  for (const listing of [
    '',
    'no xml',
    whole(''),
    whole(entry('/r/a')),
    whole(self + entry('/r/a', '403 Forbidden')),
    whole(self + entry('/other/a')),
    whole(self + entry('/r/a/b')),
    whole(self + entry('/r/%zz')),
  ]) {
    double.lies = { listing };
    await assert.rejects(namesOf(storage), failure('unavailable', 'STORAGE_LIST_INVALID'), listing);
  }
  if (!canServe(t)) return;
  for (const start of [startNginx, startApache]) {
    using folder = serverFolder('/srv');
    await using server = await start({ folder: folder.path });
    await using real = await create(at(server.port));
    await real.put('packs/one', bytesOf('one'), { signal });
    assert.deepEqual(await namesOf(real, 'index/'), []);
    renameSync(join(server.files, 'repository'), join(server.files, 'moved'));
    const gone = failure('unavailable', 'STORAGE_VANISHED');
    await assert.rejects(namesOf(real), gone);
    await assert.rejects(namesOf(real, 'packs/'), gone);
    await assert.rejects(real.get('packs/one', { signal }), gone);
    await assert.rejects(real.stat('packs/one', { signal }), gone);
    await assert.rejects(real.delete('packs/one', { signal }), gone);
    await assert.rejects(real.put('packs/two', bytesOf('two'), { signal }), gone);
    assert.deepEqual(readdirSync(server.files), ['moved']);
  }
});

test('deleting never takes a folder', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  await using server = await startApache({ folder: folder.path });
  await using storage = await create(at(server.port));
  await storage.put('packs/one', bytesOf('one'), { signal });
  await storage.delete('packs', { signal });
  assert.deepEqual(await namesOf(storage), ['packs/one']);
  assert.equal(await storage.stat('packs', { signal }), undefined);
});

test('answers of the server are told apart, each with a hint', async () => {
  await using double = await startDavDouble();
  const cases: readonly (readonly [NonNullable<DavLies['answers']>, string])[] = [
    [{ PROPFIND: { status: 401 } }, 'denied/STORAGE_DENIED'],
    [
      { PROPFIND: { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' } } },
      'denied/STORAGE_DENIED',
    ],
    [
      {
        PROPFIND: { status: 401, headers: { 'WWW-Authenticate': 'Digest realm="x", nonce="n", qop="auth"' } },
      },
      'denied/STORAGE_DENIED',
    ],
    [{ PROPFIND: { status: 405 } }, 'denied/STORAGE_DENIED'],
    [
      { PROPFIND: { status: 301, headers: { Location: 'https://u:secret@host/?token=secret' } } },
      'usage/STORAGE_REDIRECTED',
    ],
    [{ PUT: { status: 403 } }, 'denied/STORAGE_DENIED'],
    [{ PUT: { status: 413 } }, 'denied/STORAGE_DENIED'],
    [{ PUT: { status: 423 } }, 'denied/STORAGE_DENIED'],
    [{ PUT: { status: 507 } }, 'exhausted/STORAGE_FULL'],
    [{ PUT: { status: 503, headers: { 'Retry-After': '7' } } }, 'unavailable/STORAGE_UNAVAILABLE'],
    [{ MOVE: { status: 502 } }, 'unavailable/STORAGE_UNAVAILABLE'],
    [{ GET: { status: 500 } }, 'unavailable/STORAGE_UNAVAILABLE'],
  ];
  await (await create(at(double.port, '/r')))[Symbol.asyncDispose]();
  for (const [answers, expected] of cases) {
    double.lies = { answers };
    const run = async () => {
      await using storage = await open(at(double.port, '/r'));
      await storage.put('one', bytesOf('one'), { signal });
    };
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.equal(`${error.kind}/${error.code}`, expected, `${JSON.stringify(answers)}: ${error.message}`);
      assert.ok(error.hint !== undefined);
      const said = `${error.message}${error.hint}${JSON.stringify(error.facts)}`;
      assert.ok(!said.includes(davPassword) && !said.includes('secret'));
      if (answers.PUT?.status === 503) assert.equal(error.facts.retryAfterMs, 7000);
      return true;
    });
  }
  assert.deepEqual([...double.files.keys()], []);
});

test('no password is sent before it is asked for, and none in clear to who asks for a digest', async () => {
  await using double = await startDavDouble();
  await (await create(at(double.port, '/r')))[Symbol.asyncDispose]();
  assert.ok(double.requests.every(({ headers }) => headers.authorization === undefined));
  const asked = 'Basic realm="x", Digest realm="x", nonce="n", qop="auth", algorithm=SHA-256';
  double.lies = { answers: { PROPFIND: { status: 401, headers: { 'WWW-Authenticate': asked } } } };
  await assert.rejects(open(at(double.port, '/r')), failure('denied', 'STORAGE_DENIED'));
  const sent = double.requests.at(-1)?.headers.authorization ?? '';
  assert.match(sent, /^Digest username="keeper", realm="x", nonce="n", uri="\/r\/", response="[0-9a-f]{64}"/);
  assert.ok(!double.requests.some(({ headers }) => headers.authorization?.startsWith('Basic')));
});

test('wrong accounts, addresses and rights are told apart on real servers', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  const denied = failure('denied', 'STORAGE_DENIED');
  for (const login of ['Basic', 'Digest'] as const) {
    await using server = await startApache({ folder: folder.path, login });
    await (await create(at(server.port)))[Symbol.asyncDispose]();
    await (await create(at(server.port)))[Symbol.asyncDispose]();
    await assert.rejects(
      openStorage(at(server.port), async () => 'wrong-word', stillContext()),
      denied,
    );
    await assert.rejects(
      openStorage(at(server.port), async () => undefined, stillContext()),
      denied,
    );
    await assert.rejects(open(at(server.port, '/dav/elsewhere')), failure('missing', 'STORAGE_MISSING'));
    await server.process.stop();
  }
  await assert.rejects(open(at(await freePort())), failure('unavailable', 'STORAGE_UNAVAILABLE'));
  await using server = await startApache({ folder: folder.path });
  await using storage = await open(at(server.port));
  await storage.put('packs/one', bytesOf('one'), { signal });
  const packs = join(server.files, 'repository', 'packs');
  chownSync(packs, 0, 0);
  chmodSync(packs, 0o700);
  await assert.rejects(namesOf(storage, 'packs/'), denied);
  await assert.rejects(storage.get('packs/one', { signal }), denied);
  await assert.rejects(storage.delete('packs/one', { signal }), denied);
  mkdirSync(join(server.files, 'used'));
  writeFileSync(join(server.files, 'used', 'Letter.txt'), 'dear');
  await assert.rejects(create(at(server.port, '/dav/used')), failure('conflict', 'STORAGE_NOT_EMPTY'));
  await server.process.stop();
  const more = ['if ($http_authorization != "Bearer abc.def") { return 401; }', 'client_max_body_size 1m;'];
  await using nginx = await startNginx({ folder: folder.path, more });
  chmodSync(join(nginx.files, 'repository'), 0o777);
  const token = (value: string) => async (field: string) => (field === 'token' ? value : undefined);
  const bearer = `webdav://127.0.0.1:${nginx.port}/dav/repository`;
  await assert.rejects(openStorage(bearer, token('abc.other'), stillContext()), denied);
  await using other = await openStorage(bearer, token('abc.def'), stillContext());
  await other.put('small', bytesOf('small'), { signal });
  await assert.rejects(other.put('large', Buffer.alloc(2_000_000), { signal }), denied);
});

test('a full disk is said to be full, and what was stored in part does not keep it so', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  using _ = smallDisk(join(folder.path, 'dav'), 2);
  await using server = await startApache({ folder: folder.path });
  await using storage = await create(at(server.port));
  const large = storage.put('packs/large', Buffer.alloc(5_000_000, 7), { signal });
  await assert.rejects(large, failure('exhausted', 'STORAGE_FULL'));
  await storage.put('packs/small', Buffer.alloc(100_000, 7), { signal });
  assert.deepEqual(readdirSync(join(server.files, 'repository', 'packs')), ['small']);
});

test('URLs and configurations mean the same', async () => {
  const kind = await kindNamed('webdav');
  const cases: readonly (readonly [string, object])[] = [
    ['webdav://host', { host: 'host', path: '', allowPlaintext: false }],
    [
      'webdav://me@host:81/a/b%20c/',
      { host: 'host', port: 81, user: 'me', path: 'a/b c', allowPlaintext: false },
    ],
    ['webdav://[::1]/x?allow-plaintext=true', { host: '::1', path: 'x', allowPlaintext: true }],
  ];
  for (const [url, expected] of cases)
    assert.deepEqual({ ...(kind.config.parse(kind.fromUrl(url)) as object) }, expected, url);
  const usage = [
    'webdav:///path',
    'webdav://h/?allow-plaintext=yes',
    'webdavs://h/?allow-plaintext=true',
    'webdavs://h/?fingerprint=ab',
    'webdavs://h/?verify=no',
  ];
  for (const url of usage) {
    await assert.rejects(
      open(url),
      (error) => error instanceof Failure && error.kind === 'usage' && error.hint !== undefined,
      url,
    );
  }
  await assert.rejects(open('webdav://backup.example/'), failure('usage', 'STORAGE_PLAINTEXT'));
  await assert.rejects(open('webdavs://me:geheim@h/'), failure('usage', 'STORAGE_URL_HAS_SECRET'));
  await using double = await startDavDouble();
  await using storage = await openConfiguredStorage(
    { kind: 'webdav', host: '127.0.0.1', port: double.port, path: '' },
    stillContext(),
  );
  assert.equal(storage.location, `webdav://127.0.0.1:${double.port}/`);
});
