// A process that has one job done and tells the number of the job's process, or of what that has started, so that a test can kill it and look what becomes of the job.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAmbient } from '../../../src/cli/ambient.ts';
import { createSpawnedRunner } from '../../../src/cli/control/spawned-runner.ts';
import { testContext } from '../../world.ts';

const entry = join(import.meta.dirname, 'job-entry.ts');
await createSpawnedRunner(readAmbient(), { entry }).run(
  process.argv[2] ?? 'waiting',
  null,
  {
    counts: () => undefined,
    problems: () => undefined,
    phase: (name) => process.send?.(startedBy(name) ?? childOf(process.pid)),
  },
  testContext(),
);

function startedBy(phase: string): number | undefined {
  const pid = /^started (\d+)$/.exec(phase)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

function childOf(parent: number): number {
  const isOurs = (pid: string) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    } catch {
      return false;
    }
  };
  return Number(readdirSync('/proc').find((name) => /^\d+$/.test(name) && isOurs(name)));
}
