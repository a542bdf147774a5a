// What a repository can expect of an S3 bucket beyond the six promises, against a real gateway: parts, encryption at rest, classes, rules.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListMultipartUploadsCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { type RadosGateway, radosGatewayOrSkip, startRadosGateway } from '../servers/radosgw.ts';
import { clientOf, createS3, failureOf, fieldsOf, names, openS3 } from './s3-world.ts';
import { bytesOf, signal, textOf } from './storage-world.ts';

test('a bucket', async (t) => {
  if (!radosGatewayOrSkip(t)) return;
  await using gateway = await startRadosGateway();
  const fields = fieldsOf(gateway, { bucket: 'holdfast' });
  await using root = await createS3({ ...fields, prefix: 'plain' });

  await t.test('shows a repository nothing of what lies beside it', async () => {
    await using one = await createS3({ ...fields, prefix: 'one' });
    await using two = await createS3({ ...fields, prefix: 'one-and-a-half' });
    await one.put('packs/a', bytesOf('one'), { signal });
    await two.put('packs/a', bytesOf('two'), { signal });
    assert.deepEqual(await names(one), ['packs/a']);
    assert.equal(await textOf(one, 'packs/a'), 'one');
    assert.equal(await textOf(two, 'packs/a'), 'two');
    await failureOf('conflict', 'STORAGE_NOT_EMPTY', () => createS3({ ...fields, prefix: 'one' }));
    await one.delete('packs/a', { signal });
    await createS3({ ...fields, prefix: 'one' });
    assert.deepEqual(await names(two), ['packs/a']);
  });

  await t.test('never replaces other bytes, and tells them from equal ones', async () => {
    await root.put('config/1', bytesOf('first'), { signal });
    await root.put('config/1', bytesOf('first'), { signal });
    await failureOf('corrupt', 'OBJECT_DIFFERS', () => root.put('config/1', bytesOf('other'), { signal }));
    await failureOf('corrupt', 'OBJECT_DIFFERS', () => root.put('config/1', bytesOf('longer'), { signal }));
    assert.equal(await textOf(root, 'config/1'), 'first');
  });

  await t.test('that goes away is never an empty one', async () => {
    await using gone = await createS3({ ...fields, bucket: 'gone' });
    await gateway.admin('bucket', 'rm', '--bucket=gone');
    await failureOf('missing', 'STORAGE_MISSING', () => names(gone));
    await failureOf('missing', 'STORAGE_MISSING', () => gone.stat('a', { signal }));
    await failureOf('missing', 'STORAGE_MISSING', () => gone.get('a', { signal }));
    await failureOf('missing', 'STORAGE_MISSING', () => gone.delete('a', { signal }));
    await failureOf('missing', 'STORAGE_MISSING', () => gone.put('a', bytesOf('a'), { signal }));
  });

  await t.test('gives back what it was told to encrypt, and only with the key', async () => {
    const customer = { ...fields, prefix: 'sealed', sse: 'customer' };
    const key = Buffer.alloc(32, 7).toString('base64');
    await using sealed = await createS3({ ...customer, customerKey: key });
    await sealed.put('a', bytesOf('sealed'), { signal });
    await sealed.put('a', bytesOf('sealed'), { signal });
    assert.equal(await textOf(sealed, 'a'), 'sealed');
    assert.equal((await sealed.stat('a', { signal }))?.sizeBytes, 6);
    await using without = await openS3({ ...fields, prefix: 'sealed' });
    const other = Buffer.alloc(32, 8).toString('base64');
    await using wrong = await openS3({ ...customer, customerKey: other });
    for (const storage of [without, wrong]) {
      const { hint } = await failureOf('denied', 'STORAGE_DENIED', () => storage.get('a', { signal }));
      assert.match(hint ?? '', /customerKey/);
      await failureOf('denied', 'STORAGE_DENIED', () => storage.stat('a', { signal }));
    }
    await using managed = await createS3({ ...fields, prefix: 'kms', sse: 'kms', kmsKey: 'testkey-1' });
    await managed.put('a', bytesOf('managed'), { signal });
    assert.equal(await textOf(managed, 'a'), 'managed');
    await using unknown = await openS3({ ...fields, prefix: 'kms', sse: 'kms', kmsKey: 'testkey-2' });
    const denied = await failureOf('denied', 'STORAGE_DENIED', () =>
      unknown.put('b', bytesOf('x'), { signal }),
    );
    assert.match(denied.hint ?? '', /kms-key/);
    // This server passes over the wish for keys of its own: nothing may go on as if it were encrypted.
    const plain = { ...fields, prefix: 's3', sse: 's3' };
    const passedOver = await failureOf('usage', 'STORAGE_NOT_SEALED', () => createS3(plain));
    assert.match(passedOver.message, /sse=s3/);
    await using later = await openS3(plain);
    await failureOf('usage', 'STORAGE_NOT_SEALED', () => later.put('a', bytesOf('x'), { signal }));
  });

  await t.test('takes large objects in parts, and keeps nothing of those broken off', async () => {
    await using parts = await openS3({ ...fields, prefix: 'large', multipartAboveMiB: 5 });
    const bytes = Buffer.alloc(33 * 1024 * 1024 + 1, 'holdfast');
    await parts.put('a', bytes, { signal });
    await parts.put('a', bytes, { signal });
    assert.ok(bytes.equals(await parts.get('a', { signal })));
    await failureOf('conflict', 'OBJECT_EXISTS', () => parts.put('a', bytes, { signal, ifAbsent: true }));
    const stop = new AbortController();
    const broken = parts.put('b', bytes, { signal: stop.signal });
    await uploadBegun(gateway, 'large/b');
    stop.abort();
    await failureOf('canceled', 'CANCELED', () => broken);
    assert.equal(await parts.stat('b', { signal }), undefined);
    assert.equal(await parts.sweep?.(Number.MAX_SAFE_INTEGER, { signal }), 0);
  });

  await t.test('moves objects between its classes', async () => {
    await using storage = await openS3({
      ...fields,
      prefix: 'classes',
      storageClasses: ['STANDARD', 'GLACIER'],
    });
    await storage.put('a', bytesOf('warm'), { signal });
    await storage.put('b', bytesOf('cold'), { signal, storageClass: 'GLACIER' });
    await storage.transition?.('a', 'GLACIER', { signal });
    await storage.transition?.('a', 'GLACIER', { signal });
    assert.equal((await storage.stat('a', { signal }))?.storageClass, 'GLACIER');
    const listed = await Array.fromAsync(storage.list('', { signal }));
    assert.deepEqual(
      listed.map((object) => object.storageClass),
      ['GLACIER', 'GLACIER'],
    );
    assert.equal(await textOf(storage, 'a'), 'warm');
    // This server freezes nothing, whatever the class is called.
    assert.deepEqual(await storage.thaw?.(['a', 'b'], { signal }), []);
    await failureOf('missing', 'OBJECT_MISSING', async () =>
      storage.transition?.('c', 'GLACIER', { signal }),
    );
    await failureOf('missing', 'OBJECT_MISSING', async () => storage.thaw?.(['c'], { signal }));
    await failureOf('usage', 'STORAGE_CONFIG_INVALID', async () =>
      storage.transition?.('a', 'NONE', { signal }),
    );
    assert.equal(root.transition, undefined);
  });

  await t.test('with versions shows the newest only, and nothing of what was deleted', async () => {
    const tools = clientOf(gateway);
    await using storage = await createS3({ ...fields, bucket: 'versioned', exclusive: false });
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await tools.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration }));
    await storage.put('packs/a', bytesOf('first'), { signal });
    await storage.delete('packs/a', { signal });
    await storage.delete('packs/a', { signal });
    assert.deepEqual(await names(storage), []);
    assert.equal(await storage.stat('packs/a', { signal }), undefined);
    await failureOf('missing', 'OBJECT_MISSING', () => storage.get('packs/a', { signal }));
    await storage.put('packs/a', bytesOf('again'), { signal, ifAbsent: true });
    assert.equal(await textOf(storage, 'packs/a'), 'again');
    const judged = (await storage.posture?.({ signal }))?.find(({ about }) => about === 'versioning');
    assert.equal(judged?.verdict, 'good');
    assert.equal(storage.retain, undefined);
    tools.destroy();
  });

  await t.test('has rules of which a repository sees and replaces its own alone', async () => {
    await using one = await openS3({ ...fields, prefix: 'rules/one' });
    await using two = await openS3({ ...fields, prefix: 'rules/two' });
    const rule = { id: 'two', prefix: 'packs/', isEnabled: true, transitions: [], abortUploadsAfterDays: 3 };
    await two.lifecycle?.write([rule], { signal });
    assert.deepEqual(await one.lifecycle?.read({ signal }), []);
    const rules = [
      {
        id: 'cold',
        prefix: 'packs/',
        isEnabled: true,
        transitions: [{ afterDays: 40, storageClass: 'GLACIER' }],
        expireOldVersionsAfterDays: 9,
      },
      { id: 'bad', prefix: 'index/', isEnabled: true, transitions: [], expireAfterDays: 5 },
      { id: 'off', prefix: 'snapshots/', isEnabled: false, transitions: [], expireAfterDays: 5 },
    ];
    await one.lifecycle?.write(rules, { signal });
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    const read = [...((await one.lifecycle?.read({ signal })) ?? [])];
    assert.deepEqual(read.sort(byId), [...rules].sort(byId));
    assert.deepEqual(await two.lifecycle?.read({ signal }), [rule]);
    const judged = (await one.posture?.({ signal }))?.filter(({ about }) => about === 'lifecycle');
    assert.deepEqual(judged, [
      { about: 'lifecycle', verdict: 'bad', detail: 'rule "bad" deletes objects of "index/" by age' },
    ]);
    await one.lifecycle?.write([], { signal });
    await two.lifecycle?.write([], { signal });
    assert.deepEqual(await two.lifecycle?.read({ signal }), []);
  });
});

/** Resolves once the server knows of an upload in parts. */
async function uploadBegun(gateway: RadosGateway, key: string): Promise<void> {
  const client = clientOf(gateway);
  for (;;) {
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'holdfast' }));
    if (Uploads?.some(({ Key }) => Key === key) === true) break;
  }
  client.destroy();
}
