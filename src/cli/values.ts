// Options that hold sizes, rates and times.

import type { Instant } from '../base/context.ts';
import { parseRateTable, rateAt } from '../model/rate-table.ts';
import { parseSize } from '../model/size.ts';
import { addDuration, parseDuration, parseTime } from '../model/time.ts';
import type { RateByTime } from '../storage/with/limits.ts';
import type { Ambient } from './ambient.ts';
import type { Invocation } from './command.ts';
import type { Options } from './options.ts';

export function sizeOption(options: Options, key: string): number | undefined {
  const text = options.text(key);
  return text === undefined ? undefined : parseSize(text);
}

/** Bytes per second: one number, or by the hour of the local week. */
export function rateOption(key: string, { options, ambient }: Invocation): number | RateByTime | undefined {
  return rateOf(options.text(key), ambient);
}

export function rateOf(
  text: string | undefined,
  { zoneOffsetMinutes }: Pick<Ambient, 'zoneOffsetMinutes'>,
): number | RateByTime | undefined {
  if (text === undefined) return undefined;
  const table = parseRateTable(text);
  // A number alone needs no look at the clock.
  if (table.entries.length === 0 && table.otherwise !== 0) return table.otherwise;
  return (instant) => rateAt(table, instant, zoneOffsetMinutes);
}

/** `latest` is no moment and means the same as no option at all. A bare date means its end in "at or before". */
export function timeOption(
  key: string,
  edge: 'start' | 'end',
  { options, ambient }: Invocation,
): Instant | undefined {
  const text = options.text(key);
  if (text === undefined) return undefined;
  const time = parseTime(text, { now: ambient.clock.now(), zoneOffset: ambient.zoneOffsetMinutes, edge });
  return time === 'latest' ? undefined : time;
}

/** `--retain`, from now, by the calendar of this machine's zone. */
export function retentionOption({ options, ambient }: Invocation): Instant | undefined {
  const text = options.text('retain');
  if (text === undefined) return undefined;
  return addDuration(ambient.clock.now(), parseDuration(text), 1, ambient.zoneOffsetMinutes);
}
