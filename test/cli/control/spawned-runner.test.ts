// Jobs in processes of their own: what they get to see, what is heard of them, and how they end.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context, Problem } from '../../../src/base/context.ts';
import { Failure } from '../../../src/base/failure.ts';
import { createSpawnedRunner } from '../../../src/cli/control/spawned-runner.ts';
import { readIncarnation } from '../../../src/cli/incarnation.ts';
import type { JobReports } from '../../../src/control/job.ts';
import { isGone, untilGone } from '../../servers/process.ts';
import { testContext } from '../../world.ts';

const entry = join(import.meta.dirname, 'job-entry.ts');

interface Heard extends JobReports {
  readonly phases: string[];
  readonly all: Problem[];
  readonly told: { readonly done: unknown; readonly expected: unknown }[];
}

function listener(onPhase: (name: string) => void = () => undefined): Heard {
  const phases: string[] = [];
  const all: Problem[] = [];
  const told: Heard['told'] = [];
  return {
    phases,
    all,
    told,
    counts: (done, expected) => void told.push({ done, expected }),
    phase: (name) => {
      phases.push(name);
      onPhase(name);
    },
    problems: (problems) => void all.push(...problems),
  };
}

function runner(environment: Record<string, string> = {}) {
  return createSpawnedRunner({ environment: { PATH: process.env['PATH'], ...environment } }, { entry });
}

test('a job sees the variables that its order names and no other secret, gets nothing by arguments, and dumps no core', async () => {
  const environment = { MAIL_PASSWORD: 'hush', OTHER_SECRET: 'hush2', HOME: '/root' };
  const order = { unlock: { password: 'env:MAIL_PASSWORD' }, deep: [{ text: 'env: no reference' }] };
  const end = await runner(environment).run('surroundings', order, listener(), testContext());
  assert.equal(end.outcome, 'succeeded');
  const seen = end.result as Record<string, unknown> & { environment: Record<string, string> };
  assert.equal(seen.environment['MAIL_PASSWORD'], 'hush');
  assert.equal(seen.environment['OTHER_SECRET'], undefined);
  assert.equal(seen.environment['HOLDFAST_UP'], readIncarnation().split(' ').slice(2).join(' '));
  assert.match(seen.environment['HOLDFAST_JOB'] ?? '', /^\d+$/);
  assert.deepEqual([seen['argv'], seen['limits'], seen['ownGroup']], [[], '0', true]);
  assert.deepEqual(seen['order'], order);
});

test('every problem, the last counts and what is logged arrive before the end', async () => {
  const { context, lines } = logging();
  const heard = listener();
  const end = await runner().run('reporting', null, heard, context);
  assert.equal(end.counts['entries'], 1);
  assert.ok((end.counts['memoryPeakBytes'] ?? 0) > 0, 'what the process took is told beside');
  assert.equal(heard.all.length, 1000);
  assert.deepEqual(heard.told.at(-1), { done: { entries: 1000 }, expected: { entries: 1000 } });
  assert.ok(heard.told.length < 10, `${heard.told.length} messages`);
  assert.deepEqual(heard.phases, ['reading']);
  assert.deepEqual(lines, ['half way']);
});

test('a job that fails says how; one whose process dies is lost, and may be tried again', async () => {
  const context = testContext();
  const refused = await runner().run('refusing', null, listener(), context);
  const failure = { kind: 'denied', code: 'TEST_DENIED', message: 'not allowed', hint: 'Ask.' };
  assert.deepEqual([refused.outcome, refused.failure], ['failed', failure]);
  const lost = await runner().run('dying', null, listener(), context);
  assert.deepEqual(
    [lost.outcome, lost.failure?.kind, lost.failure?.code],
    ['failed', 'unavailable', 'JOB_LOST'],
  );
});

test('a job asks whether snapshots may go; silence is a no, and so is trouble', async () => {
  const context = testContext();
  const asked: unknown[] = [];
  const mayGo: NonNullable<JobReports['mayGo']> = async (going) => {
    asked.push(going);
    return going.snapshots.slice(1);
  };
  const told = await runner().run('asking', null, { ...listener(), mayGo }, context);
  assert.deepEqual(told.result, ['b']);
  assert.deepEqual(asked, [{ repository: 'main', snapshots: ['a', 'b'] }]);
  assert.deepEqual((await runner().run('asking', null, listener(), context)).result, []);
  const troubled = async () => {
    throw new Failure('unavailable', 'CATALOG_AWAY', 'the catalog is away');
  };
  const broken = await runner().run('asking', null, { ...listener(), mayGo: troubled }, context);
  assert.deepEqual([broken.outcome, broken.failure?.code], ['failed', 'CATALOG_AWAY']);
});

test('a job that is asked to end ends by itself as canceled', async () => {
  const stopping = new AbortController();
  const context = testContext();
  const clock = { ...context.clock, sleep: () => new Promise<void>(() => undefined) };
  const heard = listener(() => stopping.abort());
  const end = await runner().run('waiting', null, heard, { ...context, clock, signal: stopping.signal });
  assert.deepEqual([end.outcome, end.failure?.kind], ['canceled', 'canceled']);
});

test('a job that does not listen is ended by force after its time, with all that it started', async () => {
  const stopping = new AbortController();
  const context = testContext();
  let timeIsUp = () => {};
  let asked = 0;
  const clock = {
    ...context.clock,
    sleep: (ms: number) => {
      asked = ms;
      return new Promise<void>((resolve) => {
        timeIsUp = resolve;
      });
    },
  };
  const heard = listener((name) => (name === 'asked' ? timeIsUp() : stopping.abort()));
  const end = await runner().run('stubborn', null, heard, { ...context, clock, signal: stopping.signal });
  assert.equal(end.outcome, 'canceled');
  assert.equal(asked, 10_000);
  const grandchild = Number(heard.phases[0]?.split(' ')[1]);
  await untilGone([grandchild]);
});

test('what a job has started ends when the process that asked for the job is killed', async () => {
  const asker = fork(join(import.meta.dirname, 'asking-process.ts'), ['stubborn'], {
    serialization: 'advanced',
  });
  const [pid] = (await once(asker, 'message')) as [number];
  assert.ok(!isGone(pid));
  const ended = once(asker as ChildProcess, 'exit');
  asker.kill('SIGKILL');
  await ended;
  await untilGone([pid]);
});

test('a job ends when the process that asked for it is killed', async () => {
  const asker = fork(join(import.meta.dirname, 'asking-process.ts'), { serialization: 'advanced' });
  const [pid] = (await once(asker, 'message')) as [number];
  assert.ok(!isGone(pid));
  const ended = once(asker as ChildProcess, 'exit');
  asker.kill('SIGKILL');
  await ended;
  await untilGone([pid]);
});

function logging(): { context: Context; lines: string[] } {
  const lines: string[] = [];
  const context = testContext();
  return { lines, context: { ...context, log: { ...context.log, info: (line) => void lines.push(line) } } };
}
