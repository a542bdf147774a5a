// Bytes between threads: exact, in order, with an end that was told as one or a failure, and never more than the ring in memory.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Failure } from '../../../src/base/failure.ts';
import { makeRing, RingReader, RingWriter } from '../../../src/sources/vault/ring.ts';
import { noise } from '../../world.ts';

test('four times the ring comes through from another thread as it was written', () => {
  const ring = makeRing();
  const length = 32 * 1024 * 1024 + 12_345;
  const code = `
    const { workerData } = require('node:worker_threads');
    import(workerData.module).then(({ RingWriter }) => {
      const writer = new RingWriter(workerData.ring);
      let sent = 0;
      for (let step = 1; sent < workerData.length; step += 1) {
        const piece = Buffer.alloc(Math.min(step * 7919 % 300000 + 1, workerData.length - sent), step % 251);
        writer.write(piece);
        sent += piece.length;
      }
      writer.end();
    });`;
  const module = new URL('../../../src/sources/vault/ring.ts', import.meta.url).href;
  const thread = new Worker(code, { eval: true, workerData: { ring, module, length } });
  const reader = new RingReader(ring);
  const got = createHash('sha256');
  let read = 0;
  for (const buffer = Buffer.alloc(1_000_003); ; ) {
    const more = reader.read(buffer);
    if (more === 0) break;
    got.update(buffer.subarray(0, more));
    read += more;
  }
  thread.unref();
  const wanted = createHash('sha256');
  for (let step = 1, sent = 0; sent < length; step += 1) {
    const piece = Buffer.alloc(Math.min(((step * 7919) % 300000) + 1, length - sent), step % 251);
    wanted.update(piece);
    sent += piece.length;
  }
  assert.equal(read, length);
  assert.equal(got.digest('hex'), wanted.digest('hex'));
});

test('a failure of the writer is what the reader fails with, also with bytes before it', () => {
  const ring = makeRing();
  const writer = new RingWriter(ring);
  writer.write(noise('x', 1000));
  writer.fail(new Failure('corrupt', 'SOME_CODE', 'some message', { hint: 'Some hint.', facts: { a: 1 } }));
  assert.throws(() => new RingReader(ring).read(Buffer.alloc(10)), {
    kind: 'corrupt',
    code: 'SOME_CODE',
    message: 'some message',
    hint: 'Some hint.',
  });
});

test('what is no Failure comes over by its name alone, because its message may quote a secret', () => {
  const ring = makeRing();
  new RingWriter(ring).fail(new TypeError('hvs.secret'));
  assert.throws(
    () => new RingReader(ring).read(Buffer.alloc(10)),
    (error: Failure) => {
      assert.equal(error.code, 'STREAM_THREAD_FAILED');
      assert.ok(!JSON.stringify([error.message, error.facts]).includes('hvs.secret'));
      return true;
    },
  );
});
