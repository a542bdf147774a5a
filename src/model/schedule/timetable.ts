// The moments at which a schedule is due in a zone. Rules for the days on which clocks change:
// - a time that the clock skips is due once, right after the skip, however many times of the schedule lie in it;
// - a time that the clock shows twice is due the first time only;
// - what is due in every hour follows elapsed time: it is due in both passes of a repeated hour, and a skipped hour is not made up for.
// A rate counts elapsed time from its anchor and knows no zone.

import type { Instant } from '../../base/context.ts';
import { fittingFrom, fittingUpTo, minuteMs } from './calendar.ts';
import { type CalendarSchedule, type Schedule, unitMs } from './schedule.ts';
import type { Zone } from './zone.ts';

export interface Timetable {
  /** The first moment later than `after`; undefined after the last year of schedules. */
  next(after: Instant): Instant | undefined;
  /** The last moment earlier than `before`; undefined before the first. */
  previous(before: Instant): Instant | undefined;
}

/** `anchor`: from when a rate counts, such as the creation of the policy. */
export function createTimetable(schedule: Schedule, zone: Zone, anchor: Instant): Timetable {
  if (schedule.kind === 'rate') return steadyTimetable(schedule.amount * unitMs[schedule.unit], anchor);
  if (isElapsed(schedule)) {
    return {
      next: (after) => nextElapsed(schedule, zone, after),
      previous: (before) => previousElapsed(schedule, zone, before),
    };
  }
  return {
    next: (after) => nextByWall(schedule, zone, after),
    previous: (before) => previousByWall(schedule, zone, before),
  };
}

/** Due at the anchor and every `periodMs` after it, never before it. */
export function steadyTimetable(periodMs: number, anchor: Instant): Timetable {
  return {
    next: (after) =>
      after < anchor ? anchor : anchor + (Math.floor((after - anchor) / periodMs) + 1) * periodMs,
    previous: (before) =>
      before <= anchor ? undefined : anchor + (Math.ceil((before - anchor) / periodMs) - 1) * periodMs,
  };
}

/** Whether the schedule is due in every hour of its days and so follows elapsed time. */
export function isElapsed(schedule: CalendarSchedule): boolean {
  return schedule.hours.length === 24;
}

/** The next moments in order, at most `count`. */
export function upcoming(timetable: Timetable, after: Instant, count: number): Instant[] {
  const found: Instant[] = [];
  let at = timetable.next(after);
  while (at !== undefined && found.length < count) {
    found.push(at);
    at = timetable.next(at);
  }
  return found;
}

// Zone.resolve grows with the wall, so everything up to the wall that `after` shows is due at or before it.
function nextByWall(schedule: CalendarSchedule, zone: Zone, after: Instant): Instant | undefined {
  let wall = fittingFrom(schedule, nextMinute(after + zone.offsetAt(after)));
  while (wall !== undefined) {
    const { at } = zone.resolve(wall);
    if (at > after) return at;
    wall = fittingFrom(schedule, wall + minuteMs);
  }
  return undefined;
}

function previousByWall(schedule: CalendarSchedule, zone: Zone, before: Instant): Instant | undefined {
  // In the second pass of a repeated hour, walls later than the present one have been due.
  const offset = zone
    .changes(before - 2 * 86_400_000, before)
    .reduce((most, change) => Math.max(most, change.before), zone.offsetAt(before));
  let wall = fittingUpTo(schedule, before + offset);
  while (wall !== undefined) {
    const { at } = zone.resolve(wall);
    if (at < before) return at;
    wall = fittingUpTo(schedule, wall - minuteMs);
  }
  return undefined;
}

function nextElapsed(schedule: CalendarSchedule, zone: Zone, after: Instant): Instant | undefined {
  let from = after + 1;
  for (;;) {
    const offset = zone.offsetAt(from);
    const wall = fittingFrom(schedule, from + offset);
    if (wall === undefined) return undefined;
    const change = zone.changes(from, wall - offset)[0];
    if (change === undefined) return wall - offset;
    from = change.at;
  }
}

function previousElapsed(schedule: CalendarSchedule, zone: Zone, before: Instant): Instant | undefined {
  let to = before - 1;
  for (;;) {
    const offset = zone.offsetAt(to);
    const wall = fittingUpTo(schedule, to + offset);
    if (wall === undefined) return undefined;
    const change = zone.changes(wall - offset, to).at(-1);
    if (change === undefined) return wall - offset;
    to = change.at - 1;
  }
}

function nextMinute(wall: number): number {
  return (Math.floor(wall / minuteMs) + 1) * minuteMs;
}
