// Proves on a live queue what queue.ts promises: whichever way tasks reach a worker, each is done by one at a time and by none of those who were
// replaced. It leaves done tasks behind.

import type { Context } from '../../base/context.ts';
import { assert, isFailure } from '../../base/failure.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { addTask, type Claim, taskById } from '../../catalog/queue.ts';
import type { Queue } from './queue.ts';

export interface ConformanceResult {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

export interface ConformanceParts {
  readonly queue: Queue;
  readonly catalog: Catalog;
  /** Lets so much time go by, as the catalog sees it. */
  pass(durationMs: number): Promise<void>;
}

interface Check {
  readonly name: string;
  /** Throws what is wrong. `key` is of this check alone. */
  run(parts: ConformanceParts, key: string, context: Context): Promise<void>;
}

const holdMs = 10_000;

const checks: readonly Check[] = [
  {
    name: 'an empty queue gives nothing',
    async run({ queue }, _key, context) {
      assert((await queue.claim('a', holdMs, context)) === undefined, 'something was claimed');
    },
  },
  {
    name: 'what is added is claimed by one, with what it carries',
    async run(parts, key, context) {
      await add(parts, key, context);
      const claim = await claimed(parts, 'a', context);
      assert(claim.task.key === key && claim.task.kind === 'sample', 'another task came');
      assert(claim.node === 'a' && claim.task.claims === 1, 'the claim says something else');
      assert((await parts.queue.claim('b', holdMs, context)) === undefined, 'it was claimed twice');
      await parts.queue.complete(claim, null, context);
    },
  },
  {
    name: 'what is due later is not claimed before',
    async run(parts, key, context) {
      await add(parts, key, context, context.clock.now() + 2 * holdMs);
      assert((await parts.queue.claim('a', holdMs, context)) === undefined, 'it was claimed too early');
      await parts.pass(2 * holdMs);
      await parts.queue.complete(await claimed(parts, 'a', context), null, context);
    },
  },
  {
    name: 'what is more urgent comes first',
    async run(parts, key, context) {
      for (const priority of [0, 5, -5]) {
        await addTask(
          parts.catalog,
          { kind: 'sample', key: `${key}/${priority}`, payload: null, priority },
          context,
        );
      }
      for (const priority of [5, 0, -5]) {
        const claim = await claimed(parts, 'a', context);
        assert(claim.task.key === `${key}/${priority}`, `"${claim.task.key}" came before its turn`);
        await parts.queue.complete(claim, null, context);
      }
    },
  },
  {
    name: 'one source is not worked on by more than it allows',
    async run(parts, key, context) {
      for (const n of [1, 2]) {
        await addTask(
          parts.catalog,
          { kind: 'sample', key: `${key}/${n}`, payload: null, source: key },
          context,
        );
      }
      const first = await claimed(parts, 'a', context);
      assert((await parts.queue.claim('b', holdMs, context)) === undefined, 'both were claimed');
      await parts.queue.complete(first, null, context);
      await parts.queue.complete(await claimed(parts, 'b', context), null, context);
    },
  },
  {
    name: 'who beats keeps its task, who does not loses it for good',
    async run(parts, key, context) {
      await add(parts, key, context);
      let first = await claimed(parts, 'a', context);
      for (let beat = 0; beat < 3; beat += 1) {
        await parts.pass(holdMs / 2);
        first = await parts.queue.beat(first, holdMs, context);
        assert((await parts.queue.claim('b', holdMs, context)) === undefined, 'it was taken over');
      }
      await parts.pass(holdMs + 1);
      const second = await claimed(parts, 'b', context);
      assert(second.fence > first.fence && second.task.claims === 2, 'the fence did not grow');
      await refused(() => parts.queue.beat(first, holdMs, context));
      await refused(() => parts.queue.complete(first, 'late', context));
      await parts.queue.release(first, undefined, context);
      await parts.queue.complete(second, 'right', context);
      const task = await taskById(parts.catalog, second.task.id, context);
      assert(task?.state === 'done' && task.result === 'right', 'the late one has counted');
    },
  },
  {
    name: 'an end may be told again',
    async run(parts, key, context) {
      await add(parts, key, context);
      const claim = await claimed(parts, 'a', context);
      await parts.queue.complete(claim, 1, context);
      await parts.queue.complete(claim, 1, context);
    },
  },
  {
    name: 'what is given back comes again, at once or at its new time',
    async run(parts, key, context) {
      await add(parts, key, context);
      await parts.queue.release(await claimed(parts, 'a', context), undefined, context);
      const again = await claimed(parts, 'b', context);
      await parts.queue.release(again, context.clock.now() + holdMs, context);
      assert((await parts.queue.claim('a', holdMs, context)) === undefined, 'it came too early');
      await parts.pass(holdMs);
      await parts.queue.complete(await claimed(parts, 'a', context), null, context);
    },
  },
  {
    name: 'what a node held comes again at once after its restart, and nothing of others',
    async run(parts, key, context) {
      await add(parts, `${key}/1`, context);
      await add(parts, `${key}/2`, context);
      const [mine, other] = [await claimed(parts, 'a', context), await claimed(parts, 'b', context)];
      const count = await parts.queue.releaseAllOf('a', context);
      assert(count === 1, `${count} were given back`);
      const again = await claimed(parts, 'a', context);
      assert(again.task.id === mine.task.id, 'that of another node came');
      await parts.queue.complete(again, null, context);
      await parts.queue.complete(other, null, context);
    },
  },
];

/** All checks in turn; one that fails says why, and the others go on. The queue must be empty before. */
export async function checkQueue(
  parts: ConformanceParts,
  context: Context,
): Promise<readonly ConformanceResult[]> {
  const results: ConformanceResult[] = [];
  for (const [position, { name, run }] of checks.entries()) {
    try {
      await run(parts, `conformance/${position}`, context);
      results.push({ name, ok: true });
    } catch (error) {
      results.push({ name, ok: false, detail: error instanceof Error ? error.message : String(error) });
    }
  }
  return results;
}

async function add({ catalog }: ConformanceParts, key: string, context: Context, dueAt?: number) {
  const task = { kind: 'sample', key, payload: { key }, ...(dueAt === undefined ? {} : { dueAt }) };
  await addTask(catalog, task, context);
}

async function claimed({ queue }: ConformanceParts, node: string, context: Context): Promise<Claim> {
  const claim = await queue.claim(node, holdMs, context);
  assert(claim !== undefined, 'nothing was claimed');
  return claim;
}

async function refused(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isFailure(error, 'conflict', 'TASK_LOST')) return;
    throw error;
  }
  assert(false, 'who was replaced was believed');
}
