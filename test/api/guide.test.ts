// The guide can be followed: each of its commands is asked of a real server, and gets what the guide says.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createClient } from '../../src/api/client.ts';
import type { Operation } from '../../src/api/contract/operation.ts';
import { contract } from '../../src/api/contract.ts';
import { applyConfiguration } from '../../src/catalog/configurations.ts';
import { policyNamed } from '../../src/catalog/policies.ts';
import { addTask } from '../../src/catalog/queue.ts';
import { addRecoveryPoint } from '../../src/catalog/recovery-points.ts';
import { type ApiWorld, apiWorld } from './api-world.ts';

const run = promisify(execFile);
const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/api.md'), 'utf8');
const commands = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) =>
  block!.trim().split('\n'),
);

async function prepared(world: ApiWorld): Promise<string> {
  const { catalog, context } = world;
  await applyConfiguration(
    catalog,
    {
      zone: 'Europe/Zurich',
      repositories: { main: { place: '/backup', unlock: { password: 'file:/etc/holdfast/password' } } },
      policies: {
        school: {
          sources: [{ kind: 'files', paths: ['/srv/school'] }],
          repositories: ['main'],
          schedule: '0 2 * * *',
          retention: { keepDaily: 7 },
        },
      },
    },
    { actor: 'test', node: 'test-node' },
    context,
  );
  const { id: policyId } = (await policyNamed(catalog, 'school', context))!;
  const takenAt = context.clock.now();
  const copy = { repository: 'main', snapshot: 's1', storage: 'file', arrivedAt: takenAt };
  const point = { policyId, source: 's', takenAt, outcome: 'succeeded', entries: 1, bytes: 1, copy } as const;
  return addRecoveryPoint(catalog, point, context);
}

test('every command of the guide gets an answer of the contract', async () => {
  await using world = await apiWorld();
  const POINT = await prepared(world);
  const TOKEN = await world.token('admin');
  const waiting = { kind: 'check', key: 'by-mistake', payload: { repository: 'main' } };
  const { id: TASK } = await addTask(world.catalog, waiting, world.context);
  assert.ok(commands.length >= 9);
  for (const command of commands) {
    const env = { PATH: process.env['PATH'], API: world.api.url, TOKEN, POINT, TASK };
    const { stdout } = await run('sh', ['-c', command], { env });
    const answer = JSON.parse(stdout);
    const path = /\$API(\/[^"?]*)/.exec(command)![1]!.replace('$POINT', POINT).replace('$TASK', TASK);
    const method = /-X (\w+)/.exec(command)?.[1] ?? 'GET';
    if (path.endsWith('/nothing')) {
      assert.equal(answer.code, 'POLICY_UNKNOWN');
      continue;
    }
    const operation = (Object.values(contract) as Operation[]).find(
      (one) => one.method === method && new RegExp(`^${one.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
    );
    assert.ok(operation, command);
    const read = operation.answer.safeParse(answer);
    assert.ok(read.success, `${command}: ${stdout}`);
  }
});

test('the client calls by the names of the contract, and hears of problems by their code', async () => {
  await using world = await apiWorld();
  await prepared(world);
  const client = createClient({ url: world.api.url, token: await world.token('operator') });
  const { answer, etag } = await client.call('getPolicy', { params: { policy: 'school' } });
  assert.equal(answer.name, 'school');
  assert.equal(etag, '"1"');
  const names = [];
  for await (const { name } of client.all('listPolicies', { query: { limit: '1' } })) names.push(name);
  assert.deepEqual(names, ['school']);
  const { status } = await client.call(
    'runPolicy',
    { params: { policy: 'school' } },
    { idempotencyKey: 'k' },
  );
  assert.equal(status, 202);
  await assert.rejects(client.call('deletePolicy', { params: { policy: 'school' } }), {
    name: 'ApiProblem',
    status: 403,
    code: 'FORBIDDEN',
  });
});

test('the page of the description has every operation, runs no script and loads nothing foreign', async () => {
  await using world = await apiWorld();
  const { text, headers, status } = await world.call('GET', '/api/docs');
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /^text\/html/);
  for (const name of Object.keys(contract)) assert.ok(text.includes(`id="${name}"`), name);
  assert.doesNotMatch(text, /<script|<[^>]*\s(?:style|on\w+)=|javascript:/i);
  for (const [, link] of text.matchAll(/(?:href|src)="([^"]+)"/g)) assert.match(link!, /^[#/]/);
  assert.equal((await world.call('GET', '/api/docs.css')).status, 200);
});
