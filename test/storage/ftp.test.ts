// FTP against proftpd, plain and with both kinds of TLS, on good and bad networks; and against a server that lies.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { kindNamed, openConfiguredStorage, openStorage } from '../../src/storage/all.ts';
import { conformance } from '../../src/storage/conformance.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { withRetry } from '../../src/storage/with/retry.ts';
import { makeAuthority } from '../servers/authority.ts';
import { type FtpLies, startFtpDouble } from '../servers/ftp-double.ts';
import { freePort, programsOrSkip, rootOrSkip, serverFolder } from '../servers/process.ts';
import { ftpPassword, startProftpd } from '../servers/proftpd.ts';
import { startProxy } from '../servers/proxy.ts';
import { smallDisk } from '../servers/small-disk.ts';
import { bytesOf, failure, namesOf, scratch, signal, stillContext, textOf } from './storage-world.ts';

const secretOf = async (field: string) => (field === 'password' ? ftpPassword : undefined);
const open = (url: string, context = stillContext()) => openStorage(url, secretOf, context);
/** Without the probe of a new place: the servers here lie and break off on purpose, and calls are counted. */
async function create(url: string, context = stillContext()): Promise<Storage> {
  const kind = await kindNamed(new URL(url).protocol.slice(0, -1));
  const password = await secretOf('password');
  return kind.create(kind.config.parse({ ...kind.fromUrl(url), password }), context);
}
const plain = (port: number, path = '/repository') =>
  `ftp://keeper@127.0.0.1:${port}${path}?allow-plaintext=true`;

function canServe(t: TestContext): boolean {
  return (
    programsOrSkip(t, ['proftpd', 'openssl'], 'proftpd-core proftpd-mod-crypto openssl') && rootOrSkip(t)
  );
}

async function demandConformance(openOne: () => Promise<Storage>, listedObjects: number): Promise<void> {
  const results = await Array.fromAsync(conformance(openOne, { signal, listedObjects }));
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
  assert.ok(results.length > 10);
}

test('a plain FTP server keeps the promises, and the log says what can be read on the way', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  await using server = await startProftpd({ folder: folder.path });
  const context = stillContext();
  await using storage = await create(plain(server.port), context);
  assert.match(context.logged.join(), /not encrypted: the password, the names and sizes of all objects/);
  await demandConformance(() => open(plain(server.port)), 50);
  assert.deepEqual(await namesOf(storage), []);
});

test('explicit TLS, implicit TLS and a pinned certificate keep the promises', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  const authority = makeAuthority(folder.path);
  const certificate = authority.issue('server', 'IP:127.0.0.1');
  const foreign = makeAuthority(folder.path, 'foreign').issue('other', 'DNS:elsewhere.test');
  const both = { folder: folder.path, more: ['MaxInstances none'] };
  await using explicit = await startProftpd({ ...both, tls: { certificate } });
  const url = `ftp://keeper@127.0.0.1:${explicit.port}/repository`;
  {
    await using storage = await create(`${url}?ca-file=${authority.path}`);
    assert.deepEqual(storage.features, {
      exclusivePut: false,
      isLocal: false,
      parallelCallsMax: 4,
      durability: 'C',
    });
    await demandConformance(() => open(`${url}?ca-file=${authority.path}`), 5);
  }
  {
    await using storage = await open(`${url}?fingerprint=${certificate.fingerprint.toLowerCase()}`);
    await storage.put('pinned', bytesOf('pinned'), { signal });
    assert.equal(await textOf(storage, 'pinned'), 'pinned');
  }
  const bad = [
    url,
    `${url}?fingerprint=${foreign.fingerprint}`,
    `${url}?ca-file=${join(folder.path, 'foreign.pem')}`,
  ];
  for (const one of bad) {
    await assert.rejects(open(one), (error) => {
      assert.ok(error instanceof Failure && error.code === 'STORAGE_CERTIFICATE' && error.kind === 'denied');
      assert.match(error.hint ?? '', /fingerprint/);
      return true;
    });
  }
  await explicit.process.stop();
  await using implicit = await startProftpd({ ...both, tls: { certificate, isImplicit: true } });
  await using storage = await open(
    `ftps://keeper@127.0.0.1:${implicit.port}/repository?ca-file=${authority.path}`,
  );
  assert.equal(await textOf(storage, 'pinned'), 'pinned');
  await storage.put('empty', bytesOf(''), { signal });
  assert.equal((await storage.stat('empty', { signal }))?.sizeBytes, 0);
  await implicit.process.stop();
  await using misnamed = await startProftpd({ ...both, tls: { certificate: foreign } });
  await assert.rejects(
    open(`ftp://keeper@127.0.0.1:${misnamed.port}/repository?ca-file=${join(folder.path, 'foreign.pem')}`),
    failure('denied', 'STORAGE_CERTIFICATE'),
  );
});

test('retry keeps the promises through resets, refusals, and a server that was killed', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  const port = await freePort();
  await using servers = new AsyncDisposableStack();
  const start = async () => servers.use(await startProftpd({ folder: folder.path, port }));
  const server = await start();
  await using proxy = await startProxy(port);
  const context = stillContext();
  const url = plain(proxy.port);
  await (await create(url))[Symbol.asyncDispose]();
  // Each control connection lives for about a hundred commands: calls of every kind are cut at some place.
  proxy.weather.resetAfterBytes = 10_000;
  const policy = { attemptsMax: 30, firstDelayMs: 1, delayMaxMs: 1 };
  await demandConformance(async () => withRetry(await open(url), () => 0, context, policy), 8);
  assert.ok(context.sleeps.length > 2, `${context.sleeps.length} retries`);
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
  await using storage = withRetry(await open(url), () => 0, healing);
  await storage.put('kept', bytesOf('before'), { signal });
  await server.process.kill();
  proxy.cut();
  proxy.weather.isRefusing = true;
  await storage.put('after', bytesOf('after'), { signal });
  assert.ok(waits >= 4);
  assert.deepEqual(await namesOf(storage), ['after', 'kept']);
});

test('a call that is canceled in flight ends at once, and the storage works on', async () => {
  await using double = await startFtpDouble();
  await using proxy = await startProxy(double.port);
  await using storage = await create(plain(proxy.port, ''));
  await storage.put('here', bytesOf('here'), { signal });
  for (const verb of ['SIZE', 'RETR', 'STOR', 'EPSV', 'RNTO']) {
    double.lies = { hangsOn: verb };
    const abort = new AbortController();
    const call =
      verb === 'RETR'
        ? storage.get('here', { signal: abort.signal })
        : storage.put(`new-${verb.toLowerCase()}`, bytesOf('x'), { signal: abort.signal });
    const before = double.commands.length;
    const reached = (async () => {
      while (!double.commands.slice(before).some((command) => command.startsWith(verb)))
        await new Promise(setImmediate);
      abort.abort();
    })();
    await assert.rejects(call, failure('canceled', 'CANCELED'));
    await reached;
    double.lies = {};
    assert.equal(await textOf(storage, 'here'), 'here');
  }
  proxy.weather.isPartitioned = true;
  const abort = new AbortController();
  const calls = Array.from({ length: 6 }, () => storage.get('here', { signal: abort.signal }));
  abort.abort();
  for (const call of calls) await assert.rejects(call, failure('canceled', 'CANCELED'));
  proxy.weather.isPartitioned = false;
  assert.equal(await textOf(storage, 'here'), 'here');
});

test('a server that changes, cuts short or loses what it stores is found out, and nothing is kept', async () => {
  const bytes = Buffer.from('line one\nline two\n'.repeat(100));
  for (const lies of [{ convertsLineEnds: true }, { keepsBytes: 10 }] satisfies FtpLies[]) {
    await using double = await startFtpDouble(lies);
    await using storage = await create(plain(double.port, ''));
    await assert.rejects(storage.put('a/b', bytes, { signal }), (error) => {
      assert.ok(
        error instanceof Failure && error.kind === 'corrupt' && error.code === 'STORAGE_CHANGES_BYTES',
      );
      assert.match(error.hint ?? '', /ASCII/);
      return true;
    });
    assert.deepEqual([...double.files.keys()], []);
  }
  // Same size, other bytes: only reading back shows it.
  await using double = await startFtpDouble({ convertsLineEnds: true, keepsBytes: bytes.length });
  await using storage = await create(plain(double.port, ''));
  await assert.rejects(storage.put('a/b', bytes, { signal }), failure('corrupt', 'STORAGE_CHANGES_BYTES'));
});

test('a control connection that is cut after STOR loses nothing and leaves nothing in sight', async () => {
  for (const cutsAfterStore of ['stored', 'lost'] as const) {
    await using double = await startFtpDouble({ cutsAfterStore });
    const context = stillContext();
    let waits = 0;
    const healing = {
      ...context,
      clock: {
        ...context.clock,
        sleep: async () => {
          waits += 1;
          if (waits === 2) double.lies = {};
        },
      },
    };
    await using storage = withRetry(await create(plain(double.port, '')), () => 0, healing);
    await storage.put('packs/one', bytesOf('one'), { signal });
    assert.equal(waits, 2);
    assert.deepEqual(await namesOf(storage), ['packs/one']);
    assert.equal(await textOf(storage, 'packs/one'), 'one');
    const left = [...double.files.keys()].filter((path) => path.includes('.tmp-'));
    assert.equal(left.length, cutsAfterStore === 'stored' ? 2 : 0);
    assert.equal(await storage.sweep?.(0, { signal }), 0);
    assert.equal(await storage.sweep?.(Date.UTC(2027, 0), { signal }), left.length);
    assert.deepEqual([...double.files.keys()], ['packs/one']);
  }
});

test('an object that another writer puts meanwhile is never replaced', async () => {
  await using double = await startFtpDouble();
  await using storage = await create(plain(double.port, ''));
  const appears = { path: 'one', bytes: Buffer.from('theirs') };
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

test('a download that ends early is never handed on', async () => {
  await using double = await startFtpDouble();
  await using storage = await create(plain(double.port, ''));
  await storage.put('one', bytesOf('0123456789'), { signal });
  double.lies = { sendsBytes: 4 };
  await assert.rejects(storage.get('one', { signal }), failure('unavailable', 'STORAGE_UNAVAILABLE'));
  assert.equal(
    Buffer.from(await storage.get('one', { signal, range: { offset: 3, length: 4 } })).toString(),
    '3456',
  );
});

test('a list that the server cut short is an error, and so is one of a folder that is gone', async (t) => {
  await using double = await startFtpDouble();
  await using storage = await create(plain(double.port, ''));
  for (const name of ['a', 'b', 'c']) await storage.put(name, bytesOf(name), { signal });
  double.lies = { listsAtMost: 2 };
  await assert.rejects(namesOf(storage), failure('unavailable', 'STORAGE_LIST_INCOMPLETE'));
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  await using server = await startProftpd({ folder: folder.path });
  await using real = await create(plain(server.port));
  await real.put('packs/one', bytesOf('one'), { signal });
  assert.deepEqual(await namesOf(real, 'index/'), []);
  renameSync(join(server.home, 'repository'), join(server.home, 'moved'));
  const gone = failure('unavailable', 'STORAGE_VANISHED');
  await assert.rejects(namesOf(real), gone);
  await assert.rejects(namesOf(real, 'packs/'), gone);
  await assert.rejects(real.get('packs/one', { signal }), gone);
  await assert.rejects(real.stat('packs/one', { signal }), gone);
  await assert.rejects(real.delete('packs/one', { signal }), gone);
  await assert.rejects(real.put('packs/two', bytesOf('two'), { signal }), gone);
  assert.deepEqual(readdirSync(server.home), ['moved']);
});

test('servers without MLSD are listed with exact times, and their empty answers are doubted', async () => {
  await using double = await startFtpDouble({ isOld: true });
  await using storage = await create(plain(double.port, ''));
  await storage.put('packs/one', bytesOf('one'), { signal });
  const [found] = await Array.fromAsync(storage.list('packs/', { signal }));
  assert.deepEqual(found, { name: 'packs/one', sizeBytes: 3, modifiedAt: Date.UTC(2026, 0, 2, 3, 4, 5) });
  assert.deepEqual(await namesOf(storage, 'index/'), []);
});

test('idle connections are used again, no more than four are open, and a broken one is replaced', async () => {
  await using double = await startFtpDouble();
  await using storage = await create(plain(double.port, ''));
  await storage.put('one', bytesOf('one'), { signal });
  assert.equal(double.sessions(), 1);
  await Promise.all(Array.from({ length: 40 }, () => storage.get('one', { signal })));
  assert.equal(double.sessions(), 4);
  double.cut();
  const context = stillContext();
  const retrying = withRetry(storage, () => 0, context);
  assert.equal(await textOf(retrying, 'one'), 'one');
  assert.ok(context.sleeps.length <= 1);
});

test('answers of the server are told apart, each with a hint', async () => {
  const cases: readonly (readonly [Record<string, string>, string])[] = [
    [{ PASS: '530 Login incorrect.' }, 'denied/STORAGE_DENIED'],
    [{ USER: '530 Sorry, the maximum number of clients is reached' }, 'unavailable/STORAGE_UNAVAILABLE'],
    [{ USER: '421 Too many connections' }, 'unavailable/STORAGE_UNAVAILABLE'],
    [{ STOR: '552 Quota exceeded' }, 'exhausted/STORAGE_FULL'],
    [{ STOR: '452 No room' }, 'exhausted/STORAGE_FULL'],
    [{ STOR: '550 Disk full' }, 'exhausted/STORAGE_FULL'],
    [{ STOR: '553 Permission denied' }, 'denied/STORAGE_DENIED'],
    [{ STOR: '451 Local error' }, 'unavailable/STORAGE_UNAVAILABLE'],
    [{ STOR: '426 Broken pipe' }, 'unavailable/STORAGE_UNAVAILABLE'],
    [{ SIZE: '502 Not implemented' }, 'denied/STORAGE_DENIED'],
    [{ RNTO: '550 Permission denied' }, 'denied/STORAGE_DENIED'],
    [{ EPSV: '522 No', PASV: '425 No ports' }, 'unavailable/STORAGE_UNAVAILABLE'],
  ];
  for (const [answers, expected] of cases) {
    await using double = await startFtpDouble({ answers });
    const run = async () => {
      await using storage = await open(plain(double.port, ''));
      await storage.put('one', bytesOf('one'), { signal });
    };
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.equal(`${error.kind}/${error.code}`, expected, `${JSON.stringify(answers)}: ${error.message}`);
      assert.ok(error.hint !== undefined);
      assert.ok(!`${error.message}${error.hint}${JSON.stringify(error.facts)}`.includes(ftpPassword));
      return true;
    });
  }
});

test('a server that names another machine for the data gets no connection made there', async () => {
  const strangers = createServer((socket) => socket.destroy()).listen(0, '0.0.0.0');
  await once(strangers, 'listening');
  const { port } = strangers.address() as AddressInfo;
  let visits = 0;
  strangers.on('connection', () => {
    visits += 1;
  });
  const outer = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  for (const host of [outer?.address ?? '192.0.2.1', '169.254.169.254']) {
    const where = [...host.split('.'), port >> 8, port & 255].join(',');
    const answers = { EPSV: '522 No', PASV: `227 Entering Passive Mode (${where})` };
    await using double = await startFtpDouble({ answers });
    await using storage = await open(plain(double.port, ''));
    await assert.rejects(storage.put('one', bytesOf('one'), { signal }), (error) => {
      assert.ok(error instanceof Failure && error.kind !== 'bug', String(error));
      assert.match(String(error.cause), /another host/);
      return true;
    });
  }
  assert.equal(visits, 0);
  strangers.close();
});

test('wrong accounts, hosts, paths and rights are told apart on a real server', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  await using server = await startProftpd({ folder: folder.path });
  await (await create(plain(server.port)))[Symbol.asyncDispose]();
  await (await create(plain(server.port)))[Symbol.asyncDispose]();
  const wrong = openStorage(plain(server.port), async () => 'wrong-word', stillContext());
  await assert.rejects(wrong, (error) => {
    assert.ok(error instanceof Failure && error.code === 'STORAGE_DENIED' && /login/.test(error.message));
    assert.ok(!`${error.stack}${error.hint}`.includes('wrong-word'));
    return true;
  });
  await assert.rejects(open(plain(server.port, '/elsewhere')), failure('missing', 'STORAGE_MISSING'));
  await assert.rejects(open(plain(await freePort())), failure('unavailable', 'STORAGE_UNAVAILABLE'));
  await assert.rejects(
    open(`ftp://keeper@127.0.0.1:${server.port}/repository`),
    failure('denied', 'STORAGE_NO_TLS'),
  );

  await using storage = await open(plain(server.port));
  await storage.put('packs/one', bytesOf('one'), { signal });
  const packs = join(server.home, 'repository', 'packs');
  chownSync(packs, 0, 0);
  chmodSync(packs, 0o755);
  const denied = failure('denied', 'STORAGE_DENIED');
  await assert.rejects(storage.put('packs/two', bytesOf('two'), { signal }), denied);
  await assert.rejects(storage.delete('packs/one', { signal }), denied);
  chmodSync(packs, 0o700);
  await assert.rejects(namesOf(storage, 'packs/'), denied);
  await assert.rejects(namesOf(storage), denied);
  await assert.rejects(storage.get('packs/one', { signal }), denied);
  await assert.rejects(storage.stat('packs/one', { signal }), denied);
  await assert.rejects(create(plain(server.port, '/repository/packs/deeper')), denied);

  mkdirSync(join(server.home, 'used'));
  writeFileSync(join(server.home, 'used', 'Letter.txt'), 'dear');
  await assert.rejects(create(plain(server.port, '/used')), failure('conflict', 'STORAGE_NOT_EMPTY'));
});

test('a small range of a large object is read without the rest, and the next call is answered rightly', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  const authority = makeAuthority(folder.path);
  const certificate = authority.issue('server', 'IP:127.0.0.1');
  for (const isEncrypted of [false, true]) {
    await using server = await startProftpd({
      folder: folder.path,
      ...(isEncrypted ? { tls: { certificate } } : {}),
    });
    const url = `ftp://keeper@127.0.0.1:${server.port}/?${isEncrypted ? `ca-file=${authority.path}` : 'allow-plaintext=true'}`;
    await using storage = await open(url);
    const bytes = Buffer.alloc(12_000_000, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));
    await storage.put('large', bytes, { signal });
    for (const offset of [0, 7, 5_000_000, 11_999_990]) {
      const read = await storage.get('large', { signal, range: { offset, length: 10 } });
      assert.deepEqual(Buffer.from(read), bytes.subarray(offset, offset + 10));
      assert.equal((await storage.stat('large', { signal }))?.sizeBytes, bytes.length);
    }
    await storage.delete('large', { signal });
    await server.process.stop();
  }
});

test('a full disk fails the put, as full where the server says so, and what was stored in part does not keep it so', async (t) => {
  if (!canServe(t)) return;
  using folder = serverFolder('/srv');
  using _ = smallDisk(join(folder.path, 'home'), 2);
  await using server = await startProftpd({ folder: folder.path });
  await using storage = await create(plain(server.port));
  const large = storage.put('packs/large', Buffer.alloc(5_000_000, 7), { signal });
  // proftpd says "no space", "input/output error" or nothing, as its last write happened to end.
  await assert.rejects(
    large,
    (error) => error instanceof Failure && /^(STORAGE_FULL|STORAGE_UNAVAILABLE)$/.test(error.code),
  );
  await storage.put('packs/small', Buffer.alloc(100_000, 7), { signal });
  assert.deepEqual(readdirSync(join(server.home, 'repository', 'packs')), ['small']);
});

test('URLs and configurations mean the same', async () => {
  const kind = await kindNamed('ftp');
  const pin = `${'AB:'.repeat(31)}cd`;
  const cases: readonly (readonly [string, object])[] = [
    ['ftp://host', { host: 'host', path: '', user: 'anonymous', allowPlaintext: false }],
    [
      'ftp://me@host:2121/a/b%20c/',
      { host: 'host', port: 2121, user: 'me', path: 'a/b c', allowPlaintext: false },
    ],
    [
      'ftp://me@[::1]//srv/x?allow-plaintext=true',
      { host: '::1', user: 'me', path: '/srv/x', allowPlaintext: true },
    ],
    [
      `ftp://me@h/?ca-file=/etc/ca.pem&fingerprint=${pin}`,
      { host: 'h', user: 'me', path: '', caFile: '/etc/ca.pem', fingerprint: pin, allowPlaintext: false },
    ],
  ];
  for (const [url, expected] of cases)
    assert.deepEqual({ ...(kind.config.parse(kind.fromUrl(url)) as object) }, expected, url);
  for (const url of [
    'ftp://h/a%0ab',
    'ftp://h/?allow-plaintext=yes',
    'ftp://h/?fingerprint=ab',
    'ftp://h/a%0d%0aDELE%20b',
    'ftps://h/?allow-plaintext=true',
    'ftp://h/?tls=none',
  ]) {
    await assert.rejects(open(url), (error) => {
      assert.ok(error instanceof Failure && error.kind === 'usage', url);
      assert.ok(error.hint !== undefined);
      return true;
    });
  }
  await assert.rejects(open('ftp://me:geheim@h/'), failure('usage', 'STORAGE_URL_HAS_SECRET'));
  await assert.rejects(open('ftp://h/?ca-file=/nowhere.pem'), failure('usage', 'STORAGE_CA_FILE'));
  using folder = scratch();
  writeFileSync(join(folder.path, 'ca.pem'), 'nothing');
  await assert.rejects(
    open(`ftp://h/?ca-file=${join(folder.path, 'ca.pem')}`),
    failure('usage', 'STORAGE_CA_FILE'),
  );
  await using double = await startFtpDouble();
  const given = {
    kind: 'ftp',
    host: '127.0.0.1',
    port: double.port,
    user: 'keeper',
    password: 'p',
    allowPlaintext: true,
  };
  await using storage = await openConfiguredStorage(given, stillContext());
  assert.equal(storage.location, `ftp://keeper@127.0.0.1:${double.port}/`);
});
