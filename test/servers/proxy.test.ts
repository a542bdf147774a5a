// Promises of the proxy that network tests and benchmarks stand on.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { noise } from '../world.ts';
import { startProxy } from './proxy.ts';

/** Answers with what it is sent, and ends when it is told so. */
async function startEcho(): Promise<{ readonly port: number } & AsyncDisposable> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

test('bytes keep their order when the delay ends while they are on their way', async () => {
  const half = Promise.withResolvers<void>();
  let seen = 0;
  await using echo = await startEcho();
  await using proxy = await startProxy(echo.port, { delayMs: 40 }, (bytes) => {
    seen += bytes.length;
    if (seen === 1_000_000) half.resolve();
  });
  const socket = connect(proxy.port, '127.0.0.1');
  const hash = createHash('sha256');
  socket.on('data', (bytes: Buffer) => hash.update(bytes));
  const sent = noise('order', 2_000_000);
  socket.write(sent.subarray(0, 1_000_000));
  await half.promise;
  proxy.weather.delayMs = 0;
  socket.end(sent.subarray(1_000_000));
  await once(socket, 'close');
  assert.equal(hash.digest('hex'), createHash('sha256').update(sent).digest('hex'));
});

test('a delay is felt once in each direction, not once a piece', async () => {
  await using echo = await startEcho();
  await using proxy = await startProxy(echo.port, { delayMs: 100 });
  const socket = connect(proxy.port, '127.0.0.1');
  await once(socket, 'connect');
  const started = performance.now();
  let received = 0;
  socket.on('data', (bytes: Buffer) => {
    received += bytes.length;
  });
  const sent = Buffer.alloc(20_000_000, 1);
  socket.end(sent);
  await once(socket, 'close');
  const tookMs = performance.now() - started;
  assert.equal(received, sent.length);
  // One after the other, 300 pieces of 64 KiB would need a minute.
  assert.ok(tookMs >= 198 && tookMs < 20_000, `${tookMs} ms`);
});

test('what clients send is seen as it arrives, answers are not', async () => {
  let seen = 0;
  await using echo = await startEcho();
  await using proxy = await startProxy(echo.port, {}, (bytes) => {
    seen += bytes.length;
  });
  const socket = connect(proxy.port, '127.0.0.1');
  socket.resume();
  socket.end(noise('seen', 300_000));
  await once(socket, 'close');
  assert.equal(seen, 300_000);
});
