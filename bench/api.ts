// node bench/api.ts [--seconds 5] [--connections 16] [--runs 10000]
//
// How many GETs with a token a second the API answers on loopback, and how long the slowest hundredth takes. Server and caller are two
// processes; the caller speaks HTTP over plain sockets, so that it is not what is measured.

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { startApi } from '../src/api/server.ts';
import { openCatalog } from '../src/catalog/open.ts';
import { insertToken } from '../src/catalog/tokens.ts';
import { insertUser } from '../src/catalog/users.ts';
import { makeOpaque } from '../src/identity/opaque.ts';
import { apiSchema } from '../src/model/configuration/watching.ts';
import { permissions } from '../src/model/permission.ts';
import { testContext } from '../test/world.ts';

const { values } = parseArgs({
  options: {
    serve: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '16' },
    runs: { type: 'string', default: '10000' },
  },
});

const base = testContext();
const context = {
  ...base,
  clock: {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: (durationMs: number) => new Promise<void>((resolve) => setTimeout(resolve, durationMs)),
  },
};

if (values.serve === undefined) await measure();
else await serve(values.serve);

async function serve(location: string): Promise<void> {
  const catalog = await openCatalog({ location }, context);
  const user = await insertUser(catalog, { name: 'bench', role: 'viewer' }, context);
  const { secret, hash } = makeOpaque('token');
  const wish = { hash, userId: user.id, name: 'bench', scopes: [...permissions], isSensitive: false };
  await insertToken(catalog, { ...wish, lastsMs: 3_600_000 }, context);
  const rules = apiSchema.parse({ listen: '127.0.0.1:0', requestsPerMinute: 10_000_000 });
  const api = await startApi(
    {
      catalog,
      rules,
      node: 'bench',
      // Sixty times as often as usual, so that the audit trail of what was read is a part of every figure.
      reads: { everyMs: 1_000, againMs: 1_000 },
      metrics: async () => '',
      statistics: async () => ({ metrics: {}, policies: {} }),
    },
    context,
  );
  process.send!({ url: api.url, token: secret });
  process.on('message', () => {
    const { user: own, system } = process.cpuUsage();
    process.send!({ cpuMs: (own + system) / 1000 });
  });
}

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-api-'));
  const location = join(folder, 'catalog');
  await (await openCatalog({ location }, context)).close();
  fill(location, Number(values.runs));
  const server = fork(import.meta.filename, ['--serve', location]);
  const { url, token } = await new Promise<{ url: string; token: string }>((resolve) =>
    server.once('message', (told) => resolve(told as { url: string; token: string })),
  );
  const rows: Record<string, string>[] = [];
  for (const path of ['/api/v1/me', '/api/v1/policies?limit=20', '/api/v1/runs?limit=20', '/api/v1/status']) {
    // Until the compiler has seen it.
    await load(url, token, path, Number(values.seconds) / 2);
    const before = await cpuOf(server);
    const took = await load(url, token, path, Number(values.seconds));
    const cpu = ((await cpuOf(server)) - before) / took.length;
    took.sort((a, b) => a - b);
    const at = (share: number) => `${took[Math.floor(took.length * share)]!.toFixed(1)} ms`;
    const seconds = Number(values.seconds);
    const perSecond = (took.length / seconds).toFixed(0);
    rows.push({ path, perSecond, median: at(0.5), p99: at(0.99), cpuEach: `${cpu.toFixed(2)} ms` });
  }
  console.table(rows);
  server.kill();
  rmSync(folder, { recursive: true });
}

/** On a busy machine the time of the processor says more than the clock. */
function cpuOf(server: ChildProcess): Promise<number> {
  server.send('cpu');
  return new Promise((resolve) =>
    server.once('message', (told) => resolve((told as { cpuMs: number }).cpuMs)),
  );
}

async function load(url: string, token: string, path: string, seconds: number): Promise<number[]> {
  const { hostname, port, host } = new URL(url);
  const line = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const end = performance.now() + seconds * 1000;
  const took: number[] = [];
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      let from = 0;
      let text = '';
      const ask = () => {
        if (performance.now() > end) return socket.end();
        from = performance.now();
        text = '';
        socket.write(line);
      };
      socket.on('connect', ask);
      socket.on('data', (part) => {
        text += part.toString('latin1');
        const head = text.indexOf('\r\n\r\n');
        const length = /content-length: (\d+)/i.exec(text)?.[1];
        if (head < 0 || length === undefined || text.length < head + 4 + Number(length)) return;
        if (!text.startsWith('HTTP/1.1 200')) return reject(new Error(text.slice(0, 400)));
        took.push(performance.now() - from);
        // A server closes a line after so many requests.
        if (/connection: close/i.test(text.slice(0, head))) return socket.end();
        ask();
      });
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
  const worker = async () => {
    while (performance.now() < end) await one();
  };
  await Promise.all(Array.from({ length: Number(values.connections) }, worker));
  return took;
}

function fill(location: string, runs: number): void {
  const database = new DatabaseSync(location);
  const upTo = (count: number) =>
    `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ${count})`;
  const id = (from: string) => `printf('00000000-0000-7000-8000-%012d', ${from})`;
  const rules =
    '{"repositories":["main"],"retention":"none","schedule":"0 2 * * *","sources":[{"kind":"files","paths":["/srv"]}]}';
  database.exec(`begin;
    insert into policies (id, name, revision, config, enabled, created_at, updated_at, deleted_at)
      ${upTo(1000)} select ${id('i')}, 'policy' || i, 1, '${rules}', 1, i, i, null from n;
    insert into policy_states ${upTo(1000)} select ${id('i')}, null, 'succeeded', i, i from n;
    insert into runs ${upTo(runs)} select ${id('i')}, ${id('i % 1000')}, i, 1, 'ended', 'succeeded',
      i, i + 1, 'n', i, null, 'l', '{"entries":1}', 0, null, null from n;
    commit`);
  database.close();
}
