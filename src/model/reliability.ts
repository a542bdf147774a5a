// The figures that tell whether backups keep what they promise: how much would have been lost, how long a restore takes, how often runs succeed,
// and for how much of the time somebody watched.

import type { Instant } from '../base/context.ts';

export const reliabilityWindows = {
  '24h': 86_400_000,
  '7d': 7 * 86_400_000,
  '30d': 30 * 86_400_000,
} as const;
export type ReliabilityWindow = keyof typeof reliabilityWindows;

export interface Span {
  readonly from: Instant;
  readonly until: Instant;
}

/**
 * The share of the window in which at least one of the spans was; of a window that is longer than anything is known, of the part since the
 * first. Undefined where nothing is known.
 */
export function coveredShare(spans: readonly Span[], window: Span): number | undefined {
  const sorted = [...spans].sort((a, b) => a.from - b.from);
  const first = sorted[0];
  if (first === undefined) return undefined;
  const start = Math.max(window.from, first.from);
  let covered = 0;
  let reached = start;
  for (const { from, until } of sorted) {
    const begins = Math.max(from, reached);
    const ends = Math.min(until, window.until);
    if (ends > begins) covered += ends - begins;
    reached = Math.max(reached, ends);
  }
  const whole = window.until - start;
  return whole <= 0 ? 1 : Math.min(1, covered / whole);
}

export interface TimedRestore {
  readonly bytes: number;
  readonly durationMs: number;
}

export interface RestoreFigures {
  readonly restores: number;
  /** Of the one that took longest. */
  readonly worstMs?: number;
  /** The middle one; of small restores the time is that of beginning, so only those above 64 MiB count. */
  readonly secondsPerGib?: number;
}

const gib = 1024 ** 3;
const telling = 64 * 1024 ** 2;

export function restoreFigures(restores: readonly TimedRestore[]): RestoreFigures {
  if (restores.length === 0) return { restores: 0 };
  const rates = restores
    .filter(({ bytes }) => bytes >= telling)
    .map(({ bytes, durationMs }) => durationMs / 1000 / (bytes / gib));
  const secondsPerGib = middle(rates);
  return {
    restores: restores.length,
    worstMs: restores.reduce((worst, { durationMs }) => Math.max(worst, durationMs), 0),
    ...(secondsPerGib === undefined ? {} : { secondsPerGib }),
  };
}

/** How long it takes to bring back so much, by what restores have taken. */
export function expectedRestoreMs(bytes: number, { secondsPerGib }: RestoreFigures): number | undefined {
  return secondsPerGib === undefined ? undefined : Math.round((bytes / gib) * secondsPerGib * 1000);
}

function middle(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1]! + sorted[half]!) / 2;
}
