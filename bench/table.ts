// The tables of docs/benchmarks.md from measurements.

export interface Result {
  readonly tool: string;
  readonly set: string;
  readonly step: string;
  readonly wallSeconds?: number;
  readonly cpuSeconds?: number;
  readonly peakMiB?: number;
  readonly status?: number;
  readonly repositoryBytes?: number;
  /** Of a compared restore: paths that are other than they were. */
  readonly differences?: number;
}

const steps = ['backup', 'unchanged', 'changed', 'list', 'one file', 'restore', 'check', 'prune'];

/** One Markdown table a data set: medians, ours beside theirs, ratio = theirs / ours. */
export function tablesOf(results: readonly Result[]): string {
  const sets = [...new Set(results.map(({ set }) => set))];
  return sets.map((set) => `## ${set}\n\n${tableOf(results.filter((one) => one.set === set))}`).join('\n\n');
}

function tableOf(results: readonly Result[]): string {
  const names = [...new Set(results.map(({ tool }) => tool))];
  const ours = names[0]!;
  const others = names.slice(1);
  const head = ['step', `${ours}, s`, ...others.flatMap((name) => [`${name}, s`, 'ratio']), 'peak, MiB'];
  const rows = steps.map((step) => {
    const of = (tool: string, value: 'wallSeconds' | 'peakMiB') =>
      median(results.filter((one) => one.tool === tool && one.step === step).map((one) => one[value] ?? 0));
    const own = of(ours, 'wallSeconds');
    const cells = others.flatMap((name) => {
      const theirs = of(name, 'wallSeconds');
      return [theirs.toFixed(2), (theirs / own).toFixed(2)];
    });
    const peaks = names.map((name) => of(name, 'peakMiB').toFixed(0));
    return [step, own.toFixed(2), ...cells, peaks.join(' · ')];
  });
  const sizeAfter = (tool: string, step: string) =>
    results.findLast((one) => one.tool === tool && one.step === step)?.repositoryBytes ?? 0;
  const sizes = (title: string, of: (tool: string) => number) => {
    const own = of(ours);
    const cells = others.flatMap((name) => [(of(name) / 1e6).toFixed(1), (own / of(name)).toFixed(2)]);
    return [title, (own / 1e6).toFixed(1), ...cells, ''];
  };
  const compared = names.map((name) => {
    const bad = results.filter((one) => one.tool === name && (one.differences ?? 0) > 0);
    return bad.length === 0 ? 'same' : `${bad[0]!.differences} paths differ`;
  });
  const lines = [
    head,
    head.map(() => '---'),
    ...rows,
    sizes('repository, MB (ours / theirs)', (tool) => sizeAfter(tool, 'backup')),
    sizes(
      'growth by the change, MB (ours / theirs)',
      (tool) => sizeAfter(tool, 'changed') - sizeAfter(tool, 'unchanged'),
    ),
  ];
  const table = lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
  return `${table}\n\nRestored trees beside the original: ${names.map((name, at) => `${name} ${compared[at]}`).join(', ')}.`;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
