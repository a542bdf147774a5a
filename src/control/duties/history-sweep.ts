// Once an hour. Alerts of what is no more end. What was over a year and a half ago is forgotten: runs, recovery points that are gone, resolved alerts,
// released brakes, decided approvals, and deleted policies of which nothing is left. The audit trail keeps its own time.

import type { Context } from '../../base/context.ts';
import { catalogTime } from '../../catalog/clock.ts';
import {
  sweepAlerts,
  sweepDecisions,
  sweepGonePoints,
  sweepPolicies,
  sweepRuns,
} from '../../catalog/history.ts';
import { heldLeases, nodePrefix } from '../../catalog/leases.ts';
import { resolveOrphans } from '../../catalog/orphan-alerts.ts';
import type { Duty } from '../duty.ts';
import type { TaskTools } from '../task.ts';

const everyMs = 3_600_000;
const dayMs = 86_400_000;
const keptMs = 550 * dayMs;
/** A repository or a machine that was left out of the configuration may come back. */
const backWithinMs = 30 * dayMs;
/** Beside the work of others; the rest is for the next time. */
const unitsMax = 200;

export const duty: Duty = {
  scope: 'cluster',
  async run(tools, context) {
    const { catalog } = tools;
    const now = await catalogTime(catalog, context);
    await endOrphans(tools, now - backWithinMs, context);
    for (const sweep of [sweepRuns, sweepGonePoints, sweepAlerts, sweepDecisions, sweepPolicies]) {
      for (let unit = 0; unit < unitsMax; unit += 1) {
        context.signal.throwIfAborted();
        if ((await sweep(catalog, now - keptMs, context)) === 0) break;
      }
    }
    return context.clock.now() + everyMs;
  },
};

async function endOrphans(
  { catalog, configuration }: TaskTools,
  raisedBefore: number,
  context: Context,
): Promise<void> {
  const { repositories, channels } = await configuration(context);
  const leases = await heldLeases(catalog, nodePrefix, context);
  await resolveOrphans(
    catalog,
    {
      repositories: Object.keys(repositories),
      channels: Object.keys(channels),
      nodes: leases.map(({ name }) => name.slice(nodePrefix.length)),
      raisedBefore,
    },
    context,
  );
}
