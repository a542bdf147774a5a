// The API beside the control process: without secrets, started again when it dies, and its place is nobody else's.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../servers/process.ts';
import { UpWorld } from './up-world.ts';

/** The process of the API below that of `up`. */
function apiOf(parent: number): number | undefined {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const isOurs = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      if (isOurs && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes('api-process'))
        return Number(name);
    } catch {
      // It ended while it was looked at.
    }
  }
  return undefined;
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}

test('the API sees no secret, and is started again when it is killed', async () => {
  const port = await freePort();
  const api = { listen: `127.0.0.1:${port}` };
  using world = new UpWorld({ configuration: { api } });
  await using running = world.up([], { MAIL_PASSWORD: 'canary-of-a-secret' });
  const { url } = await running.ready;
  assert.equal(url, `http://127.0.0.1:${port}`);
  const place = `${String(url)}/api/v1/policies`;
  assert.equal(await statusOf(place), 401);
  const first = apiOf(running.child.pid ?? 0);
  assert.ok(first !== undefined);
  const seen = `${readFileSync(`/proc/${first}/environ`, 'latin1')}${readFileSync(`/proc/${first}/cmdline`, 'latin1')}`;
  assert.doesNotMatch(seen, /canary-of-a-secret|MAIL_PASSWORD|HOLDFAST_CONFIG/);
  process.kill(first, 'SIGKILL');
  await running.event('log', ({ message }) => message === 'the API has ended and is started again');
  while ((await statusOf(place).catch(() => 0)) !== 401) await wait(50);
  assert.notEqual(apiOf(running.child.pid ?? 0), first);
  assert.equal(await running.stop(), 0);
  assert.equal(await statusOf(place).catch(() => 0), 0);
});

test('a port that is taken ends the start with words that say so', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  try {
    using world = new UpWorld();
    world.configure({ configuration: { api: { enabled: true } } });
    await using running = world.up(['--listen', `127.0.0.1:${port}`]);
    assert.equal(await running.ended, 5, running.errors);
    assert.equal(running.events.at(-1)?.['code'], 'API_PORT_TAKEN');
  } finally {
    other.close();
  }
});

test('the API dies with the process that started it, and the next one has its port at once', async () => {
  const port = await freePort();
  using world = new UpWorld({ configuration: { api: { listen: `127.0.0.1:${port}` } } });
  await using running = world.up();
  const { url } = await running.ready;
  // Somebody who stays, such as a browser that listens to events.
  const guest = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(guest, 'connect');
  guest.write('GET / HTTP/1.1\r\n');
  await running.stop('SIGKILL');
  await using next = world.up();
  assert.equal((await next.ready).url, url);
  guest.destroy();
  assert.equal(await next.stop(), 0);
});
