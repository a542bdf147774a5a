// Prune on a storage whose lists lag, as a model: one writer, one sweeper, and every object but its own hidden from a list for at most the lag.
// A wait for the lag is over when all is visible that was hidden at its beginning. Each belt can be taken off.

export interface MarginRules {
  /** More than the lag lies between the condemnation and the lists. */
  readonly margin: boolean;
  /** The lag lies between the list of sessions and that of snapshots. */
  readonly pause: boolean;
  /** Nothing is deleted while a session runs that began before the condemnation was visible. */
  readonly waitsForSessions: boolean;
}

export interface MarginExploration {
  readonly loss?: readonly string[];
  readonly states: number;
}

/** Bits of objects; what is listed is `there` without `hidden`. */
const objects = { session: 1, borrow: 2, snapshot: 4, condemned: 8 };

interface State {
  readonly there: number;
  readonly hidden: number;
  /** What was hidden when the sweeper began to wait. */
  readonly awaited: number;
  readonly pack: boolean;
  readonly writer: 'open' | 'look' | 'borrow' | 'check' | 'publish' | 'end1' | 'end2' | 'done';
  readonly sweeper: 'condemn' | 'wait' | 'sessions' | 'pause' | 'snapshots' | 'delete' | 'done';
  readonly isHeld: boolean;
  /** The writer began before everybody could see the condemnation. */
  readonly isEarly: boolean;
}

const start: State = {
  there: 0,
  hidden: 0,
  awaited: 0,
  pack: true,
  writer: 'open',
  sweeper: 'condemn',
  isHeld: false,
  isEarly: false,
};

export function exploreMargins(rules: MarginRules): MarginExploration {
  const seen = new Set([JSON.stringify(start)]);
  const queue: { readonly state: State; readonly trace: readonly string[] }[] = [{ state: start, trace: [] }];
  for (const { state, trace } of queue) {
    if (!state.pack && (state.there & objects.snapshot) !== 0) return { loss: trace, states: seen.size };
    for (const [label, next] of stepsOf(state, rules)) {
      const key = JSON.stringify(next);
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push({ state: next, trace: [...trace, label] });
    }
  }
  return { states: seen.size };
}

function* stepsOf(state: State, rules: MarginRules): Generator<[string, State]> {
  for (let rest = state.hidden; rest !== 0; rest &= rest - 1) {
    const bit = rest & -rest;
    const gone = { hidden: state.hidden & ~bit, awaited: state.awaited & ~bit };
    yield ['an object becomes visible', { ...state, ...gone }];
  }
  yield* writerSteps(state);
  yield* sweeperSteps(state, rules);
}

/** It uses the pack or, where it sees the condemnation, brings the blob again and needs nothing of it. */
function* writerSteps(state: State): Generator<[string, State]> {
  const { there, hidden } = state;
  const put = (bit: number) => ({ there: there | bit, hidden: hidden | bit });
  const remove = (bit: number) => ({
    there: there & ~bit,
    hidden: hidden & ~bit,
    awaited: state.awaited & ~bit,
  });
  const seesMark = (there & ~hidden & objects.condemned) !== 0;
  if (state.writer === 'open') {
    const isEarly = (there & objects.condemned) === 0 || !seesMark;
    yield ['W opens its session', { ...state, ...put(objects.session), writer: 'look', isEarly }];
  } else if (state.writer === 'look') {
    if (state.pack && !seesMark) yield ['W finds the blob', { ...state, writer: 'borrow' }];
  } else if (state.writer === 'borrow') {
    yield ['W borrows the pack', { ...state, ...put(objects.borrow), writer: 'check' }];
  } else if (state.writer === 'check') {
    if (state.pack && !seesMark) yield ['W sees no condemnation', { ...state, writer: 'publish' }];
  } else if (state.writer === 'publish') {
    yield ['W PUBLISHES', { ...state, ...put(objects.snapshot), writer: 'end1' }];
  } else if (state.writer === 'end1') {
    yield ['W removes its borrow', { ...state, ...remove(objects.borrow), writer: 'end2' }];
  } else if (state.writer === 'end2') {
    yield ['W removes its session', { ...state, ...remove(objects.session), writer: 'done' }];
  }
}

function* sweeperSteps(state: State, rules: MarginRules): Generator<[string, State]> {
  const { there, hidden, sweeper } = state;
  const listed = there & ~hidden;
  const canGo = state.awaited === 0;
  if (sweeper === 'condemn') {
    const now = { there: there | objects.condemned, hidden: hidden | objects.condemned };
    yield ['G condemns', { ...state, ...now, awaited: rules.margin ? now.hidden : 0, sweeper: 'wait' }];
  } else if (sweeper === 'wait') {
    // A day is far more than two lags: what was put before all could see the mark is visible as well.
    if (canGo)
      yield ['the mark is visible', { ...state, awaited: rules.margin ? hidden : 0, sweeper: 'sessions' }];
  } else if (sweeper === 'sessions') {
    if (!canGo) return;
    const isRunning = rules.waitsForSessions && state.isEarly && (listed & objects.session) !== 0;
    const isHeld = isRunning || (listed & objects.borrow) !== 0;
    const awaited = rules.pause ? hidden : 0;
    yield ['G lists sessions', { ...state, isHeld, awaited, sweeper: 'snapshots' }];
  } else if (sweeper === 'snapshots') {
    if (!canGo) return;
    const isHeld = state.isHeld || (listed & objects.snapshot) !== 0;
    yield ['G lists snapshots', { ...state, isHeld, sweeper: 'delete' }];
  } else if (sweeper === 'delete') {
    yield ['G DELETES', { ...state, pack: state.isHeld && state.pack, sweeper: 'done' }];
  }
}
