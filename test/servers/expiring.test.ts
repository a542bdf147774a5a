// Credentials that end in the middle of a backup: those that can be renewed are, unnoticed; with the others the run fails by name, what was
// there stays, and the next run, with new ones, finishes the work.

import assert from 'node:assert/strict';
import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { test } from 'node:test';
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
import { serve } from './front.ts';
import { serverFolder } from './process.ts';
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

function pass(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, headers, url: path } = request;
  const onward = send({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
