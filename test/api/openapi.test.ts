// The description for other programs: of the whole contract, sound in itself, and the same as the file in docs.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeOpenApi } from '../../scripts/make-openapi.ts';
import type { Operation } from '../../src/api/contract/operation.ts';
import { contract } from '../../src/api/contract.ts';
import { openApi } from '../../src/api/openapi.ts';

const operations = Object.entries(contract) as [string, Operation][];

// biome-ignore lint/suspicious/noExplicitAny: looked into all over.
const described = openApi() as any;

test('docs/openapi.json is what the contract says', () => {
  const file = readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8');
  assert.equal(file, makeOpenApi(), 'run scripts/make-openapi.ts');
});

test('every operation is described, and nothing else', () => {
  const found = Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(found.sort(), operations.map(([, { method, path }]) => `${method} ${path}`).sort());
});

test('parameters of paths are required, and have the name that stands there', () => {
  for (const [name, { method, path }] of operations) {
    const one = described.paths[path][method.toLowerCase()];
    assert.equal(one.operationId, name);
    const inPath = one.parameters.filter((parameter: { in: string }) => parameter.in === 'path');
    assert.deepEqual(
      inPath.map((parameter: { name: string }) => parameter.name).sort(),
      [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter).sort(),
    );
    for (const parameter of inPath) assert.equal(parameter.required, true);
  }
});

test('objects that go in and come out are closed', () => {
  const open: string[] = [];
  const visit = (schema: unknown, where: string) => {
    if (Array.isArray(schema)) {
      for (const [i, one] of schema.entries()) visit(one, `${where}/${i}`);
      return;
    }
    if (schema === null || typeof schema !== 'object') return;
    const { type, properties, additionalProperties } = schema as Record<string, unknown>;
    if (type === 'object' && properties !== undefined && additionalProperties !== false) open.push(where);
    for (const [key, one] of Object.entries(schema)) {
      if (key !== 'example' && key !== 'examples') visit(one, `${where}/${key}`);
    }
  };
  for (const [name, { method, path }] of operations) {
    const { requestBody, responses } = described.paths[path][method.toLowerCase()];
    visit(requestBody, `${name}/body`);
    visit(responses, `${name}/answer`);
  }
  assert.deepEqual(open, []);
});

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(described).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to!);
  for (const to of references) {
    assert.ok(to.startsWith('#/'), to);
    const end = to
      .slice(2)
      .split('/')
      .reduce((at, key) => at?.[key], described);
    assert.ok(end !== undefined, to);
  }
});

test('public operations ask for no login, all others do', () => {
  for (const [name, { method, path, permission }] of operations) {
    const { security } = described.paths[path][method.toLowerCase()];
    assert.equal(security.length === 0, permission === 'public', name);
  }
});
