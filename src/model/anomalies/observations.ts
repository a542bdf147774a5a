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
