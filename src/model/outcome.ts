// How a run ended. Trouble with single entries makes it `partial`: what was saved is sound, but not all was.

import { failureKinds } from '../base/failure.ts';

export type Outcome = 'succeeded' | 'partial' | 'failed' | 'canceled';

/** `partial` when there was at least one problem. */
export function outcomeOf(problemCount: number): 'succeeded' | 'partial' {
  return problemCount === 0 ? 'succeeded' : 'partial';
}

/** The worse of two: failed, then canceled, then partial. */
export function worseOutcome(a: Outcome, b: Outcome): Outcome {
  return rank[a] >= rank[b] ? a : b;
}

const rank: Readonly<Record<Outcome, number>> = { succeeded: 0, partial: 1, canceled: 2, failed: 3 };

/**
 * The exit code of a run that came to its end: 0, and 1 for `partial`. A run that a Failure stopped exits with the code of
 * that Failure's kind instead; `failed` without one means that damage was found.
 */
export function exitCodeOf(outcome: Outcome): number {
  switch (outcome) {
    case 'succeeded':
      return 0;
    case 'partial':
      return 1;
    case 'failed':
      return failureKinds.corrupt.exit;
    case 'canceled':
      return failureKinds.canceled.exit;
  }
}
