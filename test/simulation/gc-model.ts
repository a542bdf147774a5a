// The protocol of FORMAT.md §12 as a model: every interleaving of the steps of its writers and sweepers is explored. A pause is a process that
// is not scheduled, a crash one that never is again; anybody may revoke a session at any moment. The blob starts in pack P0, which no
// snapshot needs any more. Loss: a published snapshot whose pack is gone. Whoever changes the protocol changes this model first.

/** What the protocol is made of; each weakening takes one rule away. */
export interface Rules {
  readonly writers: number;
  readonly sweepers: number;
  /** Writers look for condemnations after they put their borrow. */
  readonly recheck: boolean;
  /** Nobody lifts a condemnation. */
  readonly irreversible: boolean;
  /** A pack that is uploaded again has another name. */
  readonly uniqueNames: boolean;
  /** The re-check lists condemnations before packs. */
  readonly condemnedFirst: boolean;
  readonly borrow: boolean;
  /** Sessions may be revoked. */
  readonly revoke: boolean;
  /** Readers do not trust snapshots of revoked sessions. */
  readonly readerRule: boolean;
  /** Lists lag behind writes. */
  readonly lag: boolean;
  /** Packs of a live session count as held. */
  readonly ownProtected: boolean;
  readonly sessionsListedFirst: boolean;
  /** Sessions whose snapshot is listed hold nothing besides it, and anybody removes their marks. */
  readonly publishedOver: boolean;
  /** Writers may delete; otherwise their marks stay, and what they would take back. */
  readonly mayDelete: boolean;
}

export interface Exploration {
  /** Absent: no state that can be reached loses anything. */
  readonly loss?: string;
  /** The steps that lead to the loss. */
  readonly trace: readonly string[];
  readonly states: number;
}

const designed: Rules = {
  writers: 2,
  sweepers: 2,
  recheck: true,
  irreversible: true,
  uniqueNames: true,
  condemnedFirst: true,
  borrow: true,
  revoke: true,
  readerRule: true,
  lag: false,
  ownProtected: true,
  sessionsListedFirst: true,
  publishedOver: false,
  mayDelete: true,
};

// Sets are bit masks. Pack 0 is P0, pack 1 + i is what writer i uploads; a pair of writer and pack is bit i * packCount + pack.
const writersMax = 4;
const packCount = 1 + writersMax;
const allPacks = (1 << packCount) - 1;

const writing = {
  open: 0,
  choose: 1,
  borrow: 2,
  check1: 3,
  check2: 4,
  upload: 5,
  publish: 6,
  close: 7,
  end: 8,
};
const sweeping = { mark: 0, condemn: 1, list1: 2, list2: 3, delete: 4, end: 5 };
const noPack = 7;

/** Every field is an integer of at most 30 bits; `writers` has 7 bits a writer (step, pack), `sweepers` 13 (step, candidates, doomed). */
interface State {
  readonly packs: number;
  readonly condemned: number;
  readonly borrows: number;
  readonly sessions: number;
  readonly revoked: number;
  readonly snapshots: number;
  /** Written but not yet listed: sessions of writers in the low bits, then pairs that are borrowed. */
  readonly hidden: number;
  readonly writers: number;
  readonly sweepers: number;
  /** Pairs of writer and pack that sweepers have seen held, where snapshots decide later whether that counts. */
  readonly seen: number;
}

type Emit = (label: string, next: State) => void;

export function explore(weakened: Partial<Rules> = {}): Exploration {
  const rules: Rules = { ...designed, ...weakened };
  const hasRoom = !rules.publishedOver || rules.writers * rules.sweepers <= writersMax;
  if (rules.writers > writersMax || rules.sweepers > 2 || !hasRoom)
    throw new Error('the encoding has no room for so many');
  let writers = 0;
  for (let i = 0; i < rules.writers; i += 1) writers |= (writing.open | (noPack << 4)) << (7 * i);
  const start: State = {
    packs: 1,
    condemned: 0,
    borrows: 0,
    sessions: 0,
    revoked: 0,
    snapshots: 0,
    hidden: 0,
    writers,
    sweepers: 0,
    seen: 0,
  };
  return search(
    start,
    keyOf,
    (state) => lossOf(state, rules),
    (state, emit) => {
      becomeVisible(state, emit);
      for (let i = 0; i < rules.writers; i += 1) stepWriter(state, i, rules, emit);
      if (rules.publishedOver) endPublished(state, rules, emit);
      const held = heldIn(state, rules);
      const named = namedIn(state.snapshots);
      for (let j = 0; j < rules.sweepers; j += 1) stepSweeper(state, j, held, named, rules, emit);
    },
  );
}

/** Breadth first, so that a trace is as short as can be. */
function search<Node>(
  start: Node,
  key: (node: Node) => string,
  loss: (node: Node) => string | undefined,
  steps: (node: Node, emit: (label: string, next: Node) => void) => void,
): Exploration {
  const seen = new Set([key(start)]);
  const nodes = [start];
  const parents = [-1];
  const labels = [''];
  for (let at = 0; at < nodes.length; at += 1) {
    const found = loss(nodes[at]!);
    if (found !== undefined) {
      const trace: string[] = [];
      for (let back = at; parents[back]! >= 0; back = parents[back]!) trace.push(labels[back]!);
      return { loss: found, trace: trace.reverse(), states: nodes.length };
    }
    steps(nodes[at]!, (label, next) => {
      const name = key(next);
      if (seen.has(name)) return;
      seen.add(name);
      nodes.push(next);
      parents.push(at);
      labels.push(label);
    });
  }
  return { trace: [], states: nodes.length };
}

function keyOf(s: State): string {
  return String.fromCharCode(
    s.packs | (s.condemned << packCount) | (s.sessions << (2 * packCount)),
    s.revoked,
    s.borrows & 0xffff,
    (s.borrows >> 16) | ((s.snapshots >> 16) << 8),
    s.snapshots & 0xffff,
    s.hidden & 0xffff,
    s.hidden >> 16,
    s.writers & 0xffff,
    s.writers >> 16,
    s.sweepers & 0xffff,
    s.sweepers >> 16,
    s.seen & 0xffff,
    s.seen >> 16,
  );
}

function lossOf(state: State, rules: Rules): string | undefined {
  if (state.snapshots === 0) return undefined;
  for (let i = 0; i < rules.writers; i += 1) {
    if (rules.readerRule && (state.revoked & (1 << i)) !== 0) continue;
    const lost = packsOf(state.snapshots, i) & ~state.packs;
    if (lost !== 0) return `snapshot of W${i} needs ${nameOf(lost)}`;
  }
  return undefined;
}

function becomeVisible(state: State, emit: Emit): void {
  for (let rest = state.hidden; rest !== 0; rest &= rest - 1) {
    emit('an object becomes visible', { ...state, hidden: state.hidden & ~(rest & -rest) });
  }
}

function stepWriter(state: State, i: number, rules: Rules, emit: Emit): void {
  const { open, choose, borrow, check1, check2, upload, publish, close, end } = writing;
  const shift = 7 * i;
  const step = (state.writers >> shift) & 15;
  const pack = (state.writers >> (shift + 4)) & 7;
  const own = 1 << i;
  const goes = (to: number, on = pack): number =>
    (state.writers & ~(127 << shift)) | ((to | (on << 4)) << shift);
  const hide = (bit: number): number => (rules.lag ? state.hidden | bit : state.hidden);
  if (step === open) {
    const hidden = hide(own);
    emit(`W${i} opens its session`, {
      ...state,
      sessions: state.sessions | own,
      writers: goes(choose),
      hidden,
    });
  } else if (step === choose) {
    const free = state.packs & ~state.condemned;
    for (let p = 0; p < packCount; p += 1) {
      if ((free & (1 << p)) === 0) continue;
      emit(`W${i} finds the blob in ${nameOf(1 << p)}`, { ...state, writers: goes(borrow, p) });
    }
    if (free === 0) emit(`W${i} finds no copy`, { ...state, writers: goes(upload) });
  } else if (step === borrow) {
    const writers = goes(rules.recheck ? check1 : publish);
    const pair = pairOf(i, pack);
    if (rules.borrow) {
      const hidden = hide(pair << writersMax);
      emit(`W${i} borrows ${nameOf(1 << pack)}`, {
        ...state,
        borrows: state.borrows | pair,
        writers,
        hidden,
      });
    } else emit(`W${i} uses ${nameOf(1 << pack)} silently`, { ...state, writers });
  } else if (step === check1 || step === check2) {
    const looksForCondemned = (step === check1) === rules.condemnedFirst;
    const isGood = looksForCondemned
      ? (state.condemned & (1 << pack)) === 0
      : (state.packs & (1 << pack)) !== 0;
    const then = step === check1 ? check2 : publish;
    const what = looksForCondemned ? 'condemnations' : 'packs';
    emit(`W${i} looks at ${what}`, { ...state, writers: goes(isGood ? then : upload) });
  } else if (step === upload) {
    const fresh = rules.uniqueNames ? 1 + i : 0;
    const packs = state.packs | (1 << fresh);
    emit(`W${i} uploads ${nameOf(1 << fresh)}`, { ...state, packs, writers: goes(publish, fresh) });
  } else if (step === publish) {
    const snapshots = state.snapshots | pairOf(i, pack);
    emit(`W${i} PUBLISHES its snapshot on ${nameOf(1 << pack)}`, {
      ...state,
      snapshots,
      writers: goes(close),
    });
  } else if (step === close) {
    const writers = goes(end);
    if (!rules.mayDelete) emit(`W${i} ends and leaves its marks`, { ...state, writers });
    else if (rules.publishedOver && (state.sessions & own) === 0) {
      const snapshots = state.snapshots & ~pairOf(i, pack);
      emit(`W${i} misses its marks and withdraws`, { ...state, snapshots, writers });
    } else if ((state.revoked & own) !== 0 && rules.readerRule) {
      const snapshots = state.snapshots & ~pairOf(i, pack);
      emit(`W${i} sees that it is revoked and withdraws`, { ...state, snapshots, writers });
    } else {
      const borrows = state.borrows & ~(allPacks << (i * packCount));
      emit(`W${i} closes`, { ...state, borrows, sessions: state.sessions & ~own, writers });
    }
  }
  const isRunning = step !== open && step !== end;
  if (rules.revoke && isRunning && (state.sessions & own) !== 0 && (state.revoked & own) === 0) {
    emit(`W${i} is revoked`, { ...state, revoked: state.revoked | own });
  }
}

function endPublished(state: State, rules: Rules, emit: Emit): void {
  for (let i = 0; i < rules.writers; i += 1) {
    if (packsOf(state.snapshots, i) === 0 || (state.sessions & (1 << i)) === 0) continue;
    const borrows = state.borrows & ~(allPacks << (i * packCount));
    emit(`the marks of W${i} are removed`, { ...state, borrows, sessions: state.sessions & ~(1 << i) });
  }
}

/** What a sweeper that lists sessions and borrows now must leave. */
function heldIn(state: State, rules: Rules): number {
  let held = 0;
  for (let i = 0; i < rules.writers; i += 1) held |= heldBy(state, i, rules);
  return held;
}

function heldBy(state: State, i: number, rules: Rules): number {
  if ((state.revoked & (1 << i)) !== 0) return 0;
  const borrowed = packsOf(state.borrows & ~(state.hidden >> writersMax), i);
  const isListed = rules.ownProtected && (state.sessions & ~state.hidden & (1 << i)) !== 0;
  return isListed ? borrowed | (1 << (1 + i)) : borrowed;
}

/** Of what is held in `pairs`, what those hold that have not published. */
function heldByUnpublished(pairs: number, snapshots: number, rules: Rules): number {
  let held = 0;
  for (let i = 0; i < rules.writers; i += 1) if (packsOf(snapshots, i) === 0) held |= packsOf(pairs, i);
  return held;
}

function stepSweeper(state: State, j: number, held: number, named: number, rules: Rules, emit: Emit): void {
  const { mark, condemn, list1, list2, end } = sweeping;
  const shift = 13 * j;
  const step = (state.sweepers >> shift) & 7;
  const candidates = (state.sweepers >> (shift + 3)) & allPacks;
  const doomed = (state.sweepers >> (shift + 3 + packCount)) & allPacks;
  const goes = (to: number, marked = candidates, kill = doomed): number =>
    (state.sweepers & ~(8191 << shift)) | ((to | (marked << 3) | (kill << (3 + packCount))) << shift);
  const first = rules.sessionsListedFirst;
  // Only where snapshots decide: which of those that hold something now have published by then.
  let pairs = 0;
  if (rules.publishedOver)
    for (let i = 0; i < rules.writers; i += 1) pairs |= heldBy(state, i, rules) << (i * packCount);
  const mine = j * rules.writers * packCount;
  const own = ((1 << (rules.writers * packCount)) - 1) << mine;
  if (step === mark) {
    const unused = state.packs & ~held & ~named;
    if (unused !== 0) emit(`G${j} marks ${nameOf(unused)}`, { ...state, sweepers: goes(condemn, unused) });
  } else if (step === condemn) {
    const condemned = state.condemned | candidates;
    emit(`G${j} condemns ${nameOf(candidates)}`, { ...state, condemned, sweepers: goes(list1) });
  } else if (step === list1) {
    const isLater = rules.publishedOver && first;
    const sweepers = goes(list2, candidates, candidates & ~(isLater ? 0 : first ? held : named));
    const seen = isLater ? (state.seen & ~own) | (pairs << mine) : state.seen;
    emit(`G${j} lists ${first ? 'sessions' : 'snapshots'}`, { ...state, sweepers, seen });
  } else if (step === list2) {
    let kept = first ? named : held;
    if (rules.publishedOver) {
      const listed = first ? (state.seen & own) >> mine : pairs;
      kept = heldByUnpublished(listed, state.snapshots, rules) | (first ? named : 0);
    }
    const sweepers = goes(sweeping.delete, candidates, doomed & ~kept);
    emit(`G${j} lists ${first ? 'snapshots' : 'sessions'}`, { ...state, sweepers, seen: state.seen & ~own });
  } else if (step === sweeping.delete) {
    emit(`G${j} DELETES ${nameOf(doomed)}`, { ...state, packs: state.packs & ~doomed, sweepers: goes(end) });
    if (rules.irreversible) return;
    const condemned = state.condemned & ~candidates;
    emit(`the condemnation of G${j} is cleared as stale`, { ...state, condemned });
  } else if (!rules.irreversible && (candidates & state.condemned) !== 0) {
    emit(`G${j} lifts its condemnation`, { ...state, condemned: state.condemned & ~candidates });
  }
}

function pairOf(writer: number, pack: number): number {
  return 1 << (writer * packCount + pack);
}

function packsOf(pairs: number, writer: number): number {
  return (pairs >> (writer * packCount)) & allPacks;
}

function namedIn(snapshots: number): number {
  let named = 0;
  for (let i = 0; i < writersMax; i += 1) named |= packsOf(snapshots, i);
  return named;
}

function nameOf(packs: number): string {
  const names: string[] = [];
  for (let p = 0; p < packCount; p += 1) {
    if ((packs & (1 << p)) !== 0) names.push(p === 0 ? 'P0' : `N${p - 1}`);
  }
  return names.join(' and ');
}

interface CopiesState {
  /** Bit 0: copy a, bit 1: copy b. */
  readonly packs: number;
  readonly condemned: number;
  readonly sweepers: readonly (readonly [step: number, candidate: number, doomed: number])[];
}

/** One live blob in two packs; each of two sweepers takes the other copy for the one that stays. */
export function exploreCopies(onlyUncondemnedCount: boolean): Exploration {
  const { mark, condemn, list1, end } = sweeping;
  const start: CopiesState = {
    packs: 3,
    condemned: 0,
    sweepers: [
      [mark, 0, 0],
      [mark, 0, 0],
    ],
  };
  return search(
    start,
    (state) => JSON.stringify(state),
    (state) => (state.packs === 0 ? 'both copies deleted' : undefined),
    (state, emit) => {
      for (const [j, [step, candidate, doomed]] of state.sweepers.entries()) {
        const goes = (...to: readonly [number, number, number]) => state.sweepers.with(j, to);
        if (step === mark && state.packs === 3) {
          for (const one of [1, 2]) {
            emit(`G${j} marks copy ${one}`, { ...state, sweepers: goes(condemn, one, 0) });
          }
        } else if (step === condemn) {
          const condemned = state.condemned | candidate;
          emit(`G${j} condemns copy ${candidate}`, {
            ...state,
            condemned,
            sweepers: goes(list1, candidate, 0),
          });
        } else if (step === list1) {
          const others = state.packs & ~candidate & ~(onlyUncondemnedCount ? state.condemned : 0);
          const kill = others === 0 ? 0 : candidate;
          emit(`G${j} looks for other copies`, {
            ...state,
            sweepers: goes(sweeping.delete, candidate, kill),
          });
        } else if (step === sweeping.delete) {
          const packs = state.packs & ~doomed;
          emit(`G${j} DELETES copy ${doomed}`, { ...state, packs, sweepers: goes(end, 0, 0) });
        }
      }
    },
  );
}
