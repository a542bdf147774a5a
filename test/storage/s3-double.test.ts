// S3 where a double must stand in: what Amazon alone does (checksums, frozen classes, roles, settings), and servers that lie.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { s3Place } from '../../src/storage/s3/config.ts';
import s3, { createPlace, openPlace } from '../../src/storage/s3.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { type Answer, failed, type S3Double, type SeenRequest, startS3Double } from '../servers/s3-double.ts';
import { createS3, type Fields, failureOf, names, openS3 } from './s3-world.ts';
import { bytesOf, signal, stillContext, textOf } from './storage-world.ts';

const keys = { bucket: 'one', accessKeyId: 'AKIAUSER', secretAccessKey: 'user-secret' };

function placeAt(double: S3Double, fields: Fields = {}) {
  const config = s3.config.parse({ ...keys, endpoint: double.endpoint, region: 'us-east-1', ...fields });
  return s3Place(config, true);
}

function openAmazon(double: S3Double, fields: Fields = {}): Promise<Storage> {
  return openPlace(placeAt(double, fields), stillContext());
}

function last(double: S3Double, method: string): SeenRequest {
  const request = double.seen.findLast((one) => one.method === method);
  assert.ok(request, `no ${method}`);
  return request;
}

test('at Amazon a put is conditional, carries a SHA-256, and says how to keep the object', async () => {
  await using double = await startS3Double();
  const bytes = bytesOf('content');
  const sum = createHash('sha256').update(bytes).digest('base64');
  await using plain = await openAmazon(double, { prefix: 'plain' });
  await plain.put('a', bytes, { signal });
  const { headers, path } = last(double, 'PUT');
  assert.equal(path, 'plain/a');
  assert.equal(headers['if-none-match'], '*');
  assert.equal(headers['x-amz-checksum-sha256'], sum);
  assert.equal(headers['x-amz-server-side-encryption'], undefined);
  assert.ok(!('x-amz-checksum-crc32' in headers));
  await using sealed = await openAmazon(double, { prefix: 's3', sse: 's3', storageClass: 'STANDARD_IA' });
  await sealed.put('a', bytes, { signal });
  assert.equal(last(double, 'PUT').headers['x-amz-server-side-encryption'], 'AES256');
  assert.equal(last(double, 'PUT').headers['x-amz-storage-class'], 'STANDARD_IA');
  await sealed.put('b', bytes, { signal, storageClass: 'GLACIER_IR' });
  assert.equal(last(double, 'PUT').headers['x-amz-storage-class'], 'GLACIER_IR');
  await using managed = await openAmazon(double, { prefix: 'kms', sse: 'kms', kmsKey: 'alias/backup' });
  await managed.put('a', bytes, { signal });
  assert.equal(last(double, 'PUT').headers['x-amz-server-side-encryption'], 'aws:kms');
  assert.equal(last(double, 'PUT').headers['x-amz-server-side-encryption-aws-kms-key-id'], 'alias/backup');
});

test('elsewhere a put carries an MD5 and no checksum that others do not know', async () => {
  await using double = await startS3Double();
  await using storage = await openS3({ ...keys, endpoint: double.endpoint });
  await storage.put('a', bytesOf('content'), { signal });
  const { headers } = last(double, 'PUT');
  assert.equal(headers['content-md5'], createHash('md5').update('content').digest('base64'));
  assert.equal(headers['content-length'], '7');
  assert.deepEqual(
    Object.keys(headers).filter((name) => /checksum|trailer|decoded/.test(name)),
    [],
  );
});

test('an object that is there is compared by its checksum, without reading it', async () => {
  await using double = await startS3Double();
  await using storage = await openAmazon(double);
  await storage.put('a', bytesOf('content'), { signal });
  await storage.put('a', bytesOf('content'), { signal });
  await failureOf('corrupt', 'OBJECT_DIFFERS', () => storage.put('a', bytesOf('CONTENT'), { signal }));
  const reads = double.seen.filter(({ method, path }) => method === 'GET' && path !== '');
  assert.deepEqual(reads, []);
});

test('a frozen object says so, is thawed once, and is read when it has thawed', async () => {
  await using double = await startS3Double();
  await using storage = await openAmazon(double, { thawDays: 3, thawTier: 'bulk' });
  await storage.put('packs/a', bytesOf('cold'), { signal, storageClass: 'DEEP_ARCHIVE' });
  await storage.put('packs/b', bytesOf('warm'), { signal });
  const { hint } = await failureOf('conflict', 'OBJECT_FROZEN', () => storage.get('packs/a', { signal }));
  assert.match(hint ?? '', /Thaw/);
  const thaw = () => storage.thaw?.(['packs/a', 'packs/b'], { signal });
  assert.deepEqual(await thaw(), ['packs/a']);
  const asked = last(double, 'POST').body.toString();
  assert.match(asked, /<Days>3<\/Days>/);
  assert.match(asked, /<Tier>Bulk<\/Tier>/);
  assert.deepEqual(await thaw(), ['packs/a']);
  assert.equal(double.seen.filter(({ method }) => method === 'POST').length, 1, 'it was asked for again');
  double.lie = ({ method, path }) =>
    method === 'HEAD' && path === 'packs/a'
      ? { status: 200, headers: { 'x-amz-storage-class': 'DEEP_ARCHIVE' } }
      : undefined;
  assert.deepEqual(await thaw(), ['packs/a'], 'somebody else has asked meanwhile');
  double.lie = () => undefined;
  const object = double.objects.get('packs/a');
  assert.ok(object);
  object.restore = 'done';
  assert.deepEqual(await thaw(), []);
  assert.equal(await textOf(storage, 'packs/a'), 'cold');
  const deep = storage.features.storageClasses?.find(({ name }) => name === 'DEEP_ARCHIVE');
  const readPricePerGib = 0.0025;
  assert.deepEqual(deep, {
    name: 'DEEP_ARCHIVE',
    isFrozen: true,
    daysMin: 180,
    thawHours: 48,
    readPricePerGib,
  });
});

test('an endpoint without conditional puts is refused, unless that is accepted as class C', async () => {
  const lies: readonly ((request: SeenRequest) => Answer | undefined)[] = [
    ({ method, headers }) =>
      method === 'PUT' && headers['if-none-match'] ? { status: 200, headers: { etag: '"x"' } } : undefined,
    ({ headers }) => (headers['if-none-match'] ? failed(501, 'NotImplemented') : undefined),
  ];
  for (const lie of lies) {
    await using double = await startS3Double();
    double.lie = lie;
    const fields = { ...keys, endpoint: double.endpoint };
    const { hint } = await failureOf('usage', 'STORAGE_NOT_EXCLUSIVE', () => createS3(fields));
    assert.match(hint ?? '', /exclusive=false/);
    assert.equal(double.objects.size, 0, 'the probe was left');
    await using storage = await createS3({ ...fields, exclusive: false });
    assert.equal(storage.features.exclusivePut, false);
    assert.equal(storage.features.durability, 'C');
    await storage.put('a', bytesOf('first'), { signal });
    await failureOf('conflict', 'OBJECT_EXISTS', () =>
      storage.put('a', bytesOf('other'), { signal, ifAbsent: true }),
    );
    await failureOf('corrupt', 'OBJECT_DIFFERS', () => storage.put('a', bytesOf('other'), { signal }));
    assert.equal(await textOf(storage, 'a'), 'first');
  }
});

test('a server that lies is found out', async () => {
  await using double = await startS3Double();
  await using storage = await openAmazon(double);
  await storage.put('a', bytesOf('0123456789'), { signal });
  const range = { offset: 2, length: 3 };
  const partial = (answer: string, sent: string): Answer => ({
    status: 206,
    headers: { 'content-range': sent },
    body: answer,
  });
  const reads: readonly (readonly [string, Answer])[] = [
    ['passes over the range', { status: 200, body: '0123456789' }],
    ['gives another range', partial('345', 'bytes 3-5/10')],
    ['gives more than asked for', partial('2345', 'bytes 2-5/10')],
  ];
  for (const [what, answer] of reads) {
    double.lie = ({ headers }) => (headers.range === undefined ? undefined : answer);
    const failure = await failureOf('corrupt', 'STORAGE_UNFAITHFUL', () =>
      storage.get('a', { signal, range }),
    );
    assert.ok(failure.message.includes('range'), what);
  }
  double.lie = ({ headers }) => (headers.range === undefined ? undefined : partial('23', 'bytes 2-4/10'));
  await failureOf('corrupt', 'OBJECT_TOO_SHORT', () => storage.get('a', { signal, range }));
  double.lie = ({ method }) =>
    method === 'PUT' ? { status: 200, headers: { etag: '"x"', 'x-amz-checksum-sha256': 'AAAA' } } : undefined;
  await failureOf('corrupt', 'STORAGE_UNFAITHFUL', () => storage.put('b', bytesOf('x'), { signal }));
  const pages: readonly (readonly [string, string])[] = [
    ['<IsTruncated>true</IsTruncated>', 'no next page'],
    ['<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>', 'no next page'],
    ['<Contents><Key>elsewhere</Key><Size>1</Size></Contents>', 'elsewhere'],
    ['<Contents><Size>1</Size></Contents>', 'without name'],
    ['', 'nothing that S3 would'],
  ];
  await using below = await openAmazon(double, { prefix: 'below' });
  for (const [page, what] of pages) {
    double.lie = ({ query }) =>
      query.has('list-type')
        ? { status: 200, body: `<ListBucketResult>${page}</ListBucketResult>` }
        : undefined;
    const failure = await failureOf('unavailable', 'STORAGE_LIST_INVALID', () => names(below));
    assert.ok(failure.message.includes(what), failure.message);
  }
});

test('what is not S3 at all is never taken for an empty bucket or a stored object', async () => {
  await using double = await startS3Double();
  await using storage = await openS3({ ...keys, endpoint: double.endpoint });
  const pages = ['', '<html><body>Please sign in</body></html>', '<!DOCTYPE html><br>', '{"error":"no"}'];
  for (const body of pages) {
    double.lie = () => ({ status: 200, body, headers: { 'content-type': 'text/html' } });
    await assert.rejects(names(storage), { kind: 'unavailable' }, body);
    await failureOf('unavailable', 'STORAGE_UNAVAILABLE', () =>
      storage.put('a', bytesOf('content'), { signal }),
    );
    double.lie = () => ({ status: 404, body, headers: { 'content-type': 'text/html' } });
    await assert.rejects(names(storage), { code: 'STORAGE_MISSING' }, body);
    await failureOf('unavailable', 'STORAGE_UNAVAILABLE', () => storage.get('a', { signal }));
    await failureOf('unavailable', 'STORAGE_UNAVAILABLE', () => storage.delete('a', { signal }));
  }
});

test('a tag that is none of the bytes sent makes the object be read back', async () => {
  await using double = await startS3Double();
  await using storage = await openS3({ ...keys, endpoint: double.endpoint });
  let kept: 'same' | 'other' = 'same';
  double.lie = ({ method, path, body }) => {
    if (method !== 'PUT') return undefined;
    const bytes = kept === 'same' ? body : Buffer.alloc(body.length);
    double.objects.set(path, { bytes, storageClass: undefined, restore: undefined });
    return { status: 200, headers: { etag: '"opaque-1"' } };
  };
  await storage.put('a', bytesOf('content'), { signal });
  kept = 'other';
  await failureOf('corrupt', 'OBJECT_DIFFERS', () => storage.put('b', bytesOf('content'), { signal }));
});

test('a bucket of another region is told by its region', async () => {
  await using double = await startS3Double();
  const answers: readonly Answer[] = [
    { ...failed(301, 'PermanentRedirect'), headers: { 'x-amz-bucket-region': 'eu-west-3' } },
    failed(400, 'AuthorizationHeaderMalformed', '<Region>eu-west-3</Region>'),
  ];
  for (const answer of answers) {
    double.lie = () => answer;
    const { hint } = await failureOf('usage', 'STORAGE_CONFIG_INVALID', () => openAmazon(double));
    assert.equal(hint, 'Write region=eu-west-3.');
  }
});

test('a role is assumed with the credentials at hand, and neither secret is shown', async (t) => {
  await using double = await startS3Double();
  const { AWS_ENDPOINT_URL_STS: before } = process.env;
  process.env.AWS_ENDPOINT_URL_STS = double.endpoint;
  t.after(() => {
    if (before === undefined) delete process.env.AWS_ENDPOINT_URL_STS;
    else process.env.AWS_ENDPOINT_URL_STS = before;
  });
  const role = 'arn:aws:iam::123456789012:role/backup';
  await using storage = await openAmazon(double, { role, externalId: 'outside', region: 'eu-central-1' });
  await storage.put('a', bytesOf('x'), { signal });
  const asked = new URLSearchParams(last(double, 'POST').body.toString());
  assert.equal(asked.get('RoleArn'), role);
  assert.equal(asked.get('ExternalId'), 'outside');
  assert.match(last(double, 'POST').headers.authorization ?? '', /Credential=AKIAUSER\//);
  assert.match(last(double, 'PUT').headers.authorization ?? '', /Credential=ASIAROLE\/\d+\/eu-central-1\/s3/);
  assert.equal(last(double, 'PUT').headers['x-amz-security-token'], 'role-token');
  assert.ok(!JSON.stringify(storage).includes('secret'));
});

test('a new bucket is made where the region says', async () => {
  await using double = await startS3Double();
  double.lie = ({ method, path }) => (method === 'HEAD' && path === '' ? { status: 404 } : undefined);
  await using made = await createPlace(
    placeAt(double, { region: 'eu-central-1', lockMode: 'compliance' }),
    stillContext(),
  ).catch((error: unknown) => {
    // The double has no object lock, which is found out only after the bucket was made.
    assert.match(String(error), /no object lock/);
    return { async [Symbol.asyncDispose]() {} };
  });
  assert.ok(made);
  const request = double.seen.find(({ method, path }) => method === 'PUT' && path === '');
  assert.match(request?.body.toString() ?? '', /<LocationConstraint>eu-central-1</);
  assert.equal(request?.headers['x-amz-bucket-object-lock-enabled'], 'true');
});

const settings = {
  publicAccessBlock:
    '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>' +
    '<BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>',
  policyStatus: 'NoSuchBucketPolicy',
  acl: '<AccessControlPolicy><AccessControlList></AccessControlList></AccessControlPolicy>',
  versioning: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  encryption:
    '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>' +
    '</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>',
  lifecycle:
    '<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>' +
    '<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>',
};

function rule(inner: string): string {
  return `<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status>${inner}</Rule></LifecycleConfiguration>`;
}

test('posture judges every setting, and what may not be asked is never good', async () => {
  const cold = '<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>';
  const group = 'http://acs.amazonaws.com/groups/global/AllUsers';
  const grantee = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>${group}</URI></Grantee>`;
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, string, string, RegExp])[] = [
    ['good', {}, 'access', 'good', /blocked/],
    ['good', {}, 'versioning', 'good', /kept/],
    ['good', {}, 'encryption', 'good', /aws:kms/],
    ['good', {}, 'lifecycle', 'good', /no rule/],
    [
      'no block',
      { publicAccessBlock: 'NoSuchPublicAccessBlockConfiguration' },
      'access',
      'warning',
      /not blocked/,
    ],
    [
      'public',
      { policyStatus: '<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>' },
      'access',
      'bad',
      /public/,
    ],
    [
      'ACL',
      {
        acl: `<AccessControlPolicy><AccessControlList><Grant>${grantee}<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`,
      },
      'access',
      'bad',
      /"READ" to "AllUsers"/,
    ],
    ['no versions', { versioning: '<VersioningConfiguration/>' }, 'versioning', 'warning', /gone at once/],
    [
      'no encryption',
      { encryption: 'ServerSideEncryptionConfigurationNotFoundError' },
      'encryption',
      'warning',
      /nothing/,
    ],
    [
      'frozen index',
      { lifecycle: rule(`<Filter><Prefix></Prefix></Filter>${cold}`) },
      'lifecycle',
      'bad',
      /freezes/,
    ],
    [
      'expiring packs',
      {
        lifecycle: rule('<Filter><Prefix>packs/00</Prefix></Filter><Expiration><Days>9</Days></Expiration>'),
      },
      'lifecycle',
      'bad',
      /deletes objects of "packs\/"/,
    ],
    [
      'cold packs',
      { lifecycle: rule(`<Filter><Prefix>packs/</Prefix></Filter>${cold}`) },
      'lifecycle',
      'warning',
      /broken off/,
    ],
    ['no rules', { lifecycle: 'NoSuchLifecycleConfiguration' }, 'lifecycle', 'warning', /broken off/],
  ];
  for (const [what, changed, about, verdict, detail] of cases) {
    await using double = await startS3Double();
    for (const [name, xml] of Object.entries({ ...settings, ...changed })) double.settings.set(name, xml);
    await using storage = await openAmazon(double);
    const found = (await storage.posture?.({ signal }))?.filter((one) => one.about === about);
    assert.equal(found?.[0]?.verdict, verdict, `${what}: ${JSON.stringify(found)}`);
    assert.match(found?.[0]?.detail ?? '', detail, what);
  }
  await using silent = await startS3Double();
  await using storage = await openAmazon(silent);
  for (const { about, verdict } of (await storage.posture?.({ signal })) ?? []) {
    const isAsked = ['access', 'versioning', 'encryption', 'lifecycle'].includes(about);
    if (isAsked) assert.equal(verdict, 'unknown', about);
  }
});

test('a lifecycle rule that cannot be written back as it was is not overwritten', async () => {
  await using double = await startS3Double();
  const tagged =
    '<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Expiration><Days>1</Days></Expiration>';
  const dated =
    '<Filter><Prefix></Prefix></Filter><Expiration><Date>2100-01-01T00:00:00Z</Date></Expiration>';
  await using storage = await openAmazon(double);
  for (const inner of [tagged, dated]) {
    double.settings.set('lifecycle', rule(inner));
    await failureOf('conflict', 'LIFECYCLE_RULE_FOREIGN', async () =>
      storage.lifecycle?.write([], { signal }),
    );
  }
  assert.deepEqual(
    double.seen.filter(({ method }) => method === 'PUT' || method === 'DELETE'),
    [],
  );
});

test('an upload in parts that is canceled before its id is known is aborted all the same', async () => {
  await using double = await startS3Double();
  await using storage = await openS3({ ...keys, endpoint: double.endpoint, multipartAboveMiB: 5 });
  const stop = new AbortController();
  double.lie = ({ method, query }) => {
    if (query.get('uploadId') === 'one') return { status: method === 'DELETE' ? 204 : 503 };
    if (method !== 'POST' || !query.has('uploads')) return undefined;
    stop.abort();
    const body = '<InitiateMultipartUploadResult><UploadId>one</UploadId></InitiateMultipartUploadResult>';
    return { status: 200, headers: { 'content-type': 'application/xml' }, body };
  };
  const bytes = Buffer.alloc(6 * 1024 * 1024);
  await failureOf('canceled', 'CANCELED', () => storage.put('large', bytes, { signal: stop.signal }));
  const asked = double.seen.filter(({ query }) => query.get('uploadId') === 'one');
  assert.deepEqual(
    asked.map(({ method }) => method),
    ['DELETE'],
  );
});
