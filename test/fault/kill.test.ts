// T-04: the real program is killed with SIGKILL as it enters a call that writes, whichever of its threads does so. The next run needs no
// manual step, check reads every byte and finds nothing, and what was reported restores.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { budgetOf, report } from '../campaign.ts';
import { type Ran, type RunOptions, World } from '../cli/holdfast.ts';
import { noise, treeDigest, writeTree } from '../world.ts';
import { campaignSeed, sample } from './sampling.ts';

const writing =
  'write,pwrite64,writev,pwritev,fsync,fdatasync,link,linkat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat';

/** One thread for all file calls, so that the n-th of them is the same one in every run. */
const environment = { UV_THREADPOOL_SIZE: '1' };

interface Job {
  readonly name: string;
  words(base: World): readonly string[];
  /** Digests by snapshot id that hold whatever happens. */
  readonly promised: ReadonlyMap<string, string>;
  readonly base: World;
}

function run(world: World, words: readonly string[], options: RunOptions = {}): Ran {
  const more = { ...environment, HOLDFAST_TO_PASSWORD_FILE: world.passwordFile, ...options.environment };
  return world.run(words, { ...options, environment: more });
}

function expectSuccess(world: World, words: readonly string[]): Ran {
  const ran = run(world, [...words, '--json']);
  assert.equal(ran.exit, 0, `"${words.join(' ')}" ended with ${ran.exit}: ${ran.output}${ran.errors}`);
  return ran;
}

function copyOf(base: World): World {
  const world = new World();
  // With their times: retention goes by the arrival of a snapshot, which is the time of its file.
  cpSync(base.folder, world.folder, { recursive: true, force: true, preserveTimestamps: true });
  return world;
}

/** Calls of the busiest thread: the filter of strace counts each thread by itself. */
function countCalls(job: Job): number {
  using world = copyOf(job.base);
  const log = world.path('strace.log');
  const under = ['strace', '-f', '-qq', '-e', `trace=${writing}`, '-e', 'signal=none', '-o', log];
  const ran = run(world, job.words(job.base), { under });
  assert.equal(ran.exit, 0, ran.errors);
  const counts = new Map<string, number>();
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [thread, call = ''] = line.split(/\s+/, 2) as [string, string?];
    if (/^[a-z0-9]+\(/.test(call)) counts.set(thread, (counts.get(thread) ?? 0) + 1);
  }
  return Math.max(...counts.values());
}

/** False when the program ended before. */
function killAt(job: Job, call: number): boolean {
  using world = copyOf(job.base);
  const inject = `inject=${writing}:signal=KILL:when=${call}`;
  const under = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', inject];
  const killed = run(world, job.words(job.base), { under });
  if (killed.exit === 0) return false;
  assert.equal(killed.exit, -1, `not killed, but ended with ${killed.exit}: ${killed.errors}`);
  const source = job.base.path('files');
  const again = run(world, [...job.words(job.base), '--json']);
  const wasDone = JSON.stringify(again.end).includes('REPOSITORY_EXISTS');
  assert.ok(again.exit === 0 || wasDone, `the next run ended with ${again.exit}: ${again.output}`);
  expectSuccess(world, ['backup', source]);
  expectSuccess(world, ['prune', '--max-unused', '0%']);
  expectSuccess(world, ['check', '--read-data']);
  if (existsSync(world.path('other'))) {
    expectSuccess(world, ['check', '--read-data', '--repository', world.path('other')]);
  }
  const expected = new Map([...job.promised, ['latest', treeDigest(source)]]);
  for (const [id, digest] of expected) {
    expectSuccess(world, ['restore', id, '-t', `back-${id}`]);
    assert.equal(treeDigest(world.path(`back-${id}`)), digest, `WRONG: ${id}`);
  }
  const sessions = world.path('repository', 'sessions');
  assert.deepEqual(
    existsSync(sessions) ? readdirSync(sessions).filter((one) => !one.startsWith('.')) : [],
    [],
  );
  return true;
}

function snapshotIdOf(ran: Ran): string {
  return String((ran.end.result as { snapshotId?: string }).snapshotId);
}

function whyNot(): string | undefined {
  const probe = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (probe.status === 0) return undefined;
  if (process.env.CI !== undefined)
    throw new Error(`strace does not work here: ${probe.stderr ?? probe.error}`);
  return 'strace is missing or may not trace: apt-get install strace';
}

function campaign(jobs: readonly Job[], t: TestContext): void {
  const seed = campaignSeed();
  const total = budgetOf('HOLDFAST_T04', 5);
  let tried = 0;
  for (const [number, job] of jobs.entries()) {
    const budget = Math.max(1, Math.ceil((total - tried) / (jobs.length - number)));
    for (const call of sample(seed, job.name, countCalls(job), budget)) {
      try {
        if (killAt(job, call)) tried += 1;
      } catch (cause) {
        throw new Error(`T-04: ${job.name}, call ${call} (HOLDFAST_SEED=${seed}): ${String(cause)}`, {
          cause,
        });
      }
    }
  }
  t.diagnostic(`T-04: ${tried} kills, 0 lost, 0 wrong, 0 manual, seed ${seed}`);
  report({ campaign: 'T-04', tried, lost: 0, wrong: 0, manual: 0 });
  assert.ok(tried > 0);
}

const reason = process.platform === 'linux' ? whyNot() : 'strace is only on Linux';

test('kill -9 at any writing call of the program loses nothing and needs no manual step', {
  skip: reason ?? false,
}, (t) => {
  using empty = new World();
  using base = new World().init();
  for (const world of [empty, base]) {
    mkdirSync(world.path('files'));
    writeTree(world.path('files'), {
      'a/small.txt': 'hello',
      'a/changed.txt': 'before',
      'b/noise.bin': noise('kill', 300_000),
    });
  }
  const files = base.path('files');
  const none = new Map<string, string>();
  const first = new Map([[snapshotIdOf(expectSuccess(base, ['backup', files])), treeDigest(files)]]);
  writeFileSync(base.path('files/a/changed.txt'), 'changed');
  writeFileSync(base.path('files/b/new.bin'), noise('new', 100_000));
  utimesSync(base.path('files/a/changed.txt'), 1, 1);
  using second = copyOf(base);
  // The same source path, or it would not be the same source.
  const secondPromises = new Map([
    ...first,
    [snapshotIdOf(expectSuccess(second, ['backup', files])), treeDigest(files)],
  ]);
  using other = copyOf(second);
  expectSuccess(other, ['init', '--kdf', 'pbkdf2-sha256', '--repository', other.path('other')]);
  using forgotten = copyOf(second);
  expectSuccess(forgotten, ['forget', '--keep-last', '1']);
  const kept = new Map([...secondPromises].slice(1));
  using synced = copyOf(other);
  expectSuccess(synced, ['copy', '--to', 'other']);
  expectSuccess(synced, ['forget', '--keep-last', '1']);
  writeFileSync(synced.path('files/b/later.bin'), noise('later', 50_000));
  expectSuccess(synced, ['backup', files]);
  const jobs: Job[] = [
    { name: 'init', base: empty, promised: none, words: () => ['init', '--kdf', 'pbkdf2-sha256'] },
    { name: 'backup', base, promised: first, words: () => ['backup', files] },
    { name: 'forget', base: second, promised: kept, words: () => ['forget', '--keep-last', '1'] },
    { name: 'prune', base: forgotten, promised: kept, words: () => ['prune', '--max-unused', '0%'] },
    { name: 'copy', base: other, promised: secondPromises, words: () => ['copy', '--to', 'other'] },
    { name: 'sync', base: synced, promised: kept, words: () => ['sync', '--to', 'other', '--forget'] },
  ];
  campaign(jobs, t);
});
