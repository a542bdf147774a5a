// What a job takes of the machine is told in the counts of its run.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { measureUsage } from '../../../src/control/jobs/usage.ts';
import { scratch } from '../../world.ts';

test('processor, memory, disk and every connection are counted, those that are still open too', async () => {
  using folder = scratch();
  const server = createServer((socket) => socket.on('data', () => socket.write(Buffer.alloc(2000))));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const end = measureUsage();
  const talk = async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(Buffer.alloc(500));
    let got = 0;
    for await (const part of socket as AsyncIterable<Buffer>) {
      got += part.length;
      if (got === 2000) break;
    }
    return socket;
  };
  const closed = await talk();
  closed.destroy();
  const open = connect(port, '127.0.0.1');
  open.write(Buffer.alloc(500));
  for (let got = 0; got < 2000; ) got += ((await once(open, 'data'))[0] as Buffer).length;
  const file = openSync(join(folder.path, 'x'), 'w');
  writeSync(file, Buffer.alloc(1 << 20));
  fsyncSync(file);
  closeSync(file);
  let spun = 0;
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 20_000) spun += 1;
  const usage = end();
  open.destroy();
  server.close();
  assert.ok(spun > 0);
  assert.deepEqual([usage.networkReceivedBytes, usage.networkSentBytes], [4000, 1000]);
  assert.ok(usage.cpuMs! >= 20 && usage.memoryPeakBytes! > 2 ** 20);
  const isTold = /write_bytes/.test(readFileSync('/proc/self/io', 'utf8'));
  if (isTold) assert.ok(usage.diskWrittenBytes! >= 0);
  for (const value of Object.values(usage)) assert.ok(Number.isSafeInteger(value));
});
