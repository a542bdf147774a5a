// How an S3 place is written: every option of a URL, what is refused, and that secrets have no place in one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStorage } from '../../src/storage/all.ts';
import { s3FromUrl, s3Place } from '../../src/storage/s3/config.ts';
import s3 from '../../src/storage/s3.ts';
import { failureOf } from './s3-world.ts';
import { stillContext } from './storage-world.ts';

const noSecret = async () => undefined;

test('a URL and a configuration object mean the same', () => {
  const table: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['s3://bucket', { bucket: 'bucket' }],
    ['s3://bucket/', { bucket: 'bucket' }],
    ['s3://my.bucket-1/a/b/', { bucket: 'my.bucket-1', prefix: 'a/b' }],
    ['s3://bucket/a%20b', { bucket: 'bucket', prefix: 'a b' }],
    ['s3://bucket?region=eu-central-1', { bucket: 'bucket', region: 'eu-central-1' }],
    [
      's3://bucket/p?endpoint=https://s3.example.org:9000&style=virtual',
      { bucket: 'bucket', prefix: 'p', endpoint: 'https://s3.example.org:9000', style: 'virtual' },
    ],
    ['s3://bucket?access-key-id=AKIA1', { bucket: 'bucket', accessKeyId: 'AKIA1' }],
    ['s3://bucket?profile=backup', { bucket: 'bucket', profile: 'backup' }],
    [
      's3://bucket?role=arn:aws:iam::123456789012:role/path/backup&external-id=x',
      { bucket: 'bucket', role: 'arn:aws:iam::123456789012:role/path/backup', externalId: 'x' },
    ],
    [
      's3://bucket?storage-class=STANDARD_IA&storage-classes=STANDARD,GLACIER',
      { bucket: 'bucket', storageClass: 'STANDARD_IA', storageClasses: ['STANDARD', 'GLACIER'] },
    ],
    ['s3://bucket?sse=kms&kms-key=alias/backup', { bucket: 'bucket', sse: 'kms', kmsKey: 'alias/backup' }],
    ['s3://bucket?exclusive=false', { bucket: 'bucket', exclusive: false }],
    ['s3://bucket?exclusive=true', { bucket: 'bucket', exclusive: true }],
    [
      's3://bucket?lock-mode=governance&thaw-days=3&thaw-tier=bulk',
      { bucket: 'bucket', lockMode: 'governance', thawDays: 3, thawTier: 'bulk' },
    ],
    ['s3://bucket?multipart-above-mib=0', { bucket: 'bucket', multipartAboveMiB: 0 }],
    ['s3://bucket?ca-file=/etc/ca.pem', { bucket: 'bucket', caFile: '/etc/ca.pem' }],
  ];
  for (const [url, fields] of table) assert.deepEqual(s3FromUrl(url), fields, url);
  for (const [url, fields] of table) {
    if ('accessKeyId' in fields) continue;
    assert.deepEqual(s3.config.parse(s3FromUrl(url)), fields);
  }
});

test('what cannot be meant is refused before anything is asked', async () => {
  const urls: readonly (readonly [string, string, RegExp])[] = [
    ['s3://', 'STORAGE_CONFIG_INVALID', /bucket/],
    ['s3://b', 'STORAGE_CONFIG_INVALID', /bucket/],
    ['s3://bucket_', 'STORAGE_CONFIG_INVALID', /bucket/],
    ['s3://user@bucket', 'STORAGE_URL_INVALID', /user/],
    ['s3://bucket:9000', 'STORAGE_URL_INVALID', /port/],
    ['s3://user:canary@bucket', 'STORAGE_URL_HAS_SECRET', /password/],
    ['s3://bucket?secret-access-key=canary', 'STORAGE_URL_INVALID', /"secret-access-key" is no option/],
    ['s3://bucket?regions=eu', 'STORAGE_URL_INVALID', /"regions" is no option/],
    ['s3://bucket?region=EU_1', 'STORAGE_CONFIG_INVALID', /region/],
    ['s3://bucket?endpoint=s3.example.org', 'STORAGE_CONFIG_INVALID', /https:\/\/host:port/],
    ['s3://bucket?endpoint=https://u:canary@s3.example.org', 'STORAGE_CONFIG_INVALID', /endpoint/],
    ['s3://bucket?endpoint=https://s3.example.org/path', 'STORAGE_CONFIG_INVALID', /endpoint/],
    ['s3://bucket?style=dns', 'STORAGE_CONFIG_INVALID', /style/],
    ['s3://bucket?exclusive=no', 'STORAGE_CONFIG_INVALID', /exclusive/],
    ['s3://bucket?access-key-id=AKIA1', 'STORAGE_CONFIG_INVALID', /both or not at all/],
    ['s3://bucket?role=backup', 'STORAGE_CONFIG_INVALID', /ARN/],
    ['s3://bucket?external-id=x', 'STORAGE_CONFIG_INVALID', /role/],
    ['s3://bucket?kms-key=x', 'STORAGE_CONFIG_INVALID', /kms/],
    ['s3://bucket?sse=customer', 'STORAGE_CONFIG_INVALID', /customerKey/],
    ['s3://bucket?thaw-days=soon', 'STORAGE_CONFIG_INVALID', /thawDays/],
    ['s3://bucket?thaw-days=0', 'STORAGE_CONFIG_INVALID', /thawDays/],
    ['s3://bucket?multipart-above-mib=129', 'STORAGE_CONFIG_INVALID', /multipartAboveMiB/],
    ['s3://bucket?storage-class=glacier', 'STORAGE_CONFIG_INVALID', /storageClass/],
    ['s3://bucket?storage-class=GLACIER', 'STORAGE_CONFIG_INVALID', /GLACIER/],
    ['s3://bucket/a?ca-file=/no/such/file', 'STORAGE_CONFIG_INVALID', /no\/such\/file/],
  ];
  for (const [url, code, message] of urls) {
    const failure = await failureOf('usage', code, () => openStorage(url, noSecret, stillContext())).catch(
      (error: unknown) => assert.fail(`${url}: ${error}`),
    );
    assert.match(failure.message, message, url);
    assert.ok(failure.hint, url);
    assert.ok(!`${failure.message}${failure.hint}`.includes('canary'), url);
  }
});

test('a secret of the wrong form is refused without being shown', async () => {
  const secretOf = async (field: string) =>
    field === 'customerKey' ? 'canary' : field === 'secretAccessKey' ? 'canary-two' : undefined;
  const url = 's3://bucket?sse=customer';
  const failure = await failureOf('usage', 'STORAGE_CONFIG_INVALID', () =>
    openStorage(url, secretOf, stillContext()),
  );
  assert.match(failure.message, /customerKey: must be base64 of 32 bytes/);
  assert.ok(!failure.message.includes('canary'));
});

test('a key that encrypts at rest is never sent where it can be read on the way', () => {
  const customerKey = Buffer.alloc(32, 7).toString('base64');
  const parse = (endpoint: string) =>
    s3.config.parse({ bucket: 'bucket', sse: 'customer', customerKey, endpoint });
  for (const endpoint of ['http://s3.example.org:9000', 'http://127.0.0.1.example.org']) {
    assert.throws(() => parse(endpoint), /is not sent over plain http/);
  }
  for (const endpoint of [
    'https://s3.example.org',
    'http://127.0.0.1:9000',
    'http://localhost',
    'http://[::1]:1',
  ]) {
    parse(endpoint);
  }
});

test('a location names the place and no credential', () => {
  const config = s3.config.parse({
    bucket: 'bucket',
    prefix: '/a//b/',
    region: 'eu-central-1',
    endpoint: 'https://s3.example.org',
    accessKeyId: 'AKIACANARY',
    secretAccessKey: 'canary',
    sessionToken: 'canary',
    sse: 'customer',
    customerKey: Buffer.alloc(32).toString('base64'),
  });
  const place = s3Place(config);
  assert.equal(place.base, 'a/b/');
  assert.equal(place.location, 's3://bucket/a/b?region=eu-central-1&endpoint=https://s3.example.org');
  assert.deepEqual(s3FromUrl(place.location), {
    bucket: 'bucket',
    prefix: 'a/b',
    region: 'eu-central-1',
    endpoint: 'https://s3.example.org',
  });
});

test('only what is Amazon is taken for Amazon', () => {
  const isAws = (endpoint?: string) =>
    s3Place(s3.config.parse({ bucket: 'bucket', ...(endpoint && { endpoint }) })).isAws;
  assert.ok(isAws());
  assert.ok(isAws('https://s3.eu-central-1.amazonaws.com'));
  assert.ok(isAws('https://s3.cn-north-1.amazonaws.com.cn/'));
  assert.ok(!isAws('https://amazonaws.com.example.org'));
  assert.ok(!isAws('https://s3.example.org'));
});
