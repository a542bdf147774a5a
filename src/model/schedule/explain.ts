// A schedule read back to who wrote it: as both dialects say it, and when it is due next, with what the clock does then.

import type { Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { type ClockNote, clockNoteOf } from './describe.ts';
import { formatAws, formatCrontab, formatSchedule } from './format.ts';
import type { Schedule } from './schedule.ts';
import { createTimetable, upcoming } from './timetable.ts';
import type { Zone } from './zone.ts';

export interface Explanation {
  readonly schedule: string;
  /** Undefined where the dialect has no words for it. */
  readonly crontab: string | undefined;
  readonly aws: string | undefined;
  readonly next: readonly { readonly at: Instant; readonly note: ClockNote | undefined }[];
}

/** The times after `after`, and of a rate counted from there. */
export function explainSchedule(
  schedule: Schedule,
  { zone, after, count }: { readonly zone: Zone; readonly after: Instant; readonly count: number },
): Explanation {
  const times = upcoming(createTimetable(schedule, zone, after), after, count);
  return {
    schedule: formatSchedule(schedule),
    crontab: translated(schedule, formatCrontab),
    aws: translated(schedule, formatAws),
    next: times.map((at) => ({ at, note: clockNoteOf(schedule, zone, at) })),
  };
}

function translated(schedule: Schedule, write: (schedule: Schedule) => string): string | undefined {
  try {
    return write(schedule);
  } catch (error) {
    if (isFailure(error, 'usage', 'NOT_IN_DIALECT')) return undefined;
    throw error;
  }
}
