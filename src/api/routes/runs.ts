// Runs and tasks: looked at, and stopped. What a task has found may name files: its result is for who asked, and for who may see such things anyway.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Unit } from '../../catalog/catalog.ts';
import { policyNamed } from '../../catalog/policies.ts';
import { listTasks, type Task, taskById } from '../../catalog/queue.ts';
import { listProblems, listRuns, runById } from '../../catalog/runs.ts';
import { stopTask, taskToStop } from '../../control/request-cancel.ts';
import { can, type Principal } from '../../identity/access.ts';
import type { Permission } from '../../model/permission.ts';
import { addressOf } from '../contract/operation.ts';
import type { runs } from '../contract/runs.ts';
import type { HandlersOf } from '../handler.ts';
import { logLines } from '../log-lines.ts';
import { policyIdOf, unknown } from '../objects.ts';
import { namesFor, pageShown, present, runShown, taskShown, withinOf } from '../shown.ts';

export const runHandlers: HandlersOf<typeof runs> = {
  listRuns: {
    async steady({ query: { policy, ...query }, sight }, catalog, context) {
      const known = policy === undefined ? undefined : await policyNamed(catalog, policy, context);
      // A name that nobody has is answered like one without runs: this list tells nobody which names exist.
      if (policy !== undefined && known === undefined) return { answer: { items: [] } };
      const only = known === undefined ? {} : { policyId: known.id };
      const found = await listRuns(catalog, { ...present(query), ...only, ...withinOf(sight) }, context);
      const names = await namesFor(found.items, catalog, context);
      return { answer: pageShown(found, (run) => runShown(run, names)) };
    },
  },

  async getRun({ params, tools: { catalog } }, context) {
    const run = await runById(catalog, params.run, context);
    if (run === undefined) throw unknown('RUN_UNKNOWN', `run "${params.run}"`);
    return { answer: runShown(run, await namesFor([run], catalog, context)) };
  },

  async listRunProblems({ params, query, tools: { catalog } }, context) {
    if ((await runById(catalog, params.run, context)) === undefined) {
      throw unknown('RUN_UNKNOWN', `run "${params.run}"`);
    }
    const found = await listProblems(catalog, params.run, present(query), context);
    return { answer: pageShown(found, ({ path, code, message }) => ({ path, code, message })) };
  },

  async readRunLog({ params, query, request, tools }, context) {
    const run = await runById(tools.catalog, params.run, context);
    if (run === undefined) throw unknown('RUN_UNKNOWN', `run "${params.run}"`);
    if (run.node !== tools.node || tools.logs === undefined) {
      throw new Failure('missing', 'LOG_ELSEWHERE', `the log of this run lies on "${run.node}"`, {
        hint: 'Ask there, or look with: holdfast logs --run ID',
      });
    }
    const { level, limit = 200, follow = false } = query;
    const wish = { run: run.id, last: limit, follow, ...(level === undefined ? {} : { level }) };
    const { session, token, address } = request;
    const mayListen = async (within: Context) => {
      const still = await tools.recognition.recognise({ session, token }, address, within);
      if (still === undefined || !can(still.principal, 'log:read', { policy: run.policyId })) return false;
      return (await runById(tools.catalog, run.id, within))?.state === 'running';
    };
    return { answer: '', lines: logLines(tools.logs, wish, mayListen, context) };
  },

  async cancelRun({ params, principal }, unit, context) {
    const run = await runById(unit, params.run, context);
    if (run === undefined) throw unknown('RUN_UNKNOWN', `run "${params.run}"`);
    return canceling(unit, await taskToStop(unit, run, context), principal, context);
  },

  listTasks: {
    async steady({ query, sight }, catalog, context) {
      const only = sight.all ? {} : { policies: sight.policies };
      const found = await listTasks(catalog, { ...present(query), ...only }, context);
      const policies = found.items.map(({ payload }) => ({ policyId: policyIdOf(payload) }));
      const names = await namesFor(policies, catalog, context);
      return { answer: pageShown(found, (task) => taskShown(task, names, false)) };
    },
  },

  async getTask({ params, principal, tools: { catalog } }, context) {
    const task = await taskById(catalog, params.task, context);
    if (task === undefined) throw unknown('TASK_UNKNOWN', `task "${params.task}"`);
    const names = await namesFor([{ policyId: policyIdOf(task.payload) }], catalog, context);
    return { answer: taskShown(task, names, mayResult(principal, task)) };
  },

  async cancelTask({ params, principal }, unit, context) {
    const task = await taskById(unit, params.task, context);
    if (task === undefined) throw unknown('TASK_UNKNOWN', `task "${params.task}"`);
    return canceling(unit, task, principal, context);
  },
};

async function canceling(unit: Unit, task: Task, { actor }: Principal, context: Context) {
  const state = await stopTask(unit, task, actor, context);
  const look = addressOf('/api/v1/tasks/{task}', { task: task.id });
  return { answer: { task: task.id, state, look }, location: look, facts: { kind: task.kind, state } };
}

/**
 * Which kinds tell names of files, what lies in a repository, how its place is guarded, who can unlock it, or how far the catalog is to be
 * believed.
 */
const needs: Readonly<Record<string, Permission>> = {
  'audit-verify': 'audit:read',
  browse: 'recovery-point:browse',
  'catalog-check': 'configuration:read',
  download: 'recovery-point:download',
  restore: 'recovery-point:restore',
  list: 'repository:check',
  posture: 'repository:check',
  repair: 'repository:check',
  slots: 'key:read',
  stats: 'repository:check',
  'storage-test': 'repository:check',
};

function mayResult(principal: Principal, { kind, payload }: Task): boolean {
  const hasAsked = (payload as { actor?: unknown } | null)?.actor === principal.actor;
  return hasAsked || can(principal, needs[kind] ?? 'run:read', { policy: policyIdOf(payload) });
}
