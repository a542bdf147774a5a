// The page of commands and routes is whole: no command without a line, no line without a route or a reason, no operation unnamed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Operation } from '../../src/api/contract/operation.ts';
import { contract } from '../../src/api/contract.ts';
import type { Command } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/all.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/guides/api-and-commands.md'), 'utf8');
const [withCommands = '', withoutCommands = ''] = page.split('## Only over the API');
const rows = withCommands
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, command = '', routes = '', reason = '']) => ({
    command: command.replaceAll('`', ''),
    routes: routesIn(routes),
    reason,
  }));

function routesIn(text: string): string[] {
  return [...text.matchAll(/`((?:GET|POST|PUT|DELETE) \/[^`]*)`/g)].map(([, route]) => route!);
}

/** Where a command is one of several acts by its first word, each act is a command of its own. */
function leaves({ subcommands, arguments: [first] = [], run }: Command, path: string): string[] {
  const below = (subcommands ?? []).flatMap((one) => leaves(one, `${path} ${one.name}`));
  const acts = (first?.choices ?? []).map((act) => `${path} ${act}`);
  const isNamedByAct = acts.some((act) => rows.some(({ command }) => command === act));
  return [...(run === undefined ? [] : isNamedByAct ? acts : [path]), ...below];
}

const routes = new Set(
  (Object.values(contract) as Operation[]).map(
    ({ method, path }) => `${method} ${path.replace(/^\/api\/v1(?=\/)/, '')}`,
  ),
);

test('every command stands on the page, once, and no other', async () => {
  const all = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => leaves(await load(), name)),
  );
  assert.deepEqual(rows.map(({ command }) => command).sort(), all.flat().sort());
});

test('every command has a route, or a reason why it stays on a machine', () => {
  for (const { command, routes: named, reason } of rows) {
    assert.ok(named.length > 0 || reason.length > 4, command);
    const other = /^as `([a-z -]+)`/.exec(reason)?.[1];
    if (other === undefined) continue;
    const known = rows.find((row) => row.command === other);
    assert.ok(known !== undefined && known.reason !== '' && !known.reason.startsWith('as '), command);
  }
});

test('every route on the page is one of the contract, and each of the contract is on the page', () => {
  const named = new Set([...rows.flatMap((row) => row.routes), ...routesIn(withoutCommands)]);
  assert.deepEqual([...named].sort(), [...routes].sort());
});
