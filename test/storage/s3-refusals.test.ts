// S3 that refuses: wrong keys, places, certificates and rights, a full bucket. Each with its own failure and a hint, none with a secret.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { Failure, FailureKind } from '../../src/base/failure.ts';
import { freePort } from '../servers/process.ts';
import { type RadosGateway, radosGatewayOrSkip, startRadosGateway } from '../servers/radosgw.ts';
import { clientOf, createS3, type Fields, failureOf, fieldsOf, names, openS3 } from './s3-world.ts';
import { bytesOf, signal } from './storage-world.ts';

test('a bucket that refuses says why', async (t) => {
  if (!radosGatewayOrSkip(t)) return;
  // The machine's own settings for AWS must not help.
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) delete process.env[name];
  process.env.AWS_CONFIG_FILE = '/dev/null';
  process.env.AWS_SHARED_CREDENTIALS_FILE = '/dev/null';
  await using gateway = await startRadosGateway();
  const secrets = [gateway.secretAccessKey, gateway.stranger.secretAccessKey, 'wrong-secret-of-a-user'];
  const fields = fieldsOf(gateway, { bucket: 'holdfast' });
  await using owner = await createS3(fields);
  await owner.put('packs/a', bytesOf('a'), { signal });

  const demand = (failure: Failure, hint: RegExp) => {
    assert.match(failure.hint ?? '', hint);
    const shown = inspect(failure, { depth: 20, showHidden: true }) + JSON.stringify(failure);
    for (const secret of secrets) assert.ok(!shown.includes(secret), `a secret is shown: ${failure.code}`);
  };

  const closed = await freePort();
  const tls = `https://127.0.0.1:${gateway.tlsPort}`;
  const openings: readonly (readonly [string, Fields, FailureKind, string, RegExp])[] = [
    ['secret', { secretAccessKey: secrets[2] }, 'denied', 'STORAGE_DENIED', /secret access key is wrong/],
    ['key', { accessKeyId: 'AKIANOBODY' }, 'denied', 'STORAGE_DENIED', /access-key-id/],
    ['bucket', { bucket: 'no-such-bucket' }, 'missing', 'STORAGE_MISSING', /holdfast init/],
    ['authority', { endpoint: tls }, 'denied', 'STORAGE_CERTIFICATE', /ca-file/],
    [
      'host of the certificate',
      { endpoint: tls.replace('127.0.0.1', 'localhost'), caFile: gateway.certificateFile },
      'denied',
      'STORAGE_CERTIFICATE',
      /do not go on/,
    ],
    [
      'authority file',
      { endpoint: tls, caFile: '/no/such/file' },
      'usage',
      'STORAGE_CONFIG_INVALID',
      /ca-file/,
    ],
    [
      'scheme',
      { endpoint: `https://127.0.0.1:${gateway.port}` },
      'usage',
      'STORAGE_CONFIG_INVALID',
      /http:\/\/ or https/,
    ],
    [
      'port',
      { endpoint: `http://127.0.0.1:${closed}` },
      'unavailable',
      'STORAGE_UNAVAILABLE',
      /network and "endpoint"/,
    ],
    [
      'host',
      { endpoint: 'http://no-such-host.invalid' },
      'unavailable',
      'STORAGE_HOST_UNKNOWN',
      /name server/,
    ],
    ['lock', { lockMode: 'governance' }, 'usage', 'STORAGE_CONFIG_INVALID', /lock-mode/],
    ['class', { storageClass: 'GLACIER' }, 'usage', 'STORAGE_CONFIG_INVALID', /readable class/],
    [
      'profile',
      { accessKeyId: undefined, secretAccessKey: undefined, profile: 'no-such-profile' },
      'denied',
      'STORAGE_DENIED',
      /HOLDFAST_STORAGE_SECRET_ACCESS_KEY_FILE/,
    ],
    [
      'region',
      { endpoint: undefined, profile: 'no-such-profile', accessKeyId: undefined, secretAccessKey: undefined },
      'usage',
      'STORAGE_CONFIG_INVALID',
      /region=/,
    ],
  ];
  for (const [what, other, kind, code, hint] of openings) {
    await t.test(`at opening: ${what}`, async () => {
      const given = Object.fromEntries(
        Object.entries({ ...fields, ...other }).filter(([, value]) => value !== undefined),
      );
      demand(await failureOf(kind, code, () => openS3(given)), hint);
    });
  }

  await t.test("at making a repository: somebody else's bucket, and one that is in use", async () => {
    const theirs = { ...fields, ...gateway.stranger };
    demand(await failureOf('denied', 'STORAGE_DENIED', () => createS3(theirs)), /right/);
    demand(await failureOf('conflict', 'STORAGE_NOT_EMPTY', () => createS3(fields)), /Choose another/);
  });

  await t.test('at every call without the right to it, and names the call', async () => {
    await using stranger = await openS3({ ...fields, ...gateway.stranger });
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      'put of "b"': () => stranger.put('b', bytesOf('b'), { signal }),
      'get of "packs/a"': () => stranger.get('packs/a', { signal }),
      'stat of "packs/a"': () => stranger.stat('packs/a', { signal }),
      'list of "packs/"': () => names(stranger, 'packs/'),
      'delete of "packs/a"': () => stranger.delete('packs/a', { signal }),
    };
    for (const [call, run] of Object.entries(calls)) {
      const failure = await failureOf('denied', 'STORAGE_DENIED', run);
      assert.ok(failure.message.includes(call), failure.message);
      demand(failure, /lacks a right/);
    }
    assert.deepEqual(await names(owner), ['packs/a']);
  });

  await t.test('where a policy lets a writer add and read, but not delete', async () => {
    await allow(gateway, ['s3:PutObject', 's3:GetObject', 's3:ListBucket']);
    await using writer = await openS3({ ...fields, ...gateway.stranger });
    await writer.put('packs/b', bytesOf('b'), { signal, ifAbsent: true });
    await failureOf('conflict', 'OBJECT_EXISTS', () =>
      writer.put('packs/b', bytesOf('c'), { signal, ifAbsent: true }),
    );
    assert.deepEqual(await names(writer), ['packs/a', 'packs/b']);
    demand(
      await failureOf('denied', 'STORAGE_DENIED', () => writer.delete('packs/b', { signal })),
      /lacks a right/,
    );
    const posture = await writer.posture?.({ signal });
    assert.equal(posture?.find(({ about }) => about === 'lifecycle')?.verdict, 'unknown');
    assert.equal(posture?.find(({ about }) => about === 'access')?.verdict, 'unknown');
  });

  await t.test('at a put into a full bucket, of any size', async () => {
    const quota = ['--quota-scope=user', '--uid=owner'];
    await gateway.admin('quota', 'set', ...quota, '--max-objects=1');
    await gateway.admin('quota', 'enable', ...quota);
    await gateway.restart();
    await using storage = await openS3(fields);
    for (const size of [100, 1_000_000, 20_000_000]) {
      demand(
        await failureOf('exhausted', 'STORAGE_FULL', () =>
          storage.put(`packs/full-${size}`, Buffer.alloc(size), { signal }),
        ),
        /quota/,
      );
    }
    assert.deepEqual(await names(storage), ['packs/a', 'packs/b']);
    await storage.delete('packs/b', { signal });
  });
});

/** Lets the second account do these things in the bucket. */
async function allow(gateway: RadosGateway, actions: readonly string[]) {
  const client = clientOf(gateway);
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: ['arn:aws:iam:::user/stranger'] },
        Action: actions,
        Resource: ['arn:aws:s3:::holdfast', 'arn:aws:s3:::holdfast/*'],
      },
    ],
  };
  await client.send(new PutBucketPolicyCommand({ Bucket: 'holdfast', Policy: JSON.stringify(policy) }));
  client.destroy();
}
