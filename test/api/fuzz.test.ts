// Whatever is sent, the answer is one of the contract: never a 500, never a word from inside.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Operation } from '../../src/api/contract/operation.ts';
import { contract } from '../../src/api/contract.ts';
import { troubleOf } from '../../src/api/problem.ts';
import { startApi } from '../../src/api/server.ts';
import { Failure } from '../../src/base/failure.ts';
import { apiSchema } from '../../src/model/configuration/watching.ts';
import { type Answer, apiWorld, call, pathOf } from './api-world.ts';

const rounds = Number(process.env['HOLDFAST_FUZZ_ROUNDS'] ?? 6);

/** Stretching passwords takes long, and a stream has no end. */
const slow = new Set(['login', 'prove', 'changePassword', 'enrolTotp', 'confirmTotp', 'streamEvents']);
const operations = (Object.entries(contract) as [string, Operation][]).filter(([name]) => !slow.has(name));

const nasty = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '..',
    '../../etc/passwd',
    '%2e%2e%2f',
    '\u0000',
    '\ud800',
    '\u202e',
    "' or 1=1 --",
    '{{7*7}}',
    '$' + '{jndi:ldap://x}',
    '<script>alert(1)</script>',
    '=cmd|calc!A1',
    '__proto__',
    'constructor',
    'toString',
    '\r\nSet-Cookie: a=b',
    'é'.normalize('NFD'),
    'x'.repeat(5_000),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

const anything: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    nasty,
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(nasty, tie('value'), { maxKeys: 4 }),
  ),
})).value;

/** The example with some of its values replaced, taken away or added: nearly right is what finds the holes. */
function nearly(example: unknown): fc.Arbitrary<unknown> {
  if (example === null || typeof example !== 'object') return fc.oneof(fc.constant(example), anything);
  if (Array.isArray(example)) {
    return fc.oneof(
      fc.tuple(...example.map(nearly)),
      fc.array(anything, { maxLength: 3 }),
      fc.constant(Array.from({ length: 2_000 }, () => example[0])),
    );
  }
  const members = Object.fromEntries(Object.entries(example).map(([key, one]) => [key, nearly(one)]));
  return fc
    .tuple(fc.record(members, { requiredKeys: [] }), fc.dictionary(nasty, anything, { maxKeys: 1 }))
    .map(([own, more]) => ({ ...example, ...own, ...more }));
}

/** Of files, stacks, statements and libraries. */
const fromInside =
  /\bat .+:\d+:\d+|node:internal|node_modules|\/src\/|\.ts\b|sqlite|kysely|\bSELECT\b|\binsert into\b|zod|fastify|TypeError/i;

function requireDecent(answer: Answer, what: string): void {
  assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text}`);
  if (answer.status < 400) return;
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/, what);
  assert.equal(answer.json.status, answer.status);
  // The number of the request is chance, and would spell any short word one day.
  const told = { ...answer.json, detail: '', facts: {}, request: '' };
  assert.doesNotMatch(JSON.stringify(told), fromInside, what);
}

test('no body, query or address makes the server fail', async () => {
  await using world = await apiWorld();
  const token = await world.token('admin');
  for (const [name, operation] of operations) {
    const { method, example, body } = operation;
    const takesBody = method !== 'GET' && !body.safeParse(undefined).success;
    const asked = fc.record({
      params: fc.record(
        Object.fromEntries(
          Object.entries(example.params as object).map(([key, one]) => [
            key,
            fc.oneof({ arbitrary: fc.constant(String(one)), weight: 3 }, nasty),
          ]),
        ),
      ),
      query: fc.dictionary(fc.oneof(fc.constantFrom('limit', 'after', 'policy', 'state'), nasty), nasty, {
        maxKeys: 2,
      }),
      body: takesBody ? fc.oneof(nearly(example.body), anything) : fc.constant(undefined),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ params, query, body: sent }) => {
        const wellFormed = Object.fromEntries(
          Object.entries(params).map(([key, one]) => [key, String(one).toWellFormed() || '-']),
        );
        const bare = { path: operation.path, example: { params: wellFormed, query: {} } };
        const search = new URLSearchParams(query as Record<string, string>).toString();
        const path = `${pathOf(bare)}${search === '' ? '' : `?${search}`}`.slice(0, 12_000);
        const answer = await world.call(method, path, {
          token,
          headers: { 'x-holdfast-intent': '1' },
          ...(sent === undefined ? {} : { body: sent }),
        });
        requireDecent(answer, `${name} ${path.slice(0, 200)} ${JSON.stringify(sent)?.slice(0, 300)}`);
      }),
      { numRuns: rounds },
    );
  }
  assert.deepEqual(
    world.context.logged.filter((line) => line.startsWith('a call failed')),
    [],
  );
});

test('headers with strange values make nobody fail', async () => {
  await using world = await apiWorld();
  const token = await world.token('admin');
  const names = [
    'if-match',
    'if-none-match',
    'idempotency-key',
    'holdfast-approval',
    'last-event-id',
    'cookie',
    'origin',
    'accept',
    'user-agent',
    'x-forwarded-for',
    'range',
    'expect',
    'accept-encoding',
  ];
  const value = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((n) => String.fromCharCode(n)),
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names.filter((one) => one !== 'expect')),
      value,
      async (name, text) => {
        const answer = await world.call('POST', '/api/v1/policies/school/runs', {
          token,
          headers: { [name]: text },
        });
        requireDecent(answer, `${name}: ${text}`);
      },
    ),
    { numRuns: rounds * 8 },
  );
});

test('what goes wrong inside is told by a number alone, and stands in the log under it', async () => {
  await using world = await apiWorld();
  const secret = 'canary-4f1c9b';
  const broken = await startApi(
    {
      catalog: world.catalog,
      rules: apiSchema.parse({ listen: '127.0.0.1:0' }),
      node: 'n',
      statistics: async () => ({ metrics: {}, policies: {} }),
      metrics: async () => {
        throw new TypeError(`cannot read "${secret}" of /etc/holdfast/password`);
      },
    },
    world.context,
  );
  try {
    const token = await world.token('viewer');
    const { status, text, json, headers } = await call(broken.url, 'GET', '/metrics', { token });
    assert.equal(status, 500);
    assert.ok(!text.includes(secret) && !text.includes('TypeError') && !text.includes('/etc'), text);
    assert.doesNotMatch(text, fromInside);
    assert.equal(json.request, headers['holdfast-request']);
    assert.ok(world.context.logged.some((line) => line.includes(json.request) && line.includes(secret)));
  } finally {
    await broken.close();
  }
});

test('of what does not answer, callers hear no address', () => {
  const failure = new Failure(
    'unavailable',
    'CATALOG_UNREACHABLE',
    'postgres://holdfast@10.1.2.3 does not answer',
    {
      hint: 'Look at 10.1.2.3.',
      facts: { host: '10.1.2.3' },
    },
  );
  const { status, body } = troubleOf(failure, 'r');
  assert.equal(status, 503);
  assert.ok(!JSON.stringify(body).includes('10.1.2.3'));
});
