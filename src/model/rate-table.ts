// Transfer rates by the hour of the week, as people write them: "5M/s", or "mon-fri 08:00-18:00 2MiB, sat+sun 10M, else unlimited". The first
// entry that fits holds; hours are those of the local wall clock, and a span over midnight belongs to the day on which it begins.

import type { Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { escapeForTerminal } from '../base/text.ts';
import { parseRate } from './rate.ts';
import type { ZoneOffset } from './time.ts';
import { isWithinSpan, readDays, readHours, type WeekSpan, weekdaysFromMonday } from './week.ts';

/** Bytes a second; undefined: no limit. 0: nothing at all, until another entry holds. */
export type Rate = number | undefined;

export interface RateTable {
  readonly entries: readonly RateEntry[];
  readonly otherwise: Rate;
}

export interface RateEntry extends WeekSpan {
  readonly rate: Rate;
}

const entriesMax = 50;

/** usage/INVALID_RATE for what is none. A rate alone holds always; without "else" there is no limit at other times. */
export function parseRateTable(text: string): RateTable {
  const entries: RateEntry[] = [];
  let otherwise: { readonly rate: Rate } | undefined;
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > entriesMax) throw invalid(text, `it has more than ${entriesMax} entries`);
  for (const part of parts) {
    if (otherwise !== undefined) throw invalid(text, `nothing can follow what holds at all other times`);
    const words =
      /^(?:else\s+)?((?:[a-z]{3}(?:[-+][a-z]{3})*)(?=\s))?\s*(\d\d?:\d\d-\d\d?:\d\d(?=\s))?\s*(.*)$/i.exec(
        part,
      );
    const [, dayText, spanText, rateText = ''] = words ?? [];
    const isElse = /^else\s/i.test(part);
    if (isElse && (dayText !== undefined || spanText !== undefined)) {
      throw invalid(text, '"else" is followed by a rate alone');
    }
    const rate = readRate(rateText);
    if (isElse || (dayText === undefined && spanText === undefined)) {
      otherwise = { rate };
      continue;
    }
    const days = readDays(dayText, (day) =>
      invalid(text, `"${escapeForTerminal(day)}" is no day; days are ${weekdaysFromMonday.join(', ')}`),
    );
    const [from, to] = readHours(spanText, () => invalid(text, `"${spanText}" is no span of a day`));
    entries.push({ days, from, to, rate });
  }
  return { entries, otherwise: otherwise?.rate };
}

/** The rate that holds at a moment. It can change at whole minutes only. */
export function rateAt(table: RateTable, instant: Instant, zoneOffset: ZoneOffset): Rate {
  const minutes = Math.floor(instant / 60_000) + zoneOffset(instant);
  const found = table.entries.find((entry) => isWithinSpan(entry, minutes));
  return found === undefined ? table.otherwise : found.rate;
}

function readRate(text: string): Rate {
  if (/^unlimited$/i.test(text)) return undefined;
  if (/^(pause|0)$/i.test(text)) return 0;
  return parseRate(text);
}

function invalid(text: string, why: string): Failure {
  const shown = escapeForTerminal(text.slice(0, 200));
  return new Failure('usage', 'INVALID_RATE', `"${shown}" is not a table of rates: ${why}`, {
    hint: 'Write a rate such as 5M/s, or "mon-fri 08:00-18:00 2M, sat+sun 10M, else unlimited".',
  });
}
