// Credentials that end in the middle of a backup: those that can be renewed are, unnoticed; with the others the run fails by name, what was
// there stays, and the next run, with new ones, finishes the work.

import assert from 'node:assert/strict';
import { createSign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { createServer as createSecureServer, request as sendSecurely } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { stackStorage } from '../../src/cli/storage-stack.ts';
import { check } from '../../src/operations/check.ts';
import { createConfiguredStorage, openConfiguredStorage, type StorageConfig } from '../../src/storage/all.ts';
import { patientContext } from '../patient-context.ts';
import { sas } from '../storage/azure-world.ts';
import {
  backupFolder,
  create,
  noise,
  open,
  restoredDigest,
  scratch,
  snapshotsOf,
  treeDigest,
  writeTree,
} from '../world.ts';
import { account, accountKey, startAzurite } from './azurite.ts';
import { selfSigned, serve } from './front.ts';
import { newAccount, newGcsState, startGcsDouble } from './gcs-double.ts';
import { programsOrSkip, serverFolder } from './process.ts';
import { failed, startS3Double } from './s3-double.ts';

/** A life with a first backup, a second during which `end` is called after some objects, and a third with what is good again. */
async function live(
  making: StorageConfig,
  old: StorageConfig,
  renewed: StorageConfig,
  end: () => void,
): Promise<'renewed' | 'refused'> {
  using folder = scratch();
  using state = scratch();
  const context = patientContext();
  const digests = new Set<string>();
  const openPlace = async (config: StorageConfig) =>
    stackStorage(await openConfiguredStorage(config, context), {}, () => 0, context);
  const save = async (config: StorageConfig, file: string, puts = Number.POSITIVE_INFINITY) => {
    writeTree(folder.path, { [file]: noise(file, 60_000) });
    await using storage = await openPlace(config);
    let left = puts;
    const monitored = {
      ...context,
      monitor: {
        ...context.monitor,
        count: (...told: Parameters<typeof context.monitor.count>) => {
          left -= 1;
          if (left === 0) end();
          context.monitor.count(...told);
        },
      },
    };
    await using repository = await open(storage, state.path, file, monitored);
    await backupFolder(folder.path, repository, monitored);
    digests.add(treeDigest(folder.path));
  };
  {
    await using storage = stackStorage(await createConfiguredStorage(making, context), {}, () => 0, context);
    await create(storage, state.path, context);
  }
  await save(old, 'first');
  let outcome: 'renewed' | 'refused' = 'renewed';
  try {
    await save(old, 'second', 1);
  } catch (error) {
    assert.ok(isFailure(error, 'denied', 'STORAGE_DENIED'), String(error));
    assert.ok(error.hint);
    outcome = 'refused';
  }
  await save(renewed, 'third');
  await using storage = await openPlace(renewed);
  await using repository = await open(storage, state.path, 'look', context);
  const { findings } = await check({ level: 3 }, repository, context);
  assert.deepEqual(
    findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  const restored = new Set<string>();
  for (const one of await snapshotsOf(repository, context))
    restored.add(await restoredDigest(one, repository, context));
  for (const digest of digests) assert.ok(restored.has(digest), 'what was reported does not restore');
  return outcome;
}

test('S3: a session that ends stops the backup by name, and a new one finishes the work', async () => {
  await using double = await startS3Double();
  let ended = '';
  double.lie = ({ headers }) =>
    headers['x-amz-security-token'] === ended ? failed(400, 'ExpiredToken') : undefined;
  const config = (sessionToken: string) => ({
    ...{ kind: 's3', bucket: 'bucket', endpoint: double.endpoint },
    ...{ accessKeyId: 'ASIA', secretAccessKey: 'secret', sessionToken },
  });
  const end = () => {
    ended = 'old';
  };
  assert.equal(await live(config('old'), config('old'), config('new'), end), 'refused');
});

test('S3: the credentials of a role end again and again, and the backup does not notice', async (t) => {
  await using double = await startS3Double();
  const { AWS_ENDPOINT_URL_STS: before } = process.env;
  process.env.AWS_ENDPOINT_URL_STS = double.endpoint;
  t.after(() => {
    if (before === undefined) delete process.env.AWS_ENDPOINT_URL_STS;
    else process.env.AWS_ENDPOINT_URL_STS = before;
  });
  let issued = 0;
  let refused = 0;
  double.lie = ({ method, path, headers }) => {
    if (method === 'POST' && path === '') {
      issued += 1;
      // Sooner than the library holds to be worth keeping.
      const expiration = new Date(Date.now() + 60_000).toISOString();
      const credentials = `<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>${issued}</SessionToken><Expiration>${expiration}</Expiration>`;
      const result = `<AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult>`;
      return { status: 200, body: `<AssumeRoleResponse>${result}</AssumeRoleResponse>` };
    }
    // Calls that are under way at the same time may have those of a moment ago.
    if (Number(headers['x-amz-security-token']) > issued - 20) return undefined;
    refused += 1;
    return failed(400, 'ExpiredToken');
  };
  const config = {
    ...{ kind: 's3', bucket: 'bucket', endpoint: double.endpoint, region: 'eu-central-1' },
    ...{ accessKeyId: 'AKIA', secretAccessKey: 'secret', role: 'arn:aws:iam::123456789012:role/backup' },
  };
  assert.equal(await live(config, config, config, () => undefined), 'renewed');
  assert.equal(refused, 0);
  assert.ok(issued > 30, `${issued} were issued`);
});

test('Azure: a SAS token that ends stops the backup by name, and a new one finishes the work', async () => {
  using folder = serverFolder();
  await using server = await startAzurite({ folder: folder.path });
  let ended: string | undefined;
  await using front = await serve((request, response) => {
    const url = new URL(request.url ?? '/', 'http://front');
    if (url.searchParams.get('sig') === ended) {
      request.resume();
      const code = 'AuthenticationFailed';
      const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Signature not valid in the specified time frame</Message></Error>`;
      response.writeHead(403, { 'content-type': 'application/xml', 'x-ms-error-code': code }).end(body);
      return;
    }
    pass(request, response, server.port);
  });
  const place = { kind: 'azure', account, container: 'expiring' };
  const config = (expires: string) => ({
    ...place,
    endpoint: server.endpoint(front.port),
    sasToken: sas('expiring', 'racwdl', new Date(expires)),
  });
  const old = config('2190-01-01');
  const end = () => {
    ended = new URLSearchParams(old.sasToken.replace(/^\?/, '')).get('sig') ?? '';
  };
  const making = { ...place, endpoint: server.endpoint(), accountKey };
  assert.equal(await live(making, old, config('2200-01-01'), end), 'refused');
});

test('Azure: the tokens of a managed identity end again and again, and the backup does not notice', async (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using folder = serverFolder();
  const tls = selfSigned(folder.path);
  await using server = await startAzurite({ folder: folder.path, tls });
  let issued = 0;
  let refused = 0;
  await using machine = await serve((_, response) => {
    issued += 1;
    const claims = { aud: 'https://storage.azure.com', iss: 'https://sts.windows.net/tenant/', jti: issued };
    const answer = {
      access_token: `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...claims, ...lifetime() })}.${part({})}`,
      // Sooner than the library holds to be worth keeping.
      expires_on: Math.floor(Date.now() / 1000) + 60,
      resource: 'storage',
      token_type: 'Bearer',
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const front = createSecureServer(
    { cert: readFileSync(tls.certificate), key: readFileSync(tls.key) },
    (request, response) => {
      if (isCurrent(request, issued)) return passSecurely(request, response, server.port);
      refused += 1;
      request.resume();
      response.writeHead(401, { 'x-ms-error-code': 'InvalidAuthenticationInfo' }).end();
    },
  ).listen(0, '127.0.0.1');
  await once(front, 'listening');
  t.after(() => {
    front.closeAllConnections();
    front.close();
  });
  setEnvironment(t, {
    IDENTITY_ENDPOINT: `http://127.0.0.1:${machine.port}/token`,
    IDENTITY_HEADER: 'header',
  });
  const place = { kind: 'azure', account, container: 'identity', caFile: tls.certificate };
  const config = { ...place, endpoint: server.endpoint((front.address() as AddressInfo).port) };
  const making = { ...place, endpoint: server.endpoint(), accountKey };
  assert.equal(await live(making, config, config, () => undefined), 'renewed');
  assert.equal(refused, 0);
  assert.ok(issued > 10, `${issued} were issued`);
});

test('Google: a key that is withdrawn stops the backup by name, and a new one finishes the work', async () => {
  using folder = serverFolder();
  const state = newGcsState();
  await using server = await startGcsDouble(state);
  const config = (name: string) => {
    const keyFile = join(folder.path, `${name}.json`);
    writeFileSync(keyFile, JSON.stringify(newAccount(state, name)), { mode: 0o600 });
    return { kind: 'gcs', bucket: 'withdrawn', project: 'project', endpoint: server.endpoint, keyFile };
  };
  const [old, renewed] = [config('old'), config('new')];
  const end = () => void state.accounts.delete('old@project.iam.gserviceaccount.com');
  assert.equal(await live(old, old, renewed, end), 'refused');
});

test('Google: the tokens of a machine end again and again, and the backup does not notice', async (t) => {
  const state = newGcsState();
  await using server = await startGcsDouble(state);
  const key = newAccount(state, 'machine') as { readonly client_email: string; readonly private_key: string };
  const scope = 'https://www.googleapis.com/auth/devstorage.full_control';
  let issued = 0;
  let refused = 0;
  await using machine = await serve((request, response) => {
    const answer = (type: string, body: string) =>
      response.writeHead(200, { 'metadata-flavor': 'Google', 'content-type': type }).end(body);
    if (!request.url?.includes('/token')) {
      return void (request.url?.includes('universe')
        ? answer('text/plain', 'googleapis.com')
        : answer('text/plain', 'x'));
    }
    issued += 1;
    const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iss: key.client_email, scope, jti: issued, ...lifetime() })}`;
    const signature = createSign('RSA-SHA256').update(signed).sign(key.private_key, 'base64url');
    const token = { access_token: `${signed}.${signature}`, expires_in: 60, token_type: 'Bearer' };
    answer('application/json', JSON.stringify(token));
  });
  await using front = await serve((request, response) => {
    if (isCurrent(request, issued)) return pass(request, response, server.port);
    refused += 1;
    request.resume();
    response.writeHead(401).end();
  });
  const folder = serverFolder();
  t.after(() => folder[Symbol.dispose]());
  setEnvironment(t, {
    GCE_METADATA_HOST: `127.0.0.1:${machine.port}`,
    METADATA_SERVER_DETECTION: 'assume-present',
    GOOGLE_APPLICATION_CREDENTIALS: '',
    // Else the library runs gcloud to find it.
    GOOGLE_CLOUD_PROJECT: 'project',
    // No file of gcloud, whoever runs this.
    HOME: folder.path,
    CLOUDSDK_CONFIG: folder.path,
  });
  const endpoint = `http://127.0.0.1:${front.port}`;
  const config = { kind: 'gcs', bucket: 'machine', project: 'project', endpoint };
  assert.equal(await live(config, config, config, () => undefined), 'renewed');
  assert.equal(refused, 0);
  assert.ok(issued > 10, `${issued} were issued`);
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function lifetime(): { readonly iat: number; readonly nbf: number; readonly exp: number } {
  const seconds = Math.floor(Date.now() / 1000);
  return { iat: seconds - 60, nbf: seconds - 60, exp: seconds + 3600 };
}

/** Calls that are under way at the same time may have a token of a moment ago. */
function isCurrent({ headers }: IncomingMessage, issued: number): boolean {
  const claims = headers.authorization?.split('.')[1];
  if (claims === undefined) return false;
  const { jti } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly jti: number };
  return jti > issued - 20;
}

/** Until the end of the test. */
function setEnvironment(t: TestContext, variables: Readonly<Record<string, string>>): void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

function passSecurely(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, headers, url: path } = request;
  // The one that this very test has just made, so that there is nothing to be checked.
  const plan = { host: '127.0.0.1', port, method, path, headers, rejectUnauthorized: false };
  const onward = sendSecurely(plan, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

function pass(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, headers, url: path } = request;
  const onward = send({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
