// Whether a change of a policy would let go what it keeps today, and how much of what is there.

import type { Instant } from '../../base/context.ts';
import { applyRetention, type RetentionPoint } from '../retention.ts';
import type { ZoneOffset } from '../time.ts';
import { utc } from '../time.ts';
import { type PolicyRules, retentionOf } from './policy.ts';

export interface Shortening {
  readonly policy: string;
  /** Of the recovery points that are there. */
  readonly lost: number;
  readonly of: number;
  readonly locksLess: boolean;
}

/** Undefined where nothing would be kept shorter. */
export function shorteningOf(
  policy: string,
  change: { readonly before: PolicyRules; readonly after: PolicyRules },
  there: readonly RetentionPoint[],
  clock: { readonly now: Instant; readonly zoneOffset: ZoneOffset },
): Shortening | undefined {
  const { before, after } = change;
  const locksLess = (before.lock ?? 0) > (after.lock ?? 0);
  const { now, zoneOffset } = clock;
  const isShorter = lost(longHistory(now), change, now, utc) > 0;
  if (!isShorter && !locksLess) return undefined;
  return { policy, lost: lost(there, change, now, zoneOffset), of: there.length, locksLess };
}

function lost(
  points: readonly RetentionPoint[],
  { before, after }: { readonly before: PolicyRules; readonly after: PolicyRules },
  now: Instant,
  zoneOffset: ZoneOffset,
): number {
  const kept = keptOf(points, after, now, zoneOffset);
  return [...keptOf(points, before, now, zoneOffset)].filter((id) => !kept.has(id)).length;
}

function keptOf(
  points: readonly RetentionPoint[],
  policy: PolicyRules,
  now: Instant,
  zoneOffset: ZoneOffset,
): Set<string> {
  const rules = retentionOf(policy);
  if (rules === undefined) return new Set(points.map(({ id }) => id));
  const { keep } = applyRetention(points, rules, ['host', 'paths'], now, zoneOffset);
  return new Set(keep.map(({ point }) => point.id));
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Dense enough that any two policies that differ in what they keep differ here: each hour, day, week and month as far as people keep them. */
function longHistory(now: Instant): RetentionPoint[] {
  const ages = new Set<number>();
  for (let i = 0; i < 24 * 8; i++) ages.add(i * hourMs);
  for (let i = 0; i < 800; i++) ages.add(i * dayMs);
  for (let i = 0; i < 550; i++) ages.add(i * 7 * dayMs);
  for (let i = 0; i < 400; i++) ages.add(i * 28 * dayMs);
  return [...ages].map((age) => ({ id: String(age), at: now - age, host: '', paths: [], tags: [] }));
}
