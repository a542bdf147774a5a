// From alerts to messages, in one unit of the catalog: what has to be told is decided, what is due is put into messages, and what waits for a
// try becomes a task. Done again after a crash, it does nothing twice.

import type { Context, Instant } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import type { Language } from '../../base/text.ts';
import { type Alert, reopenAlerts } from '../../catalog/alerts.ts';
import type { Unit } from '../../catalog/catalog.ts';
import { catalogTime } from '../../catalog/clock.ts';
import {
  type AlertNews,
  alertNews,
  alertsById,
  applyNews,
  giveUpDeliveries,
} from '../../catalog/deliveries.ts';
import { addMessage, lastMessage, waitingMessages } from '../../catalog/messages.ts';
import { addTask } from '../../catalog/queue.ts';
import { type NewsRules, planNews, type Told, type Trouble } from '../../model/alerting/news.ts';
import { channelsFor, severityRank } from '../../model/alerting/routing.ts';
import {
  flappingSpanMs,
  flappingTimes,
  giveUpMs,
  readyNow,
  type SendingRules,
} from '../../model/alerting/sending.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import { parseWindows } from '../../model/schedule/windows.ts';
import type { Zone } from '../../model/schedule/zone.ts';
import { deliverTask } from '../tasks/deliver.ts';
import type { ControlTexts } from '../texts/texts.ts';
import { type NewsItem, newsMessage, type Surroundings } from './render.ts';

export interface Telling {
  readonly configuration: Configuration;
  readonly zone: Zone;
  readonly node: string;
  readonly texts: Readonly<Record<Language, ControlTexts>>;
}

export async function tellNews(unit: Unit, telling: Telling, context: Context): Promise<void> {
  const { configuration } = telling;
  const now = await catalogTime(unit, context);
  await reopenAlerts(unit, context);
  const news = await alertNews(unit, now - flappingSpanMs, context);
  const troubles = news.alerts.map((alert): Trouble => {
    const { key, id: alertId, severity, state, news: count, newsAt } = alert;
    const policy = alert.policy ?? policyIn(alert, configuration);
    const concern = { key, severity, ...(policy === undefined ? {} : { policy }) };
    const channels = channelsFor(concern, configuration);
    return { key, alertId, severity, state, news: count, newsAt, channels };
  });
  const plan = planNews(troubles, news.told, newsRules(configuration), now);
  const added = await applyNews(unit, plan, context);
  const dropped = new Set([...plan.drop, ...plan.close]);
  const told = [...news.told.filter(({ id }) => !dropped.has(id)), ...added];
  const waiting = Map.groupBy(
    told.filter(({ state }) => state === 'waiting'),
    ({ channel }) => channel,
  );
  for (const [channel, deliveries] of waiting) {
    await fillMessage(unit, channel, deliveries, news, telling, now, context);
  }
}

/** What waits for its next try becomes a task, once. Returns when the next one is due. */
export async function queueMessages(unit: Unit, context: Context): Promise<Instant | undefined> {
  const now = await catalogTime(unit, context);
  let next: Instant | undefined;
  for (const message of await waitingMessages(unit, context)) {
    if (message.nextAt <= now) await addTask(unit, deliverTask(message), context);
    else if (next === undefined || message.nextAt < next) next = message.nextAt;
  }
  return next;
}

async function fillMessage(
  unit: Unit,
  channel: string,
  waiting: readonly Told[],
  news: AlertNews,
  telling: Telling,
  now: Instant,
  context: Context,
): Promise<void> {
  const { configuration } = telling;
  if (!Object.hasOwn(configuration.channels, channel)) {
    await giveUpDeliveries(unit, idsOf(waiting), context);
    return;
  }
  // A trouble that is not over is told anew by the next plan: only what became old in waiting goes.
  const old = waiting.filter(({ at }) => now - at >= giveUpMs);
  if (old.length > 0) await giveUpDeliveries(unit, idsOf(old), context);
  const before = await lastMessage(unit, { channel, topic: 'news' }, context);
  if (before?.state === 'waiting') return;
  // The last one was refused: what it carried waits again, and so does the channel.
  const isRefused =
    before?.errorCode !== undefined && before.state === 'refused' && before.nextAt > before.createdAt;
  if (isRefused && before.nextAt > now) return;
  const flapping = new Set([...news.times].filter(([, times]) => times >= flappingTimes).map(([key]) => key));
  const young = waiting.filter((one) => !old.includes(one));
  const ready = readyNow(young, flapping, sendingRules(configuration, telling.zone), now);
  if (ready.length === 0) return;
  const items = await itemsOf(unit, ready, news, flapping, context);
  const message = newsMessage(items, surroundingsOf(channel, telling, now));
  await addMessage(
    unit,
    {
      channel,
      topic: 'news',
      subject: message.dedupeKey,
      content: message as unknown as JsonValue,
      giveUpAt: now + giveUpMs,
      deliveries: idsOf(ready),
      attempts: isRefused ? before.attempts : 0,
    },
    context,
  );
}

async function itemsOf(
  unit: Unit,
  ready: readonly Told[],
  news: AlertNews,
  flapping: ReadonlySet<string>,
  context: Context,
): Promise<NewsItem[]> {
  const byKey = Map.groupBy(ready, ({ key }) => key);
  const ids = [...byKey.values()].map((parts) => parts.at(-1)!.alertId);
  const alerts = await alertsById(unit, [...new Set(ids)], context);
  return [...byKey].flatMap(([key, parts]) => {
    const alert = alerts.get(parts.at(-1)!.alertId);
    if (alert === undefined) return [];
    const worst = parts.reduce((a, b) => (severityRank[b.severity] > severityRank[a.severity] ? b : a));
    return [
      {
        alert,
        reasons: parts.map(({ reason }) => reason),
        severity: worst.severity,
        times: news.times.get(key) ?? 1,
        flaps: flapping.has(key),
      },
    ];
  });
}

/** Alerts of health checks name their policy among their facts. */
function policyIn({ facts: { policy } }: Alert, { policies }: Configuration): string | undefined {
  return typeof policy === 'string' && Object.hasOwn(policies, policy) ? policy : undefined;
}

export function surroundingsOf(
  channel: string,
  { configuration, zone, node, texts }: Telling,
  at: Instant,
): Surroundings {
  const { alerts, maintenance, api, channels, language } = configuration;
  const contact = alerts.report?.contact ?? maintenance.owner;
  return {
    texts: texts[channels[channel]?.language ?? language],
    zone,
    node,
    at,
    ...(contact === undefined ? {} : { contact }),
    ...(api.origin === undefined ? {} : { origin: api.origin }),
  };
}

function newsRules({ alerts }: Configuration): NewsRules {
  const { repeat: repeatMs, escalation } = alerts;
  if (escalation === undefined) return { repeatMs };
  return { repeatMs, escalation: { afterMs: escalation.after, channels: escalation.channels } };
}

function sendingRules({ alerts }: Configuration, zone: Zone): SendingRules {
  if (alerts.quiet === undefined) return { groupMs: alerts.group, zone };
  return { groupMs: alerts.group, quiet: parseWindows({ allowed: alerts.quiet }), zone };
}

function idsOf(deliveries: readonly Told[]): string[] {
  return deliveries.map(({ id }) => id);
}
