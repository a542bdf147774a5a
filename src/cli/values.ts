// Options that hold sizes, rates and times.

import type { Instant } from '../base/context.ts';
import { parseRate } from '../model/rate.ts';
import { parseSize } from '../model/size.ts';
import { parseTime } from '../model/time.ts';
import type { Invocation } from './command.ts';
import type { Options } from './options.ts';

export function sizeOption(options: Options, key: string): number | undefined {
  const text = options.text(key);
  return text === undefined ? undefined : parseSize(text);
}

/** Bytes per second. */
export function rateOption(options: Options, key: string): number | undefined {
  const text = options.text(key);
  return text === undefined ? undefined : parseRate(text);
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
