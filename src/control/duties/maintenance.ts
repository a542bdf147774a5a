// Once an hour: what the program witnesses of the maintenance plan is written down, and what is overdue becomes an alert.

import type { Context, Instant } from '../../base/context.ts';
import { raiseAlert, resolveAlert } from '../../catalog/alerts.ts';
import type { Duty } from '../duty.ts';
import { maintenanceReport } from '../maintenance/report.ts';
import type { TaskTools } from '../task.ts';

const hourMs = 3_600_000;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog, configuration }: TaskTools, context: Context): Promise<Instant> {
    const current = await configuration(context);
    // Where nothing is protected yet, nothing is overdue.
    const isIdle = Object.keys(current.policies).length === 0;
    for (const task of await maintenanceReport(catalog, current, context)) {
      const key = `maintenance:${task.name}`;
      if (task.state !== 'overdue' || isIdle) {
        await resolveAlert(catalog, key, context);
        continue;
      }
      await raiseAlert(
        catalog,
        {
          key,
          severity: 'warning',
          title: `The ${task.rhythm} task "${task.name}" is overdue`,
          facts: {
            task: task.name,
            rhythm: task.rhythm,
            owner: task.owner ?? '',
            deputy: task.deputy ?? '',
            lastDone: task.lastDone === undefined ? '' : new Date(task.lastDone.at).toISOString(),
          },
        },
        context,
      );
    }
    return context.clock.now() + hourMs;
  },
};
