// Jobs and tasks on real repositories in memory: openers that know them by their place, and a runner that does the job in this process.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Context } from '../../src/base/context.ts';
import { Failure } from '../../src/base/failure.ts';
import { policyNamed } from '../../src/catalog/policies.ts';
import { addTask, type Claim, claimTask, completeTask } from '../../src/catalog/queue.ts';
import type { JobRunner, JobTools, Openers } from '../../src/control/job.ts';
import { executeJob } from '../../src/control/jobs/execute.ts';
import type { TaskKind, TaskTools } from '../../src/control/task.ts';
import { tasks } from '../../src/control/tasks/all.ts';
import { backupTask } from '../../src/control/tasks/orders.ts';
import type { ConfigurationInput } from '../../src/model/configuration/configuration.ts';
import type { Repository } from '../../src/repository/repository.ts';
import files from '../../src/sources/files/kind.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { create, open } from '../world.ts';
import { hourMs, type World } from './control-world.ts';

export interface JobWorld {
  readonly storages: ReadonlyMap<string, MemoryStorage>;
  /** Places that do not answer. */
  readonly away: Set<string>;
  readonly tools: Omit<JobTools, 'mayGo'>;
  readonly runner: JobRunner;
  readonly given: ConfigurationInput;
  taskTools(): TaskTools;
  openRepository(name: string): Promise<Repository>;
}

/** With repositories of these names, empty. */
export async function jobWorld(world: World, names: readonly string[]): Promise<JobWorld> {
  const { context, folder } = world;
  const storages = new Map(names.map((name) => [name, new MemoryStorage()]));
  const away = new Set<string>();
  let opened = 0;
  for (const [name, storage] of storages) await create(storage, join(folder, `state-${name}`), context);
  const openRepository = async (name: string, within: Context = context) => {
    if (away.has(name)) {
      throw new Failure('unavailable', 'STORAGE_AWAY', `the storage "${name}" does not answer`);
    }
    opened += 1;
    return open(storages.get(name)!, join(folder, `state-${name}`), `job-${opened}`, within);
  };
  const openers: Openers = {
    repository: ({ place }, _purpose, within) => openRepository(place, within),
    storage: async ({ place }) => storages.get(place)!,
    source: async (rules, _skip, within) => {
      assert.ok('paths' in rules);
      const paths = rules.paths.map((path) => Buffer.from(path).toString('latin1'));
      const source = files.open({ paths } as never, within);
      return { source, paths, spec: { kind: 'files', config: { paths } } };
    },
    channel: async () => {
      throw new Error('no job of these sends anything');
    },
  };
  const tools: Omit<JobTools, 'mayGo'> = {
    openers,
    host: 'test',
    user: 'tester',
    tool: 'test',
    compression: () => ({ compression: { comp: 1, level: 1 }, autoLevel: false }),
  };
  const runner: JobRunner = {
    run: (kind, order, reports, within) => executeJob(kind, JSON.stringify(order), tools, reports, within),
  };
  const repositories = Object.fromEntries(
    names.map((name) => [name, { place: name, unlock: { password: 'file:/password' } }]),
  );
  const given: ConfigurationInput = { repositories, api: { restoreRoots: [folder] } };
  return {
    storages,
    away,
    tools,
    runner,
    given,
    taskTools: () => world.tools({ given, runner }),
    openRepository: (name) => openRepository(name),
  };
}

/** Adds a run of the policy that is due now, and claims it. */
export async function claimRun({ catalog, context, time }: World, name: string): Promise<Claim> {
  const policy = (await policyNamed(catalog, name, context))!;
  const payload = { policyId: policy.id, due: time.now, missed: 0 };
  await addTask(catalog, backupTask(policy, payload), context);
  return (await claimTask(catalog, { node: 'a', holdMs: hourMs, kinds: ['backup'] }, context))!;
}

/** Claims the next task of this kind and does it to its end. */
export async function doNext(world: World, kind: string, tools: TaskTools) {
  const { catalog, context } = world;
  const claim = (await claimTask(catalog, { node: 'a', holdMs: hourMs, kinds: [kind] }, context))!;
  return doClaim(world, claim, tools);
}

export async function doClaim({ catalog, context }: World, claim: Claim, tools: TaskTools) {
  const { task }: { readonly task: TaskKind } = await tasks[claim.task.kind]!();
  const result = await task.run(claim, tools, context);
  await completeTask(catalog, claim, result, context);
  return result as { readonly [field: string]: unknown };
}
