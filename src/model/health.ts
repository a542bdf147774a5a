// The state of one thing that is watched, and when a result that differs from it takes effect: at once where waiting costs, after several in a
// row where a single one means little, so that nobody is told of what comes and goes.

export const healthStates = ['ok', 'unknown', 'warning', 'critical'] as const;
/** From best to worst. `unknown`: it could not be found out. */
export type HealthState = (typeof healthStates)[number];

/** How many results in a row it takes. */
export interface Patience {
  readonly worse: number;
  readonly better: number;
  readonly unknown: number;
}

export const usualPatience: Patience = { worse: 1, better: 2, unknown: 3 };

export interface Settled {
  readonly state: HealthState;
  /** What was seen last, and how often in a row. */
  readonly heading: HealthState;
  readonly headingCount: number;
}

export function settle(known: Settled | undefined, seen: HealthState, patience: Patience): Settled {
  if (known === undefined) {
    const isAtOnce = seen === 'ok' || (seen !== 'unknown' && patience.worse <= 1);
    return { state: isAtOnce ? seen : 'unknown', heading: seen, headingCount: 1 };
  }
  const headingCount = known.heading === seen ? known.headingCount + 1 : 1;
  if (seen === known.state) return { state: seen, heading: seen, headingCount };
  const takesEffect = headingCount >= needed(known.state, seen, patience);
  return { state: takesEffect ? seen : known.state, heading: seen, headingCount };
}

function needed(from: HealthState, to: HealthState, patience: Patience): number {
  if (to === 'unknown') return patience.unknown;
  if (from === 'unknown') return to === 'ok' ? 1 : patience.worse;
  return rankOf(to) > rankOf(from) ? patience.worse : patience.better;
}

export function rankOf(state: HealthState): number {
  return healthStates.indexOf(state);
}

/** `ok` of nothing. */
export function worstOf(states: Iterable<HealthState>): HealthState {
  let worst: HealthState = 'ok';
  for (const state of states) if (rankOf(state) > rankOf(worst)) worst = state;
  return worst;
}
