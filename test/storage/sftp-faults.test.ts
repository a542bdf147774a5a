// The sftp kind against a server without extensions, and against one that lies or falls silent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { conformance } from '../../src/storage/conformance.ts';
import { usualLimits } from '../../src/storage/sftp/connection.ts';
import { answerFailure } from '../../src/storage/sftp/failure.ts';
import sftp, { openSftp } from '../../src/storage/sftp.ts';
import { withRetry } from '../../src/storage/with/retry.ts';
import { type BareSftp, startBareSftp } from '../servers/bare-sftp.ts';
import {
  bytesOf,
  failure,
  namesOf,
  type StillContext,
  signal,
  stillContext,
  textOf,
} from './storage-world.ts';

const password = 'correct horse';

/** With the key of the server pinned, learned from its own refusal. */
async function openBare(server: BareSftp, context: StillContext = stillContext(), limits = usualLimits) {
  const fields = { host: '127.0.0.1', port: server.port, user: 'u', path: '/data', password };
  const stranger = sftp.config.parse({ ...fields, hostKey: `SHA256:${'A'.repeat(43)}` });
  const hostKey = await sftp.open(stranger, context).then(
    () => assert.fail('a wrong pin was accepted'),
    (error: unknown) => {
      assert.ok(isFailure(error, 'denied', 'STORAGE_HOST_KEY'), String(error));
      return error.facts.fingerprint;
    },
  );
  return openSftp(sftp.config.parse({ ...fields, hostKey }), context, limits, !server.files.has('/data/'));
}

test('without extensions the promises are kept, as class C, and a warning says so', async () => {
  await using server = await startBareSftp(password);
  const context = stillContext();
  const results = await Array.fromAsync(
    conformance(() => openBare(server, context), { signal, listedObjects: 150 }),
  );
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
  assert.ok(context.logged.some((line) => line.includes('class C')));
  await using storage = await openBare(server);
  assert.equal(storage.features.durability, 'C');
  assert.equal(storage.features.exclusivePut, true);
  assert.deepEqual(
    [...server.files.keys()].filter((name) => !name.endsWith('/')),
    [],
  );
});

test('a server whose renaming replaces is not believed to be exclusive, and replaces nothing seen before', async () => {
  await using server = await startBareSftp(password, { renaming: 'replaces' });
  const results = await Array.fromAsync(conformance(() => openBare(server), { signal, listedObjects: 20 }));
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
  await using storage = await openBare(server);
  assert.equal(storage.features.exclusivePut, false);
  assert.equal(storage.features.durability, 'C');
});

test('answers shorter than asked for are put together', async () => {
  await using server = await startBareSftp(password, { readBytesMax: 1000 });
  await using storage = await openBare(server);
  const bytes = Buffer.from(Array.from({ length: 50_123 }, (_, index) => index % 251));
  await storage.put('packs/a', bytes, { signal });
  assert.deepEqual(await storage.get('packs/a', { signal }), bytes);
  const range = { offset: 49_000, length: 1123 };
  assert.deepEqual(await storage.get('packs/a', { signal, range }), bytes.subarray(49_000));
});

test('what the server stores wrongly is noticed before it has a name, and a retry heals it', async () => {
  await using server = await startBareSftp(password);
  await using storage = await openBare(server);
  const damaged = failure('unavailable', 'STORAGE_WRITE_DAMAGED');
  for (const manner of ['damagesWrites', 'losesTails'] as const) {
    server.manners[manner] = true;
    await assert.rejects(storage.put('packs/a', bytesOf('some bytes'), { signal }), damaged);
    assert.deepEqual(await namesOf(storage), []);
    const context = stillContext();
    const sleep = context.clock.sleep;
    const healing = {
      ...context,
      clock: {
        ...context.clock,
        sleep: async (durationMs: number, given: AbortSignal) => {
          server.manners[manner] = false;
          await sleep(durationMs, given);
        },
      },
    };
    const patient = withRetry(storage, () => 0, healing);
    await patient.put('packs/a', bytesOf('some bytes'), { signal });
    assert.equal(await textOf(storage, 'packs/a'), 'some bytes');
    await storage.delete('packs/a', { signal });
  }
});

test('a full server is told by its words', async () => {
  await using server = await startBareSftp(password);
  await using storage = await openBare(server);
  const full = failure('exhausted', 'STORAGE_FULL');
  for (const words of ['No space left on device', 'Disk quota exceeded']) {
    server.manners.full = { bytes: 1000, words };
    await assert.rejects(storage.put('packs/a', Buffer.alloc(100_000), { signal }), full);
  }
  // A failure without a word is not called full, and may pass.
  server.manners.full = { bytes: 1000, words: 'Failure' };
  const other = failure('unavailable', 'STORAGE_UNAVAILABLE');
  await assert.rejects(storage.put('packs/a', Buffer.alloc(100_000), { signal }), other);
  assert.deepEqual(await namesOf(storage), []);
});

test('each number of an answer has its meaning, those of later versions too', () => {
  const table: readonly (readonly [number | undefined, string])[] = [
    [2, 'missing/OBJECT_MISSING'],
    [3, 'denied/STORAGE_DENIED'],
    [4, 'unavailable/STORAGE_UNAVAILABLE'],
    [8, 'unavailable/STORAGE_UNAVAILABLE'],
    [10, 'missing/OBJECT_MISSING'],
    [12, 'denied/STORAGE_DENIED'],
    [14, 'exhausted/STORAGE_FULL'],
    [15, 'exhausted/STORAGE_FULL'],
    [undefined, 'unavailable/STORAGE_UNAVAILABLE'],
  ];
  for (const [code, expected] of table) {
    const { kind, code: stable } = answerFailure(
      'where',
      'what',
      Object.assign(new Error('words'), { code }),
    );
    assert.equal(`${kind}/${stable}`, expected);
  }
});

test('a server that falls silent is left, and asked anew when it answers again', async () => {
  await using server = await startBareSftp(password);
  await using storage = await openBare(server, stillContext(), { connectMs: 15_000, idleMs: 300 });
  // Asked again where the machine is slower than this short patience.
  const patient = withRetry(storage, () => 0, stillContext());
  await patient.put('packs/a', bytesOf('a'), { signal });
  server.manners.isSilent = true;
  await assert.rejects(textOf(storage, 'packs/a'), failure('unavailable', 'STORAGE_UNAVAILABLE'));
  server.manners.isSilent = false;
  assert.equal(await textOf(patient, 'packs/a'), 'a');
});
