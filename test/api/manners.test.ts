// How the server behaves towards everybody, whoever asks for what: headers, origins, forms of bodies, repetitions, revisions, pages, budgets.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { Operation } from '../../src/api/contract/operation.ts';
import { contract } from '../../src/api/contract.ts';
import { startApi } from '../../src/api/server.ts';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { listTasks } from '../../src/catalog/queue.ts';
import { apiSchema } from '../../src/model/configuration/watching.ts';
import { type ApiWorld, apiWorld, call, pathOf } from './api-world.ts';

const operations = Object.entries(contract) as [string, Operation][];

const rules = {
  sources: [{ kind: 'files', paths: ['/srv/school'] }],
  repositories: ['main'],
  schedule: '0 2 * * *',
  retention: { keepDaily: 7 },
};

async function withPolicy(world: ApiWorld): Promise<void> {
  await applyConfiguration(
    world.catalog,
    {
      repositories: { main: { place: '/backup', unlock: { password: 'file:/etc/holdfast/password' } } },
      policies: { school: rules as never },
    },
    { actor: 'test', node: 'test-node' },
    world.context,
  );
}

test('every answer, errors too, has the headers that keep browsers safe', async () => {
  await using world = await apiWorld();
  const token = await world.token('viewer');
  const wanted: Record<string, RegExp> = {
    'content-security-policy': /^default-src 'none';(?!.*unsafe)(?!.*\*).*frame-ancestors 'none'/,
    'strict-transport-security': /^max-age=31536000/,
    'x-content-type-options': /^nosniff$/,
    'cross-origin-opener-policy': /^same-origin$/,
    'referrer-policy': /^no-referrer$/,
    'x-frame-options': /^DENY$/,
    'cache-control': /^no-store$/,
    'holdfast-request': /^[\w-]{12}$/,
  };
  const asked: [string, string, string | undefined][] = [
    ...operations
      .filter(([name]) => name !== 'streamEvents')
      .flatMap(([, one]): [string, string, string | undefined][] => [
        [one.method, pathOf(one), token],
        [one.method, pathOf(one), undefined],
      ]),
    ['GET', '/nothing', token],
    ['PATCH', '/api/v1/status', token],
    ['GET', '/api/v1/%', token],
    ['GET', '/api/v1/policies/%E0%A4%A', token],
  ];
  for (const [method, path, one] of asked) {
    const { headers, status } = await world.call(method, path, one === undefined ? {} : { token: one });
    for (const [name, pattern] of Object.entries(wanted)) {
      assert.match(String(headers[name] ?? ''), pattern, `${method} ${path} (${status}): ${name}`);
    }
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['x-powered-by'], undefined);
    assert.equal(headers['server'], undefined);
  }
});

test('no origin but our own is let in by a browser: preflights get nothing', async () => {
  await using world = await apiWorld();
  const { status, headers } = await world.call('OPTIONS', '/api/v1/policies/school', {
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'PUT' },
  });
  assert.equal(status, 405);
  for (const name of Object.keys(headers)) assert.ok(!name.startsWith('access-control-'), name);
});

test('a session changes nothing for a page of another origin', async () => {
  await using world = await apiWorld();
  await withPolicy(world);
  const session = await world.session('operator');
  const path = '/api/v1/policies/school/runs';
  const own = new URL(world.api.url).origin;
  const intent = { 'x-holdfast-intent': '1' };
  const refused: Record<string, string>[] = [
    {},
    { origin: own },
    { ...intent, origin: 'https://evil.example' },
    { ...intent, origin: 'null' },
    { ...intent, origin: own.replace('127.0.0.1', 'localhost') },
    { ...intent, origin: own, 'sec-fetch-site': 'cross-site' },
    { ...intent, origin: own, 'sec-fetch-site': 'same-site' },
  ];
  for (const headers of refused) {
    const { status, json } = await world.call('POST', path, { session, headers });
    assert.equal(status, 403, JSON.stringify(headers));
    assert.equal(json.code, 'FOREIGN_ORIGIN');
  }
  assert.equal((await listTasks(world.catalog, {}, world.context)).items.length, 0);
  const taken: Record<string, string>[] = [
    intent,
    { ...intent, origin: own, 'sec-fetch-site': 'same-origin' },
  ];
  for (const headers of taken) {
    assert.equal((await world.call('POST', path, { session, headers })).status, 202, JSON.stringify(headers));
  }
});

test('forms of other pages cannot log anybody in', async () => {
  await using world = await apiWorld();
  const body = { name: 'mara', password: 'x' };
  const { status, json } = await world.call('POST', '/api/v1/login', { body });
  assert.equal(status, 403);
  assert.equal(json.code, 'FOREIGN_ORIGIN');
});

test('the server answers to its own names alone', async () => {
  await using world = await apiWorld({ origin: 'https://backup.example.org' });
  const { port } = new URL(world.api.url);
  const status = async (host: string) => (await world.call('GET', '/healthz', { headers: { host } })).status;
  const good = [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, 'backup.example.org'];
  for (const host of good) assert.equal(await status(host), 200, host);
  const bad = ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1.evil.example:${port}`, 'x@y'];
  for (const host of bad) assert.equal(await status(host), 421, host);
});

test('bodies are JSON objects as the contract has them, or refused', async () => {
  await using world = await apiWorld();
  await withPolicy(world);
  const token = await world.token('admin');
  const path = '/api/v1/brake';
  const post = (raw: string | Buffer, headers: Record<string, string> = {}) =>
    world.call('POST', path, { token, raw, headers });
  const cases: [string | Buffer, number, Record<string, string>?][] = [
    ['', 400],
    ['{', 400],
    ['null', 400],
    ['[]', 400],
    ['"text"', 400],
    ['{"reason":"x","more":1}', 400],
    ['{"reason":1}', 400],
    ['{"reason":"a\\u001b[31m"}', 400],
    ['{"__proto__":{"reason":"x"}}', 400],
    ['{"reason":"x","__proto__":{"isAdmin":true}}', 400],
    ['{"reason":"x","constructor":{"prototype":{"isAdmin":true}}}', 400],
    ['{"reason":"x","\\u005f_proto__":{}}', 400],
    [Buffer.from([0xff, 0xfe, 0x00]), 400],
    ['reason=x', 415, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['{"reason":"x"}', 415, { 'content-type': 'text/plain' }],
    ['--x', 415, { 'content-type': 'multipart/form-data; boundary=x' }],
    [`{"reason":"${'x'.repeat(1024 * 1024)}"}`, 413],
    ['{"reason":"fine"}', 200],
  ];
  for (const [raw, wanted, headers] of cases) {
    const { status, json, headers: got } = await post(raw, headers);
    assert.equal(status, wanted, String(raw).slice(0, 80));
    if (status >= 400) {
      assert.match(got['content-type'] ?? '', /^application\/problem\+json/);
      assert.equal(json.status, status);
      assert.ok(json.code && json.title && json.request);
    }
  }
  assert.equal(({} as Record<string, unknown>)['isAdmin'], undefined);
});

test('parameters come once, known, and in their form', async () => {
  await using world = await apiWorld();
  const token = await world.token('admin');
  const bad = [
    '/api/v1/runs?limit=0',
    '/api/v1/runs?limit=501',
    '/api/v1/runs?limit=1e2',
    '/api/v1/runs?limit=1&limit=2',
    '/api/v1/runs?unknown=1',
    '/api/v1/runs?__proto__=1',
    '/api/v1/runs?constructor=1',
    '/api/v1/runs?after=bm90aGluZw',
    '/api/v1/runs?outcome=good',
    '/api/v1/policies/..',
    '/api/v1/policies/%2e%2e%2fetc',
    '/api/v1/policies/a%252fb',
    '/api/v1/policies/A',
    '/api/v1/policies/a%00b',
    '/api/v1/runs/1',
    '/api/v1/recovery-points?takenFrom=yesterday',
  ];
  for (const path of bad) {
    const { status, text } = await world.call('GET', path, { token });
    assert.ok(status === 400 || status === 404, `${path}: ${status} ${text}`);
  }
});

test('a GET with a body is refused, and what is no HTTP gets one short answer', async () => {
  await using world = await apiWorld();
  const token = await world.token('viewer');
  const { status, json } = await world.call('GET', '/api/v1/status', { token, raw: '{}' });
  assert.equal(status, 400);
  assert.equal(json.code, 'BODY_UNEXPECTED');
  const { port, host } = new URL(world.api.url);
  const lines = [
    'nonsense\r\n\r\n',
    `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nX : y\r\n\r\n`,
  ];
  for (const line of lines) {
    const text = await spoken(Number(port), line);
    assert.match(text, /^HTTP\/1\.1 400 /, line.slice(0, 60));
    assert.match(text, /application\/problem\+json/);
    assert.match(text, /cache-control: no-store/i);
  }
  assert.equal((await world.call('GET', '/healthz')).status, 200, 'it lives on');
});

function spoken(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(line));
    let text = '';
    socket.on('data', (part) => {
      text += part;
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

test('the same request with the same key has one effect and the first answer', async () => {
  await using world = await apiWorld();
  await withPolicy(world);
  const token = await world.token('operator');
  const headers = { 'idempotency-key': '5f1d9c1e-9f0e-4d7e-8d2b-1c2d3e4f5a6b' };
  const path = '/api/v1/policies/school/runs';
  const [first, ...others] = await Promise.all(
    [1, 2, 3, 4].map(() => world.call('POST', path, { token, headers })),
  );
  assert.equal(first!.status, 202);
  for (const other of others) assert.equal(other.text, first!.text);
  assert.equal([first!, ...others].filter((one) => one.headers['idempotency-replayed'] === 'true').length, 3);
  assert.equal((await listTasks(world.catalog, {}, world.context)).items.length, 1);
  const later = await world.call('POST', path, { token, headers });
  assert.equal(later.text, first!.text);
  assert.equal(later.headers['location'], first!.headers['location']);
});

test('a key that was used for something else, or by somebody else, repeats nothing', async () => {
  await using world = await apiWorld();
  await withPolicy(world);
  const token = await world.token('operator');
  const headers = { 'idempotency-key': 'k1' };
  const pull = (reason: string, who = token) =>
    world.call('POST', '/api/v1/brake', { token: who, headers, body: { reason } });
  assert.equal((await pull('one')).status, 200);
  const other = await pull('two');
  assert.equal(other.status, 422);
  assert.equal(other.json.code, 'IDEMPOTENCY_KEY_REUSED');
  const somebody = await pull('three', await world.token('operator'));
  assert.equal(somebody.status, 200);
  assert.equal(somebody.headers['idempotency-replayed'], undefined);
  const bad = await world.call('POST', '/api/v1/policies/school/runs', {
    token,
    headers: { 'idempotency-key': 'with space' },
  });
  assert.equal(bad.status, 400);
});

test('what failed is not kept under its key: trying again tries again', async () => {
  await using world = await apiWorld();
  const token = await world.token('operator');
  const headers = { 'idempotency-key': 'k' };
  const run = () => world.call('POST', '/api/v1/policies/school/runs', { token, headers });
  assert.equal((await run()).status, 404);
  await withPolicy(world);
  assert.equal((await run()).status, 202);
});

test('of two who change the same policy, the second hears that it has changed', async () => {
  await using world = await apiWorld();
  await withPolicy(world);
  const token = await world.token('admin');
  const path = '/api/v1/policies/school';
  const { headers, status } = await world.call('GET', path, { token });
  assert.equal(status, 200);
  const etag = String(headers['etag']);
  const put = (condition: Record<string, string>, keepDaily: number) =>
    world.call('PUT', path, {
      token,
      headers: condition,
      body: { ...rules, retention: { keepDaily } },
    });
  const changed = await put({ 'if-match': etag }, 8);
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers['etag'], etag);
  const late = await put({ 'if-match': etag }, 9);
  assert.equal(late.status, 412);
  assert.equal(late.json.code, 'PRECONDITION_FAILED');
  assert.equal((await put({ 'if-none-match': '*' }, 9)).status, 412);
  assert.equal((await put({ 'if-match': 'W/"1"' }, 9)).status, 400);
  const now = await world.call('GET', path, { token });
  assert.equal(now.json.rules.retention.keepDaily, 8);
  const old = await world.call('DELETE', path, { token, headers: { 'if-match': etag } });
  assert.equal(old.status, 412);
});

test('a policy that names what is not there, or contradicts itself, is refused with the reason', async () => {
  await using world = await apiWorld();
  await withPolicy(world);
  const token = await world.token('admin');
  const put = (more: object) =>
    world.call('PUT', '/api/v1/policies/new', { token, body: { ...rules, ...more } });
  for (const more of [
    { repositories: ['nowhere'] },
    { schedule: 'never ever' },
    { zone: 'Mars/Olympus' },
    { retention: {} },
    { sources: [{ kind: 'files', paths: ['relative'] }] },
    { shell: 'rm -rf /' },
  ]) {
    const { status, json } = await put(more);
    assert.equal(status, 400, JSON.stringify(more));
    assert.match(json.detail, new RegExp(Object.keys(more)[0]!), JSON.stringify(more));
  }
  assert.equal((await put({})).status, 200);
});

test('pages together are the list, each item once', async () => {
  await using world = await apiWorld();
  await withPolicy(world);
  const token = await world.token('admin');
  for (let n = 0; n < 7; n += 1) {
    await world.call('PUT', `/api/v1/policies/p${n}`, { token, body: rules });
  }
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const path = `/api/v1/policies?limit=3${after === undefined ? '' : `&after=${after}`}`;
    const { json } = await world.call('GET', path, { token });
    assert.ok(json.items.length <= 3);
    seen.push(...json.items.map(({ name }: { name: string }) => name));
    after = json.next;
  } while (after !== undefined);
  assert.deepEqual(seen, ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'school']);
});

/** Nothing comes back while it is counted, however long that takes. */
function stillTime(): () => number {
  const now = Date.now();
  return () => now;
}

test('who asks too often is told to wait, and how long', async () => {
  await using world = await apiWorld({ requestsPerMinute: 40 }, {}, stillTime());
  const token = await world.token('viewer');
  const answers = [];
  for (let n = 0; n < 60; n += 1) answers.push(await world.call('GET', '/api/v1/status', { token }));
  const good = answers.filter(({ status }) => status === 200).length;
  assert.ok(good >= 38 && good <= 40, `${good} of 60`);
  const refused = answers.find(({ status }) => status === 429)!;
  assert.equal(refused.json.code, 'TOO_MANY_REQUESTS');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  assert.match(String(answers[0]!.headers['ratelimit']), /^"minute";r=\d+$/);
});

test('behind a proxy that is named, each caller has a budget of their own; others cannot say who they are', async () => {
  const asked = async (world: ApiWorld, from: (n: number) => string) => {
    let good = 0;
    for (let n = 0; n < 40; n += 1) {
      const headers = { 'x-forwarded-for': from(n) };
      if ((await world.call('GET', '/healthz', { headers })).status === 200) good += 1;
    }
    return good;
  };
  const byCaller = (n: number) => `203.0.113.${n}`;
  await using plain = await apiWorld({ requestsPerMinute: 5 }, {}, stillTime());
  assert.ok((await asked(plain, byCaller)) < 30, 'nobody is believed');
  await using behind = await apiWorld({ requestsPerMinute: 5, proxies: ['127.0.0.1'] }, {}, stillTime());
  assert.equal(await asked(behind, byCaller), 40);
  assert.ok((await asked(behind, (n) => `203.0.113.${n}, 198.51.100.7`)) < 30, 'what the caller says first');
  await using household = await apiWorld({ requestsPerMinute: 5, proxies: ['127.0.0.1'] }, {}, stillTime());
  assert.ok(
    (await asked(household, (n) => `2001:db8:1:2::${n}`)) < 30,
    'a network of 64 bits is one household',
  );
  await using strange = await apiWorld({ requestsPerMinute: 5, proxies: ['127.0.0.1'] }, {}, stillTime());
  assert.ok((await asked(strange, (n) => `nowhere-${n}`)) < 30, 'what is no address is the proxy');
});

test('two nodes share one budget', async () => {
  await using world = await apiWorld({ requestsPerMinute: 200 }, {}, stillTime());
  const token = await world.token('viewer');
  const second = await startApi(
    {
      catalog: world.catalog,
      rules: apiSchema.parse({ listen: '127.0.0.1:0', requestsPerMinute: 200 }),
      node: 'second',
      metrics: async () => '',
      statistics: async () => ({ metrics: {}, policies: {} }),
    },
    world.context,
  );
  try {
    let good = 0;
    for (let n = 0; n < 260; n += 1) {
      const url = n % 2 === 0 ? world.api.url : second.url;
      if ((await call(url, 'GET', '/api/v1/me', { token })).status === 200) good += 1;
    }
    assert.ok(good >= 190 && good <= 200, `${good} of 260 with a budget of 200`);
  } finally {
    await second.close();
  }
});

test('a port that is taken, and a line that is open to all, are refused before anybody connects', async () => {
  await using world = await apiWorld();
  const wish = {
    catalog: world.catalog,
    node: 'n',
    metrics: async () => '',
    statistics: async () => ({ metrics: {}, policies: {} }),
  };
  const start = (more: object) => startApi({ ...wish, rules: apiSchema.parse(more) }, world.context);
  const taken = new URL(world.api.url).host;
  await assert.rejects(start({ listen: taken }), { code: 'API_PORT_TAKEN' });
  await assert.rejects(start({ listen: '0.0.0.0:0' }), { code: 'API_NEEDS_TLS' });
  await assert.rejects(start({ listen: '127.0.0.1:99999' }), { code: 'LISTEN_INVALID' });
  const behind = await start({ listen: '0.0.0.0:0', origin: 'https://backup.example.org' });
  await behind.close();
});

test('a call that is on its way when the server is told to stop gets its answer', async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const world = await apiWorld(
    {},
    {
      async metrics(context) {
        begun.resolve();
        await gate.promise;
        context.signal.throwIfAborted();
        return '# late\n';
      },
    },
  );
  const token = await world.token('viewer');
  const answer = world.call('GET', '/metrics', { token });
  await begun.promise;
  const closed = world.api.close();
  gate.resolve();
  assert.equal((await answer).text, '# late\n');
  await closed;
  await world[Symbol.asyncDispose]();
});

test('a call that never ends holds up the stop for a short while only', async () => {
  const begun = Promise.withResolvers<void>();
  const world = await apiWorld(
    {},
    {
      metrics(context) {
        begun.resolve();
        return new Promise((_, reject) =>
          context.signal.addEventListener('abort', () => reject(context.signal.reason)),
        );
      },
    },
  );
  const token = await world.token('viewer');
  const answer = world.call('GET', '/metrics', { token }).then(
    ({ status }) => status,
    () => 0,
  );
  await begun.promise;
  await world[Symbol.asyncDispose]();
  assert.notEqual(await answer, 200);
});

test('closing waits for nobody who only listens', async () => {
  const world = await apiWorld();
  const token = await world.token('viewer');
  const { hostname, port } = new URL(world.api.url);
  const response = await fetch(`http://${hostname}:${port}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(response.status, 200);
  const reader = response.body!.getReader();
  await reader.read();
  await world[Symbol.asyncDispose]();
  await assert.rejects(call(world.api.url, 'GET', '/healthz'));
});
