// Azure Blob Storage, against Azurite: tiers, retention, missing rights, wrong input, and what a troubled service answers.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ContainerClient } from '@azure/storage-blob';
import { openConfiguredStorage, openStorage } from '../../src/storage/all.ts';
import azure from '../../src/storage/azure.ts';
import { accountKey, startAzurite } from '../servers/azurite.ts';
import { startWormFront } from '../servers/azurite-worm.ts';
import { selfSigned, serve } from '../servers/front.ts';
import { freePort, programsOrSkip, serverFolder } from '../servers/process.ts';
import {
  type AzureWorld,
  accountSas,
  context,
  credential,
  sas,
  secrets,
  startAzureWorld,
} from './azure-world.ts';
import { failureOf } from './cloud-world.ts';
import { bytesOf, namesOf, signal, textOf } from './storage-world.ts';

let world: AzureWorld;
let open: AzureWorld['open'];
let create: AzureWorld['create'];

before(async () => {
  world = await startAzureWorld();
  ({ open, create } = world);
});
after(() => world[Symbol.asyncDispose]());

test('another object of the same name is never overwritten', async () => {
  await using storage = await create('differs');
  await storage.put('object', bytesOf('first'), { signal });
  await storage.put('object', bytesOf('first'), { signal });
  for (const other of ['other', 'longer than the first']) {
    await failureOf(
      () => storage.put('object', bytesOf(other), { signal }),
      'corrupt',
      'OBJECT_DIFFERS',
      secrets,
    );
  }
  assert.equal(await textOf(storage, 'object'), 'first');
});

test('what lies in the archive tier is refused until it is thawed, and still compared', async () => {
  await using storage = await create('tiers', { tier: 'Cool' });
  await storage.put('pack', bytesOf('packed'), { signal });
  assert.equal((await storage.stat('pack', { signal }))?.storageClass, 'Cool');
  await storage.transition?.('pack', 'Archive', { signal });
  const listed = await Array.fromAsync(storage.list('', { signal }));
  assert.deepEqual(
    listed.map(({ storageClass }) => storageClass),
    ['Archive'],
  );
  await failureOf(() => storage.get('pack', { signal }), 'conflict', 'OBJECT_FROZEN', secrets);
  await storage.put('pack', bytesOf('packed'), { signal });
  await failureOf(
    () => storage.put('pack', bytesOf('pocked'), { signal }),
    'corrupt',
    'OBJECT_DIFFERS',
    secrets,
  );
  await storage.put('other', bytesOf('warm'), { signal, storageClass: 'Hot' });
  assert.deepEqual(await storage.thaw?.(['pack', 'other'], { signal }), ['pack']);
  // Azurite thaws at once; the service takes hours.
  assert.deepEqual(await storage.thaw?.(['pack', 'other'], { signal }), []);
  assert.equal(await textOf(storage, 'pack'), 'packed');
  await failureOf(async () => storage.thaw?.(['never'], { signal }), 'missing', 'OBJECT_MISSING', secrets);
});

test('a container with immutable storage keeps blobs until their date, and only lengthens it', async () => {
  await using plain = await create('worm');
  assert.equal(plain.retain, undefined);
  await using front = await startWormFront(world.server.port);
  // A SAS of the container alone would not be shown whether it keeps blobs.
  const sasToken = accountSas();
  await using storage = await open('worm', { endpoint: world.server.endpoint(front.port), sasToken });
  const until = Date.UTC(2100, 0, 1);
  await storage.put('kept', bytesOf('kept'), { signal, retainUntil: until });
  assert.equal((await storage.stat('kept', { signal }))?.retainedUntil, until);
  const refused = await failureOf(() => storage.delete('kept', { signal }), 'denied', 'OBJECT_RETAINED', [
    'sig=',
  ]);
  assert.equal(refused.facts.until, '2100-01-01T00:00:00.000Z');
  assert.ok(storage.retain);
  await storage.retain('kept', until - 1000, { signal });
  assert.equal((await storage.stat('kept', { signal }))?.retainedUntil, until);
  await storage.retain('kept', until + 1500, { signal });
  assert.equal((await storage.stat('kept', { signal }))?.retainedUntil, until + 2000);
  // Putting it again asks for its date, too.
  await storage.put('kept', bytesOf('kept'), { signal, retainUntil: until + 9000 });
  assert.equal((await storage.stat('kept', { signal }))?.retainedUntil, until + 9000);
  await storage.put('past', bytesOf('past'), { signal, retainUntil: Date.UTC(2020, 0, 1) });
  await storage.delete('past', { signal });
  await storage.delete('past', { signal });
  assert.deepEqual(await namesOf(storage), ['kept']);
  const findings = (await storage.posture?.({ signal })) ?? [];
  assert.equal(findings.find(({ about }) => about === 'object-lock')?.verdict, 'good');
});

test('wrong credentials and missing rights are named, and no call does half its work', async () => {
  await using storage = await create('rights');
  await storage.put('object', bytesOf('there'), { signal });
  const wrongKey = Buffer.from('another key, which is not that one').toString('base64');
  const denied = await failureOf(() => open('rights', { accountKey: wrongKey }), 'denied', 'STORAGE_DENIED', [
    ...secrets,
    wrongKey,
  ]);
  assert.match(denied.message, /"acct"/);
  await failureOf(
    () => open('rights', { sasToken: sas('rights', 'rl', new Date('2021-01-01')) }),
    'denied',
    'STORAGE_DENIED',
    secrets,
  );
  await failureOf(
    () => open('rights', { sasToken: sas('others', 'racwdl') }),
    'denied',
    'STORAGE_DENIED',
    secrets,
  );

  await using reader = await open('rights', { sasToken: sas('rights', 'rl') });
  assert.equal(await textOf(reader, 'object'), 'there');
  await failureOf(() => reader.put('new', bytesOf('x'), { signal }), 'denied', 'STORAGE_DENIED', secrets);
  await failureOf(() => reader.delete('object', { signal }), 'denied', 'STORAGE_DENIED', secrets);

  await using writer = await open('rights', { sasToken: sas('rights', 'rcwl') });
  await writer.put('new', bytesOf('x'), { signal, ifAbsent: true });
  await failureOf(() => writer.delete('new', { signal }), 'denied', 'STORAGE_DENIED', secrets);
  // Who may not list must not see an empty place.
  await failureOf(
    () => open('rights', { sasToken: sas('rights', 'racwd') }),
    'denied',
    'STORAGE_DENIED',
    secrets,
  );
});

test('a container that is missing, taken or gone is told from an empty one', async () => {
  await failureOf(() => open('nowhere'), 'missing', 'STORAGE_MISSING', secrets);
  await using storage = await create('going');
  await storage.put('keys/slot-0123456789abcdef0123456789abcdef', bytesOf('of a canceled init'), { signal });
  await (await create('going'))[Symbol.asyncDispose]();
  await storage.put('other', bytesOf('x'), { signal });
  await failureOf(() => create('going'), 'conflict', 'STORAGE_NOT_EMPTY', secrets);
  await (await create('going', { prefix: 'sub' }))[Symbol.asyncDispose]();
  await storage.put('config/1', bytesOf('a repository'), { signal });
  await (await create('going'))[Symbol.asyncDispose]();

  await new ContainerClient(`${world.server.endpoint()}/going`, credential).delete();
  await failureOf(() => Array.fromAsync(storage.list('', { signal })), 'missing', 'STORAGE_MISSING', secrets);
  await failureOf(() => storage.get('other', { signal }), 'missing', 'STORAGE_MISSING', secrets);
  await failureOf(() => storage.stat('other', { signal }), 'missing', 'STORAGE_MISSING', secrets);
  await failureOf(() => storage.delete('other', { signal }), 'missing', 'STORAGE_MISSING', secrets);
  await failureOf(
    () => storage.put('other', bytesOf('x'), { signal }),
    'missing',
    'STORAGE_MISSING',
    secrets,
  );
});

test('a certificate that nobody vouches for is refused, and accepted when it is named', async (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using ownFolder = serverFolder();
  const tls = selfSigned(ownFolder.path);
  await using own = await startAzurite({ folder: ownFolder.path, tls });
  await failureOf(
    () => create('tls', { endpoint: own.endpoint() }),
    'denied',
    'STORAGE_CERTIFICATE',
    secrets,
  );
  await using storage = await create('tls', { endpoint: own.endpoint(), caFile: tls.certificate });
  await storage.put('object', bytesOf('there'), { signal });
  assert.equal(await textOf(storage, 'object'), 'there');
  for (const caFile of [join(ownFolder.path, 'none.pem'), tls.key]) {
    await failureOf(
      () => open('tls', { endpoint: own.endpoint(), caFile }),
      'usage',
      'STORAGE_FILE_UNREADABLE',
      secrets,
    );
  }
});

test('without a secret, the identity of the machine is used, or its lack is named', async (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using ownFolder = serverFolder();
  const tls = selfSigned(ownFolder.path);
  await using own = await startAzurite({ folder: ownFolder.path, tls });
  await (await create('identity', { endpoint: own.endpoint(), caFile: tls.certificate }))[
    Symbol.asyncDispose
  ]();
  const token = tokenOf({ aud: 'https://storage.azure.com', iss: 'https://sts.windows.net/tenant/' });
  const asked: string[] = [];
  let isAssigned = false;
  await using machine = await serve((request, response) => {
    asked.push(`${request.url}`);
    const expiresOn = Math.floor(Date.now() / 1000) + 3600;
    if (!isAssigned) return void response.writeHead(400).end('{"error":"invalid_request"}');
    const answer = { access_token: token, expires_on: expiresOn, resource: 'storage', token_type: 'Bearer' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const { accountKey: _, ...config } = world.fields('identity', {
    endpoint: own.endpoint(),
    caFile: tls.certificate,
  }) as Record<string, unknown>;
  const openAmbient = () => azure.open(azure.config.parse(config), context);
  const ambient = { IDENTITY_ENDPOINT: `http://127.0.0.1:${machine.port}/token`, IDENTITY_HEADER: 'header' };
  await withEnvironment(ambient, async () => {
    await failureOf(openAmbient, 'denied', 'STORAGE_DENIED', [token]);
    isAssigned = true;
    await using storage = await openAmbient();
    await storage.put('object', bytesOf('there'), { signal });
    assert.equal(await textOf(storage, 'object'), 'there');
  });
  assert.ok(asked[0]?.includes('storage.azure.com'), `asked for ${asked[0]}`);
});

test('answers of a troubled service are unavailable, full or refused, and carry what it asks for', async () => {
  const answers: readonly (readonly [number, string, string, string])[] = [
    [503, 'ServerBusy', 'unavailable', 'STORAGE_UNAVAILABLE'],
    [500, 'InternalError', 'unavailable', 'STORAGE_UNAVAILABLE'],
    [429, 'TooManyRequests', 'unavailable', 'STORAGE_UNAVAILABLE'],
    [400, 'Md5Mismatch', 'unavailable', 'STORAGE_UNAVAILABLE'],
    [409, 'ContainerBeingDeleted', 'unavailable', 'STORAGE_UNAVAILABLE'],
    [507, 'InsufficientStorage', 'exhausted', 'STORAGE_FULL'],
    [403, 'AccountIsDisabled', 'denied', 'STORAGE_DENIED'],
    [401, 'NoAuthenticationInformation', 'denied', 'STORAGE_DENIED'],
    [400, 'FeatureNotSupportedForAccount', 'usage', 'STORAGE_REFUSED'],
  ];
  let answer = answers[0]!;
  await using front = await serve((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(answer[0], { 'x-ms-error-code': answer[1], 'retry-after': '7' }).end();
    });
  });
  await using _ = await create('troubled');
  await using storage = await open('troubled');
  const endpoint = world.server.endpoint(front.port);
  for (answer of answers) {
    const failure = await failureOf(
      () => open('troubled', { endpoint }),
      answer[2] as 'usage',
      answer[3],
      secrets,
    );
    if (answer[2] === 'unavailable') assert.equal(failure.facts.retryAfterMs, 7000);
  }
  const unused = await freePort();
  const refused = await failureOf(
    () => open('troubled', { endpoint: world.server.endpoint(unused) }),
    'unavailable',
    'STORAGE_UNAVAILABLE',
    secrets,
  );
  assert.match(refused.message, /ECONNREFUSED/);
  assert.ok(storage.location === 'azure://acct/troubled');
});

test('a URL and a configuration mean the same, and what cannot be is refused before any call', async () => {
  const endpoint = world.server.endpoint();
  const encoded = encodeURIComponent(endpoint);
  await using _ = await create('same', { prefix: 'a/b c' });
  const url = `azure://acct/same/a/b%20c?endpoint=${encoded}&tier=Cool&retention=Locked`;
  assert.deepEqual(azure.fromUrl(url), {
    account: 'acct',
    container: 'same',
    prefix: 'a/b c',
    endpoint,
    tier: 'Cool',
    retention: 'Locked',
  });
  const secretOf = (given: Record<string, string>) => async (field: string) => given[field];
  await using byUrl = await openStorage(url, secretOf({ accountKey }), context);
  await byUrl.put('object', bytesOf('there'), { signal });
  await using byFields = await openConfiguredStorage(
    { kind: 'azure', ...world.fields('same', { prefix: 'a/b c' }) },
    context,
  );
  assert.equal(await textOf(byFields, 'object'), 'there');
  assert.equal(byUrl.location, byFields.location);
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=acct;AccountKey=${accountKey};BlobEndpoint=${endpoint};`;
  await using byString = await openStorage(
    'azure://acct/same/a/b%20c',
    secretOf({ connectionString }),
    context,
  );
  assert.equal(await textOf(byString, 'object'), 'there');

  const refused: readonly (readonly [string, Record<string, string>, string])[] = [
    ['azure://acct', { accountKey }, 'STORAGE_CONFIG_INVALID'],
    ['azure://Ac-ct/same', { accountKey }, 'STORAGE_CONFIG_INVALID'],
    ['azure://acct/S', { accountKey }, 'STORAGE_CONFIG_INVALID'],
    ['azure://acct/two--hyphens', { accountKey }, 'STORAGE_CONFIG_INVALID'],
    ['azure://acct/same?tier=Archive', { accountKey }, 'STORAGE_CONFIG_INVALID'],
    ['azure://acct/same?retention=never', { accountKey }, 'STORAGE_CONFIG_INVALID'],
    ['azure://acct/same?accountKey=x', {}, 'STORAGE_URL_INVALID'],
    ['azure://acct:password@same/box', {}, 'STORAGE_URL_HAS_SECRET'],
    ['azure://acct/same/../box#x', {}, 'STORAGE_URL_INVALID'],
    ['azure://acct/same?endpoint=http://127.0.0.1', {}, 'STORAGE_CONFIG_INVALID'],
    ['azure://acct/same?endpoint=http://example.org', { accountKey }, 'STORAGE_URL_INVALID'],
    [`azure://acct/same?endpoint=https://example.org/%3Fsig%3Dabc`, { accountKey }, 'STORAGE_URL_INVALID'],
    ['azure://acct/same', { accountKey: 'no base64!' }, 'STORAGE_CONFIG_INVALID'],
    ['azure://acct/same', { sasToken: 'sv=2020&se=2030' }, 'STORAGE_CONFIG_INVALID'],
    ['azure://acct/same', { accountKey, sasToken: 'sig=abc' }, 'STORAGE_CONFIG_INVALID'],
    ['azure://acct/same', { connectionString: 'AccountName=acct' }, 'STORAGE_CONFIG_INVALID'],
    ['azure://other/same', { connectionString }, 'STORAGE_CONFIG_INVALID'],
  ];
  for (const [given, secret, code] of refused) {
    await failureOf(() => openStorage(given, secretOf(secret), context), 'usage', code, [
      accountKey,
      'no base64!',
      'sig=abc',
    ]);
  }
});

test('the guide names every option and every secret', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/storage-azure.md'), 'utf8');
  const words = ['endpoint', 'tier', 'retention', 'ca-file', 'ACCOUNT_KEY', 'SAS_TOKEN', 'CONNECTION_STRING'];
  for (const word of words) assert.ok(guide.includes(word), `"${word}" is not in the guide`);
});

function tokenOf(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1000);
  const times = { iat: seconds - 60, nbf: seconds - 60, exp: seconds + 3600 };
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...claims, ...times })}.${part({})}`;
}

async function withEnvironment<Result>(
  variables: Readonly<Record<string, string>>,
  run: () => Promise<Result>,
): Promise<Result> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await run();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
