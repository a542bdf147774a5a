// Hands a report to its channels: one for each subject and channel, however often it is asked for.

import type { Context, Instant } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { addMessage } from '../../catalog/messages.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import type { Zone } from '../../model/schedule/zone.ts';
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
