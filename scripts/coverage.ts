// `npm run prove -- T-92`: which branches of repository/ and keyslots/ the tests take. Each test file runs once under V8's own counters; what it
// ran is kept in .cache/coverage.json, where scripts/mutants.ts looks for the tests that reach a mutation.

import { spawn } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Branch, branchesOf } from './syntax.ts';

export const root = join(import.meta.dirname, '..');
const cache = join(root, '.cache/coverage.json');

/** The rooms of T-91 and T-92, and the tests that are there for them. */
export const measured = ['src/repository/**/*.ts', 'src/keyslots/**/*.ts'];
export const mutated = [...measured, 'src/operations/restore*.ts', 'src/operations/restore/**/*.ts'];
const tests = [
  'test/{repository,keyslots,operations,property,vectors,damage,golden,incidents}/**/*.test.ts',
  'test/interop/{reader,seals,key-slots}.test.ts',
  'test/fault/{crash-points,repair-from}.test.ts',
  'test/fuzz/parsers.test.ts',
];
/** AssemblyScript is no TypeScript; it is proven by compiling it again. */
const foreign = '/assembly/';

export interface TestRun {
  readonly test: string;
  readonly seconds: number;
  readonly isPassed: boolean;
  /** For each source file how often its parts were run: start, end and count, three numbers each. */
  readonly counts: Readonly<Record<string, readonly number[]>>;
}

export function filesOf(patterns: readonly string[]): string[] {
  const found = patterns.flatMap((pattern) => globSync(pattern, { cwd: root }));
  return [...new Set(found)].filter((file) => !file.includes(foreign)).sort();
}

export function savedRuns(): TestRun[] {
  return JSON.parse(readFileSync(cache, 'utf8')) as TestRun[];
}

export function countAt(counts: readonly number[] | undefined, position: number): number {
  if (counts === undefined) return 0;
  for (let at = 0; at < counts.length; at += 3) {
    if (position >= counts[at]! && position < counts[at + 1]!) return counts[at + 2]!;
  }
  return 0;
}

export async function runTests(jobs: number): Promise<TestRun[]> {
  const waiting = filesOf(tests);
  const wanted = new Set(filesOf(mutated));
  const runs: TestRun[] = [];
  const work = async () => {
    for (let test = waiting.shift(); test !== undefined; test = waiting.shift()) {
      const run = await runTest(test, wanted);
      console.log(`${run.isPassed ? '' : 'FAILED '}${test} ${run.seconds.toFixed(1)} s`);
      runs.push(run);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  mkdirSync(dirname(cache), { recursive: true });
  writeFileSync(cache, JSON.stringify(runs));
  return runs;
}

async function runTest(test: string, wanted: ReadonlySet<string>): Promise<TestRun> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-coverage-'));
  try {
    const begun = performance.now();
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', test], {
      cwd: root,
      stdio: 'ignore',
      env: { ...process.env, NODE_V8_COVERAGE: folder },
    });
    const status = await new Promise((ended) => child.once('exit', ended));
    const seconds = (performance.now() - begun) / 1000;
    return { test, seconds, isPassed: status === 0, counts: countsIn(folder, wanted) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface V8Report {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly {
        readonly startOffset: number;
        readonly endOffset: number;
        readonly count: number;
      }[];
    }[];
  }[];
}

/** Adds up what all processes and workers of one test wrote. */
export function countsIn(folder: string, wanted: ReadonlySet<string>): Record<string, number[]> {
  const sums = new Map<string, Float64Array>();
  for (const name of readdirSync(folder)) {
    const report = reportIn(join(folder, name));
    if (report === undefined) continue;
    for (const { url, functions } of report.result) {
      if (!url.startsWith('file:')) continue;
      const file = relative(root, fileURLToPath(url));
      if (!wanted.has(file)) continue;
      const ranges = functions.flatMap((one) => one.ranges);
      // From the outermost to the innermost: who comes last knows best.
      ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
      const length = readFileSync(join(root, file), 'utf8').length;
      const own = new Float64Array(length);
      for (const range of ranges) own.fill(range.count, range.startOffset, range.endOffset);
      const sum = sums.get(file) ?? new Float64Array(length);
      for (let at = 0; at < length; at++) sum[at]! += own[at]!;
      sums.set(file, sum);
    }
  }
  return Object.fromEntries([...sums].map(([file, sum]) => [file, segments(sum)]));
}

function reportIn(path: string): V8Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as V8Report;
  } catch (error) {
    // A process that a test killed may have been writing.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function segments(counts: Float64Array): number[] {
  const found: number[] = [];
  for (let start = 0, end = 1; end <= counts.length; end++) {
    if (end < counts.length && counts[end] === counts[start]) continue;
    found.push(start, end, counts[start]!);
    start = end;
  }
  return found;
}

/** Taken in at least one test: sums over tests would hide a way around that one test goes and another does not. */
function isTaken(branch: Branch, runs: readonly TestRun[], file: string): boolean {
  return runs.some(({ counts }) => {
    const at = countAt(counts[file], branch.at);
    return branch.around === undefined ? at > 0 : countAt(counts[file], branch.around) > at;
  });
}

function tell(runs: readonly TestRun[]): void {
  let all = 0;
  let taken = 0;
  for (const file of filesOf(measured)) {
    const source = readFileSync(join(root, file), 'utf8');
    for (const branch of branchesOf(source)) {
      all += 1;
      if (isTaken(branch, runs, file)) {
        taken += 1;
        continue;
      }
      const line = source.slice(0, branch.at).split('\n').length;
      console.log(`${file}:${line} ${branch.what}: ${source.split('\n')[line - 1]!.trim()}`);
    }
  }
  console.log(`\n${taken} of ${all} branches taken (${((taken / all) * 100).toFixed(2)} %).`);
}

if (import.meta.main) {
  const isSaved = process.argv.includes('--saved');
  tell(isSaved ? savedRuns() : await runTests(2));
}
