// The contract is the whole of the API: complete, self-consistent, and free of everything that a browser has not.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Operation } from '../../src/api/contract/operation.ts';
import { contract } from '../../src/api/contract.ts';
import { makeRoutes } from '../../src/api/routes.ts';
import { permissions } from '../../src/model/permission.ts';
import { testContext } from '../world.ts';
import { apiWorld } from './api-world.ts';

const operations = Object.entries(contract) as [string, Operation][];
const src = join(import.meta.dirname, '../../src');

test('every operation has a permission that exists, and a path of its own', () => {
  const seen = new Set<string>();
  for (const [name, { method, path, permission }] of operations) {
    assert.ok(permission === 'public' || permissions.includes(permission), `${name}: ${permission}`);
    const line = `${method} ${path.replace(/\{\w+\}/g, '{}')}`;
    assert.ok(!seen.has(line), `${name} shares ${line}`);
    seen.add(line);
  }
});

test('what changes something is never public but where a person comes in', () => {
  const open = operations.filter(([, one]) => one.permission === 'public' && one.method !== 'GET');
  assert.deepEqual(open.map(([name]) => name).sort(), [
    'acceptInvitation',
    'beginPasskeyLogin',
    'login',
    'loginByPasskey',
    'setUp',
  ]);
});

test('every example is what the operation takes and gives', () => {
  for (const [name, { params, query, body, answer, example }] of operations) {
    for (const [part, schema] of Object.entries({ params, query, body, answer })) {
      const read = schema.safeParse(example[part as keyof typeof example]);
      assert.ok(read.success, `${name}.${part}: ${read.error?.message}`);
    }
  }
});

test('every parameter of a path is described, and no other', () => {
  for (const [name, { path, params, example }] of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one!).sort();
    assert.deepEqual(Object.keys(example.params as object).sort(), inPath, name);
    assert.ok(!params.safeParse({ ...(example.params as object), more: 'x' }).success, `${name} is open`);
  }
});

test('every object that goes in is closed', () => {
  for (const [name, { query, body, example }] of operations) {
    assert.ok(!query.safeParse({ ...(example.query as object), unknown: '1' }).success, `${name}: query`);
    if (example.body === undefined) continue;
    assert.ok(!body.safeParse({ ...(example.body as object), unknown: 1 }).success, `${name}: body`);
  }
});

test('a browser can import the contract: nothing of node is behind it', () => {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, from] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)[^;]*? from '([^']+)';/gm,
    )) {
      assert.ok(!from!.startsWith('node:'), `${file} imports ${from}`);
      if (!from!.startsWith('.')) assert.equal(from, 'zod', file);
      else visit(join(file, '..', from!));
    }
  };
  visit(join(src, 'api/contract.ts'));
  visit(join(src, 'api/client.ts'));
  for (const file of seen) assert.match(file, /src\/(base|model)\/|src\/api\/(contract|client)/);
});

test('every error that an operation names is one that somebody throws', () => {
  const code = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('api/contract') && !name.startsWith('cli/'))
    .map((name) => readFileSync(join(src, name), 'utf8'))
    .join('\n');
  for (const [name, { errors }] of operations) {
    for (const error of errors) assert.match(code, new RegExp(`[('\\s]'${error}'`), `${name}: ${error}`);
  }
});

test('what has units of its own takes no idempotency key and no approval, which it could not use up with its effect', () => {
  const { handlers } = makeRoutes({} as never, testContext());
  for (const [name, operation] of operations) {
    const handler = (handlers as Readonly<Record<string, unknown>>)[name];
    if (typeof handler === 'function') continue;
    assert.ok(!operation.repeatable, name);
    assert.ok(!operation.secondPerson, name);
  }
});

test('the files of the contract are all in its table', () => {
  const table = readFileSync(join(src, 'api/contract.ts'), 'utf8');
  for (const file of readdirSync(join(src, 'api/contract'))) {
    if (file !== 'operation.ts') assert.ok(table.includes(`'./contract/${file}'`), file);
  }
});

test('what the contract does not name cannot be reached', async () => {
  await using world = await apiWorld();
  const token = await world.token('admin');
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];
  const known = new Set(operations.map(([, { method, path }]) => `${method} ${path}`));
  for (const path of new Set(operations.map(([, one]) => one.path))) {
    for (const method of methods.filter((one) => !known.has(`${one} ${path}`))) {
      const { status, headers } = await world.call(method, path.replace(/[{}]/g, ''), { token });
      assert.ok(status === 405 || status === 404, `${method} ${path}: ${status}`);
      if (status === 405) assert.ok(headers.allow, `${method} ${path} tells no Allow`);
    }
  }
  const others = ['/', '/api', '/api/v1', '/api/v1/', '/api/v2/status', '/api/v1/Status', '/api/v1/status/'];
  for (const path of [...others, '/.env', '/debug', '/api/v1/policies/x/y', '//api/v1/status']) {
    assert.equal((await world.call('GET', path, { token })).status, 404, path);
  }
});
