// Connections that nothing moves on are given up, those at work are not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { connectionFailure } from '../../src/storage/network/cloud-failure.ts';
import { patientAgent } from '../../src/storage/network/patient-agent.ts';
import { serve } from '../servers/front.ts';

const limits = { connectMs: 5_000, silenceMs: 200 };

async function errorOf(request: ClientRequest): Promise<unknown> {
  const [error] = await once(request, 'error');
  return error;
}

test('a server that accepts and then says nothing is given up as unavailable', async () => {
  await using front = await serve(() => undefined);
  const endpoint = `http://127.0.0.1:${front.port}`;
  const agent = await patientAgent(endpoint, { connectionsMax: 1, limits });
  const failure = connectionFailure('place', await errorOf(get(endpoint, { agent })));
  assert.equal(failure?.kind, 'unavailable');
  assert.match(failure?.message ?? '', /ETIMEDOUT/);
  agent.destroy();
});

test('a TLS handshake that never ends is given up', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const endpoint = `https://127.0.0.1:${port}`;
  const agent = await patientAgent(endpoint, {
    connectionsMax: 1,
    limits: { connectMs: 200, silenceMs: 60_000 },
  });
  assert.match(String(await errorOf(getSecurely(endpoint, { agent }))), /nothing moved/);
  agent.destroy();
  server.close();
});

test('an answer that comes slowly, but comes, is not cut off however long it takes', async () => {
  await using front = await serve((_, response) => {
    let rest = 12;
    const timer = setInterval(() => {
      rest -= 1;
      if (rest > 0) response.write('x');
      else {
        clearInterval(timer);
        response.end('x');
      }
    }, 50);
  });
  const endpoint = `http://127.0.0.1:${front.port}`;
  const agent = await patientAgent(endpoint, { connectionsMax: 1, limits });
  const [response] = await once(get(endpoint, { agent }), 'response');
  assert.equal((await Array.fromAsync(response)).join(''), 'x'.repeat(12));
  agent.destroy();
});

test('who stood still for long hears what came meanwhile, before anything is given up', async () => {
  await using front = await serve((_, response) => {
    response.write('x');
    // Client and server are one process here: both stand still, longer than the limit, and the answer goes on right after.
    setImmediate(() => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * limits.silenceMs);
      response.end('x');
    });
  });
  const endpoint = `http://127.0.0.1:${front.port}`;
  const agent = await patientAgent(endpoint, { connectionsMax: 1, limits });
  const [response] = await once(get(endpoint, { agent }), 'response');
  assert.equal((await Array.fromAsync(response)).join(''), 'xx');
  agent.destroy();
});
