// Lines that come too slowly, or not at all, are closed: nobody holds a place by sending a letter now and then.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { usualLines } from '../../src/api/wire.ts';
import { apiWorld } from './api-world.ts';

const lines = { headers: 60, request: 120, lookEvery: 20 };

/** All that comes until the server closes the line. */
async function untilClosed(socket: Socket): Promise<string> {
  let heard = '';
  socket.on('data', (bytes) => {
    heard += bytes.toString('latin1');
  });
  await once(socket, 'close');
  return heard;
}

async function lineTo(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // A letter that meets a closed line is answered by a reset.
  socket.on('error', () => undefined);
  // What nobody reads would keep the end from being seen.
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

function trickle(socket: Socket, text: string): void {
  const sending = setInterval(() => socket.write(text), 5);
  socket.once('close', () => clearInterval(sending));
}

test('a line without a whole head, with a trickling one, or with a trickling body is told so and closed', async () => {
  await using world = await apiWorld({}, { lines });
  const begin = `POST /api/v1/login HTTP/1.1\r\nHost: ${new URL(world.api.url).host}\r\nContent-Type: application/json\r\n`;
  const cases: readonly (readonly [string, string])[] = [
    [begin, ''],
    [begin, 'X-More: 1\r\n'],
    [`${begin}Content-Length: 100000\r\n\r\n{`, ''],
    [`${begin}Content-Length: 100000\r\n\r\n{`, ' '],
    [`${begin}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
  ];
  for (const [first, more] of cases) {
    const socket = await lineTo(world.api.url);
    socket.write(first);
    if (more !== '') trickle(socket, more);
    const heard = await untilClosed(socket);
    assert.match(heard, /^HTTP\/1\.1 408 |^$/, JSON.stringify([first, more]));
    if (more === '')
      assert.match(heard, /REQUEST_UNREADABLE/, 'told, where a letter in between has not reset the line');
  }
});

test('a line that says nothing is closed', async () => {
  await using world = await apiWorld({}, { lines });
  const socket = await lineTo(world.api.url);
  await untilClosed(socket);
});

test('five hundred silent lines keep nobody out', async () => {
  await using world = await apiWorld();
  const token = await world.token('viewer');
  const silent = await Promise.all(Array.from({ length: 500 }, () => lineTo(world.api.url)));
  const { status } = await world.call('GET', '/api/v1/status', { token });
  assert.equal(status, 200);
  for (const socket of silent) socket.destroy();
});

test('as it usually is, a head has ten seconds and a request thirty', () => {
  assert.deepEqual(usualLines, { headers: 10_000, request: 30_000, lookEvery: 5_000 });
});
