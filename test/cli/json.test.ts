// What --json prints is as docs/cli-json.md says: only JSON lines, one end, stable fields.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { failureKinds } from '../../src/base/failure.ts';
import { commands } from '../../src/cli/commands/all.ts';
import { project, World } from './holdfast.ts';

const page = readFileSync(join(project, 'docs/cli-json.md'), 'utf8');

test('every line is one JSON object with a documented type, the last is result or failure, and standard error is silent', () => {
  using world = new World().init();
  mkdirSync(world.path('files'));
  writeFileSync(world.path('files/a'), 'a');
  const runs = [
    world.run(['backup', 'files', '--json']),
    world.run(['snapshots', '--json']),
    world.run(['restore', 'latest', '-t', 'back', '--verify', '--json']),
    world.run(['prune', '--json']),
    world.run(['restore', 'nothing', '-t', 'other', '--json']),
  ];
  for (const { output, errors, events, end, exit } of runs) {
    assert.equal(errors, '');
    assert.equal(output.trimEnd().split('\n').length, events.length);
    for (const { type } of events) assert.match(page, new RegExp(`\`${String(type)}\``));
    assert.ok(end.type === 'result' || end.type === 'failure');
    assert.equal(events.filter(({ type }) => type === 'result' || type === 'failure').length, 1);
    assert.equal(end.exit, exit);
    assert.equal(end.schema, 1);
    assert.equal(end.ok, exit === 0);
  }
});

test('the result of backup, snapshots, restore and prune has only documented fields', () => {
  using world = new World().init();
  mkdirSync(world.path('files'));
  symlinkSync('nowhere', world.path('files/link'));
  for (const words of [
    ['backup', 'files'],
    ['snapshots'],
    ['restore', 'latest', '-t', 'back', '--verify'],
    ['prune'],
  ]) {
    const { end } = world.run([...words, '--json']);
    const row = page.split('\n').find((line) => line.startsWith(`| \`${words[0]}\` |`)) ?? '';
    for (const field of Object.keys(end.result as object)) {
      assert.ok(row.includes(`\`${field}\``), `${words[0]} prints "${field}"`);
    }
  }
});

test('every command and every exit code is on the page', () => {
  for (const name of Object.keys(commands)) {
    if (name !== 'completion') assert.match(page, new RegExp(`\`${name}[\` ]`), name);
  }
  for (const [kind, { exit }] of Object.entries(failureKinds)) {
    assert.ok(page.includes(`\`${kind}\` ${exit}`), `${kind} ${exit}`);
  }
});

test('milliseconds are whole', () => {
  using world = new World().init();
  mkdirSync(world.path('files'));
  const { durationMs } = world.run(['backup', 'files', '--json']).end.result as { durationMs: number };
  assert.ok(Number.isInteger(durationMs));
});
