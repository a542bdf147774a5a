// Files out of recovery points over the API, through all three processes: whole, to who may have them, and cut off where they end early.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from '../../../src/api/client.ts';
import { listAudit } from '../../../src/catalog/audit.ts';
import type { Catalog } from '../../../src/catalog/catalog.ts';
import { insertGrant } from '../../../src/catalog/grants.ts';
import { openCatalog } from '../../../src/catalog/open.ts';
import { policyNamed } from '../../../src/catalog/policies.ts';
import { insertToken } from '../../../src/catalog/tokens.ts';
import { insertUser } from '../../../src/catalog/users.ts';
import { makeOpaque } from '../../../src/identity/opaque.ts';
import { permissions, type Role } from '../../../src/model/permission.ts';
import { freePort } from '../../servers/process.ts';
import { noise, testContext } from '../../world.ts';
import { UpWorld } from './up-world.ts';

/** Logins live by the real time, as in the program. */
const context = { ...testContext(), clock: { ...testContext().clock, now: () => Date.now() } };

async function tokenOf(catalog: Catalog, role: Role, folder?: string): Promise<string> {
  const user = await insertUser(catalog, { name: `${role}-person`, role }, context);
  const policy = (await policyNamed(catalog, 'documents', context))!.id;
  if (folder !== undefined) {
    await insertGrant(catalog, user.id, { role: 'restorer', policy, folder }, context);
  }
  const { secret, hash } = makeOpaque('token');
  const wish = { hash, userId: user.id, name: 'test', scopes: [...permissions], isSensitive: true };
  await insertToken(catalog, { ...wish, lastsMs: 3_600_000 }, context);
  return secret;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Two processes further on: nothing tells us. The bound only ends what hangs. */
async function until<Value>(look: () => Promise<Value | undefined>, never: string): Promise<Value> {
  for (let tries = 0; tries < 6_000; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await wait(50);
  }
  return assert.fail(never);
}

test('files and folders are downloaded as they were saved, by who may, and one who leaves ends the job', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  using world = new UpWorld({ configuration: { api: { listen: `127.0.0.1:${port}` } } });
  const block = noise('large', 1024 * 1024);
  // More than pipes and sockets hold on their way.
  const large = Buffer.concat(Array.from({ length: 16 }, () => block));
  writeFileSync(join(world.source, 'large.bin'), large);
  await using running = world.up();
  await running.ready;
  assert.equal(world.ask(['run', 'documents', '--wait']).exit, 0);
  await using catalog = await openCatalog({ location: world.path('catalog') }, context);
  const token = await tokenOf(catalog, 'restorer');
  const client = createClient({ url, token });
  const { items } = (await client.call('listRecoveryPoints', {})).answer;
  const params = { point: items[0]!.id };

  const lookUp = async (path: string, by = client) => {
    const { answer } = await by.call('prepareDownload', { params, body: { path, format: 'tar' } });
    return until(async () => {
      const { answer: task } = await by.call('getTask', { params: { task: answer.task } });
      return task.state === 'done' ? task : undefined;
    }, `"${path}" was never looked up`);
  };

  const file = await lookUp(join(world.source, 'large.bin'));
  assert.deepEqual(file.result, { kind: 'file', name: 'large.bin', bytes: large.length });
  const got = await client.open('download', { params: { download: file.id } });
  assert.equal(got.headers.get('content-type'), 'application/octet-stream');
  assert.equal(got.headers.get('content-length'), String(large.length));
  assert.equal(got.headers.get('x-content-type-options'), 'nosniff');
  assert.match(got.headers.get('content-disposition') ?? '', /^attachment; filename="large\.bin"/);
  assert.equal(sha256(new Uint8Array(await got.arrayBuffer())), sha256(large));

  const [from, to] = [9_999_999, 12_345_678];
  const part = await fetch(`${url}/api/v1/downloads/${file.id}`, {
    headers: { authorization: `Bearer ${token}`, range: `bytes=${from}-${to}` },
  });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), `bytes ${from}-${to}/${large.length}`);
  assert.equal(sha256(new Uint8Array(await part.arrayBuffer())), sha256(large.subarray(from, to + 1)));

  const folder = await lookUp(world.source);
  const archive = await client.open('download', { params: { download: folder.id } });
  const saved = world.path('saved.tar');
  writeFileSync(saved, new Uint8Array(await archive.arrayBuffer()));
  const names = execFileSync('tar', ['-tf', saved], { encoding: 'utf8' }).trim().split('\n').sort();
  assert.deepEqual(names, ['a.txt', 'inner/', 'inner/b.txt', 'large.bin']);

  const missing = await lookUp(join(world.source, 'never'));
  const refused = client.open('download', { params: { download: missing.id } });
  await assert.rejects(refused, { code: 'DOWNLOAD_NOT_READY', status: 409 });

  // Somebody else, who may see one folder alone, has nothing of it, and their own folder.
  const bound = createClient({ url, token: await tokenOf(catalog, 'none', join(world.source, 'inner')) });
  await assert.rejects(lookUp(join(world.source, 'a.txt'), bound), { status: 403 });
  await assert.rejects(bound.open('download', { params: { download: file.id } }), { status: 403 });
  const own = await lookUp(join(world.source, 'inner/b.txt'), bound);
  assert.equal(await (await bound.open('download', { params: { download: own.id } })).text(), 'two');
  await assert.rejects(client.open('download', { params: { download: own.id } }), { code: 'TASK_UNKNOWN' });

  // The log of the run, over the API and on the machine.
  const viewing = createClient({ url, token: await tokenOf(catalog, 'operator') });
  const [run] = (await viewing.call('listRuns', {})).answer.items;
  const ofRun = { params: { run: run!.id } };
  const lines = (await viewing.call('readRunLog', ofRun)).answer.trim().split('\n');
  const messages = lines.map((line) => JSON.parse(line).message);
  assert.deepEqual([messages[0], messages.at(-1)], ['backup begins', 'backup succeeded']);
  const shown = world.ask(['logs', '--run', run!.id]).events.filter(({ type }) => type === 'log-line');
  assert.deepEqual(
    shown.map((one) => one['message']),
    messages,
  );
  await assert.rejects(client.call('readRunLog', ofRun), { status: 403 });

  const left = get(`${url}/api/v1/downloads/${file.id}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const [response] = await once(left, 'response');
  await once(response, 'data');
  response.destroy();
  const downloads = async () => (await listAudit(catalog, { action: 'snapshot:download' }, context)).items;
  const last = await until(async () => {
    const known = await downloads();
    return known[0]?.act.outcome === 'failed' ? known : undefined;
  }, 'nobody noticed who left');
  assert.equal(last[0]?.act.facts?.['code'], 'DOWNLOAD_LEFT');
  assert.deepEqual(
    last.map(({ act }) => [act.actor, act.outcome, act.facts?.['path']]),
    [
      ['restorer-person/test', 'failed', join(world.source, 'large.bin')],
      ['none-person/test', 'succeeded', join(world.source, 'inner/b.txt')],
      ['restorer-person/test', 'succeeded', world.source],
      ['restorer-person/test', 'succeeded', join(world.source, 'large.bin')],
      ['restorer-person/test', 'succeeded', join(world.source, 'large.bin')],
    ],
  );
  const log = readFileSync(world.path('logs', 'restore.log'), 'utf8');
  assert.match(log, /download succeeded/);
  assert.equal(await running.stop(), 0);
});
