// The object server seen from outside, through raw requests where a good client would never send such a thing.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectSecurely } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { forget } from '../../src/operations/forget.ts';
import { prune } from '../../src/operations/prune.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { parseAccounts } from '../../src/storage/rest/accounts.ts';
import type { Places } from '../../src/storage/rest/places.ts';
import { digestOf } from '../../src/storage/rest/protocol.ts';
import rest from '../../src/storage/rest.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import {
  accountLines,
  cheapHash,
  createAs,
  loggingContext,
  makeCertificate,
  openAs,
  password,
  startObjects,
  token,
} from '../servers/object-server.ts';
import { programsOrSkip, rootOrSkip } from '../servers/process.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  snapshotsOf,
  testContext,
  treeDigest,
  writeTree,
} from '../world.ts';
import { bytesOf, failure, namesOf, scratch, signal, stillContext, textOf } from './storage-world.ts';

interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const authorization = (user: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Paths go out as they are. */
async function ask(
  port: number,
  method: string,
  path: string,
  more: { readonly user?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<RawAnswer> {
  const { user = 'alice', headers = {}, body } = more;
  const asking = request({
    port,
    host: '127.0.0.1',
    method,
    path,
    agent: false,
    headers: {
      Authorization: authorization(user),
      ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
      ...headers,
    },
  });
  asking.end(body);
  const [message] = await once(asking, 'response');
  let text = '';
  for await (const piece of message) text += piece;
  return { status: message.statusCode, headers: message.headers, body: text };
}

const put = (port: number, name: string, body: string, headers: Record<string, string> = {}) =>
  ask(port, 'PUT', `/v1/repository/objects/${name}`, {
    body,
    headers: { 'Content-Digest': digestOf(bytesOf(body)), ...headers },
  });

/** Resolves with all that came once the other side has closed. */
async function untilClosed(socket: ReturnType<typeof connect>): Promise<string> {
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return text;
}

function allFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

test('no path leads out of an account, or to what is no object', async () => {
  using folder = scratch();
  const root = join(folder.path, 'root');
  mkdirSync(root);
  writeFileSync(join(folder.path, 'outside'), 'secret');
  await using server = await startObjects(root);
  await (await createAs(server.port))[Symbol.asyncDispose]();
  await (await createAs(server.port, 'bob', 'bobs'))[Symbol.asyncDispose]();
  writeFileSync(join(root, 'alice/repository/.tmp-left'), 'x');
  const before = allFiles(folder.path);
  const paths = [
    '/',
    '/v1',
    '/v1/',
    '/v2/repository',
    '/v1/..',
    '/v1/../..',
    '/v1/%2e%2e/outside',
    '/v1/..%2foutside',
    '/v1/.notes',
    '/v1/.notes/objects/alice',
    '/v1/../bob/bobs/objects?prefix=',
    '/v1/repository/../../bob/bobs/objects',
    '/v1//etc/objects/passwd',
    '/v1/repository/objects/../../../outside',
    '/v1/repository/objects/..%2f..%2f..%2foutside',
    '/v1/repository/objects/a/../b',
    '/v1/repository/objects//etc/passwd',
    '/v1/repository/objects/./a',
    '/v1/repository/objects/a%00',
    '/v1/repository/objects/a\\b',
    '/v1/repository/objects/.tmp-left',
    '/v1/repository/objects/.reserve-0',
    '/v1/repository/objects/A',
    '/v1/repository/objects/',
    `/v1/repository/objects/${'a'.repeat(121)}`,
    `/v1/${'a'.repeat(65)}`,
    '/v1/repository/objects?prefix=../',
    '/v1/repository/objects?prefix=.tmp',
    '/v1/repository/objects?prefix=a?prefix=b',
    '/v1/repository/sweep?before=x',
    '/v1/repository/elsewhere',
    'http://elsewhere/v1/repository',
    '*',
  ];
  for (const path of paths) {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD', 'POST']) {
      const body = method === 'PUT' ? 'x' : undefined;
      const headers = body === undefined ? {} : { 'Content-Digest': digestOf(bytesOf(body)) };
      const found = await ask(server.port, method, path, {
        headers,
        ...(body !== undefined && { body }),
      });
      assert.ok(found.status >= 400 && found.status < 500, `${method} ${path}: ${found.status}`);
      assert.doesNotMatch(found.body, /secret/);
    }
  }
  assert.deepEqual(allFiles(folder.path), before);
  assert.equal(readFileSync(join(folder.path, 'outside'), 'utf8'), 'secret');
});

test('a body that is too large, of unknown length, of wrong hash or without one is no object', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using storage = await createAs(server.port);
  const path = '/v1/repository/objects/a';
  const head = (more: string) =>
    `PUT ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization('alice')}\r\nContent-Digest: ${digestOf(bytesOf('hello'))}\r\n${more}\r\n\r\n`;
  for (const [more, status] of [
    [`Content-Length: ${128 * 1024 * 1024 + 1}`, 413],
    ['Content-Length: 999999999999999', 413],
    ['Content-Length: 999999999999999999999', 400],
    ['Transfer-Encoding: chunked', 411],
    ['Content-Length: -1', 400],
    ['Content-Length: 5\r\nContent-Length: 6', 400],
    ['Content-Length: 5\r\nTransfer-Encoding: chunked', 400],
    [`X-Long: ${'x'.repeat(10_000)}`, 431],
  ] as const) {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(head(more));
    assert.match(await untilClosed(socket), new RegExp(`^HTTP/1.1 ${status} `), more);
  }
  assert.equal(
    (await put(server.port, 'a', 'hello', { 'Content-Digest': digestOf(bytesOf('hellO')) })).status,
    422,
  );
  assert.equal((await put(server.port, 'a', 'hello', { 'Content-Digest': 'sha-256=:xx:' })).status, 400);
  assert.equal((await ask(server.port, 'PUT', path, { body: 'hello' })).status, 400);
  assert.deepEqual(await namesOf(storage), []);
  assert.deepEqual(readdirSync(join(folder.path, 'alice/repository')), []);
  const good = await put(server.port, 'a', 'hello');
  assert.equal(good.status, 201);
  assert.equal(good.headers.etag, `"${digestOf(bytesOf('hello')).slice(9, -1)}"`);
  assert.equal((await put(server.port, 'a', 'hello')).status, 200);
  assert.equal((await put(server.port, 'a', 'other')).status, 409);
  assert.equal((await put(server.port, 'a', 'hello', { 'If-None-Match': '*' })).status, 412);
  assert.equal(await textOf(storage, 'a'), 'hello');
});

test('requests with random damage are answered or cut off, and the server lives on', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path, { limits: { idleMs: 2000, headersMs: 2000 } });
  // Good calls have another server over the same folder, that is patient with a slow machine.
  await using calm = await startObjects(folder.path);
  await using storage = await createAs(calm.port);
  await storage.put('kept', bytesOf('hello'), { signal });
  const good = [
    `GET /v1/repository/objects?prefix=a HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization('alice')}\r\n\r\n`,
    `GET /v1/repository/objects/kept HTTP/1.1\r\nHost: x\r\nRange: bytes=0-2\r\nAuthorization: ${authorization('alice')}\r\n\r\n`,
    `PUT /v1/repository/objects/new HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Digest: ${digestOf(bytesOf('hello'))}\r\nAuthorization: ${authorization('alice')}\r\n\r\nhello`,
  ];
  for (let seed = 0; seed < 240; seed += 1) {
    const bytes = Buffer.from(good[seed % good.length]!);
    const chance = noise(`request ${seed}`, 32);
    for (let change = 0; change <= seed % 4; change += 1) {
      bytes[chance.readUInt16LE(change * 3) % bytes.length] = chance[change * 3 + 2]!;
    }
    const socket = connect(server.port, '127.0.0.1');
    socket.end(seed % 5 === 0 ? bytes.subarray(0, chance.readUInt16LE(20) % bytes.length) : bytes);
    await untilClosed(socket);
  }
  await untilTrue(
    async () => (await ask(server.port, 'GET', '/v1/repository/objects/kept')).body === 'hello',
  );
  assert.equal(await textOf(storage, 'kept'), 'hello');
  for (const name of await namesOf(storage)) assert.equal(await textOf(storage, name), 'hello', name);
});

test('ranges are whole or refused', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using storage = await createAs(server.port);
  await storage.put('a', bytesOf('0123456789'), { signal });
  const get = (range: string) =>
    ask(server.port, 'GET', '/v1/repository/objects/a', { headers: { Range: range } });
  const middle = await get('bytes=2-4');
  assert.deepEqual(
    [middle.status, middle.body, middle.headers['content-range'], middle.headers['content-digest']],
    [206, '234', 'bytes 2-4/*', digestOf(bytesOf('234'))],
  );
  assert.equal((await get('bytes=9-10')).status, 416);
  for (const range of [
    'bytes=-3',
    'bytes=3-',
    'bytes=4-2',
    'bytes=0-1,3-4',
    'bytes=0-999999999999',
    'lines=1-2',
  ]) {
    assert.equal((await get(range)).status, 400, range);
  }
});

test('a client that dribbles or stops is cut off, and nothing of it stays', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path, {
    limits: { headersMs: 400, requestMs: 800, idleMs: 500 },
  });
  await using calm = await startObjects(folder.path);
  await using storage = await createAs(calm.port);
  const head = `PUT /v1/repository/objects/slow HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization('alice')}\r\nContent-Digest: ${digestOf(bytesOf('hello'))}\r\nContent-Length: 5\r\n\r\n`;
  for (const sent of ['', 'PUT /v1', head, `${head}hel`]) {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(sent);
    const answer = await untilClosed(socket);
    assert.doesNotMatch(answer, /^HTTP\/1.1 20/);
  }
  // Moves now and then, so it is never idle, but the whole takes too long.
  const socket = connect(server.port, '127.0.0.1');
  socket.write(head.replace('Content-Length: 5', 'Content-Length: 5000'));
  const dribble = setInterval(() => socket.writable && socket.write('x'), 50);
  await untilClosed(socket);
  clearInterval(dribble);
  assert.deepEqual(await namesOf(storage), []);
  assert.deepEqual(readdirSync(join(folder.path, 'alice/repository')), []);
  await untilTrue(async () => (await put(server.port, 'slow', 'hello')).status < 300);
});

/** Asks again where a slow machine was cut off; that may also be after it was done. */
async function untilTrue(ask: () => Promise<boolean>): Promise<void> {
  for (let tries = 1; !(await ask().catch(() => false)); tries += 1)
    assert.ok(tries < 100, 'it never came true');
}

test('a client that goes away during a put leaves nothing', async () => {
  using folder = scratch();
  const context = loggingContext();
  await using server = await startObjects(folder.path, {}, context);
  await using storage = await createAs(server.port);
  const socket = connect(server.port, '127.0.0.1');
  socket.write(
    `PUT /v1/repository/objects/a HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization('alice')}\r\nContent-Digest: ${digestOf(bytesOf('x'))}\r\nContent-Length: 50000\r\n\r\n`,
  );
  await new Promise((resolve) => socket.write(Buffer.alloc(1000), resolve));
  socket.resetAndDestroy();
  await storage.put('b', bytesOf('x'), { signal });
  assert.deepEqual(await namesOf(storage), ['b']);
});

test('two accounts never see each other', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using alice = await createAs(server.port);
  await alice.put('packs/a', bytesOf('hers'), { signal });
  await assert.rejects(openAs(server.port, 'bob'), failure('missing', 'STORAGE_MISSING'));
  await using bob = await createAs(server.port, 'bob');
  assert.deepEqual(await namesOf(bob), []);
  await bob.put('packs/a', bytesOf('his'), { signal, ifAbsent: true });
  await bob.delete('packs/a', { signal });
  assert.equal(await textOf(alice, 'packs/a'), 'hers');
  const found = await ask(server.port, 'GET', '/v1/repository/objects/packs/a', { user: 'bob' });
  assert.deepEqual([found.status, found.headers['holdfast-error']], [404, 'OBJECT_MISSING']);
});

test('an append-only account adds and reads; it changes nothing, and takes back its own sessions alone', async () => {
  using folder = scratch();
  const session = `sessions/${'ab'.repeat(16)}`;
  const other = `sessions/${'cd'.repeat(16)}`;
  const ofFull = `sessions/${'ef'.repeat(16)}`;
  const refused = failure('denied', 'STORAGE_APPEND_ONLY');
  {
    await using server = await startObjects(folder.path);
    await using full = await createAs(server.port);
    await using writer = await openAs(server.port, 'writer');
    await using second = await openAs(server.port, 'second');
    await full.put('packs/a', bytesOf('kept'), { signal });
    await full.put(ofFull, bytesOf('full'), { signal });
    await writer.put('packs/b', bytesOf('added'), { signal, ifAbsent: true });
    await writer.put('packs/a', bytesOf('kept'), { signal });
    await assert.rejects(
      writer.put('packs/a', bytesOf('else'), { signal }),
      failure('corrupt', 'OBJECT_DIFFERS'),
    );
    for (const name of ['packs/a', 'packs/b', 'packs/none', 'keys/slot-1', 'snapshots/a', ofFull]) {
      await assert.rejects(writer.delete(name, { signal }), refused, name);
    }
    for (const name of [
      `tombstones/${'a'.repeat(64)}`,
      `condemned/${'a'.repeat(64)}`,
      `${session}.revoked`,
      'quarantine/a',
    ]) {
      await assert.rejects(writer.put(name, bytesOf('x'), { signal }), refused, name);
    }
    // Putting the same bytes once more makes nobody their owner.
    await writer.put(ofFull, bytesOf('full'), { signal });
    await assert.rejects(writer.delete(ofFull, { signal }), refused);
    // Nor does a put that fails, or a delete sent along with it.
    await Promise.allSettled([
      writer.put(ofFull, bytesOf('else'), { signal }),
      writer.delete(ofFull, { signal }),
      writer.put(ofFull, bytesOf('full'), { signal }),
      writer.delete(ofFull, { signal }),
    ]);
    assert.equal(await textOf(full, ofFull), 'full');
    await writer.put(session, bytesOf('here'), { signal });
    await writer.put(session, bytesOf('here'), { signal });
    await writer.put(`${session}.borrow.1`, bytesOf('mine'), { signal });
    await second.put(other, bytesOf('second'), { signal });
    await assert.rejects(second.delete(session, { signal }), refused);
    await assert.rejects(writer.delete(other, { signal }), refused);
    await writer.delete(`${session}.borrow.1`, { signal });
    await writer.delete(`${session}.borrow.1`, { signal });
    await assert.rejects(writer.freeReserve?.({ signal }) ?? Promise.resolve(), refused);
    await assert.rejects(writer.sweep?.(1, { signal }) ?? Promise.resolve(), refused);
    await writer.fillReserve?.({ signal });
  }
  // Whose session it is outlives the server.
  await using server = await startObjects(folder.path);
  await using writer = await openAs(server.port, 'writer');
  await using second = await openAs(server.port, 'second');
  await assert.rejects(second.delete(session, { signal }), refused);
  await writer.delete(session, { signal });
  await assert.rejects(writer.delete(other, { signal }), refused);
  assert.deepEqual(await namesOf(writer), ['packs/a', 'packs/b', other, ofFull].sort());
});

test('posture tells what an account may do, and how its password travels', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using full = await createAs(server.port);
  await using writer = await openAs(server.port, 'writer');
  const verdicts = async (storage: Storage) =>
    (await storage.posture?.({ signal }))?.map(({ about, verdict }) => `${about} ${verdict}`);
  assert.deepEqual(await verdicts(full), ['object-lock warning', 'transport good']);
  assert.deepEqual(await verdicts(writer), ['object-lock good', 'transport good']);
});

test('a read-only account reads', async () => {
  using folder = scratch();
  await using server = await startObjects(folder.path);
  await using full = await createAs(server.port);
  await full.put('a', bytesOf('x'), { signal });
  await using reader = await openAs(server.port, 'reader');
  assert.equal(await textOf(reader, 'a'), 'x');
  assert.deepEqual(await namesOf(reader), ['a']);
  const refused = failure('denied', 'STORAGE_READ_ONLY');
  await assert.rejects(reader.put('b', bytesOf('x'), { signal }), refused);
  await assert.rejects(reader.delete('a', { signal }), refused);
  await assert.rejects(reader.fillReserve?.({ signal }) ?? Promise.resolve(), refused);
  await assert.rejects(createAs(server.port, 'reader', 'new'), refused);
});

test('a whole life with two accounts: the writer backs up, and only the other forgets', async () => {
  using folder = scratch();
  using source = scratch();
  using writerState = scratch();
  using fullState = scratch();
  writeTree(source.path, { one: 'first', 'two/three': 'second' });
  const context = testContext();
  await using server = await startObjects(folder.path);
  await using full = await createAs(server.port);
  await create(full, fullState.path, context);
  await using writer = await openAs(server.port, 'writer');
  const first = await backupFolder(
    source.path,
    await open(writer, writerState.path, 'writer', context),
    context,
  );
  writeTree(source.path, { one: 'changed' });
  const expected = treeDigest(source.path);
  const second = await backupFolder(
    source.path,
    await open(writer, writerState.path, 'writer-2', context),
    context,
  );
  assert.deepEqual(await namesOf(writer, 'sessions/'), [], 'a session was not taken back');
  const request = {
    policy: {},
    groupBy: [],
    filter: { ids: [first.snapshotId ?? ''] },
    dryRun: false,
    run: 'test',
    zoneOffset: () => 0,
  };
  const before = await namesOf(full);
  const byWriter = await open(writer, writerState.path, 'writer-3', context);
  await assert.rejects(forget(request, byWriter, context), failure('denied', 'STORAGE_APPEND_ONLY'));
  assert.deepEqual(await namesOf(full), before);
  await forget(request, await open(full, fullState.path, 'full', context), context);
  const pruner = await open(full, fullState.path, 'full-2', context);
  assert.ok((await prune({ dryRun: false, maxUnused: 0 }, pruner, context)).packsDeleted > 0);
  const left = await open(writer, writerState.path, 'writer-4', context);
  await left.loadIndex(context);
  const snapshots = await snapshotsOf(left, context);
  assert.deepEqual(
    snapshots.map(({ id }) => id),
    [second.snapshotId],
  );
  assert.equal(await restoredDigest(snapshots[0]!, left, context), expected);
});

test('a quota holds for all repositories of a folder, frees with deletes, and leaves room to prune', async () => {
  using folder = scratch();
  const large = randomBytes(600_000);
  const full = failure('exhausted', 'STORAGE_FULL');
  {
    await using server = await startObjects(folder.path);
    await using first = await createAs(server.port, 'small', 'first');
    await using second = await createAs(server.port, 'small', 'second');
    await first.put('packs/a', large, { signal });
    await first.put('packs/a', large, { signal });
    await assert.rejects(second.put('packs/b', large, { signal }), full);
    assert.equal(await second.stat('packs/b', { signal }), undefined);
    await second.put('index/b', large, { signal });
    await first.delete('packs/a', { signal });
    await Promise.all([1, 2, 3].map(() => first.delete('packs/a', { signal })));
    await assert.rejects(second.put('packs/c', Buffer.alloc(1_000_000), { signal }), full);
    await second.delete('index/b', { signal });
    await second.put('packs/c', Buffer.alloc(1_000_000), { signal });
    await using unlimited = await createAs(server.port);
    await unlimited.put('packs/a', Buffer.alloc(3_000_000), { signal });
  }
  await using server = await startObjects(folder.path);
  await using first = await openAs(server.port, 'small', 'first');
  await assert.rejects(first.put('packs/d', large, { signal }), full);
});

test('a disk that runs full is told as such; the reserve lets small objects in again', async (t) => {
  if (!rootOrSkip(t)) return;
  using folder = scratch();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'holdfast-objects', folder.path]);
  assert.equal(mounted.status, 0, String(mounted.stderr));
  try {
    await using server = await startObjects(folder.path);
    await using storage = await createAs(server.port);
    await storage.fillReserve?.({ signal });
    const full = failure('exhausted', 'STORAGE_FULL');
    await storage.put('packs/a', randomBytes(3_000_000), { signal });
    await assert.rejects(storage.put('packs/b', randomBytes(3_000_000), { signal }), full);
    assert.equal(await storage.stat('packs/b', { signal }), undefined);
    assert.equal(await storage.freeReserve?.({ signal }), true);
    assert.equal(await storage.freeReserve?.({ signal }), false);
    await storage.put('index/a', randomBytes(1_000_000), { signal });
    await storage.delete('packs/a', { signal });
    assert.deepEqual(await namesOf(storage), ['index/a']);
  } finally {
    spawnSync('umount', ['--lazy', folder.path]);
  }
});

test('the log has a line for each call, with its account and status, and no secret', async () => {
  using folder = scratch();
  const context = loggingContext();
  {
    await using server = await startObjects(folder.path, {}, context);
    await using storage = await createAs(server.port);
    await storage.put('packs/a', bytesOf('x'), { signal });
    await assert.rejects(storage.get('packs/none', { signal }), failure('missing', 'OBJECT_MISSING'));
    const eve = Buffer.from('eve:Geheimnis').toString('base64');
    await ask(server.port, 'GET', '/v1/repository', { headers: { Authorization: `Basic ${eve}` } });
    await ask(server.port, 'GET', '/v1/repository', { headers: { Authorization: `Bearer ${token}` } });
  }
  const calls = context.lines.filter(({ message }) => message === 'request').map(({ facts }) => facts);
  assert.deepEqual(
    calls.map(({ account, method, path, status, code }) => [account, method, path, status, code]),
    [
      ['alice', 'PUT', '/v1/repository', 201, ''],
      ['alice', 'PUT', '/v1/repository/objects/packs/a', 201, ''],
      ['alice', 'GET', '/v1/repository/objects/packs/none', 404, 'OBJECT_MISSING'],
      ['', 'GET', '/v1/repository', 401, 'STORAGE_LOGIN_REFUSED'],
      ['robot', 'GET', '/v1/repository', 404, 'STORAGE_MISSING'],
    ],
  );
  const all = JSON.stringify(context.lines);
  for (const secret of [password, token, 'Geheimnis', authorization('alice').slice(6)]) {
    assert.ok(!all.includes(secret), secret);
  }
});

/** One storage for everybody. */
function placesOver(storage: Storage): Places {
  return {
    open: async () => storage,
    create: async () => storage,
    names: async () => ['repository'],
    notes: async () => storage,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Lists so many objects, and tells how many were made and that the list was closed. */
function endless(count: number) {
  const closed = Promise.withResolvers<void>();
  let made = 0;
  const storage = forwarding(new MemoryStorage(), {
    async *list() {
      try {
        for (let index = 0; index < count; index += 1) {
          made += 1;
          yield { name: `packs/${String(index).padStart(64, '0')}`, sizeBytes: index, modifiedAt: index };
        }
      } finally {
        closed.resolve();
      }
    },
  });
  return { storage, made: () => made, closed: closed.promise };
}

test('a list of 100,000 objects passes whole, and memory holds a page of it', async () => {
  const { storage } = endless(100_000);
  await using server = await startObjects('/', { places: placesOver(storage) });
  await using client = await openAs(server.port);
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const held = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = held();
  let count = 0;
  let peak = 0;
  for await (const { sizeBytes } of client.list('', { signal })) {
    if (sizeBytes !== count) assert.fail(`object ${count} has another size`);
    count += 1;
    if (count % 20_000 === 0) peak = Math.max(peak, held() - before);
  }
  assert.equal(count, 100_000);
  // Client and server together; the text of the whole list alone would be 11 MB, its objects several times that.
  assert.ok(peak < 8 * 1024 * 1024, `${peak} bytes`);
});

test('a reader that stops reading stops the list, and one that leaves ends it', async () => {
  const { storage, made, closed } = endless(5_000_000);
  await using server = await startObjects('/', { places: placesOver(storage) });
  await using client = await openAs(server.port);
  for await (const _ of client.list('', { signal })) break;
  await closed;
  assert.ok(made() < 500_000, `${made()} of 5,000,000 were made for a reader that had gone`);
});

test('a list that fails on the way is never a shorter list', async () => {
  for (const failing of [0, 3, 700]) {
    let count = 0;
    const broken = forwarding(new MemoryStorage(), {
      async *list() {
        for (; count < failing; count += 1) yield { name: `a/${count}`, sizeBytes: 1, modifiedAt: 1 };
        throw new Error('the disk is gone');
      },
    });
    await using server = await startObjects('/', { places: placesOver(broken) });
    await using client = await openAs(server.port);
    await assert.rejects(namesOf(client), failure('unavailable', 'STORAGE_UNAVAILABLE'));
  }
});

test('bodies beyond the memory that is allowed are asked to come again, and succeed then', async () => {
  const blocked = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const memory = new MemoryStorage();
  const slow = forwarding(memory, {
    async put(name, bytes, options) {
      if (name === 'first') {
        entered.resolve();
        await blocked.promise;
      }
      await memory.put(name, bytes, options);
    },
  });
  await using server = await startObjects('/', {
    places: placesOver(slow),
    limits: { bodyBytesMax: 150_000 },
  });
  await using client = await openAs(server.port);
  const first = client.put('first', Buffer.alloc(100_000), { signal });
  await entered.promise;
  await assert.rejects(client.put('second', Buffer.alloc(100_000), { signal }), (error: unknown) => {
    assert.equal((error as { facts: { retryAfterMs: number } }).facts.retryAfterMs, 1000);
    return failure('unavailable', 'STORAGE_UNAVAILABLE')(error);
  });
  await client.put('small', Buffer.alloc(10_000), { signal });
  blocked.resolve();
  await first;
  // One alone passes, however large.
  await client.put('second', Buffer.alloc(400_000), { signal });
  assert.deepEqual(memory.names(), ['first', 'second', 'small']);
});

test('a server that stops lets calls at work end and takes no new ones', async () => {
  const blocked = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const memory = new MemoryStorage();
  const slow = forwarding(memory, {
    async put(name, bytes, options) {
      entered.resolve();
      await blocked.promise;
      await memory.put(name, bytes, options);
    },
  });
  const server = await startObjects('/', { places: placesOver(slow) });
  await using client = await openAs(server.port);
  const putting = client.put('a', bytesOf('x'), { signal });
  await entered.promise;
  const stopping = server.stop();
  await assert.rejects(openAs(server.port), failure('unavailable', 'STORAGE_UNAVAILABLE'));
  blocked.resolve();
  await putting;
  await stopping;
  assert.deepEqual(memory.names(), ['a']);
});

test('calls that outlast the grace are cut off', async () => {
  const entered = Promise.withResolvers<void>();
  const hanging = forwarding(new MemoryStorage(), {
    put: (_, __, options) =>
      new Promise((_, reject) => {
        entered.resolve();
        options.signal.addEventListener('abort', () => reject(new Error('gone')), { once: true });
      }),
  });
  const server = await startObjects('/', { places: placesOver(hanging), limits: { graceMs: 50 } });
  await using client = await openAs(server.port);
  const putting = assert.rejects(
    client.put('a', bytesOf('x'), { signal }),
    failure('unavailable', 'STORAGE_UNAVAILABLE'),
  );
  await entered.promise;
  await server.stop();
  await putting;
});

test('the server refuses to start in the open, without a usable certificate, or on a port that is taken', async (t) => {
  using folder = scratch();
  await assert.rejects(startObjects(folder.path, { host: '0.0.0.0' }), failure('usage', 'STORAGE_PLAINTEXT'));
  await assert.rejects(
    startObjects(folder.path, { tls: { certificate: 'x', key: 'y' } }),
    failure('usage', 'STORAGE_CERTIFICATE_UNUSABLE'),
  );
  await using server = await startObjects(folder.path);
  await assert.rejects(
    startObjects(folder.path, { port: server.port }),
    failure('usage', 'STORAGE_CANNOT_LISTEN'),
  );
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  const one = makeCertificate(folder.path, 'one', 'DNS:localhost');
  const two = makeCertificate(folder.path, 'two', 'DNS:localhost');
  await assert.rejects(
    startObjects(folder.path, { tls: { certificate: one.certificate, key: two.key } }),
    failure('usage', 'STORAGE_CERTIFICATE_UNUSABLE'),
  );
});

test('a renewed certificate and changed accounts hold without a restart', async (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using folder = scratch();
  const one = makeCertificate(folder.path, 'one', 'DNS:localhost');
  const two = makeCertificate(folder.path, 'two', 'DNS:localhost');
  await using server = await startObjects(folder.path, { tls: one });
  assert.match(server.url, /^rests:\/\/127\.0\.0\.1:\d+$/);
  const shown = async () => {
    const socket = connectSecurely({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerX509Certificate() ?? {};
    socket.destroy();
    return fingerprint256?.replaceAll(':', '').toLowerCase();
  };
  assert.equal(await shown(), one.sha256);
  server.replaceCertificate(two);
  assert.equal(await shown(), two.sha256);
  const given = (secret: string) =>
    rest.config.parse({
      ...rest.fromUrl(`rests://alice@localhost:${server.port}/r?certificate-sha256=${two.sha256}`),
      password: secret,
    });
  await using storage = await rest.create(given(password), testContext());
  server.replaceAccounts(parseAccounts(accountLines.replace(/^alice:.*$/m, `alice:${cheapHash('new')}`)));
  await assert.rejects(namesOf(storage), failure('denied', 'STORAGE_LOGIN_REFUSED'));
  await using again = await rest.open(given('new'), testContext());
  assert.deepEqual(await namesOf(again), []);
});

test('a folder that is not there, as of a disk that is not mounted, is never made', async () => {
  using folder = scratch();
  const root = join(folder.path, 'unmounted');
  await using server = await startObjects(root, {}, stillContext());
  await assert.rejects(createAs(server.port), failure('missing', 'STORAGE_MISSING'));
  assert.ok(!existsSync(root));
});
