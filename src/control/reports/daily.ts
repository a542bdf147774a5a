// The daily report as data: is everything saved, and is it proven? Everything in it comes from the catalog, but for the room on disks.

import { statfs } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Context, Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { type Alert, listAlerts } from '../../catalog/alerts.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { catalogTime } from '../../catalog/clock.ts';
import { listPolicies, type Policy } from '../../catalog/policies.ts';
import { listRecoveryPoints, type RecoveryPoint } from '../../catalog/recovery-points.ts';
import { severityRank } from '../../model/alerting/routing.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import { rulesOf } from '../tasks/orders.ts';

export const lights = ['green', 'yellow', 'red'] as const;
export type Light = (typeof lights)[number];

export interface DailyReport {
  readonly at: Instant;
  readonly node: string;
  readonly light: Light;
  /** The worst first. */
  readonly policies: readonly PolicyReport[];
  /** Unresolved alerts, the worst first. */
  readonly troubles: readonly Alert[];
  readonly disks: readonly DiskReport[];
  readonly contact?: string;
}

export interface PolicyReport {
  readonly name: string;
  readonly description?: string;
  readonly light: Light;
  /** `new`: set up so short a time ago that nothing had to be there yet. */
  readonly state: 'good' | 'new' | 'incomplete' | 'too-old' | 'paused';
  readonly lastGoodAt?: Instant;
  /** Where the newest is. */
  readonly repositories: readonly string[];
  readonly provenAt?: Instant;
  readonly checkedAt?: Instant;
}

export interface DiskReport {
  readonly repository: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Newer recovery points of a policy that are asked for proofs. */
const pointsMax = 100;
/** Without a proof for so long, "saved" is a belief. */
const provenWithinMs = 100 * 86_400_000;
const alertsMax = 500;

export async function dailyReport(
  catalog: Catalog,
  configuration: Configuration,
  node: string,
  context: Context,
): Promise<DailyReport> {
  const at = await catalogTime(catalog, context);
  const policies: PolicyReport[] = [];
  for (let after: string | undefined; ; ) {
    const wish = { limit: 500, ...(after === undefined ? {} : { after }) };
    const page = await listPolicies(catalog, wish, context);
    for (const policy of page.items) policies.push(await policyReport(catalog, policy, at, context));
    if (page.next === undefined) break;
    after = page.next;
  }
  const troubles: Alert[] = [];
  for (const state of ['open', 'acknowledged'] as const) {
    troubles.push(...(await listAlerts(catalog, { state, limit: alertsMax }, context)).items);
  }
  troubles.sort((a, b) => severityRank[b.severity] - severityRank[a.severity] || a.firstAt - b.firstAt);
  const contact = configuration.alerts.report?.contact ?? configuration.maintenance.owner;
  return {
    at,
    node,
    light: lightOf(policies, troubles),
    policies: policies.toSorted((a, b) => lights.indexOf(b.light) - lights.indexOf(a.light)),
    troubles,
    disks: await diskReports(configuration),
    ...(contact === undefined ? {} : { contact }),
  };
}

function lightOf(policies: readonly PolicyReport[], troubles: readonly Alert[]): Light {
  const active = policies.filter(({ state }) => state !== 'paused');
  const all: Light[] = [
    ...active.map(({ light }) => light),
    ...troubles.map(({ severity }) => lights[severityRank[severity]]!),
    // Where nothing is saved, not all is well.
    active.length === 0 ? 'yellow' : 'green',
  ];
  return all.reduce((a, b) => (lights.indexOf(b) > lights.indexOf(a) ? b : a));
}

async function policyReport(
  catalog: Catalog,
  policy: Policy,
  at: Instant,
  context: Context,
): Promise<PolicyReport> {
  const { items } = await listRecoveryPoints(catalog, { policyId: policy.id, limit: pointsMax }, context);
  const kept = items
    .map((point) => ({ ...point, copies: point.copies.filter(({ removedAt }) => removedAt === undefined) }))
    .filter(({ copies }) => copies.length > 0);
  // A clock that was ahead must not make a point look young for years.
  const newest = kept.toSorted((a, b) => ageFrom(b) - ageFrom(a))[0];
  const provenAt = latest(kept.flatMap(({ copies }) => copies.map((copy) => copy.provenAt)));
  const checkedAt = latest(kept.flatMap(({ copies }) => copies.map((copy) => copy.verifiedAt)));
  const { rpo, description } = rulesIfReadable(policy);
  const state = stateOf(policy, newest, rpo, at);
  const isProven = provenAt !== undefined && at - provenAt <= provenWithinMs;
  const isYoung = at - policy.createdAt <= provenWithinMs;
  return {
    name: policy.name,
    light: lightFor(state, isProven || isYoung),
    state,
    repositories: [...new Set((newest?.copies ?? []).map(({ repository }) => repository))],
    ...(description === undefined ? {} : { description }),
    ...(newest === undefined ? {} : { lastGoodAt: ageFrom(newest) }),
    ...(provenAt === undefined ? {} : { provenAt }),
    ...(checkedAt === undefined ? {} : { checkedAt }),
  };
}

function ageFrom({ takenAt, copies }: Pick<RecoveryPoint, 'takenAt' | 'copies'>): Instant {
  return Math.min(takenAt, ...copies.map(({ arrivedAt }) => arrivedAt));
}

/** A policy that nobody can read is a trouble of its own; the report about the others goes out. */
function rulesIfReadable(policy: Policy): {
  readonly rpo: number;
  readonly description?: string | undefined;
} {
  try {
    return rulesOf(policy);
  } catch (error) {
    if (!isFailure(error, 'usage')) throw error;
    return { rpo: 0 };
  }
}

function lightFor(state: PolicyReport['state'], isProvenEnough: boolean): Light {
  if (state === 'paused') return 'green';
  if (state === 'too-old') return 'red';
  return state === 'good' && isProvenEnough ? 'green' : 'yellow';
}

function stateOf(
  policy: Policy,
  newest: RecoveryPoint | undefined,
  rpo: number,
  at: Instant,
): PolicyReport['state'] {
  if (!policy.enabled) return 'paused';
  if (newest === undefined) return at - policy.createdAt > rpo ? 'too-old' : 'new';
  if (at - ageFrom(newest) > rpo) return 'too-old';
  return newest.outcome === 'partial' ? 'incomplete' : 'good';
}

function latest(times: readonly (Instant | undefined)[]): Instant | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Of repositories in folders of this machine; one that cannot be looked at is left to the health checks. */
async function diskReports({ repositories }: Configuration): Promise<readonly DiskReport[]> {
  const found: DiskReport[] = [];
  for (const [repository, { place }] of Object.entries(repositories)) {
    const folder = folderOf(place);
    if (folder === undefined) continue;
    try {
      const { bavail, blocks, bsize } = await statfs(folder);
      found.push({ repository, freeBytes: bavail * bsize, totalBytes: blocks * bsize });
    } catch {
      // An unmounted disk raises an alert of its own, which stands among the troubles.
    }
  }
  return found;
}

function folderOf(place: string): string | undefined {
  if (place.startsWith('/')) return place;
  if (!place.startsWith('file:///')) return undefined;
  try {
    return fileURLToPath(place);
  } catch {
    return undefined;
  }
}
