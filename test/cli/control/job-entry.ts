// A process that works for one job, with kinds of jobs that show how it is treated. Started by tests alone.

import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../../../src/base/failure.ts';
import { readAmbient } from '../../../src/cli/ambient.ts';
import { type ExecuteJob, serveJob } from '../../../src/cli/control/serve-job.ts';
import type { JobEnd } from '../../../src/control/job.ts';
import { failureOf } from '../../../src/control/jobs/failure.ts';

/** Nobody waits so long: whoever does not end it has lost. */
const longMs = 3_600_000;

const done = (result: JobEnd['result']): JobEnd => ({
  outcome: 'succeeded',
  counts: { entries: 1 },
  result,
});

const execute: ExecuteJob = async (kind, orderJson, _tools, reports, context) => {
  const order = JSON.parse(orderJson);
  switch (kind) {
    case 'surroundings': {
      const limits = execFileSync('/bin/sh', ['-c', 'ulimit -c'], { encoding: 'utf8' }).trim();
      const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(process.pid)], { encoding: 'utf8' });
      const environment = { ...process.env } as Record<string, string>;
      const ownGroup = Number(group) === process.pid;
      return done({ environment, argv: process.argv.slice(2), limits, ownGroup, order });
    }
    case 'reporting':
      for (let count = 1; count <= 1000; count += 1) {
        reports.counts({ entries: count }, { entries: 1000 });
        reports.problems([{ path: `/p${count}`, code: 'X', message: 'trouble' }]);
      }
      reports.phase('reading');
      context.log.info('half way', { share: 0.5 });
      return done(null);
    case 'refusing': {
      const failure = failureOf(new Failure('denied', 'TEST_DENIED', 'not allowed', { hint: 'Ask.' }));
      return { outcome: 'failed', counts: {}, failure, result: null };
    }
    case 'dying':
      process.kill(process.pid, 'SIGKILL');
      await wait(longMs);
      return done(null);
    case 'waiting':
      reports.phase('waiting');
      await context.clock.sleep(longMs, context.signal).catch(() => undefined);
      return {
        outcome: 'canceled',
        counts: {},
        failure: { kind: 'canceled', code: 'CANCELED', message: 'stopped' },
        result: null,
      };
    case 'asking':
      try {
        return done([...((await reports.mayGo?.({ repository: 'main', snapshots: ['a', 'b'] })) ?? [])]);
      } catch (error) {
        return { outcome: 'failed', counts: {}, failure: failureOf(error), result: null };
      }
    case 'stubborn': {
      const child = spawn('/bin/sleep', ['3600'], { stdio: 'ignore' });
      process.removeAllListeners('SIGTERM');
      process.on('SIGTERM', () => reports.phase('asked'));
      reports.phase(`started ${child.pid}`);
      await wait(longMs);
      return done(null);
    }
    default:
      throw new Failure('bug', 'UNEXPECTED_ERROR', `"${kind}"`);
  }
};

const ambient = readAmbient();
await serveJob(ambient, execute);
process.exit(0);
