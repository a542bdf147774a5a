// The tables of bench/remote.ts, and their place in docs/benchmarks.md.

import { readFileSync, writeFileSync } from 'node:fs';

export interface RemoteResult {
  readonly tool: string;
  /** Such as "s3, 50 ms". */
  readonly place: string;
  readonly step: string;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  /** Where a proxy counted them. */
  readonly requests?: number;
  /** Of a restore: paths that are other than they were. */
  readonly differences?: number;
}

export interface Throttled {
  readonly limitBytesPerSecond: number;
  readonly bytes: number;
  /** As the server sees them, from a second after the first large piece to the last. */
  readonly seconds: number;
  /** Bytes a second. */
  readonly mean: number;
  /** Lowest and highest mean of any ten seconds in between. */
  readonly lowest: number;
  readonly highest: number;
}

export interface Listed {
  readonly place: string;
  readonly objects: number;
  readonly seconds: number;
  readonly peakMiB: number;
  /** Of the same process with a list of nothing. */
  readonly emptyPeakMiB: number;
}

export interface Report {
  readonly set: string;
  readonly results: readonly RemoteResult[];
  readonly throttled: readonly Throttled[];
  readonly listed: readonly Listed[];
}

const steps = ['init', 'backup', 'unchanged', 'changed', 'restore', 'check'];
/** theirs / ours, at least. */
const goals: Readonly<Record<string, { readonly near: number; readonly far: number }>> = {
  backup: { near: 1.8, far: 2 },
  restore: { near: 1.5, far: 1.5 },
};

export function remoteTables({ set, results, throttled, listed }: Report): string {
  const places = [...new Set(results.map(({ place }) => place))];
  const parts = places.map((place) => {
    const here = results.filter((one) => one.place === place);
    return `### ${place}: ${set}\n\n${tableOf(here)}\n\n${comparison(here)}`;
  });
  if (throttled.length > 0 || listed.length > 0)
    parts.push(`### Limits and lists\n\n${lines(throttled, listed)}`);
  return parts.join('\n\n');
}

function tableOf(results: readonly RemoteResult[]): string {
  const isFar = results.some(({ place }) => place.includes('ms'));
  const hasRequests = results.some(({ requests }) => requests !== undefined);
  const head = ['step', 'holdfast, s', 'restic, s', 'ratio', 'goal', 'peak, MiB'];
  if (hasRequests) head.push('requests');
  const rows = steps.flatMap((step) => {
    const of = (tool: string) => results.find((one) => one.tool === tool && one.step === step);
    const [ours, theirs] = [of('holdfast'), of('restic')];
    if (ours === undefined || theirs === undefined) return [];
    const ratio = theirs.wallSeconds / ours.wallSeconds;
    const goal = goals[step]?.[isFar ? 'far' : 'near'];
    const judged = goal === undefined ? '' : `${goal}${ratio < goal ? ': missed' : ''}`;
    const row = [step, ours.wallSeconds.toFixed(2), theirs.wallSeconds.toFixed(2), ratio.toFixed(2), judged];
    row.push(`${ours.peakMiB.toFixed(0)} · ${theirs.peakMiB.toFixed(0)}`);
    if (hasRequests) row.push(`${ours.requests ?? '–'} · ${theirs.requests ?? '–'}`);
    return [row];
  });
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function comparison(results: readonly RemoteResult[]): string {
  const told = results
    .filter(({ differences }) => differences !== undefined)
    .map(({ tool, differences }) => `${tool} ${differences === 0 ? 'same' : `${differences} paths differ`}`);
  return `Restored trees beside the original: ${told.join(', ')}.`;
}

function lines(throttled: readonly Throttled[], listed: readonly Listed[]): string {
  const MB = (bytes: number) => (bytes / 1e6).toFixed(1);
  const text = [
    ...throttled.map(
      (one) =>
        `- \`--limit-upload\` of ${MB(one.limitBytesPerSecond)} MB/s: the server saw ${MB(one.bytes)} MB in ${one.seconds.toFixed(1)} s, ` +
        `a mean of ${MB(one.mean)} MB/s; any ten seconds of it ${MB(one.lowest)} to ${MB(one.highest)} MB/s.`,
    ),
    ...listed.map(
      (one) =>
        `- A list of ${one.objects} objects on ${one.place}: ${one.seconds.toFixed(1)} s, peak ${one.peakMiB.toFixed(0)} MiB ` +
        `(a list of none: ${one.emptyPeakMiB.toFixed(0)} MiB).`,
    ),
  ];
  return text.join('\n');
}

/** Puts the section in place of what it held, or at the end. */
export function writeSection(path: string, title: string, intro: string, tables: string): void {
  const text = readFileSync(path, 'utf8');
  const start = text.indexOf(`${title}\n`);
  const next = start < 0 ? -1 : text.indexOf('\n## ', start);
  const before = start < 0 ? `${text.trimEnd()}\n\n` : text.slice(0, start);
  const after = next < 0 ? '' : text.slice(next);
  writeFileSync(path, `${before}${title}\n\n${intro}\n\n${tables}\n${after}`);
}
