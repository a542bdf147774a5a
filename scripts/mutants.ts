// `npm run prove -- T-91`: plants one small mistake at a time (a mutant) in a copy of the source and runs the tests that reach its place, until one
// fails. A mutant that all of them let pass is a gap in the tests, or changes nothing. SEED, SAMPLE and JOBS set the sample; what is known
// already stands in .cache/mutants.jsonl and is not tried again.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { countAt, filesOf, mutated, root, savedRuns, type TestRun } from './coverage.ts';
import { type Mutation, mutationsOf } from './syntax.ts';

/** Where a mistake costs most; their mutants are drawn three times as often. */
const dangerous =
  /^src\/(repository\/(box|pack|pack-writer|frame-builder|frame-reader|index-table|session|sessions|snapshot|chain|live|refs|keys|shred)\.ts|keyslots\/(slot|wrapping|shamir|passphrase|hpke|kem)\.ts|operations\/restore\/(switch|moves|journal|staging|verify|writer)\.ts)$/;
/** All tests of one mutant together, by their times without a mutant: the nearest first, and what is beyond is not run, but for the first two. */
const secondsPerMutant = Number(process.env.SECONDS ?? 90);
const testsAtLeast = 2;
const results = join(root, '.cache/mutants.jsonl');

interface Mutant extends Mutation {
  readonly id: string;
  readonly file: string;
  readonly line: number;
}

interface Result {
  readonly id: string;
  /** The test that failed; none: the mutant survived. */
  readonly killer: string | undefined;
  readonly isTimeout: boolean;
  readonly tests: number;
}

const seed = Number(process.env.SEED ?? 1);
const wanted = Number(process.env.SAMPLE ?? 200);
const only = process.argv.slice(2).filter((word) => word !== '--');
const runs = savedRuns().filter((run) => run.isPassed);
const sample = drawn(allMutants(), wanted, seed);
const known = new Map(savedResults().map((result) => [result.id, result]));
/** RETRY=1: what survived is tried again, with the tests that came since. */
const isKnown = (result: Result | undefined) =>
  result !== undefined && (result.killer !== undefined || process.env.RETRY !== '1');
const waiting = sample.filter(({ id }) => !isKnown(known.get(id)));
await Promise.all(Array.from({ length: Number(process.env.JOBS ?? 2) }, work));
tell();

function allMutants(): Mutant[] {
  const files = filesOf(mutated).filter((file) => only.length === 0 || only.includes(file));
  return files.flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    return mutationsOf(source).map((mutation) => {
      const before = source.slice(0, mutation.start).split('\n');
      const place = `${file}:${before.length}:${before.at(-1)!.length + 1}`;
      return { ...mutation, id: `${place} ${mutation.operator}`, file, line: before.length };
    });
  });
}

/** Without putting back, a dangerous file weighing three times as much. Each file has a chance of its own: a change in one leaves the others' alone. */
function drawn(mutants: readonly Mutant[], count: number, start: number): Mutant[] {
  const places = new Map<string, number>();
  const ranked = mutants.map((mutant) => {
    const place = places.get(mutant.file) ?? 0;
    places.set(mutant.file, place + 1);
    const digest = createHash('sha256').update(`${start}\0${mutant.file}\0${place}`).digest();
    const chance = digest.readUInt32LE() / 2 ** 32;
    return { mutant, rank: chance ** (1 / (dangerous.test(mutant.file) ? 3 : 1)) };
  });
  ranked.sort((a, b) => b.rank - a.rank);
  return ranked.slice(0, count).map(({ mutant }) => mutant);
}

async function work(): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'holdfast-mutants-'));
  try {
    for (const name of ['src', 'test', 'scripts', 'docs', 'bin', 'compat', 'config', 'deploy', 'bench'])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'biome.json', 'FORMAT.md'])
      cpSync(join(root, name), join(copy, name));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const result = await tried(mutant, copy);
      known.set(result.id, result);
      mkdirSync(dirname(results), { recursive: true });
      appendFileSync(results, `${JSON.stringify(result)}\n`);
      const end = result.killer === undefined ? 'SURVIVED' : `killed by ${result.killer}`;
      console.log(`${mutant.id}: ${end}${result.isTimeout ? ' (never ended)' : ''}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function tried(mutant: Mutant, copy: string): Promise<Result> {
  const source = readFileSync(join(root, mutant.file), 'utf8');
  const path = join(copy, mutant.file);
  const changed = source.slice(0, mutant.start) + mutant.replacement + source.slice(mutant.end);
  writeFileSync(path, changed);
  const tests = testsOf(mutant);
  try {
    for (const run of tests) {
      const end = await runIn(copy, run);
      if (end !== 'passed')
        return { id: mutant.id, killer: run.test, isTimeout: end === 'timeout', tests: tests.length };
    }
    return { id: mutant.id, killer: undefined, isTimeout: false, tests: tests.length };
  } finally {
    writeFileSync(path, source);
  }
}

/** The tests that ran the mutant's place: the one of its own file first, then the quickest. */
function testsOf(mutant: Mutant): TestRun[] {
  const reaching = runs.filter(({ counts }) => countAt(counts[mutant.file], mutant.start) > 0);
  const own = basename(mutant.file, '.ts');
  const isFar = (run: TestRun) => (basename(run.test).startsWith(own) ? 0 : 1);
  reaching.sort((a, b) => isFar(a) - isFar(b) || a.seconds - b.seconds);
  let seconds = 0;
  return reaching.filter((run, place) => {
    seconds += run.seconds;
    return place < testsAtLeast || seconds <= secondsPerMutant;
  });
}

async function runIn(copy: string, run: TestRun): Promise<'passed' | 'failed' | 'timeout'> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mutant-'));
  let isLate = false;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', run.test], {
    cwd: copy,
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, TMPDIR: folder },
  });
  const timer = setTimeout(
    () => {
      isLate = true;
      // The whole group: tests start programs of their own.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    },
    20_000 + run.seconds * 5000,
  );
  try {
    const status = await new Promise((ended) => child.once('exit', ended));
    if (isLate) return 'timeout';
    return status === 0 ? 'passed' : 'failed';
  } finally {
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function savedResults(): Result[] {
  if (!existsSync(results)) return [];
  const lines = readFileSync(results, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Result);
}

function tell(): void {
  const survivors = sample.filter(({ id }) => known.get(id)?.killer === undefined);
  console.log(`\nseed ${seed}: ${sample.length} mutants, ${sample.length - survivors.length} killed`);
  for (const { id, file, line } of survivors) {
    const reached = (known.get(id)?.tests ?? 0) === 0 ? ', reached by no test' : '';
    const text = readFileSync(join(root, file), 'utf8').split('\n')[line - 1]!.trim();
    console.log(`${id}${reached}\n    ${text}`);
  }
}
