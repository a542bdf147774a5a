// When what has to be told goes out: gathered for a moment, held in quiet hours unless critical, later again where a channel failed.

import type { Instant } from '../../base/context.ts';
import { isOpen, type Windows } from '../schedule/windows.ts';
import type { Zone } from '../schedule/zone.ts';
import type { Told } from './news.ts';

export interface SendingRules {
  readonly groupMs: number;
  /** Open: quiet. */
  readonly quiet?: Windows;
  readonly zone: Zone;
}

/** A trouble that came so often within `flappingSpanMs` flaps: its end is told once it has held for `calmMs`. */
export const flappingTimes = 3;
export const flappingSpanMs = 3_600_000;
export const calmMs = 15 * 60_000;

/** What is told of a trouble that goes on for days, and is given up then: told anew if it still goes on. */
export const giveUpMs = 3 * 86_400_000;

const backoffFirstMs = 30_000;
const backoffMostMs = 15 * 60_000;

/**
 * Of what waits for one channel, what goes out now, as one message. `flapping`: keys. Whoever asks again later gets at least what is returned now.
 */
export function readyNow(
  waiting: readonly Told[],
  flapping: ReadonlySet<string>,
  { groupMs, quiet, zone }: SendingRules,
  now: Instant,
): readonly Told[] {
  const isQuiet = quiet !== undefined && isOpen(quiet, now, zone);
  // What has become critical takes along what was to be told of it before: the two are one in a message.
  const urgent = new Set(waiting.filter(isUrgent).map(({ key }) => key));
  const ready = waiting
    .filter((one) => !isQuiet || (urgent.has(one.key) && one.reason !== 'resolved'))
    .filter((one) => one.reason !== 'resolved' || !flapping.has(one.key) || now - one.at >= calmMs);
  return ready.some(({ at }) => now - at >= groupMs) ? ready : [];
}

/** Passes through quiet hours. */
export function isUrgent({ severity, reason }: Pick<Told, 'severity' | 'reason'>): boolean {
  return severity === 'critical' && reason !== 'resolved';
}

/** How long to wait after so many failures in a row; `wishMs` where the endpoint named a time. */
export function backoffMs(attempts: number, wishMs = 0): number {
  const doubled = backoffFirstMs * 2 ** Math.min(Math.max(attempts - 1, 0), 10);
  return Math.max(Math.min(doubled, backoffMostMs), Math.min(wishMs, 3_600_000));
}
