// Object lock on a real gateway: what is retained stays, and what is deleted is gone in all its versions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import { isFailure } from '../../src/base/failure.ts';
import { radosGatewayOrSkip, startRadosGateway } from '../servers/radosgw.ts';
import { clientOf, createS3, failureOf, fieldsOf, names, openS3 } from './s3-world.ts';
import { bytesOf, signal, textOf } from './storage-world.ts';

/** Far from now for the server's clock, whatever the machine's is. */
const farAway = Date.UTC(2100, 0, 1);
const later = Date.UTC(2101, 0, 1, 0, 0, 0, 500);

test('a bucket with object lock', async (t) => {
  if (!radosGatewayOrSkip(t)) return;
  await using gateway = await startRadosGateway();
  // This server passes over "If-None-Match: *" in buckets with versions.
  const fields = fieldsOf(gateway, { bucket: 'locked', exclusive: false, lockMode: 'governance' });
  await using storage = await createS3(fields);

  await t.test('is found out at opening, also where nobody says so', async () => {
    const { lockMode: _, ...unsaid } = fields;
    await using opened = await openS3(unsaid);
    assert.ok(opened.retain);
    const lock = (await opened.posture?.({ signal }))?.find(({ about }) => about === 'object-lock');
    assert.equal(lock?.verdict, 'good');
  });

  await t.test('that does not honour the condition is refused as exclusive', async () => {
    const { exclusive: _, ...trusting } = fields;
    const { hint } = await failureOf('usage', 'STORAGE_NOT_EXCLUSIVE', () =>
      createS3({ ...trusting, prefix: 'x' }),
    );
    assert.match(hint ?? '', /exclusive=false/);
    assert.deepEqual(await names(storage), []);
  });

  await t.test('refuses to delete a retained object, says until when, and keeps it readable', async () => {
    await storage.put('packs/a', bytesOf('kept'), { signal, retainUntil: farAway });
    assert.equal((await storage.stat('packs/a', { signal }))?.retainedUntil, farAway);
    const { facts } = await failureOf('denied', 'OBJECT_RETAINED', () =>
      storage.delete('packs/a', { signal }),
    );
    assert.equal(facts.until, '2100-01-01T00:00:00.000Z');
    assert.equal(await textOf(storage, 'packs/a'), 'kept');
    assert.deepEqual(await names(storage), ['packs/a']);
  });

  await t.test('extends a retention and never shortens it', async () => {
    const until = async () => (await storage.stat('packs/a', { signal }))?.retainedUntil;
    await storage.retain?.('packs/a', later, { signal });
    assert.equal(await until(), later + 500, 'whole seconds, rounded up');
    await storage.retain?.('packs/a', farAway, { signal });
    assert.equal(await until(), later + 500);
    await storage.put('packs/a', bytesOf('kept'), { signal, retainUntil: later + 10_000 });
    assert.equal(await until(), later + 10_500);
    await failureOf('missing', 'OBJECT_MISSING', async () =>
      storage.retain?.('packs/none', later, { signal }),
    );
  });

  await t.test('retains what was put without a retention when asked for it', async () => {
    await storage.put('packs/b', bytesOf('free'), { signal });
    assert.equal((await storage.stat('packs/b', { signal }))?.retainedUntil, undefined);
    await storage.retain?.('packs/b', farAway, { signal });
    await failureOf('denied', 'OBJECT_RETAINED', () => storage.delete('packs/b', { signal }));
  });

  await t.test('forgets every version and marker of what is deleted', async () => {
    await storage.put('packs/c', bytesOf('one'), { signal });
    // Somebody with other tools hid it and put others there.
    const tools = clientOf(gateway);
    await tools.send(new DeleteObjectCommand({ Bucket: 'locked', Key: 'packs/c' }));
    await tools.send(new PutObjectCommand({ Bucket: 'locked', Key: 'packs/c', Body: 'two' }));
    await tools.send(new PutObjectCommand({ Bucket: 'locked', Key: 'packs/cc', Body: 'beside' }));
    await storage.delete('packs/c', { signal });
    assert.equal(await storage.stat('packs/c', { signal }), undefined);
    const { Versions = [], DeleteMarkers = [] } = await tools.send(
      new ListObjectVersionsCommand({ Bucket: 'locked', Prefix: 'packs/c' }),
    );
    tools.destroy();
    assert.deepEqual(
      [...Versions, ...DeleteMarkers].map(({ Key }) => Key),
      ['packs/cc'],
    );
    await storage.delete('packs/c', { signal });
  });

  await t.test('lets go of an object once its retention has ended', async () => {
    // On a machine that was away for longer than the lock lasts, once more with a longer one.
    for (let [lockMs, refusals] = [1000, 0]; refusals === 0; lockMs *= 4) {
      assert.ok(lockMs < 300_000, 'nothing was refused');
      const name = `packs/d${lockMs}`;
      const retainUntil = Date.now() + lockMs;
      try {
        await storage.put(name, bytesOf('short'), { signal, retainUntil });
      } catch (error) {
        if (Date.now() < retainUntil) throw error;
        continue;
      }
      for (;;) {
        try {
          await storage.delete(name, { signal });
          break;
        } catch (error) {
          // The server's own clock ends this loop.
          assert.ok(isFailure(error, 'denied', 'OBJECT_RETAINED'), String(error));
          refusals += 1;
        }
      }
      assert.equal(await storage.stat(name, { signal }), undefined);
    }
  });

  await t.test(
    'that retains everything by default is judged bad, and locks as its default says',
    async () => {
      const tools = clientOf(gateway);
      await tools.send(
        new PutObjectLockConfigurationCommand({
          Bucket: 'locked',
          ObjectLockConfiguration: {
            ObjectLockEnabled: 'Enabled',
            Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } },
          },
        }),
      );
      const { lockMode: _, ...unsaid } = fields;
      await using opened = await openS3({ ...unsaid, prefix: 'default' });
      const judged = (await opened.posture?.({ signal }))?.find(({ about }) => about === 'object-lock');
      assert.equal(judged?.verdict, 'bad');
      await opened.put('packs/a', bytesOf('kept'), { signal });
      await failureOf('denied', 'OBJECT_RETAINED', () => opened.delete('packs/a', { signal }));
      await opened.put('packs/b', bytesOf('kept'), { signal, retainUntil: farAway });
      const { ObjectLockMode } = await tools.send(
        new HeadObjectCommand({ Bucket: 'locked', Key: 'default/packs/b' }),
      );
      assert.equal(ObjectLockMode, 'GOVERNANCE');
      const none = { ObjectLockEnabled: 'Enabled' } as const;
      await tools.send(
        new PutObjectLockConfigurationCommand({ Bucket: 'locked', ObjectLockConfiguration: none }),
      );
      tools.destroy();
    },
  );

  await t.test('keeps a retention through a change of class', async () => {
    await using classes = await openS3({
      ...fields,
      prefix: 'classes',
      storageClasses: ['STANDARD', 'GLACIER'],
    });
    await classes.put('packs/a', bytesOf('kept'), { signal, retainUntil: farAway });
    await classes.transition?.('packs/a', 'GLACIER', { signal });
    const stat = await classes.stat('packs/a', { signal });
    assert.deepEqual([stat?.storageClass, stat?.retainedUntil], ['GLACIER', farAway]);
    await failureOf('denied', 'OBJECT_RETAINED', () => classes.delete('packs/a', { signal }));
    assert.equal(await textOf(classes, 'packs/a'), 'kept');
  });
});
