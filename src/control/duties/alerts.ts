// Alerts, and where it is wanted successes, become messages, and messages become tasks. Asked every few seconds, it costs next to nothing
// while there is nothing to tell.

import type { Context, Instant } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { type Catalog, together } from '../../catalog/catalog.ts';
import { catalogTime } from '../../catalog/clock.ts';
import { hasNews } from '../../catalog/deliveries.ts';
import { addMessage, hasMessage } from '../../catalog/messages.ts';
import { listPolicies, type Policy } from '../../catalog/policies.ts';
import { channelsFor } from '../../model/alerting/routing.ts';
import type { Duty } from '../duty.ts';

const everyMs = 5_000;
/** A disaster with thousands of alerts must not take the machine from the backups: at most a twentieth of the time. */
const restFactor = 20;
const successesWithinMs = 86_400_000;

export const duty: Duty = {
  scope: 'cluster',
  async run(tools, context) {
    const { catalog } = tools;
    const began = context.clock.elapsed();
    const configuration = await tools.configuration(context);
    const wanted = configuration.alerts.successes ? await successes(catalog, context) : [];
    if (wanted.length > 0 || (await hasNews(catalog, context))) {
      // Texts and rules are for those who have something to say.
      const { tellingOf } = await import('../alerts/telling.ts');
      const { queueMessages, surroundingsOf, tellNews } = await import('../alerts/tell.ts');
      const { successMessage } = await import('../alerts/render.ts');
      const telling = await tellingOf(configuration, tools);
      for (const { policy, at } of wanted) {
        const subject = `run:${policy.lastRunId}`;
        const concern = { key: `backup:${policy.name}`, severity: 'warning', policy: policy.name } as const;
        for (const channel of channelsFor(concern, configuration)) {
          if (await hasMessage(catalog, { subject, channel }, context)) continue;
          const message = successMessage({ policy: policy.name, at }, surroundingsOf(channel, telling, at));
          const content = message as unknown as JsonValue;
          const giveUpAt = at + successesWithinMs;
          await addMessage(catalog, { channel, topic: 'success', subject, content, giveUpAt }, context);
        }
      }
      await together(catalog, (unit) => tellNews(unit, telling, context), context);
      await together(catalog, (unit) => queueMessages(unit, context), context, 'tasks');
    }
    const took = context.clock.elapsed() - began;
    return context.clock.now() + Math.max(everyMs, restFactor * took);
  },
};

interface Success {
  readonly policy: Policy;
  readonly at: Instant;
}

/** Last runs of policies that went well not long ago. */
async function successes(catalog: Catalog, context: Context): Promise<readonly Success[]> {
  const from = (await catalogTime(catalog, context)) - successesWithinMs;
  const found: Success[] = [];
  for (let after: string | undefined; ; ) {
    const filter = { enabled: true, limit: 500, ...(after === undefined ? {} : { after }) };
    const { items, next } = await listPolicies(catalog, filter, context);
    for (const policy of items) {
      const { lastOutcome: outcome, lastEndedAt: at } = policy;
      if (at === undefined || at < from) continue;
      // What is incomplete is an alert.
      if (outcome === 'succeeded') found.push({ policy, at });
    }
    if (next === undefined) return found;
    after = next;
  }
}
