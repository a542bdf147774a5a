// What a killed control process had begun is ended at the next start; what others began, or what left its job on purpose, is not.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { endLeftovers, jobVariable, ownerMark, ownerVariable } from '../../../src/cli/control/leftovers.ts';
import { readIncarnation } from '../../../src/cli/incarnation.ts';
import { isGone, untilGone } from '../../servers/process.ts';

/** A program in a group of its own that has said it runs. */
async function begun(script: string, env: Record<string, string> = {}): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', script], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await once(child.stdout!, 'data');
  return child;
}

const waiting = 'echo runs; exec sleep 600';
/** As a job is started: its number is known in its environment, also in that of what it starts. */
const job = `export ${jobVariable}=$$; sleep 600 & ${waiting}`;

test('what a killed control process began is ended with its children; of one that lives, nothing is', async (t) => {
  const dead = await begun(waiting);
  const living = await begun(waiting);
  const marks = [dead, living].map(({ pid }) => ownerMark(readIncarnation(pid)));
  const left = await begun(job, { [ownerVariable]: marks[0]! });
  const apart = await begun(waiting, { [ownerVariable]: marks[0]!, [jobVariable]: String(left.pid) });
  const others = await begun(job, { [ownerVariable]: marks[1]! });
  t.after(() => {
    for (const { pid } of [living, left, apart, others]) {
      try {
        process.kill(-pid!, 'SIGKILL');
      } catch {
        // It has ended, as it should.
      }
    }
  });
  const mine = readIncarnation();
  assert.deepEqual(endLeftovers(mine), { ended: [], left: [] });

  dead.kill('SIGKILL');
  await once(dead, 'exit');
  const found = endLeftovers(mine);
  assert.ok(found.ended.includes(left.pid!) && found.ended.length === 2, JSON.stringify(found));
  assert.deepEqual(found.left, [apart.pid]);
  await untilGone([...found.ended]);
  assert.ok(!isGone(apart.pid!) && !isGone(others.pid!));
  assert.deepEqual(endLeftovers(mine).ended, []);
});

test('where environments cannot be read, nothing is found', () => {
  assert.deepEqual(endLeftovers(readIncarnation(), '/proc/nowhere'), { ended: [], left: [] });
});
