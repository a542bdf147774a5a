// The recurring work that keeps backups worth something: what is to be done, how often, and what counts as done. The program does or witnesses
// what it can; the rest a person does and says so.

import type { Instant } from '../../base/context.ts';
import type { Zone } from '../schedule/zone.ts';

export const rhythms = [
  'daily',
  'weekly',
  'monthly',
  'quarterly',
  'half-yearly',
  'yearly',
  'after-update',
] as const;
export type Rhythm = (typeof rhythms)[number];

/** What the program itself can witness; "person": somebody has to say so. */
export type Witness =
  /** The last run of every enabled policy succeeded, and it ended within the period. */
  | 'runs-succeeded'
  /** Every copy that is not older than the period was read and compared within it. */
  | 'copies-verified'
  /** At least one copy was restored and proven. */
  | 'one-restored'
  /** A copy of every enabled policy was restored and proven. */
  | 'all-restored'
  /** A key was rotated. */
  | 'keys-rotated'
  | 'person';

export interface MaintenanceTask {
  readonly name: string;
  readonly rhythm: Rhythm;
  readonly witness: Witness;
}

/** In the order of their rhythm. What each one is in words stands with the texts, by its name. */
export const maintenancePlan: readonly MaintenanceTask[] = [
  { name: 'check-job-logs', rhythm: 'daily', witness: 'runs-succeeded' },
  { name: 'test-restore', rhythm: 'weekly', witness: 'one-restored' },
  { name: 'verify-backups', rhythm: 'weekly', witness: 'copies-verified' },
  { name: 'review-access', rhythm: 'monthly', witness: 'person' },
  { name: 'rotate-keys', rhythm: 'monthly', witness: 'keys-rotated' },
  { name: 'install-updates', rhythm: 'monthly', witness: 'person' },
  { name: 'audit-security', rhythm: 'quarterly', witness: 'person' },
  { name: 'restore-everything', rhythm: 'half-yearly', witness: 'all-restored' },
  { name: 'rehearse-disaster', rhythm: 'yearly', witness: 'person' },
  { name: 'check-after-update', rhythm: 'after-update', witness: 'runs-succeeded' },
];

export interface Stretch {
  readonly from: Instant;
  /** The first moment after it: what is not done by then is overdue. */
  readonly to: Instant;
}

/** A week after an update its task is overdue. */
const afterUpdateMs = 7 * 86_400_000;
const dayMs = 86_400_000;

/** The calendar's day, week (from Monday), month, … of the zone that holds `at`; after an update, the week from it on. */
export function periodOf(rhythm: Rhythm, at: Instant, zone: Zone, updatedAt: Instant): Stretch {
  if (rhythm === 'after-update') return { from: updatedAt, to: updatedAt + afterUpdateMs };
  const wall = new Date(at + zone.offsetAt(at));
  const [year, month, day] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate()];
  const between = (from: number, to: number): Stretch => ({
    from: zone.resolve(from).at,
    to: zone.resolve(to).at,
  });
  const months = (count: number): Stretch => {
    const first = month - (month % count);
    return between(Date.UTC(year, first, 1), Date.UTC(year, first + count, 1));
  };
  switch (rhythm) {
    case 'daily':
      return between(Date.UTC(year, month, day), Date.UTC(year, month, day + 1));
    case 'weekly': {
      const monday = Date.UTC(year, month, day) - ((wall.getUTCDay() + 6) % 7) * dayMs;
      return between(monday, monday + 7 * dayMs);
    }
    case 'monthly':
      return months(1);
    case 'quarterly':
      return months(3);
    case 'half-yearly':
      return months(6);
    case 'yearly':
      return months(12);
  }
}

export type MaintenanceState =
  | 'done'
  /** Of this period not done yet, and the one before was. */
  | 'due'
  /** The period before went by without it. */
  | 'overdue'
  /** Left out by the configuration, with a reason. */
  | 'unwanted';

/** `since`: when the plan began to hold here; what was to be done before it is nobody's debt. `doneAt`: each time it was done, in any order. */
export function stateOf(
  task: MaintenanceTask,
  times: { readonly now: Instant; readonly since: Instant; readonly updatedAt: Instant },
  doneAt: readonly Instant[],
  zone: Zone,
): { readonly state: Exclude<MaintenanceState, 'unwanted'>; readonly period: Stretch } {
  const period = periodOf(task.rhythm, times.now, zone, times.updatedAt);
  const isIn = ({ from, to }: Stretch) => doneAt.some((at) => at >= from && at < to);
  if (task.rhythm === 'after-update') {
    const done = doneAt.some((at) => at >= period.from);
    return { state: done ? 'done' : times.now >= period.to ? 'overdue' : 'due', period };
  }
  if (isIn(period)) return { state: 'done', period };
  const before = periodOf(task.rhythm, period.from - 1, zone, times.updatedAt);
  return { state: before.from < times.since || isIn(before) ? 'due' : 'overdue', period };
}
