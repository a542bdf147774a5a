// `holdfast up` as people run it: it does what is asked, is alone, obeys signals, and is not needed for a restore.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { stateFile } from '../../../src/cli/catalog-place.ts';
import { treeDigest, writeTree } from '../../world.ts';
import { UpWorld } from './up-world.ts';

test('what is asked for is run once, told as it goes, and found again with its problems', async () => {
  using world = new UpWorld();
  await using running = world.up();
  await running.ready;
  assert.deepEqual(namesOf(world.ask(['node', 'list']).end, 'nodes'), ['test']);
  const asked = world.ask(['run', 'documents', '--wait']);
  assert.equal(asked.exit, 0, asked.errors);
  const run = (asked.end['result'] as { run: Record<string, unknown> }).run;
  assert.deepEqual([run['policy'], run['outcome'], run['attempt']], ['documents', 'succeeded', 1]);
  const shown = world.ask(['runs', 'show', String(run['id'])]);
  assert.deepEqual((shown.end['result'] as { problems: unknown[] }).problems, []);
  const { runs } = world.ask(['runs', '--policy', 'documents']).end['result'] as { runs: unknown[] };
  assert.equal(runs.length, 1);
  const status = world.ask(['status']);
  assert.equal(status.exit, 0, status.errors);
  const result = status.end['result'] as Record<string, unknown>;
  assert.deepEqual([result['isSaved'], result['nodes']], [true, ['test']]);
  const logged = world.ask(['logs']).events.filter((event) => event['type'] === 'log-line');
  assert.ok(
    logged.some(({ message }) => message === 'backup succeeded'),
    JSON.stringify(logged),
  );
  const unknown = world.ask(['run', 'document']);
  assert.deepEqual([unknown.exit, unknown.end['code']], [4, 'POLICY_UNKNOWN']);
  assert.equal(await running.stop(), 0);
});

test('a second one of the same node is refused at once, one after a killed one is not', async () => {
  using world = new UpWorld();
  await using first = world.up();
  await first.ready;
  await using second = world.up();
  assert.equal(await second.ended, 5);
  assert.equal(second.events.at(-1)?.['code'], 'NODE_RUNNING');
  await first.stop('SIGKILL');
  await using third = world.up();
  await third.ready;
  assert.equal(await third.stop('SIGINT'), 0);
});

test('a reload takes over what has changed, and keeps what holds when the file is wrong', async () => {
  using world = new UpWorld();
  await using running = world.up();
  await running.ready;
  writeFileSync(world.configurationFile, 'policies: [');
  running.child.kill('SIGHUP');
  await running.event(
    'log',
    ({ facts }) => (facts as { code?: string } | undefined)?.code === 'CONFIG_SYNTAX',
  );
  assert.equal(
    namesOf(world.ask(['policies', '--catalog', world.path('catalog')]).end, 'policies').length,
    1,
  );
  world.configure({ policy: { tags: ['new'] } });
  running.child.kill('SIGHUP');
  const applied = await running.event(
    'applied',
    ({ revision }) => revision !== undefined && running.events.length > 2,
  );
  assert.deepEqual(applied['deletedPolicies'], []);
  assert.equal(await running.stop(), 0);
});

test('a file that would keep less waits for somebody to say so, and backups go on with what holds', async () => {
  using world = new UpWorld({ policy: { retention: { keepLast: 5 } } });
  await using running = world.up();
  await running.ready;
  world.configure({ policy: { retention: { keepLast: 2 } } });
  running.child.kill('SIGHUP');
  const shorter = await running.event('shorter', () => true);
  assert.deepEqual(shorter['shortenings'], [{ policy: 'documents', lost: 0, of: 0, locksLess: false }]);
  const words = ['--config', world.configurationFile];
  const held = world.run(['config', 'show', '--applied', ...words]).output;
  assert.match(held, /retention\.keepLast +5\n/);
  const alerts = () => world.run(['alerts', '--json', '--catalog', world.path('catalog')]).output;
  assert.match(alerts(), /configuration:shorter/);
  assert.equal(world.run(['config', 'apply', '--yes', ...words]).exit, 0);
  assert.doesNotMatch(alerts(), /configuration:shorter/);
  assert.equal(await running.stop(), 0);
});

test('without a configuration it says what to write and ends', async () => {
  using world = new UpWorld();
  rmSync(world.configurationFile);
  await using named = world.up();
  assert.deepEqual([await named.ended, named.events.at(-1)?.['code']], [4, 'CONFIG_MISSING']);
  const done = world.run(['up', '--config', world.configurationFile]);
  assert.equal(done.exit, 4);
});

test('a run on its way is given back when it is stopped, and done at the next start', async () => {
  using world = new UpWorld();
  writeTree(
    world.source,
    Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`many/${at}.txt`, `${at}`])),
  );
  await using first = world.up();
  await first.ready;
  const asked = world.ask(['run', 'documents']);
  assert.equal(asked.exit, 0, asked.errors);
  assert.equal(await first.stop(), 0);
  await using second = world.up();
  await second.ready;
  const runs = await settled(world);
  const good = runs.filter(({ outcome }) => outcome === 'succeeded');
  assert.equal(good.length, 1, JSON.stringify(runs));
  assert.equal(await second.stop(), 0);
});

test('systemd hears that it is ready, alive and stopping', async (t) => {
  using world = new UpWorld();
  const socket = world.path('notify');
  const listener = spawn('python3', ['-u', '-c', listening, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => listener.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface({ input: listener.stdout });
  reader.on('line', (line) => lines.push(line));
  await once(reader, 'line');
  await using running = world.up([], { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' });
  await running.ready;
  while (!lines.includes('WATCHDOG=1')) await once(reader, 'line');
  assert.equal(await running.stop(), 0);
  while (!lines.includes('STOPPING=1')) await once(reader, 'line');
  const order = ['READY=1', 'WATCHDOG=1', 'STOPPING=1'].map((line) => lines.indexOf(line));
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test('break the glass: with everything down and the catalog gone, the repository and its key are enough', async () => {
  using world = new UpWorld();
  await using running = world.up();
  await running.ready;
  assert.equal(world.ask(['run', 'documents', '--wait']).exit, 0);
  await running.stop('SIGKILL');
  for (const name of ['catalog', 'catalog-wal', 'catalog-shm', 'state', 'holdfast.yaml', 'logs']) {
    rmSync(world.path(name), { recursive: true, force: true });
  }
  const restored = world.run(['restore', 'latest', '--target', world.path('back'), '--verify']);
  assert.equal(restored.exit, 0, restored.errors);
  assert.equal(treeDigest(world.path('back')), treeDigest(world.source));
});

const listening = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening')
while True:
    for line in s.recv(4096).decode().splitlines():
        print(line)
`;

function namesOf(end: Readonly<Record<string, unknown>>, list: string): string[] {
  return ((end['result'] as Record<string, { name: string }[]>)[list] ?? []).map(({ name }) => name);
}

interface ShownRun {
  readonly state: string;
  readonly outcome?: string;
}

/** Asks again until nothing waits or runs any more; the test's own time is the limit. */
async function settled(world: UpWorld): Promise<ShownRun[]> {
  for (;;) {
    const { running, queue } = world.ask(['status']).end['result'] as {
      running: number;
      queue: Record<string, number>;
    };
    const { runs } = world.ask(['runs', '--policy', 'documents']).end['result'] as { runs: ShownRun[] };
    const isBusy = running + (queue['claimed'] ?? 0) + (queue['due'] ?? 0) > 0;
    if (!isBusy && runs.some(({ outcome }) => outcome === 'succeeded')) return runs;
  }
}

test('who asks for a reload while the catalog is still waited for does not end the start', async () => {
  using world = new UpWorld();
  await using running = world.up(['--catalog', 'postgres://holdfast@127.0.0.1:1/holdfast']);
  await running.event('waiting');
  running.child.kill('SIGHUP');
  assert.equal(await running.stop(), 0, running.errors);
});

test('a rebuild of the catalog applies no file that would keep less', () => {
  using world = new UpWorld({ policy: { retention: { keepLast: 5 } } });
  assert.equal(world.ask(['config', 'apply']).exit, 0);
  world.configure({ policy: { retention: { keepLast: 2 } } });
  const refused = world.ask(['catalog', 'rebuild']);
  assert.deepEqual([refused.exit, refused.end['code']], [5, 'CONFIG_SHORTENS_RETENTION']);
  const { values } = world.ask(['config', 'show', '--applied']).end['result'] as {
    values: { path: string; value: string }[];
  };
  assert.equal(values.find(({ path }) => path.endsWith('retention.keepLast'))?.value, '5');
});

test('root without a state of its own looks where the service keeps catalog and sealing key', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-state-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [own, service] = [join(folder, 'own'), join(folder, 'service')];
  const root = { stateDirectory: own, environment: {}, userName: 'root' };
  const both = (ambient: Parameters<typeof stateFile>[1]) =>
    (['catalog', 'secrets.key'] as const).map((name) => stateFile(name, ambient, service));
  const [ofOwn, ofService] = [own, service].map((place) => [
    join(place, 'catalog'),
    join(place, 'secrets.key'),
  ]);
  assert.deepEqual(both(root), ofOwn);
  mkdirSync(service);
  assert.deepEqual(both(root), ofService);
  assert.deepEqual(both({ ...root, userName: 'ana' }), ofOwn);
  assert.deepEqual(both({ ...root, environment: { XDG_STATE_HOME: folder } }), ofOwn);
  mkdirSync(own);
  writeFileSync(join(own, 'secrets.key'), '');
  assert.deepEqual(both(root), [ofService?.[0], ofOwn?.[1]]);
});
