// Intelligent intervals: how long to wait until the next run, from how fast the data changes, how much may be lost (RPO) and bounds. Every
// step of the decision is handed back, so that people can be told why.

import type { Instant } from '../../base/context.ts';

export interface PastRun {
  readonly endedAt: Instant;
  readonly durationMs: number;
  /** New or changed bytes that the run found, and all bytes of its sources. */
  readonly changedBytes: number;
  readonly totalBytes: number;
  readonly hasSucceeded: boolean;
}

export interface IntervalRules {
  /** No more than this may lie between a change and the end of the run that saves it. */
  readonly rpoMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** How much of the data may have changed when a run begins, 0 to 1. */
  readonly changeShare: number;
}

export const defaultChangeShare = 0.01;

export interface IntervalDecision {
  readonly intervalMs: number;
  readonly because: readonly IntervalReason[];
  /** Whether what is wanted can be had: a run takes longer than the RPO allows, or the least interval is above it. */
  readonly keepsRpo: boolean;
}

/** What a step set the interval to. */
export interface IntervalReason {
  readonly rule: IntervalRule;
  readonly intervalMs: number;
}

export type IntervalRule =
  /** Too little is known: half the RPO, to learn soon. */
  | 'start'
  | 'change'
  /** Nothing changed at all. */
  | 'quiet'
  /** One change at a time: not less than half, not more than double of the last interval. */
  | 'smooth'
  /** The last run failed: again sooner. */
  | 'failed'
  /** Runs may take a fifth of the time at most. */
  | 'load'
  | 'rpo'
  | 'least'
  | 'most';

/** Newer runs count more: one of this age counts half. */
const halfLifeMs = 24 * 3_600_000;
const loadFactor = 5;

/** `history` from old to new; `lastMs`: the interval that was decided on before, for a change in small steps. */
export function nextInterval(
  rules: IntervalRules,
  history: readonly PastRun[],
  lastMs: number | undefined,
): IntervalDecision {
  const because: IntervalReason[] = [];
  const succeeded = history.filter(({ hasSucceeded }) => hasSucceeded);
  const durationMs = longDuration(succeeded);
  let intervalMs = 0;
  const set = (rule: IntervalRule, to: number) => {
    const rounded = Math.max(0, Math.round(to));
    if (because.length > 0 && rounded === intervalMs) return;
    intervalMs = rounded;
    because.push({ rule, intervalMs });
  };

  const wanted = fromChange(rules, succeeded);
  if (wanted === undefined) set('start', rules.rpoMs / 2);
  else if (wanted === Number.POSITIVE_INFINITY) set('quiet', rules.maxMs);
  else set('change', Math.min(wanted, Number.MAX_SAFE_INTEGER));
  if (lastMs !== undefined && wanted !== undefined) {
    set('smooth', Math.min(Math.max(intervalMs, lastMs / 2), lastMs * 2));
  }
  if (history.at(-1)?.hasSucceeded === false) set('failed', intervalMs / 2);
  set('load', Math.max(intervalMs, durationMs * loadFactor));
  set('most', Math.min(intervalMs, rules.maxMs));
  // What may be lost is promised to people; sparing the machine is not. The bounds that people set stand above both.
  set('rpo', Math.min(intervalMs, rules.rpoMs - durationMs));
  set('least', Math.max(intervalMs, rules.minMs));
  return { intervalMs, because, keepsRpo: intervalMs + durationMs <= rules.rpoMs };
}

/** The time in which the share of the data changes; undefined: too few runs to tell. */
function fromChange({ changeShare }: IntervalRules, runs: readonly PastRun[]): number | undefined {
  const newest = runs.at(-1);
  if (newest === undefined || runs.length < 2) return undefined;
  let [changed, time] = [0, 0];
  for (const [index, run] of runs.entries()) {
    const before = runs[index - 1];
    if (before === undefined) continue;
    const weight = 0.5 ** ((newest.endedAt - run.endedAt) / halfLifeMs);
    changed += weight * run.changedBytes;
    time += weight * Math.max(1, run.endedAt - before.endedAt);
  }
  if (changed === 0) return Number.POSITIVE_INFINITY;
  return (Math.max(1, newest.totalBytes) * changeShare * time) / changed;
}

/** What nine of ten of the latest runs stayed below. */
function longDuration(runs: readonly PastRun[]): number {
  const durations = runs
    .slice(-20)
    .map(({ durationMs }) => durationMs)
    .sort((a, b) => a - b);
  return durations[Math.ceil(durations.length * 0.9) - 1] ?? 0;
}
