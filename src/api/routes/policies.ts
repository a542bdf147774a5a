// Policies: looked at, made, changed, run. What is wrong with one is said here; when it runs is decided by the scheduler.

import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { requireNoBrake } from '../../catalog/brake.ts';
import { checkPolicyInput, currentConfiguration } from '../../catalog/configurations.ts';
import { deletePolicy, listPolicies, policyNamed, savePolicy } from '../../catalog/policies.ts';
import { addTask } from '../../catalog/queue.ts';
import { zoneOf } from '../../control/alerts/telling.ts';
import { explainNext } from '../../control/explain-next.ts';
import { backupTask, retentionTask, rulesOf } from '../../control/tasks/orders.ts';
import { can } from '../../identity/access.ts';
import type { PolicyRules } from '../../model/configuration/policy.ts';
import { shorteningOf } from '../../model/configuration/shortening.ts';
import { explainSchedule } from '../../model/schedule/explain.ts';
import { parseSchedule } from '../../model/schedule/parse.ts';
import { createTimetable, upcoming } from '../../model/schedule/timetable.ts';
import { createZone } from '../../model/schedule/zone.ts';
import { utc } from '../../model/time.ts';
import type { policies } from '../contract/policies.ts';
import type { HandlersOf } from '../handler.ts';
import { unknown } from '../objects.ts';
import { requireNoNewSecrets } from '../secret-sources.ts';
import { acceptedShown, iso, pageShown, policyShown, present, withinOf } from '../shown.ts';

/** Asked for by a person: before what is due by schedule. */
const askedPriority = 1000;

export const policyHandlers: HandlersOf<typeof policies> = {
  listPolicies: {
    async steady({ query, sight }, catalog, context) {
      const found = await listPolicies(catalog, { ...present(query), ...withinOf(sight) }, context);
      return { answer: pageShown(found, policyShown) };
    },
  },

  async getPolicy({ params, tools }, context) {
    const policy = await policyNamed(tools.catalog, params.policy, context);
    if (policy === undefined) throw unknownPolicy(params.policy);
    return { answer: policyShown(policy), etag: etagOf(policy.revision) };
  },

  async putPolicy(
    { params: { policy: name }, body, sent, revision, principal, secondPerson },
    unit,
    context,
  ) {
    const known = await policyNamed(unit, name, context);
    const before = known === undefined ? undefined : rulesOf(known);
    requireNoNewSecrets(before?.sources ?? [], body.sources, name);
    const shorter = before === undefined ? undefined : keepsLess(before, body, name, context);
    if (shorter !== undefined) {
      // The next retention does what pruning would do, so it asks for as much.
      const needs = shorter.locksLess ? 'repository:shorten-lock' : 'repository:prune';
      if (!(can(principal, needs) && principal.isFresh)) throw shortened(name, shorter.locksLess);
      await secondPerson(needs, unit, context);
    }
    if (revision !== undefined && revision !== (known?.revision ?? 0)) throw changedSince(name);
    const wish = await checkPolicyInput(unit, name, sent, context);
    try {
      const saved = await savePolicy(unit, { ...wish, origin: 'api' }, context, revision);
      const policy = await policyNamed(unit, name, context);
      if (policy === undefined) throw unknownPolicy(name);
      return {
        answer: policyShown(policy),
        etag: etagOf(saved.revision),
        facts: {
          revision: saved.revision,
          changed: saved.changed,
          keepsLess: shorter !== undefined,
          shortensLock: shorter?.locksLess === true,
        },
      };
    } catch (error) {
      throw isFailure(error, 'conflict', 'POLICY_CHANGED') ? changedSince(name) : error;
    }
  },

  async deletePolicy({ params: { policy: name }, revision }, unit, context) {
    const known = await policyNamed(unit, name, context);
    if (known === undefined) throw unknownPolicy(name);
    if (revision !== undefined && revision !== known.revision) throw changedSince(name);
    await deletePolicy(unit, name, context);
    return { answer: undefined, facts: { revision: known.revision } };
  },

  async runPolicy({ params: { policy: name }, principal }, unit, context) {
    const policy = await policyNamed(unit, name, context);
    if (policy === undefined) throw unknownPolicy(name);
    if (!policy.enabled) {
      throw new Failure('conflict', 'POLICY_DISABLED', `the policy "${name}" is switched off`, {
        hint: 'Enable it first.',
      });
    }
    const due = context.clock.now();
    const payload = { policyId: policy.id, due, missed: 0, actor: principal.actor };
    const task = { ...backupTask(policy, payload, askedPriority), dueAt: due };
    return { ...acceptedShown(await addTask(unit, task, context)), facts: { due } };
  },

  async previewRetention({ params: { policy: name }, principal }, unit, context) {
    const policy = await policyNamed(unit, name, context);
    if (policy === undefined) throw unknownPolicy(name);
    const due = context.clock.now();
    const payload = { policyId: policy.id, due, dryRun: true, actor: principal.actor };
    const task = retentionTask(policy.id, payload);
    // Somebody waits for it, and it must not stand for the real one.
    const preview = { ...task, key: `${task.key}/preview`, priority: askedPriority };
    return acceptedShown(await addTask(unit, preview, context));
  },

  async applyRetention({ params: { policy: name }, principal }, unit, context) {
    const policy = await policyNamed(unit, name, context);
    if (policy === undefined) throw unknownPolicy(name);
    await requireNoBrake(unit, context);
    const due = context.clock.now();
    const payload = { policyId: policy.id, due, dryRun: false, actor: principal.actor };
    const task = { ...retentionTask(policy.id, payload), priority: askedPriority };
    return acceptedShown(await addTask(unit, task, context));
  },

  async getNextRuns({ params: { policy: name }, query, tools: { catalog } }, context) {
    const policy = await policyNamed(catalog, name, context);
    if (policy === undefined) throw unknownPolicy(name);
    const { zone } = await currentConfiguration(catalog, context);
    const next = await explainNext(catalog, policy, zone, context);
    const isTimed = !['manual', 'adaptive'].includes(next.schedule) && next.state !== 'off';
    const timetable = () =>
      createTimetable(parseSchedule(next.schedule), createZone(next.zone), policy.createdAt);
    const times = isTimed ? upcoming(timetable(), context.clock.now(), query.count ?? 5) : [];
    const { due, startAt, because } = next;
    return {
      answer: present({
        state: next.state,
        schedule: next.schedule,
        zone: next.zone,
        due: due === undefined ? undefined : iso(due),
        startAt: startAt === undefined ? undefined : iso(startAt),
        missed: next.missed,
        waitsFor: next.waitsFor,
        because: because?.map(({ rule, intervalMs }) => ({ rule, intervalMs: Math.round(intervalMs) })),
        times: times.map(iso),
      }),
    };
  },

  async explainSchedule({ query, tools: { catalog } }, context) {
    const schedule = parseSchedule(query.schedule);
    const named = query.zone === undefined ? await currentConfiguration(catalog, context) : query;
    const zone = zoneOf(named);
    const after = query.after === undefined ? context.clock.now() : Date.parse(query.after);
    const { next, ...said } = explainSchedule(schedule, { zone, after, count: query.count ?? 5 });
    const times = next.map(({ at, note }) => present({ at: iso(at), note }));
    return { answer: present({ ...said, zone: zone.name, next: times }) };
  },
};

/** Looked at by the rules alone: whether there is anything yet that would go does not matter. */
function keepsLess(before: PolicyRules, after: PolicyRules, name: string, context: Context) {
  return shorteningOf(name, { before, after }, [], { now: context.clock.now(), zoneOffset: utc });
}

function shortened(name: string, locksLess: boolean): Failure {
  return locksLess
    ? new Failure('denied', 'LOCK_SHORTENED', `the lock of "${name}" would become shorter`, {
        hint: 'Only an administrator shortens a lock, with a fresh proof of who they are.',
      })
    : new Failure('denied', 'RETENTION_SHORTENED', `"${name}" would keep less than before`, {
        hint: 'Only an administrator lets less be kept, with a fresh proof of who they are.',
      });
}

function etagOf(revision: number): string {
  return `"${revision}"`;
}

function unknownPolicy(name: string): Failure {
  return unknown('POLICY_UNKNOWN', `policy "${name}"`);
}

/** The conflict in the words of HTTP, where the caller has named a revision. */
function changedSince(name: string): Failure {
  return new Failure('conflict', 'PRECONDITION_FAILED', `the policy "${name}" has another revision by now`, {
    hint: 'Look at it again, then repeat the change with its new ETag.',
  });
}
