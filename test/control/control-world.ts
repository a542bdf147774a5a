// A control plane for tests: a catalog in a folder, a clock that moves only when told, policies by a few words, and a runner whose jobs end as
// the test says. What is under test is real: scheduler, queue, tasks, catalog.

import { join } from 'node:path';
import type { Context } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import type { JsonValue } from '../../src/base/jcs.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { savePolicy } from '../../src/catalog/policies.ts';
import { type Claim, claimTask, completeTask } from '../../src/catalog/queue.ts';
import { endRun, startRun } from '../../src/catalog/runs.ts';
import type { JobEnd, JobRunner } from '../../src/control/job.ts';
import type { TaskTools } from '../../src/control/task.ts';
import { type ConfigurationInput, configurationSchema } from '../../src/model/configuration/configuration.ts';
import type { PolicyInput } from '../../src/model/configuration/policy.ts';
import { scratch, testContext } from '../world.ts';

/** Thursday, 1 January 2026, midnight UTC. */
export const start = Date.UTC(2026, 0, 1);
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** Moves when told, and wakes those who sleep in the order of their times. */
export class Time {
  now = start;
  #elapsed = 0;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  readonly clock: Context['clock'] = {
    now: () => this.now,
    elapsed: () => this.#elapsed,
    sleep: (durationMs, signal) =>
      new Promise((resolve, reject) => {
        const leave = () => {
          this.#sleepers.delete(sleeper);
          reject(new Failure('canceled', 'CANCELED', 'the wait was canceled'));
        };
        const wake = () => {
          this.#sleepers.delete(sleeper);
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const sleeper = { at: this.#elapsed + durationMs, wake };
        if (signal.aborted) leave();
        else {
          this.#sleepers.add(sleeper);
          signal.addEventListener('abort', leave, { once: true });
        }
      }),
  };

  /** Everybody who would wake meanwhile does, and goes as far as it can. */
  async advance(durationMs: number): Promise<void> {
    const target = this.#elapsed + durationMs;
    await settle();
    for (;;) {
      const next = [...this.#sleepers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > target) break;
      this.#move(Math.max(0, next.at - this.#elapsed));
      next.wake();
      await settle();
    }
    this.#move(target - this.#elapsed);
  }

  /** The wall clock is set; time itself goes on as before. */
  jump(byMs: number): void {
    this.now += byMs;
  }

  #move(durationMs: number): void {
    this.now += durationMs;
    this.#elapsed += durationMs;
  }
}

/** SQLite answers within the turn, so that a few turns are enough for all that can go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export interface World extends AsyncDisposable {
  readonly time: Time;
  readonly catalog: Catalog;
  readonly context: Context;
  readonly folder: string;
  /** One more process at the same catalog. */
  open(): Promise<Catalog>;
  tools(wish?: Partial<TaskTools> & { readonly given?: ConfigurationInput }): TaskTools;
  /** Its id. */
  policy(name: string, rules?: Partial<PolicyInput>): Promise<string>;
}

export async function controlWorld(): Promise<World> {
  const folder = scratch();
  const time = new Time();
  const context: Context = { ...testContext(), clock: time.clock };
  const location = join(folder.path, 'catalog');
  const opened: Catalog[] = [];
  const open = async () => {
    const catalog = await openCatalog({ location }, context);
    opened.push(catalog);
    return catalog;
  };
  const catalog = await open();
  return {
    time,
    catalog,
    context,
    folder: folder.path,
    open,
    tools: ({ given, ...wish } = {}) => ({
      catalog,
      runner: runnerOf(async () => succeeded),
      node: 'a',
      configuration: async () => configurationSchema.parse({ zone: 'UTC', ...given }),
      ...wish,
    }),
    async policy(name, rules = {}) {
      const config = policyConfig(rules);
      return (await savePolicy(catalog, { name, config, enabled: rules.enabled ?? true }, context)).id;
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.close();
      folder[Symbol.dispose]();
    },
  };
}

export function policyConfig(rules: Partial<PolicyInput> = {}): JsonValue {
  return {
    sources: [{ kind: 'files', paths: ['/srv'] }],
    repositories: ['main'],
    schedule: '0 2 * * *',
    retention: 'none',
    ...rules,
  } as JsonValue;
}

export const succeeded: JobEnd = {
  outcome: 'succeeded',
  counts: {},
  result: { points: [], later: [], behind: [] },
};

export function failed(code: string, kind: 'unavailable' | 'denied' | 'missing' = 'unavailable'): JobEnd {
  return { outcome: 'failed', counts: {}, failure: { kind, code, message: 'it broke' }, result: null };
}

export function runnerOf(
  work: (kind: string, order: JsonValue, context: Context) => Promise<JobEnd>,
): JobRunner {
  return { run: (kind, order, _reports, context) => work(kind, order, context) };
}

/** Does what is due, at once and with this outcome. The due times, by the policy's id. */
export async function workAll(
  { catalog, context }: Pick<World, 'catalog' | 'context'>,
  outcome: 'succeeded' | 'failed' = 'succeeded',
  policyIds?: ReadonlySet<string>,
): Promise<{ readonly policyId: string; readonly due: number; readonly claim: Claim }[]> {
  const done: { policyId: string; due: number; claim: Claim }[] = [];
  for (;;) {
    const claim = await claimTask(catalog, { node: 'w', holdMs: hourMs }, context);
    if (claim === undefined) return done;
    const { policyId, due } = claim.task.payload as { policyId: string; due: number };
    if (policyIds?.has(policyId) === false) continue;
    const holding = { kind: 'task', id: claim.task.id, fence: claim.fence } as const;
    if (claim.task.kind === 'backup') {
      const run = await startRun(catalog, { policyId, dueAt: due, node: 'w', holding }, context);
      await endRun(catalog, run, { outcome, counts: {} }, context);
    }
    await completeTask(catalog, claim, null, context);
    done.push({ policyId, due, claim });
  }
}
