// What --json prints is as docs/cli-json.md says: only JSON lines, one end, stable fields.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { failureKinds } from '../../src/base/failure.ts';
import type { Command } from '../../src/cli/command.ts';
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

/** Subcommands with the name of their command before them, each with the actions that may have rows in its place. */
async function allTitles(): Promise<Map<string, readonly string[]>> {
  const titles = new Map<string, readonly string[]>();
  const gather = (command: Command, parent: string): void => {
    const title = `${parent}${command.name}`;
    const [action] = command.arguments ?? [];
    const actions = action?.required === true ? (action.choices ?? []) : [];
    if (command.run !== undefined) titles.set(title, actions);
    for (const child of command.subcommands ?? []) gather(child, `${title} `);
  };
  for (const load of Object.values(commands)) gather(await load(), '');
  return titles;
}

test('every command has one row about its result, and every row a command', async () => {
  const titles = await allTitles();
  // It prints a script for the shell and no result of its own.
  titles.delete('completion');
  const rows = page.split('## `result` by command')[1]!.split('\n');
  const told = rows
    .filter((row) => row.startsWith('| `'))
    .map((row) => row.split('|')[1]!.trim())
    .flatMap((head) => {
      // A verb in one of its ways has a row of its own.
      const isWay = /`[^`]* --|^`[a-z]+` without/.test(head);
      return [...head.matchAll(/`([a-z][^`]*)`/g)].map(([, name = '']) => ({ name, isWay }));
    });
  const whole = told.filter(({ isWay }) => !isWay).map(({ name }) => name);
  const hasRow = ([title, actions]: readonly [string, readonly string[]]): boolean =>
    whole.includes(title) ||
    (actions.length > 0 && actions.every((action) => whole.includes(`${title} ${action}`)));
  assert.deepEqual(
    [...titles].filter((one) => !hasRow(one)),
    [],
    'a command without a row',
  );
  assert.deepEqual(
    whole.filter((name, at) => whole.indexOf(name) !== at),
    [],
    'a command with two rows',
  );
  const isCommand = (name: string): boolean =>
    [...titles.keys()].some((title) => name === title || name.startsWith(`${title} `));
  assert.deepEqual(
    told.filter(({ name }) => !isCommand(name)),
    [],
    'a row about no command',
  );
});

test('every exit code is on the page', () => {
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
