// Google Cloud Storage, against its double: retention, lifecycle, settings, missing rights, wrong input, and what a troubled service answers.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { noSecrets, openConfiguredStorage, openStorage } from '../../src/storage/all.ts';
import gcs from '../../src/storage/gcs.ts';
import type { LifecycleRule } from '../../src/storage/storage.ts';
import { selfSigned } from '../servers/front.ts';
import { allPermissions, startGcsDouble } from '../servers/gcs-double.ts';
import { freePort, programsOrSkip } from '../servers/process.ts';
import { failureOf } from './cloud-world.ts';
import { context, type GcsWorld, secrets, startGcsWorld } from './gcs-world.ts';
import { bytesOf, namesOf, signal, textOf } from './storage-world.ts';

let world: GcsWorld;
let open: GcsWorld['open'];
let create: GcsWorld['create'];

before(async () => {
  world = await startGcsWorld();
  ({ open, create } = world);
});
after(() => world[Symbol.asyncDispose]());

test('a bucket with object retention keeps objects until their date, and only lengthens it', async () => {
  await using plain = await create('plain');
  assert.equal(plain.retain, undefined);
  world.state.store.create('worm', { objectRetention: { mode: 'Enabled' }, versioning: { enabled: true } });
  await using storage = await open('worm');
  const until = Date.UTC(2100, 0, 1);
  await storage.put('kept', bytesOf('kept'), { signal, retainUntil: until });
  const retainedUntil = async () => (await storage.stat('kept', { signal }))?.retainedUntil;
  assert.equal(await retainedUntil(), until);
  const refused = await failureOf(
    () => storage.delete('kept', { signal }),
    'denied',
    'OBJECT_RETAINED',
    secrets,
  );
  assert.equal(refused.facts.until, '2100-01-01T00:00:00.000Z');
  assert.ok(storage.retain);
  await storage.retain('kept', until - 1000, { signal });
  assert.equal(await retainedUntil(), until);
  await storage.retain('kept', until + 1000, { signal });
  assert.equal(await retainedUntil(), until + 1000);
  // Putting it again asks for its date, too.
  await storage.put('kept', bytesOf('kept'), { signal, retainUntil: until + 9000 });
  assert.equal(await retainedUntil(), until + 9000);
  await using locking = await open('worm', { retention: 'Locked' });
  await locking.retain?.('kept', until, { signal });
  const { resource } = world.state.store.object('worm', 'kept');
  assert.deepEqual(resource.retention, {
    mode: 'Locked',
    retainUntilTime: new Date(until + 9000).toISOString(),
  });
  // Who asks for less than "Locked" must not loosen it.
  await storage.retain('kept', until + 10_000, { signal });
  assert.equal((resource.retention as { mode: string }).mode, 'Locked');
  await storage.put('past', bytesOf('past'), { signal, retainUntil: Date.UTC(2020, 0, 1) });
  await storage.delete('past', { signal });
  await storage.delete('past', { signal });
  assert.deepEqual(await namesOf(storage), ['kept']);
});

test('policies of the bucket and holds are told with their date, and never taken for trouble', async () => {
  world.state.store.create('policy', { retentionPolicy: { retentionPeriod: '86400', isLocked: true } });
  await using storage = await open('policy');
  await storage.put('object', bytesOf('there'), { signal });
  const stat = await storage.stat('object', { signal });
  const refused = await failureOf(
    () => storage.delete('object', { signal }),
    'denied',
    'OBJECT_RETAINED',
    secrets,
  );
  assert.equal(Date.parse(String(refused.facts.until)), stat?.retainedUntil);
  await storage.put('object', bytesOf('there'), { signal });
  await failureOf(
    () => storage.put('object', bytesOf('other'), { signal }),
    'corrupt',
    'OBJECT_DIFFERS',
    secrets,
  );
  const move = () => storage.transition?.('object', 'ARCHIVE', { signal }) ?? Promise.resolve();
  await failureOf(move, 'denied', 'OBJECT_RETAINED', secrets);

  await using held = await create('held');
  await held.put('object', bytesOf('there'), { signal });
  world.state.store.object('held', 'object').resource.temporaryHold = true;
  const holding = await failureOf(
    () => held.delete('object', { signal }),
    'denied',
    'OBJECT_RETAINED',
    secrets,
  );
  assert.match(holding.message, /a hold/);
});

test('an object moves to another class whole, in as many calls as it takes', async () => {
  await using storage = await create('classes', { storageClass: 'NEARLINE' });
  const bytes = Buffer.alloc(2_500_000, 'x');
  await storage.put('pack', bytes, { signal });
  await storage.put('warm', bytesOf('warm'), { signal, storageClass: 'STANDARD' });
  const classes = async () =>
    (await Array.fromAsync(storage.list('', { signal }))).map(
      ({ name, storageClass }) => `${name} ${storageClass}`,
    );
  assert.deepEqual(await classes(), ['pack NEARLINE', 'warm STANDARD']);
  world.state.calls.length = 0;
  await storage.transition?.('pack', 'ARCHIVE', { signal });
  assert.equal(world.state.calls.filter((call) => call.includes('/rewriteTo/')).length, 3);
  assert.deepEqual(await classes(), ['pack ARCHIVE', 'warm STANDARD']);
  assert.equal(Buffer.compare(await storage.get('pack', { signal }), bytes), 0);
  const never = () => storage.transition?.('never', 'ARCHIVE', { signal }) ?? Promise.resolve();
  await failureOf(never, 'missing', 'OBJECT_MISSING', secrets);
});

test('rules by age are read and replaced, and those of other folders are left alone', async () => {
  const foreign = { action: { type: 'Delete' }, condition: { age: 1, matchesPrefix: ['logs/'] } };
  const wide = { action: { type: 'Delete' }, condition: { age: 400, createdBefore: '2020-01-01' } };
  world.state.store.create('rules', { lifecycle: { rule: [foreign, wide] } });
  await using storage = await open('rules', { prefix: 'ours' });
  const { lifecycle } = storage;
  assert.ok(lifecycle);
  assert.deepEqual(await lifecycle.read({ signal }), [
    { id: 'rule-2 if createdBefore', prefix: '', isEnabled: true, transitions: [], expireAfterDays: 400 },
  ]);
  const rules: readonly LifecycleRule[] = [
    {
      id: 'cool',
      prefix: 'packs/',
      isEnabled: true,
      transitions: [
        { afterDays: 30, storageClass: 'NEARLINE' },
        { afterDays: 365, storageClass: 'ARCHIVE' },
      ],
    },
    { id: 'tidy', prefix: '', isEnabled: true, transitions: [], expireOldVersionsAfterDays: 7 },
    { id: 'uploads', prefix: '', isEnabled: true, transitions: [], abortUploadsAfterDays: 2 },
    { id: 'old', prefix: 'probe/', isEnabled: true, transitions: [], expireAfterDays: 3 },
  ];
  await lifecycle.write(rules, { signal });
  await lifecycle.write(rules, { signal });
  const { rule } = world.state.store.bucket('rules').settings.lifecycle as { rule: readonly unknown[] };
  assert.equal(rule.length, 7);
  assert.deepEqual(rule.slice(0, 2), [foreign, wide]);
  const read = await lifecycle.read({ signal });
  const without = ({ id: _, ...rest }: LifecycleRule) => rest;
  const [cool, tidy, uploads, old] = rules.map(without);
  assert.deepEqual(read.slice(1).map(without), [
    { ...cool, transitions: [cool!.transitions[0]] },
    { ...cool, transitions: [cool!.transitions[1]] },
    tidy,
    uploads,
    old,
  ]);
  const disabled = [{ ...rules[0]!, isEnabled: false }];
  await failureOf(
    () => lifecycle.write(disabled, { signal }),
    'usage',
    'STORAGE_LIFECYCLE_UNSUPPORTED',
    secrets,
  );
  assert.equal((await lifecycle.read({ signal })).length, read.length);
});

test('settings that can betray a repository are named', async () => {
  const verdicts = async (bucket: string, more?: Readonly<Record<string, unknown>>) => {
    await using storage = await open(bucket, { prefix: 'ours', ...more });
    const findings = (await storage.posture?.({ signal })) ?? [];
    return Object.fromEntries(findings.map(({ about, verdict }) => [about, verdict]));
  };
  world.state.store.create('careless', {
    softDeletePolicy: { retentionDurationSeconds: '0' },
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'inherited' },
    doubleIam: { bindings: [{ role: 'roles/storage.objectViewer', members: ['allUsers'] }] },
    lifecycle: {
      rule: [{ action: { type: 'Delete' }, condition: { age: 30, matchesPrefix: ['ours/packs/'] } }],
    },
  });
  assert.deepEqual(await verdicts('careless'), {
    access: 'bad',
    versioning: 'warning',
    'object-lock': 'warning',
    encryption: 'good',
    lifecycle: 'bad',
    durability: 'good',
    transport: 'bad',
  });
  // Made by us, it has the settings that we would ask for.
  await (await create('careful'))[Symbol.asyncDispose]();
  assert.equal((await verdicts('careful')).access, 'good');
  const keyFile = world.account(
    'user',
    allPermissions.filter((one) => one.startsWith('objects.')),
  );
  const seen = await verdicts('careless', { keyFile });
  assert.deepEqual([seen.access, seen.lifecycle, seen.transport], ['unknown', 'unknown', 'bad']);
});

test('wrong credentials and missing rights are named, and no call does half its work', async () => {
  await using storage = await create('rights');
  await storage.put('object', bytesOf('there'), { signal });
  const stranger = world.account('stranger');
  world.state.accounts.delete('stranger@project.iam.gserviceaccount.com');
  const denied = await failureOf(
    () => open('rights', { keyFile: stranger }),
    'denied',
    'STORAGE_DENIED',
    secrets,
  );
  assert.match(denied.message, /"rights".*credentials/);

  await using reader = await open('rights', {
    keyFile: world.account('reader', ['objects.get', 'objects.list']),
  });
  assert.equal(await textOf(reader, 'object'), 'there');
  await failureOf(() => reader.put('new', bytesOf('x'), { signal }), 'denied', 'STORAGE_DENIED', secrets);
  await failureOf(
    () => reader.put('new', new Uint8Array(9_000_000), { signal }),
    'denied',
    'STORAGE_DENIED',
    secrets,
  );
  await failureOf(() => reader.delete('object', { signal }), 'denied', 'STORAGE_DENIED', secrets);

  const writes = ['objects.get', 'objects.list', 'objects.create'] as const;
  await using writer = await open('rights', { keyFile: world.account('writer', writes) });
  await writer.put('new', bytesOf('x'), { signal, ifAbsent: true });
  await failureOf(() => writer.delete('new', { signal }), 'denied', 'STORAGE_DENIED', secrets);
  // Who may not list must not see an empty place.
  const blind = world.account('blind', ['objects.get', 'objects.create']);
  await failureOf(() => open('rights', { keyFile: blind }), 'denied', 'STORAGE_DENIED', secrets);
});

test('a bucket that is missing, taken or gone is told from an empty one', async () => {
  await failureOf(() => open('nowhere'), 'missing', 'STORAGE_MISSING', secrets);
  const { project: _, ...orphan } = world.config('nowhere');
  await failureOf(() => gcs.create(gcs.config.parse(orphan), context), 'missing', 'STORAGE_MISSING', secrets);
  await using storage = await create('going');
  await storage.put('keys/slot-0123456789abcdef0123456789abcdef', bytesOf('of a canceled init'), { signal });
  await (await create('going'))[Symbol.asyncDispose]();
  await storage.put('other', bytesOf('x'), { signal });
  await failureOf(() => create('going'), 'conflict', 'STORAGE_NOT_EMPTY', secrets);
  await (await create('going', { prefix: 'sub' }))[Symbol.asyncDispose]();
  await storage.put('config/1', bytesOf('a repository'), { signal });
  await (await create('going'))[Symbol.asyncDispose]();

  world.state.store.buckets.delete('going');
  const calls: readonly (() => Promise<unknown>)[] = [
    () => Array.fromAsync(storage.list('', { signal })),
    () => storage.get('other', { signal }),
    () => storage.stat('other', { signal }),
    () => storage.delete('other', { signal }),
    () => storage.put('other', bytesOf('x'), { signal }),
    () => storage.put('other', new Uint8Array(9_000_000), { signal }),
  ];
  for (const call of calls) await failureOf(call, 'missing', 'STORAGE_MISSING', secrets);
});

test('a certificate that nobody vouches for is refused, and accepted when it is named', async (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  const tls = selfSigned(world.folder);
  await using own = await startGcsDouble(world.state, { tls });
  await failureOf(() => create('tls', { endpoint: own.endpoint }), 'denied', 'STORAGE_CERTIFICATE', secrets);
  await using storage = await create('tls', { endpoint: own.endpoint, caFile: tls.certificate });
  await storage.put('object', bytesOf('there'), { signal });
  assert.equal(await textOf(storage, 'object'), 'there');
});

test('answers of a troubled service are unavailable, full or refused, and carry what it asks for', async () => {
  await (await create('troubled'))[Symbol.asyncDispose]();
  const answers: readonly (readonly [number, string, 'unavailable' | 'denied' | 'usage', string])[] = [
    [503, 'backendError', 'unavailable', 'STORAGE_UNAVAILABLE'],
    [500, 'internalError', 'unavailable', 'STORAGE_UNAVAILABLE'],
    [429, 'rateLimitExceeded', 'unavailable', 'STORAGE_UNAVAILABLE'],
    [408, 'uploadBrokenConnection', 'unavailable', 'STORAGE_UNAVAILABLE'],
    [403, 'userRateLimitExceeded', 'unavailable', 'STORAGE_UNAVAILABLE'],
    [401, 'authError', 'denied', 'STORAGE_DENIED'],
    [400, 'userProjectMissing', 'usage', 'STORAGE_REFUSED'],
  ];
  for (const [status, reason, kind, code] of answers) {
    world.state.failures.push({ status, reason, retryAfter: '7' });
    // The library signs anew after a 401, and asks again.
    if (status === 401) world.state.failures.push({ status, reason });
    const failure = await failureOf(() => open('troubled'), kind, code, secrets);
    if (kind === 'unavailable') assert.equal(failure.facts.retryAfterMs, 7000);
    world.state.failures.length = 0;
  }
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const refused = await failureOf(
    () => open('troubled', { endpoint }),
    'unavailable',
    'STORAGE_UNAVAILABLE',
    secrets,
  );
  assert.match(refused.message, /ECONNREFUSED/);
});

test('a URL and a configuration mean the same, and what cannot be is refused before any call', async () => {
  const { endpoint } = world.server;
  await using _ = await create('same', { prefix: 'a/b c' });
  const keyFile = world.account('same');
  const url = `gcs://same/a/b%20c?endpoint=${encodeURIComponent(endpoint)}&project=p&location=EU&storage-class=COLDLINE&retention=Locked&key-file=${encodeURIComponent(keyFile)}`;
  assert.deepEqual(gcs.fromUrl(url), {
    bucket: 'same',
    prefix: 'a/b c',
    endpoint,
    project: 'p',
    location: 'EU',
    storageClass: 'COLDLINE',
    retention: 'Locked',
    keyFile,
  });
  await using byUrl = await openStorage(url, noSecrets, context);
  await byUrl.put('object', bytesOf('there'), { signal });
  await using byFields = await openConfiguredStorage(
    { kind: 'gcs', ...world.config('same', { prefix: 'a/b c' }) },
    context,
  );
  assert.equal(await textOf(byFields, 'object'), 'there');
  assert.equal(byUrl.location, byFields.location);
  assert.equal(byUrl.location, 'gcs://same/a/b c');

  const refused: readonly (readonly [string, string])[] = [
    ['gcs://a', 'STORAGE_CONFIG_INVALID'],
    ['gcs://-bucket', 'STORAGE_CONFIG_INVALID'],
    ['gcs:///folder', 'STORAGE_CONFIG_INVALID'],
    ['gcs://same?storage-class=Archive', 'STORAGE_CONFIG_INVALID'],
    ['gcs://same?retention=never', 'STORAGE_CONFIG_INVALID'],
    ['gcs://same?storageClass=ARCHIVE', 'STORAGE_URL_INVALID'],
    ['gcs://user:password@same', 'STORAGE_URL_HAS_SECRET'],
    ['gcs://same?endpoint=http://example.org', 'STORAGE_URL_INVALID'],
    ['gcs://same?endpoint=nothing', 'STORAGE_URL_INVALID'],
  ];
  for (const [given, code] of refused) {
    await failureOf(() => openStorage(given, noSecrets, context), 'usage', code, secrets);
  }
});

test('a key file that is none is refused without a word of what is in it', async () => {
  const contents: readonly string[] = [
    'PRIVATE KEY as text',
    '{"private_key": "PRIVATE KEY"}',
    '{"type": "external_account", "credential_source": {"executable": {"command": "PRIVATE KEY"}}}',
    '{"type": "service_account", "client_email": "a@b", "private_key": "-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----"}',
  ];
  for (const content of contents) {
    const keyFile = join(world.folder, 'broken.json');
    writeFileSync(keyFile, content);
    await failureOf(() => open('any', { keyFile }), 'usage', 'STORAGE_FILE_UNREADABLE', secrets);
  }
  const keyFile = join(world.folder, 'none.json');
  await failureOf(() => open('any', { keyFile }), 'usage', 'STORAGE_FILE_UNREADABLE', secrets);
});

test('without a key file, the credentials of the environment are used, or their lack is named', async () => {
  await using storage = await create('ambient');
  await storage.put('object', bytesOf('there'), { signal });
  const { keyFile, ...config } = world.config('ambient');
  const before = process.env.GOOGLE_APPLICATION_CREDENTIALS;
  try {
    process.env.GOOGLE_APPLICATION_CREDENTIALS = keyFile;
    await using ambient = await gcs.open(gcs.config.parse(config), context);
    assert.equal(await textOf(ambient, 'object'), 'there');
    process.env.GOOGLE_APPLICATION_CREDENTIALS = join(world.folder, 'nowhere.json');
    await failureOf(() => gcs.open(gcs.config.parse(config), context), 'denied', 'STORAGE_DENIED', secrets);
  } finally {
    if (before === undefined) delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
    else process.env.GOOGLE_APPLICATION_CREDENTIALS = before;
  }
});

test('the guide names every option', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/storage-gcs.md'), 'utf8');
  const words = [
    'endpoint',
    'project',
    'location',
    'storage-class',
    'retention',
    'key-file',
    'ca-file',
    'double',
  ];
  for (const word of words) assert.ok(guide.includes(word), `"${word}" is not in the guide`);
});
