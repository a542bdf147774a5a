// Tells from what a backup observed, and from what the ones before it did, whether somebody is destroying the source. Pure: the same
// observations always give the same findings.
//
// Content that became noise, names with something put behind them, letters and canaries are what only destruction does: they are critical. That
// much changed or vanished is done by people every day, so somebody is told of it; critical it is only where next to nothing is left.

import type { Finding, FindingKind, Observations } from './observations.ts';

export interface Thresholds {
  readonly changedPercent: number;
  readonly deletedPercent: number;
  readonly scrambledPercent: number;
}

export interface Past {
  readonly observations: Observations;
  readonly ageMs: number;
  /** Somebody was told of scrambled files then. */
  readonly toldScrambled: boolean;
}

/** Shares of a handful say nothing. */
const filesMin = 20;
const driftedMin = 5;
const suffixedMin = 10;
const knownEndingsMin = 5;
const notesMin = 3;
/** In percent. */
const changedBesideNotes = 10;
/** Whoever encrypts a little each day is looked for over so long a time. */
const slowMs = 14 * 86_400_000;
const slowFilesMin = 20;
/** In percent of the source. */
const slowPercent = 2;
const wipedPercent = 90;
/** Of the runs before, that what is usual for a source is known by. */
const usualRuns = 10;

/** `past`: newest first, of the same policy. */
export function findAnomalies(
  seen: Observations,
  past: readonly Past[],
  thresholds: Thresholds,
): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (kind: FindingKind, severity: Finding['severity'], facts: Finding['facts']) =>
    findings.push({ kind, severity, facts });

  const touched = touchedCanaries(seen, past[0]?.observations);
  if (touched.length > 0) add('canary', 'critical', { canaries: touched.length, example: touched[0]! });

  const drift = percent(seen.drifted, seen.judged);
  const drifted = driftedFiles(seen);
  // By what was usual before anybody could have begun: else whoever goes slowly makes himself usual.
  const usualDrift = usual(
    past.filter(({ ageMs }) => ageMs > slowMs),
    (one) => percent(one.drifted, one.judged),
  );
  const isScrambled =
    seen.drifted >= driftedMin && drift >= thresholds.scrambledPercent && drift >= 2 * usualDrift;
  if (isScrambled) {
    add('scrambled', 'critical', {
      files: drifted,
      percent: round(drift),
      ...exampleOf(seen.examples.drifted),
    });
  } else {
    const told = past.findIndex(({ toldScrambled }) => toldScrambled);
    const recent = past.slice(0, told < 0 ? past.length : told).filter(({ ageMs }) => ageMs <= slowMs);
    const all = recent.reduce((sum, { observations }) => sum + driftedFiles(observations), drifted);
    const total = Math.max(filesOf(seen), 1);
    if (
      drifted > 0 &&
      all >= slowFilesMin &&
      percent(all, total) >= slowPercent &&
      usualDrift < slowPercent
    ) {
      add('scrambled-slowly', 'critical', {
        files: all,
        days: Math.ceil(Math.max(0, ...recent.map(({ ageMs }) => ageMs)) / 86_400_000),
        ...exampleOf(seen.examples.drifted),
      });
    }
  }

  const before = Math.max(seen.entriesBefore ?? 0, 1);
  const renamed = percent(seen.suffixed, before);
  if (seen.suffixed >= suffixedMin && (renamed >= thresholds.scrambledPercent || seen.suffixed >= 1000)) {
    add('renamed', 'critical', {
      files: seen.suffixed,
      percent: round(renamed),
      ...exampleOf(seen.examples.suffixed),
    });
  } else if (isRenamedAnew(seen, past, thresholds)) {
    const { ending, count } = seen.endings[0]!;
    add('renamed', 'critical', { files: count, percent: round(percent(count, before)), ending });
  }

  if (
    seen.knownEndings >= knownEndingsMin &&
    seen.knownEndings > 2 * usual(past, (one) => one.knownEndings)
  ) {
    add('known-endings', 'critical', { files: seen.knownEndings });
  }
  const deletedShare = percent(seen.deleted ?? 0, before);
  const isDeleting = before >= filesMin && deletedShare >= thresholds.deletedPercent;
  const known = seen.files.changed + seen.files.unchanged;
  const changedShare = percent(seen.files.changed, known);
  if (seen.notes > 0) {
    // Manuals have pages of such names, too.
    const isBad =
      isDeleting ||
      seen.drifted >= driftedMin ||
      seen.suffixed >= suffixedMin ||
      (seen.notes >= notesMin && known >= filesMin && changedShare >= changedBesideNotes);
    add('ransom-notes', isBad ? 'critical' : 'warning', {
      letters: seen.notes,
      ...exampleOf(seen.examples.notes),
    });
  }

  const usualDeleted = usual(past, (one) => percent(one.deleted ?? 0, one.entriesBefore ?? 0));
  if (isDeleting && deletedShare >= 2 * usualDeleted) {
    add('mass-deletion', deletedShare >= wipedPercent ? 'critical' : 'warning', {
      entries: seen.deleted ?? 0,
      percent: round(deletedShare),
    });
  }
  const usualChanged = usual(past, (one) =>
    percent(one.files.changed, one.files.changed + one.files.unchanged),
  );
  if (known >= filesMin && changedShare >= thresholds.changedPercent && changedShare >= 2 * usualChanged) {
    add('mass-change', 'warning', { files: seen.files.changed, percent: round(changedShare) });
  }
  return findings;
}

/** One that was there as it should be, and is changed or gone. One that is new, or was never there, is no sign of anything. */
function touchedCanaries(seen: Observations, last: Observations | undefined): string[] {
  const before = new Map(last?.canaries.map(({ path, state }) => [path, state]));
  return seen.canaries
    .filter(({ path, state }) => {
      if (state === 'changed') return true;
      const was = before.get(path);
      return state === 'missing' && was !== undefined && was !== 'missing';
    })
    .map(({ path }) => path);
}

/** Names that are new altogether, with one ending that nobody knows, in the place of those that are gone. */
function isRenamedAnew(seen: Observations, past: readonly Past[], thresholds: Thresholds): boolean {
  const top = seen.endings[0];
  if (top === undefined || seen.deleted === undefined || seen.entriesBefore === undefined) return false;
  const isKnown = past.some(({ observations }) =>
    observations.endings.some(({ ending }) => ending === top.ending),
  );
  return (
    !isKnown &&
    top.count >= suffixedMin &&
    top.count >= 0.8 * seen.files.new &&
    seen.noise + seen.drifted >= 0.5 * seen.judged &&
    seen.judged >= driftedMin &&
    percent(seen.deleted, seen.entriesBefore) >= thresholds.scrambledPercent
  );
}

/** How many files drifted, told from those that were looked at. */
function driftedFiles({ drifted, judged, files }: Observations): number {
  return judged === 0 ? 0 : Math.round((drifted / judged) * Math.max(judged, files.new + files.changed));
}

function filesOf({ files }: Observations): number {
  return files.new + files.changed + files.unchanged;
}

/** The middle one of the runs before; 0 where there are fewer than three, which are no habit. */
function usual(past: readonly Past[], measure: (one: Observations) => number): number {
  const values = past
    .slice(0, usualRuns)
    .filter(({ observations }) => observations.entriesBefore !== undefined)
    .map(({ observations }) => measure(observations))
    .sort((a, b) => a - b);
  return values.length < 3 ? 0 : values[Math.floor(values.length / 2)]!;
}

function percent(part: number, whole: number): number {
  return whole <= 0 ? 0 : (100 * part) / whole;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function exampleOf(examples: readonly string[]): { readonly example?: string } {
  return examples[0] === undefined ? {} : { example: examples[0] };
}
