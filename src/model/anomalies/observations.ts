// What a backup saw of its source beside saving it: plain counts, kept with the run, from which anomalies are told. No contents.

export interface Observations {
  /** Of the previous snapshot of the same paths; absent where there was none. */
  readonly entriesBefore?: number;
  readonly entries: number;
  readonly files: { readonly new: number; readonly changed: number; readonly unchanged: number };
  /** Entries of the previous snapshot that are no more; absent where it could not be told. */
  readonly deleted?: number;
  /** New and changed files whose content was looked at: all of few, some of many. */
  readonly judged: number;
  /** Of those: files that are noise where their name promises something else. */
  readonly drifted: number;
  /** Of those: noise of which the name says nothing. */
  readonly noise: number;
  /** Names of which there is now one with something put behind it, and no more the one without. */
  readonly suffixed: number;
  /** The endings of new files, most frequent first, a few. */
  readonly endings: readonly { readonly ending: string; readonly count: number }[];
  /** New files that are named as extortionists name their letters: those of the one name that there is most of. */
  readonly notes: number;
  /** New files with an ending that only ransomware is known to give. */
  readonly knownEndings: number;
  readonly canaries: readonly { readonly path: string; readonly state: CanaryState }[];
  /** Paths that show what is meant, for people; a few of each. */
  readonly examples: {
    readonly drifted: readonly string[];
    readonly suffixed: readonly string[];
    readonly notes: readonly string[];
  };
}

export type CanaryState = 'same' | 'new' | 'changed' | 'missing';

/** What is unlike the runs before. */
export interface Finding {
  readonly kind: FindingKind;
  /** Critical pulls the brake; of a warning somebody is told. */
  readonly severity: 'warning' | 'critical';
  readonly facts: Readonly<Record<string, string | number>>;
}

export type FindingKind =
  | 'canary'
  | 'scrambled'
  | 'scrambled-slowly'
  | 'renamed'
  | 'ransom-notes'
  | 'known-endings'
  | 'mass-change'
  | 'mass-deletion';

const examplesMax = 3;
const endingsMax = 5;

/** Of a run that saved several sources. */
export function mergeObservations(all: readonly Observations[]): Observations | undefined {
  const [first, ...others] = all;
  return first === undefined ? undefined : others.reduce(merged, first);
}

function merged(a: Observations, b: Observations): Observations {
  const before = sumKnown(a.entriesBefore, b.entriesBefore);
  // Where it is unknown of one source that had entries before, it is unknown of the whole.
  const isDeletedKnown = [a, b].every((one) => one.entriesBefore === undefined || one.deleted !== undefined);
  const deleted = isDeletedKnown ? sumKnown(a.deleted, b.deleted) : undefined;
  const endings = new Map<string, number>();
  for (const { ending, count } of [...a.endings, ...b.endings]) {
    endings.set(ending, (endings.get(ending) ?? 0) + count);
  }
  const joined = (kind: keyof Observations['examples']) =>
    [...a.examples[kind], ...b.examples[kind]].slice(0, examplesMax);
  return {
    ...(before === undefined ? {} : { entriesBefore: before }),
    entries: a.entries + b.entries,
    files: {
      new: a.files.new + b.files.new,
      changed: a.files.changed + b.files.changed,
      unchanged: a.files.unchanged + b.files.unchanged,
    },
    ...(deleted === undefined ? {} : { deleted }),
    judged: a.judged + b.judged,
    drifted: a.drifted + b.drifted,
    noise: a.noise + b.noise,
    suffixed: a.suffixed + b.suffixed,
    endings: [...endings]
      .map(([ending, count]) => ({ ending, count }))
      .sort((x, y) => y.count - x.count)
      .slice(0, endingsMax),
    notes: a.notes + b.notes,
    knownEndings: a.knownEndings + b.knownEndings,
    canaries: mergedCanaries(a.canaries, b.canaries),
    examples: {
      drifted: joined('drifted'),
      suffixed: joined('suffixed'),
      notes: joined('notes'),
    },
  };
}

/** Each source looks for all of them, and all but one miss each. */
function mergedCanaries(a: Observations['canaries'], b: Observations['canaries']): Observations['canaries'] {
  const states = new Map(a.map(({ path, state }) => [path, state]));
  for (const { path, state } of b) if (state !== 'missing' || !states.has(path)) states.set(path, state);
  return [...states].map(([path, state]) => ({ path, state }));
}

function sumKnown(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}
