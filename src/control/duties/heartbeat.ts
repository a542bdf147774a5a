// Dead-man switches: one is told again and again that the control plane lives, those of policies how each run goes. Who does not hear it any more
// raises the alarm, also when this machine is off.

import type { Context, Instant } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { catalogTime } from '../../catalog/clock.ts';
import { addMessage, hasMessage } from '../../catalog/messages.ts';
import { policyNamed } from '../../catalog/policies.ts';
import { runningRuns } from '../../catalog/runs.ts';
import type { Beat } from '../../channels/channel.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import type { Duty } from '../duty.ts';
import type { TaskTools } from '../task.ts';

const everyMs = 15_000;
const idleMs = 60_000;
/** How a run went is worth telling for so long; that it began, until it ended. */
const runBeatsMs = 86_400_000;

interface Pulse {
  readonly channel: string;
  readonly subject: string;
  readonly beat: Beat;
  readonly policy?: string;
  readonly at: Instant;
  readonly giveUpAt: Instant;
}

export const duty: Duty = {
  scope: 'cluster',
  async run(tools, context) {
    const configuration = await tools.configuration(context);
    const now = await catalogTime(tools.catalog, context);
    const pulses = [
      ...lifeSign(configuration, now),
      ...(await runBeats(tools.catalog, configuration, now, context)),
    ];
    for (const pulse of pulses) await send(pulse, configuration, tools, context);
    const isWanted =
      configuration.alerts.heartbeat !== undefined ||
      Object.values(configuration.policies).some(({ heartbeat }) => heartbeat !== undefined);
    return context.clock.now() + (isWanted ? everyMs : idleMs);
  },
};

/** One for each stretch of the interval: a second control plane, or a restart, sends none twice. */
function lifeSign({ alerts: { heartbeat } }: Configuration, now: Instant): readonly Pulse[] {
  if (heartbeat === undefined) return [];
  const { channel, interval } = heartbeat;
  const at = Math.floor(now / interval) * interval;
  return [{ channel, subject: `beat:${at}`, beat: 'success', at: now, giveUpAt: at + interval }];
}

async function runBeats(
  catalog: Catalog,
  { policies }: Configuration,
  now: Instant,
  context: Context,
): Promise<readonly Pulse[]> {
  const watched = Object.entries(policies).flatMap(([name, { heartbeat }]) =>
    heartbeat === undefined ? [] : [{ name, channel: heartbeat }],
  );
  if (watched.length === 0) return [];
  const running = await runningRuns(catalog, context);
  const pulses: Pulse[] = [];
  for (const { name, channel } of watched) {
    const policy = await policyNamed(catalog, name, context);
    if (policy === undefined) continue;
    for (const run of running.filter(({ policyId }) => policyId === policy.id)) {
      const at = run.startedAt;
      pulses.push({
        channel,
        policy: name,
        subject: `beat:${run.id}:start`,
        beat: 'start',
        at,
        giveUpAt: at + runBeatsMs,
      });
    }
    const { lastRunId, lastEndedAt: at, lastOutcome } = policy;
    if (lastRunId === undefined || at === undefined || now - at > runBeatsMs) continue;
    const beat = lastOutcome === 'succeeded' || lastOutcome === 'partial' ? 'success' : 'fail';
    pulses.push({
      channel,
      policy: name,
      subject: `beat:${lastRunId}:end`,
      beat,
      at,
      giveUpAt: at + runBeatsMs,
    });
  }
  return pulses;
}

async function send(
  { channel, subject, giveUpAt, ...pulse }: Pulse,
  configuration: Configuration,
  { catalog, node }: TaskTools,
  context: Context,
): Promise<void> {
  if (await hasMessage(catalog, { subject, channel }, context)) return;
  const { beatMessage } = await import('../alerts/render.ts');
  const { textsIn } = await import('../texts/texts.ts');
  const texts = await textsIn(configuration.channels[channel]?.language ?? configuration.language);
  const message = beatMessage(pulse, { texts, node, at: pulse.at });
  await addMessage(
    catalog,
    { channel, topic: 'beat', subject, content: message as unknown as JsonValue, giveUpAt },
    context,
  );
}
