// Which run of a policy comes next, and when it starts: from the timetable, what has been taken care of, the windows and the jitter. Asked
// again at any moment it gives the same answer until that run starts: a scheduler needs to keep nothing but the last due time it took care of.

import type { Instant } from '../../base/context.ts';
import { jitterOf } from './jitter.ts';
import type { Timetable } from './timetable.ts';
import { isOpen, opening, type Windows } from './windows.ts';
import type { Zone } from './zone.ts';

export interface RunRules {
  readonly policy: string;
  readonly timetable: Timetable;
  readonly zone: Zone;
  readonly windows: Windows;
  readonly jitterMs: number;
  /** What becomes of due times that went by while nothing could run: one run for all of them, or none. */
  readonly catchUp: 'once' | 'never';
}

export interface NextRun {
  /** Names the run: no two runs of a policy have the same. */
  readonly due: Instant;
  readonly startAt: Instant;
  /** Earlier due times that this run makes up for. */
  readonly missed: number;
  readonly isCaughtUp: boolean;
}

/** How late a run may start without `catchUp`: restarts and short sleeps of a machine are no reason to leave it out. */
const toleranceMs = 10 * 60_000;
const missedMax = 100_000;

/**
 * `handled` is the due time of the last run, or the moment at which the policy was made; what was due up to it is settled. Undefined: the
 * schedule has ended, or its windows never open again. The run starts when `startAt` is not later than `now`; until then nothing is settled.
 */
export function nextRun(rules: RunRules, handled: Instant, now: Instant): NextRun | undefined {
  const { timetable, windows, zone, policy } = rules;
  let due = timetable.next(handled);
  if (due === undefined) return undefined;
  let missed = 0;
  // Those that are due together at the opening of a window are one run as well.
  for (let following = timetable.next(due); following !== undefined; following = timetable.next(due)) {
    if (following > now) break;
    if (missed === missedMax) {
      due = timetable.previous(now + 1) ?? due;
      break;
    }
    missed++;
    due = following;
  }
  const following = timetable.next(due);
  const open = opening(windows, due, zone);
  if (rules.catchUp === 'never' && isTooLate(open, due, now)) {
    return following === undefined ? undefined : nextRun(rules, due, now);
  }
  if (open === undefined) return undefined;
  // Half the way to the next due time at most: a later one must never push this one out for ever.
  const spread = Math.min(rules.jitterMs, following === undefined ? rules.jitterMs : (following - due) / 2);
  const late = open + jitterOf(policy, due, spread);
  let startAt: Instant | undefined = isOpen(windows, late, zone) ? late : open;
  // What could not start while its window was open waits for the next one.
  if (startAt < now && !isOpen(windows, now, zone)) startAt = opening(windows, now, zone);
  if (startAt === undefined) return undefined;
  return { due, startAt, missed, isCaughtUp: missed > 0 || startAt + toleranceMs < now };
}

/** A window that opens late is no reason to leave a run out; a machine that was off is. */
function isTooLate(open: Instant | undefined, due: Instant, now: Instant): boolean {
  return now > Math.max(open ?? due, due) + toleranceMs;
}
