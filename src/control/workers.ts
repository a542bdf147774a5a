// Tasks at work on this node: as many at a time as the configuration allows. Each ends in one of three ways: completed with its result, given
// back for later, or taken over by another, whose fence then is the only one that counts.

import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import type { JsonValue } from '../base/jcs.ts';
import type { Claim, Task } from '../catalog/queue.ts';
import { keepBeating } from './beats.ts';
import { tellGivenUp } from './given-up.ts';
import type { JobFailure } from './job.ts';
import { failureOf } from './jobs/failure.ts';
import type { Queue } from './queue/queue.ts';
import { endStopped, watchForCancel } from './stopping.ts';
import type { TaskKind, TaskTools } from './task.ts';

export interface WorkersParts {
  readonly queue: Queue;
  readonly tools: TaskTools;
  readonly tasks: Readonly<Record<string, () => Promise<{ readonly task: TaskKind }>>>;
  readonly holdMs: number;
}

const firstWaitMs = 30_000;
const longestWaitMs = 3_600_000;
/** How often a task may kill its process, or be lost otherwise, before it is given up. */
const claimsMax = 1000;

/** What takes seconds and must not wait for hours: so many of them are done beside the others. */
const quickKinds = ['deliver'];
const quickMax = 4;
/** How often it is looked for while there is room for nothing else. */
const quickLookMs = 1000;

export class Workers {
  readonly #parts: WorkersParts;
  readonly #context: Context;
  readonly #running = new Set<Promise<void>>();
  readonly #quick = new Set<Promise<void>>();
  #hasReleased = false;

  constructor(parts: WorkersParts, context: Context) {
    this.#parts = parts;
    this.#context = context;
  }

  /** Claims what there is room for. Returns when it wants to be called again. */
  async round(): Promise<Instant> {
    const { queue, tools, holdMs } = this.#parts;
    const { clock, signal } = this.#context;
    if (!this.#hasReleased) {
      // What this node held before its process died is not held by anybody.
      await queue.releaseAllOf(tools.node, this.#context);
      this.#hasReleased = true;
    }
    const { workers } = await tools.configuration(this.#context);
    while (!signal.aborted) {
      const isFull = this.#running.size >= workers.concurrency;
      if (isFull && this.#quick.size >= quickMax) {
        await Promise.race([...this.#running, ...this.#quick]);
        continue;
      }
      const claim = await queue.claim(tools.node, holdMs, this.#context, isFull ? quickKinds : undefined);
      if (claim === undefined) {
        if (!isFull) break;
        await this.#oneEndsOr(quickLookMs);
        continue;
      }
      const isQuick = quickKinds.includes(claim.task.kind) && this.#quick.size < quickMax;
      const place = isQuick ? this.#quick : this.#running;
      const work = this.#do(claim).finally(() => place.delete(work));
      place.add(work);
    }
    return clock.now();
  }

  async #oneEndsOr(durationMs: number): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([this.#context.signal, over.signal]);
    const slept = this.#context.clock.sleep(durationMs, signal).catch(() => undefined);
    await Promise.race([...this.#running, slept]);
    over.abort();
  }

  /** Waits for what was asked to stop. */
  async close(): Promise<void> {
    await Promise.all([...this.#running, ...this.#quick]);
  }

  async #do(claim: Claim): Promise<void> {
    const { queue, tools, holdMs } = this.#parts;
    const context = this.#context;
    const lost = new AbortController();
    const unhurried: Context = { ...context, signal: new AbortController().signal };
    await using _beats = keepBeating(
      holdMs,
      async (within) => {
        await queue.beat(claim, holdMs, within);
      },
      () => lost.abort(),
      context,
    );
    const canceled = new AbortController();
    await using watch = watchForCancel(claim, tools.catalog, () => canceled.abort(), context);
    const signal = AbortSignal.any([context.signal, lost.signal, canceled.signal]);
    try {
      // Wanted before it was begun again, as after the death of who did it.
      const before = claim.task.canceled?.actor;
      const ended =
        before === undefined ? await this.#end(claim, { ...context, signal }) : { releaseAt: undefined };
      const actor = before ?? watch.canceledBy();
      if (actor !== undefined && 'releaseAt' in ended && !lost.signal.aborted) {
        await endStopped(claim, actor, tools, unhurried);
        return;
      }
      if ('result' in ended) await queue.complete(claim, ended.result, unhurried);
      else await queue.release(claim, ended.releaseAt, unhurried);
    } catch (error) {
      if (isFailure(error, 'conflict', 'TASK_LOST')) return;
      // The claim runs out, and the task is done again: what took effect refuses to do so twice.
      context.log.error(`the end of task "${claim.task.id}" could not be written down`, {
        kind: claim.task.kind,
        node: tools.node,
        code: failureOf(error).code,
      });
    }
  }

  async #end(
    claim: Claim,
    context: Context,
  ): Promise<{ readonly result: JsonValue } | { readonly releaseAt: Instant | undefined }> {
    const { tools, tasks } = this.#parts;
    const { task } = claim;
    try {
      if (task.claims > claimsMax) throw givenUp(task.kind);
      if (!Object.hasOwn(tasks, task.kind)) throw unknownTask(task.kind);
      const { task: kind } = await tasks[task.kind]!();
      return { result: await kind.run(claim, tools, context) };
    } catch (error) {
      const failure = failureOf(error);
      if (this.#context.signal.aborted) return { releaseAt: undefined };
      const isForLater = failure.kind === 'unavailable' || failure.kind === 'canceled';
      this.#context.log.warn(`task "${task.kind}": ${failure.message}`, {
        code: failure.code,
        task: task.id,
        isForLater,
      });
      if (!isForLater) {
        await this.#tell(task, failure);
        return { result: { failure: { ...failure } } };
      }
      const wish = isFailure(error) ? error.facts.retryAt : undefined;
      const waitMs = Math.min(firstWaitMs * 2 ** Math.min(task.claims - 1, 10), longestWaitMs);
      return { releaseAt: typeof wish === 'number' ? wish : this.#context.clock.now() + waitMs };
    }
  }

  /** The task ends all the same where it cannot be told. */
  async #tell(task: Task, failure: JobFailure): Promise<void> {
    try {
      await tellGivenUp(task, failure, this.#parts.tools.catalog, this.#context);
    } catch (error) {
      const { code } = failureOf(error);
      this.#context.log.error(`nobody could be told of the end of task "${task.id}"`, { code });
    }
  }
}

function unknownTask(kind: string): Failure {
  return new Failure('usage', 'UNKNOWN_TASK', `nobody knows how to do a task of kind "${kind}"`, {
    hint: 'Let all nodes run the same version of Holdfast.',
  });
}

function givenUp(kind: string): Failure {
  return new Failure('exhausted', 'TASK_GIVEN_UP', `a task of kind "${kind}" was begun again and again`, {
    hint: 'Look into the log for what stops it, then ask for it again.',
  });
}
