// Which recovery points stay. Decided by the order and time of arrival, which the storage tells, never by the time a
// writer claims: a client can neither push others out by dating its points back nor lose its own by a wrong clock.
//
// Laws, proven in test/property/model-retention.test.ts: applied again to what it kept, a policy keeps all of it; a larger
// policy keeps a superset; held and locked points stay; the newest of each group stays.

import type { Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { addDuration, type Duration, formatDurationText, formatInstantUtc, type ZoneOffset } from './time.ts';

export interface RetentionPoint {
  readonly id: string;
  /** When it arrived, by the storage's clock. */
  readonly at: Instant;
  readonly host: string;
  readonly paths: readonly string[];
  readonly tags: readonly string[];
  /** A person asked that it stays. */
  readonly held?: boolean;
  /** The storage will not delete it before. */
  readonly lockedUntil?: Instant;
}

/**
 * Each keep rule adds to what stays. The two limits work together as one more rule: what is within all limits given stays.
 * Absent and 0 are the same for keep rules; a limit of 0 would keep nothing and is refused.
 */
export interface RetentionPolicy {
  readonly keepLast?: number;
  /** The newest of each of the last n hours, days, ISO weeks, months, years that have one. */
  readonly keepHourly?: number;
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly keepMonthly?: number;
  readonly keepYearly?: number;
  readonly keepWithin?: Duration;
  /** Points with any of these tags. */
  readonly keepTags?: readonly string[];
  /** At most so many in a group. */
  readonly maxBackups?: number;
  /** None older than so many days. */
  readonly retentionDays?: number;
}

export type GroupBy = 'host' | 'paths' | 'tags';

export interface RetentionDecision<Point extends RetentionPoint = RetentionPoint> {
  /** Newest first within each group, groups in the order of their first point. */
  readonly keep: readonly { readonly point: Point; readonly reasons: readonly string[] }[];
  readonly forget: readonly { readonly point: Point; readonly reason: string }[];
}

/**
 * Ages count back from `now` or the newest point of the group, whichever is earlier: neither a clock that runs ahead nor a
 * source that stopped makes its last points vanish. usage/RETENTION_EMPTY, RETENTION_KEEPS_NOTHING, INVALID_RETENTION.
 */
export function applyRetention<Point extends RetentionPoint>(
  points: readonly Point[],
  policy: RetentionPolicy,
  groupBy: readonly GroupBy[],
  now: Instant,
  zoneOffset: ZoneOffset,
): RetentionDecision<Point> {
  checkPolicy(policy);
  const keep: { point: Point; reasons: readonly string[] }[] = [];
  const forget: { point: Point; reason: string }[] = [];
  for (const group of groupPoints(points, groupBy)) {
    const reasons = decide(group, policy, { now, zoneOffset });
    for (const point of group) {
      const found = reasons.get(point) ?? [];
      if (found.length > 0) keep.push({ point, reasons: found });
      else forget.push({ point, reason: `kept by no rule of "${describePolicy(policy)}"` });
    }
  }
  return { keep, forget };
}

/** Throws for a policy that would keep nothing, says nothing, or holds a number that is no count. */
export function checkPolicy(policy: RetentionPolicy): void {
  for (const rule of [...countRules.map(({ key }) => key), 'maxBackups', 'retentionDays'] as const) {
    const value = policy[rule];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
      throw new Failure(
        'usage',
        'INVALID_RETENTION',
        `retention "${rule}" is "${value}", not a whole number from 0`,
        {
          facts: { rule, value },
          hint: 'Give a whole number, such as --keep-daily 7.',
        },
      );
    }
  }
  for (const limit of ['maxBackups', 'retentionDays'] as const) {
    if (policy[limit] !== 0) continue;
    throw new Failure(
      'usage',
      'RETENTION_KEEPS_NOTHING',
      `retention "${limit}" is "0" and would keep nothing`,
      {
        facts: { rule: limit },
        hint: 'Give at least 1; to remove a whole backup on purpose, forget its snapshots by their ids.',
      },
    );
  }
  if (describePolicy(policy) === '') {
    throw new Failure(
      'usage',
      'RETENTION_EMPTY',
      'the retention policy has no rule, so nothing says what to keep',
      {
        hint: 'Give at least one rule, such as --keep-last 10 or --keep-daily 7.',
      },
    );
  }
}

/** The rules that do anything, such as "daily 7, within 30d"; empty when there is none. */
export function describePolicy(policy: RetentionPolicy): string {
  const parts = countRules.flatMap(({ key, name }) => (policy[key] ? [`${name} ${policy[key]}`] : []));
  const within = policy.keepWithin && formatDurationText(policy.keepWithin);
  if (within !== undefined && within !== '0s') parts.push(`within ${within}`);
  if (policy.keepTags?.length) parts.push(`tags ${policy.keepTags.join(' ')}`);
  if (policy.maxBackups) parts.push(`max-backups ${policy.maxBackups}`);
  if (policy.retentionDays) parts.push(`retention-days ${policy.retentionDays}`);
  return parts.join(', ');
}

const dayMs = 86_400_000;

// Hours are counted in UTC, since a clock change shows one local hour twice; weeks begin on Monday (1970-01-01 was a Thursday).
const countRules = [
  { key: 'keepLast', name: 'last', bucket: undefined },
  { key: 'keepHourly', name: 'hourly', bucket: (_wall: number, at: Instant) => Math.floor(at / 3_600_000) },
  { key: 'keepDaily', name: 'daily', bucket: (wall: number) => Math.floor(wall / dayMs) },
  {
    key: 'keepWeekly',
    name: 'weekly',
    bucket: (wall: number) => Math.floor((Math.floor(wall / dayMs) + 3) / 7),
  },
  { key: 'keepMonthly', name: 'monthly', bucket: (wall: number) => monthOf(wall) },
  { key: 'keepYearly', name: 'yearly', bucket: (wall: number) => Math.floor(monthOf(wall) / 12) },
] as const;

function monthOf(wall: number): number {
  const date = new Date(wall);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** `group` newest first. */
function decide<Point extends RetentionPoint>(
  group: readonly Point[],
  policy: RetentionPolicy,
  clock: { readonly now: Instant; readonly zoneOffset: ZoneOffset },
): Map<Point, string[]> {
  const reasons = new Map<Point, string[]>();
  const add = (point: Point, reason: string): void => {
    const found = reasons.get(point);
    if (found === undefined) reasons.set(point, [reason]);
    else found.push(reason);
  };
  for (const { key, name, bucket } of countRules) {
    const seen = new Set<number>();
    for (const [index, point] of group.entries()) {
      const place = bucket?.(point.at + clock.zoneOffset(point.at) * 60_000, point.at) ?? index;
      if (seen.has(place)) continue;
      if (seen.size >= (policy[key] ?? 0)) break;
      seen.add(place);
      add(point, `${name} #${seen.size}`);
    }
  }
  const newest = group[0];
  if (newest === undefined) return reasons;
  addByAge(group, policy, { today: Math.min(clock.now, newest.at), zoneOffset: clock.zoneOffset }, add);
  for (const point of group) {
    const tag = point.tags.find((one) => policy.keepTags?.includes(one));
    if (tag !== undefined) add(point, `tag "${tag}"`);
    if (point.held) add(point, 'held');
    if (point.lockedUntil !== undefined && point.lockedUntil > clock.now) {
      add(point, `locked until ${formatInstantUtc(point.lockedUntil)}`);
    }
  }
  // Whatever the rules say, a source that had a recovery point has one afterwards.
  if (!reasons.has(newest)) add(newest, 'newest of its group');
  return reasons;
}

function addByAge<Point extends RetentionPoint>(
  group: readonly Point[],
  policy: RetentionPolicy,
  clock: { readonly today: Instant; readonly zoneOffset: ZoneOffset },
  add: (point: Point, reason: string) => void,
): void {
  const text = policy.keepWithin === undefined ? '0s' : formatDurationText(policy.keepWithin);
  if (policy.keepWithin !== undefined && text !== '0s') {
    const since = addDuration(clock.today, policy.keepWithin, -1, clock.zoneOffset);
    for (const point of group) if (point.at >= since) add(point, `within ${text}`);
  }
  const { maxBackups, retentionDays } = policy;
  if (maxBackups === undefined && retentionDays === undefined) return;
  const oldest = retentionDays === undefined ? -Infinity : clock.today - retentionDays * dayMs;
  for (const point of group.slice(0, maxBackups)) {
    if (point.at < oldest) break;
    add(
      point,
      retentionDays === undefined
        ? `within max-backups ${maxBackups}`
        : `within retention-days ${retentionDays}`,
    );
  }
}

/** Groups in the order of their first point, each newest first; equal arrivals by id, so that every run decides alike. */
function groupPoints<Point extends RetentionPoint>(
  points: readonly Point[],
  groupBy: readonly GroupBy[],
): Point[][] {
  const groups = new Map<string, Point[]>();
  for (const point of points) {
    const key = JSON.stringify([
      groupBy.includes('host') ? point.host : '',
      groupBy.includes('paths') ? [...new Set(point.paths)].sort() : [],
      groupBy.includes('tags') ? [...new Set(point.tags)].sort() : [],
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [point]);
    else group.push(point);
  }
  for (const group of groups.values()) {
    group.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
  }
  return [...groups.values()];
}
