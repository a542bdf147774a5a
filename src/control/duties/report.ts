// The daily report at its time; later on the same day where the machine was off then.

import type { Context, Instant } from '../../base/context.ts';
import { catalogTime } from '../../catalog/clock.ts';
import { hasMessage } from '../../catalog/messages.ts';
import type { Zone } from '../../model/schedule/zone.ts';
import type { Duty } from '../duty.ts';
import type { TaskTools } from '../task.ts';

/** Soon enough to notice another time in the configuration, or a clock that was set. */
const lookMs = 300_000;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog, configuration, node }: TaskTools, context: Context) {
    const current = await configuration(context);
    const { report } = current.alerts;
    const wake = context.clock.now() + lookMs;
    if (report === undefined) return wake;
    const { zoneOf } = await import('../alerts/telling.ts');
    const zone = zoneOf(current);
    const now = await catalogTime(catalog, context);
    const due = dueOn(now, report.at, zone);
    if (now < due) return Math.min(wake, context.clock.now() + (due - now));
    const { dayOf, sendReport, subjectOf } = await import('../reports/send.ts');
    const subject = subjectOf(dayOf(now, zone));
    const missing: string[] = [];
    for (const channel of report.channels) {
      if (!(await hasMessage(catalog, { subject, channel }, context))) missing.push(channel);
    }
    if (missing.length > 0) {
      const { dailyReport } = await import('../reports/daily.ts');
      const found = await dailyReport(catalog, current, node, context);
      await sendReport(catalog, found, { configuration: current, zone, channels: missing, subject }, context);
    }
    return wake;
  },
};

/** The moment of today at which the clock shows `time`; right after the skip where it shows it never. */
function dueOn(now: Instant, time: string, zone: Zone): Instant {
  const day = Math.floor((now + zone.offsetAt(now)) / 86_400_000) * 86_400_000;
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return zone.resolve(day + (hours * 60 + minutes) * 60_000).at;
}
