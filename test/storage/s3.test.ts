// The six promises against a real S3 gateway.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformance } from '../../src/storage/conformance.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { radosGatewayOrSkip, startRadosGateway } from '../servers/radosgw.ts';
import { createS3, fieldsOf, names, openS3 } from './s3-world.ts';
import { signal } from './storage-world.ts';

async function demandAll(open: () => Promise<Storage>, listedObjects?: number): Promise<void> {
  const given = { signal, ...(listedObjects === undefined ? {} : { listedObjects }) };
  const results = await Array.fromAsync(conformance(open, given));
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
  assert.deepEqual([...new Set(results.map(({ promise }) => promise))].sort(), [0, 1, 2, 3, 4, 5, 6]);
}

test('a bucket of S3', async (t) => {
  if (!radosGatewayOrSkip(t)) return;
  await using gateway = await startRadosGateway();
  const fields = fieldsOf(gateway, { bucket: 'holdfast' });
  await using root = await createS3({ ...fields, prefix: 'plain' });

  await t.test('keeps the promises, and lists across pages', async () => {
    await demandAll(() => openS3({ ...fields, prefix: 'plain' }));
    assert.deepEqual(await names(root), []);
  });

  await t.test('keeps the promises over TLS, without conditions, and sent in parts', async () => {
    const tls = { endpoint: `https://127.0.0.1:${gateway.tlsPort}`, caFile: gateway.certificateFile };
    await demandAll(() => openS3({ ...fields, ...tls, prefix: 'tls' }), 10);
    await demandAll(() => openS3({ ...fields, prefix: 'unconditional', exclusive: false }), 10);
    await demandAll(() => openS3({ ...fields, prefix: 'parts', multipartAboveMiB: 5, exclusive: false }), 10);
  });
});
