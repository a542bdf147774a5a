// Hands a report to its channels: one for each subject and channel, however often it is asked for.

import type { Context, Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { type AuditAct, appendAudit } from '../../catalog/audit.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { addMessage, messagesAbout } from '../../catalog/messages.ts';
import type { Message } from '../../channels/channel.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import type { Zone } from '../../model/schedule/zone.ts';
import { zoneOf } from '../alerts/telling.ts';
import { textsIn } from '../texts/texts.ts';
import type { DailyReport } from './daily.ts';
import { reportMessage } from './render-daily.ts';

/** A report that is older is only history. */
const giveUpMs = 2 * 86_400_000;

export interface ReportSending {
  readonly configuration: Configuration;
  readonly zone: Zone;
  readonly channels: readonly string[];
  readonly subject: string;
}

/** "2026-11-21" on the clock of the zone. */
export function dayOf(at: Instant, zone: Zone): string {
  return new Date(at + zone.offsetAt(at)).toISOString().slice(0, 10);
}

export function subjectOf(day: string): string {
  return `report:${day}`;
}

/** As it is now, to those who get it every day; the one of the day still comes at its time. Fails with usage/REPORT_NOBODY. */
export async function sendReportNow(
  catalog: Catalog,
  report: DailyReport,
  configuration: Configuration,
  by: Pick<AuditAct, 'node' | 'actor' | 'method' | 'address' | 'request'>,
  context: Context,
): Promise<readonly string[]> {
  const channels = configuration.alerts.report?.channels ?? [];
  if (channels.length === 0) {
    throw new Failure('usage', 'REPORT_NOBODY', 'the configuration names nobody who gets the report', {
      hint: 'Write channels under "alerts.report", then run "holdfast config apply".',
    });
  }
  const subject = `${subjectOf(new Date(report.at).toISOString())}:asked`;
  const wish = { configuration, zone: zoneOf(configuration), channels, subject };
  const sentTo = await sendReport(catalog, report, wish, context);
  const facts = { channels: sentTo.join(', ') };
  await appendAudit(
    catalog,
    { ...by, outcome: 'succeeded', action: 'report:send', object: subject, facts },
    context,
  );
  return sentTo;
}

/** As it was told; in the wanted language, where it was told in it. Fails with missing/REPORT_UNKNOWN. */
export async function reportOfDay(
  catalog: Catalog,
  day: string,
  wanted: Message['language'] | undefined,
  context: Context,
): Promise<Message> {
  const found = await messagesAbout(catalog, subjectOf(day), context);
  const messages = found.map(({ content }) => content as unknown as Message);
  const message = messages.find(({ language }) => language === wanted) ?? messages[0];
  if (message !== undefined) return message;
  throw new Failure('missing', 'REPORT_UNKNOWN', `there is no report of "${day}"`, {
    hint: 'Reports are kept for 90 days, where "alerts.report" is configured.',
  });
}

/** The channels that get it and had not had it yet. */
export async function sendReport(
  catalog: Catalog,
  report: DailyReport,
  { configuration, zone, channels, subject }: ReportSending,
  context: Context,
): Promise<readonly string[]> {
  const sent: string[] = [];
  for (const channel of channels) {
    const texts = await textsIn(configuration.channels[channel]?.language ?? configuration.language);
    const content = reportMessage(report, texts, zone) as unknown as JsonValue;
    const giveUpAt = report.at + giveUpMs;
    const added = await addMessage(
      catalog,
      { channel, topic: 'report', subject, content, giveUpAt },
      context,
    );
    if (added !== undefined) sent.push(channel);
  }
  return sent;
}
