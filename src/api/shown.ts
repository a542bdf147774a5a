// What the catalog remembers, as the contract shows it: times in words of ISO 8601, policies by their names.

import type { z } from 'zod';
import type { Context, Instant } from '../base/context.ts';
import type { Alert } from '../catalog/alerts.ts';
import type { Catalog, Unit } from '../catalog/catalog.ts';
import { policyNames } from '../catalog/changes.ts';
import type { LoginSession } from '../catalog/login-sessions.ts';
import type { Policy } from '../catalog/policies.ts';
import type { Task } from '../catalog/queue.ts';
import type { RecoveryPoint } from '../catalog/recovery-points.ts';
import type { Run } from '../catalog/runs.ts';
import type { Token } from '../catalog/tokens.ts';
import type { Sight } from '../identity/access.ts';
import type { session, token } from './contract/account.ts';
import type { alert } from './contract/alerts.ts';
import { addressOf } from './contract/operation.ts';
import type { policy } from './contract/policies.ts';
import type { recoveryPoint } from './contract/recovery-points.ts';
import type { run, task } from './contract/runs.ts';
import { policyIdOf } from './objects.ts';

type Names = ReadonlyMap<string, string>;

export function iso(at: Instant): string {
  return new Date(at).toISOString();
}

/** Without what is undefined, as closed objects want it. */
export function present<Value extends object>(
  value: Value,
): {
  [Key in keyof Value as undefined extends Value[Key] ? never : Key]: Value[Key];
} & { [Key in keyof Value as undefined extends Value[Key] ? Key : never]?: Exclude<Value[Key], undefined> } {
  const known = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(known) as never;
}

function time(at: Instant | undefined): string | undefined {
  return at === undefined ? undefined : iso(at);
}

/** The filter of a list of the catalog. */
export function withinOf(sight: Sight): {
  readonly within?: { policies: readonly string[]; repositories: readonly string[] };
} {
  return sight.all ? {} : { within: sight };
}

export async function namesFor(
  items: readonly { readonly policyId?: string | undefined }[],
  at: Catalog | Unit,
  context: Context,
): Promise<Names> {
  return policyNames(
    at,
    items.flatMap(({ policyId }) => policyId ?? []),
    context,
  );
}

/** Its page in our words. */
export function pageShown<Item, Shown>(
  { items, next }: { readonly items: readonly Item[]; readonly next?: string },
  show: (item: Item) => Shown,
): { items: Shown[]; next?: string } {
  return { items: items.map(show), ...(next === undefined ? {} : { next }) };
}

export function policyShown(known: Policy): z.input<typeof policy> {
  return present({
    name: known.name,
    id: known.id,
    revision: known.revision,
    enabled: known.enabled,
    rules: known.config as z.input<typeof policy>['rules'],
    createdAt: iso(known.createdAt),
    updatedAt: iso(known.updatedAt),
    lastRun: known.lastRunId,
    lastOutcome: known.lastOutcome,
    lastEndedAt: time(known.lastEndedAt),
    lastSucceededAt: time(known.lastSucceededAt),
  });
}

export function runShown(known: Run, names: Names): z.input<typeof run> {
  return present({
    id: known.id,
    policy: names.get(known.policyId) ?? '',
    dueAt: iso(known.dueAt),
    attempt: known.attempt,
    state: known.state,
    outcome: known.outcome,
    startedAt: iso(known.startedAt),
    endedAt: time(known.endedAt),
    node: known.node,
    counts: known.counts,
    problems: known.problemCount,
    failure: known.failure,
  });
}

export function taskShown(known: Task, names: Names, mayResult: boolean): z.input<typeof task> {
  const policyId = policyIdOf(known.payload);
  return present({
    id: known.id,
    kind: known.kind,
    state: known.state,
    priority: known.priority,
    dueAt: iso(known.dueAt),
    claims: known.claims,
    node: known.node,
    policy: policyId === undefined ? undefined : names.get(policyId),
    canceled:
      known.canceled === undefined ? undefined : { by: known.canceled.actor, at: iso(known.canceled.at) },
    result: mayResult ? (known.result as z.input<typeof task>['result']) : undefined,
  });
}

export function alertShown(known: Alert, names: Names): z.input<typeof alert> {
  const { acknowledged } = known;
  return present({
    id: known.id,
    key: known.key,
    severity: known.severity,
    state: known.state,
    policy: known.policyId === undefined ? undefined : names.get(known.policyId),
    title: known.title,
    facts: known.facts,
    count: known.count,
    firstAt: iso(known.firstAt),
    lastAt: iso(known.lastAt),
    acknowledged:
      acknowledged === undefined ? undefined : { actor: acknowledged.actor, until: iso(acknowledged.until) },
    resolvedAt: time(known.resolvedAt),
  });
}

export function recoveryPointShown(known: RecoveryPoint, names: Names): z.input<typeof recoveryPoint> {
  const { hold } = known;
  return present({
    id: known.id,
    policy: known.policyId === undefined ? undefined : names.get(known.policyId),
    source: known.source,
    takenAt: iso(known.takenAt),
    outcome: known.outcome,
    entries: known.entries,
    bytes: known.bytes,
    keptUntil: time(known.keptUntil),
    hold: hold === undefined ? undefined : { reason: hold.reason, actor: hold.actor, since: iso(hold.since) },
    copies: known.copies.map((copy) =>
      present({
        repository: copy.repository,
        snapshot: copy.snapshot,
        storage: copy.storage,
        arrivedAt: iso(copy.arrivedAt),
        verifiedAt: time(copy.verifiedAt),
        verifiedLevel: copy.verifiedLevel,
        provenAt: time(copy.provenAt),
        lockedUntil: time(copy.lockedUntil),
        removedAt: time(copy.removedAt),
      }),
    ),
  });
}

export function sessionShown(known: LoginSession, own: string | undefined): z.input<typeof session> {
  return present({
    id: known.id,
    proof: known.proof,
    address: known.address,
    agent: known.agent,
    createdAt: iso(known.createdAt),
    seenAt: iso(known.seenAt),
    endsAt: iso(known.endsAt),
    freshUntil: iso(known.freshUntil),
    isThis: known.id === own,
  });
}

export function tokenShown(known: Token): z.input<typeof token> {
  return present({
    id: known.id,
    name: known.name,
    scopes: [...known.scopes],
    isSensitive: known.isSensitive,
    createdAt: iso(known.createdAt),
    expiresAt: iso(known.expiresAt),
    lastUsedAt: time(known.lastUsedAt),
    revokedAt: time(known.revokedAt),
  });
}

/** The answer to what was put into the queue. */
export function acceptedShown({ id, isNew }: { readonly id: string; readonly isNew: boolean }) {
  const look = addressOf('/api/v1/tasks/{task}', { task: id });
  return { answer: { task: id, isNew, look }, location: look };
}
