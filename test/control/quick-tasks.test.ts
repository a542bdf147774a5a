// What takes seconds does not wait behind what takes hours.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { addTask, countTasks, listTasks } from '../../src/catalog/queue.ts';
import { kind as embedded } from '../../src/control/queue/embedded.ts';
import type { TaskKind, TaskTools } from '../../src/control/task.ts';
import { Workers } from '../../src/control/workers.ts';
import { configurationSchema } from '../../src/model/configuration/configuration.ts';
import { sqlitePlace } from '../catalog/catalog-world.ts';

test('messages go out while every worker is busy with a backup, a few at a time', async () => {
  await using place = await sqlitePlace();
  const { catalog, context } = await place.open();
  await using queue = await embedded.open(catalog, context);
  const configuration = configurationSchema.parse({ workers: { concurrency: 1 } });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const task: TaskKind = {
    run: ({ task: { key } }) =>
      new Promise((resolve) => {
        begun.push(key);
        ends.set(key, () => resolve(null));
      }),
  };
  const tasks = { backup: async () => ({ task }), deliver: async () => ({ task }) };
  const tools = { catalog, node: 'n', configuration: async () => configuration } as unknown as TaskTools;
  // Beats are not looked at here: their sleep ends with the work. A look for more is a turn of the loop away.
  const still: Context = {
    ...context,
    clock: { ...context.clock, sleep: (ms, signal) => (ms > 1000 ? once(signal) : turn()) },
  };
  const workers = new Workers({ queue, tools, tasks, holdMs: 60_000 }, still);
  const add = (kind: string, key: string, priority: number) =>
    addTask(catalog, { kind, key, payload: null, priority }, context);
  await add('backup', 'b1', 0);
  const first = workers.round();
  await until(() => begun.length === 1);
  await add('backup', 'b2', 0);
  for (const key of ['m1', 'm2', 'm3', 'm4']) await add('deliver', key, 1000);
  await until(() => begun.length === 5);
  assert.deepEqual(begun, ['b1', 'm1', 'm2', 'm3', 'm4']);
  for (const key of ['m1', 'm2', 'm3', 'm4']) ends.get(key)!();
  await until(async () => (await countTasks(catalog, context)).claimed === 1);
  assert.equal(begun.length, 5, 'the second backup waits for the first');
  ends.get('b1')!();
  await until(() => begun.length === 6);
  assert.equal(begun[5], 'b2');
  ends.get('b2')!();
  await first;
  await workers.close();
  const { items } = await listTasks(catalog, { limit: 10 }, context);
  assert.ok(items.every(({ state }) => state === 'done'));
});

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Turns of the loop, not time. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turns = 0; turns < 10_000; turns++) {
    if (await holds()) return;
    await turn();
  }
  assert.fail('it never happened');
}
