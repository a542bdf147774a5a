// The HTTP below S3: connections are kept, large bodies wait to be asked for, and nothing hangs for ever.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { type HttpLimits, S3Http } from '../../src/storage/s3/http.ts';

const patient: HttpLimits = { connectMs: 30_000, idleMs: 30_000, continueMs: 30_000, socketsMax: 4 };
const large = Buffer.alloc(3_000_000, 'holdfast');

async function portOf(server: { listen(port: number, host: string): unknown; address(): unknown }) {
  server.listen(0, '127.0.0.1');
  await once(server as Server, 'listening');
  return (server.address() as AddressInfo).port;
}

function put(port: number, body: Uint8Array, more: Readonly<Record<string, string>> = {}) {
  return {
    protocol: 'http:',
    hostname: '127.0.0.1',
    port,
    method: 'PUT',
    path: '/bucket/object',
    query: { 'x-id': "it's (a) test*", empty: null, many: ['1', '2'] },
    headers: { 'content-length': String(body.length), ...more },
    body,
  };
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(body)).toString();
}

const expecting = { Expect: '100-continue' };

test('calls one after the other use one connection, large and small', async () => {
  const sockets = new Set<unknown>();
  const server = createServer(async (request, answer) => {
    sockets.add(request.socket);
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    answer.end(`${body.length} ${request.url}`);
  });
  const port = await portOf(server);
  const http = new S3Http(patient, undefined);
  for (const [body, more] of [
    [large, expecting],
    [large.subarray(0, 10), {}],
    [large, expecting],
  ] as const) {
    const { response } = await http.handle(put(port, body, more));
    const url = '/bucket/object?x-id=it%27s%20%28a%29%20test%2A&empty&many=1&many=2';
    assert.equal(await textOf(response.body), `${body.length} ${url}`);
  }
  assert.equal(sockets.size, 1);
  http.destroy();
  server.close();
});

test('a large body that is refused is not sent, and the next call works', async () => {
  let received = 0;
  const server = createServer((_, answer) => void answer.end('fine'));
  server.on('checkContinue', (request, answer) => {
    request.on('data', (bytes: Buffer) => {
      received += bytes.length;
    });
    answer.writeHead(403).end('full');
  });
  const port = await portOf(server);
  const http = new S3Http(patient, undefined);
  const { response } = await http.handle(put(port, large, expecting));
  assert.equal(response.statusCode, 403);
  assert.equal(await textOf(response.body), 'full');
  assert.equal(received, 0);
  const next = await http.handle(put(port, large.subarray(0, 10)));
  assert.equal(await textOf(next.response.body), 'fine');
  http.destroy();
  server.close();
});

test('a server that never asks for the body gets it all the same', async () => {
  const server = createServer();
  server.on('checkContinue', async (request, answer) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    answer.end(String(body.equals(large)));
  });
  const port = await portOf(server);
  const http = new S3Http({ ...patient, continueMs: 1 }, undefined);
  for (let call = 0; call < 2; call += 1) {
    const { response } = await http.handle(put(port, large, expecting));
    assert.equal(await textOf(response.body), 'true');
  }
  http.destroy();
  server.close();
});

test('a server that is silent, before or after it has greeted, is given up', async () => {
  const mute = createTcpServer((socket) => void socket.on('error', () => undefined).resume());
  const port = await portOf(mute);
  const silent = new S3Http({ ...patient, idleMs: 20 }, undefined);
  await assert.rejects(silent.handle(put(port, large.subarray(0, 10))), { code: 'ETIMEDOUT' });
  const slow = new S3Http({ ...patient, connectMs: 20 }, undefined);
  const secure = { ...put(port, large.subarray(0, 10)), protocol: 'https:' };
  await assert.rejects(slow.handle(secure), { code: 'ETIMEDOUT' });
  silent.destroy();
  slow.destroy();
  mute.close();
});

test('a call that was canceled before it began opens no connection', async () => {
  let connections = 0;
  const server = createServer(() => undefined).on('connection', () => {
    connections += 1;
  });
  const port = await portOf(server);
  const http = new S3Http(patient, undefined);
  const canceled = { abortSignal: AbortSignal.abort() };
  await assert.rejects(http.handle(put(port, large), canceled), { name: 'AbortError' });
  assert.equal(connections, 0);
  http.destroy();
  server.close();
});
