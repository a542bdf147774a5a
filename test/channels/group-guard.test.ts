// What a process has begun ends with it, also when it is killed, and lives on where it was let go.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { isGone, untilGone } from '../servers/process.ts';

const guardFile = join(import.meta.dirname, '../../src/channels/group-guard.ts');

/** Starts a program in a group of its own under guard, tells its number, and waits; "go" lets it go first. */
const program = `
import { spawn } from 'node:child_process';
import { guardGroup } from ${JSON.stringify(guardFile)};
const child = spawn('/bin/sleep', ['600'], { detached: true, stdio: 'ignore' });
const letGo = guardGroup(child.pid);
process.stdin.on('data', () => { letGo(); console.log('gone'); });
console.log(child.pid);
`;

function owner(): ChildProcess & { readonly lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return Object.assign(child, { lines });
}

test('a group ends when its owner is killed', async () => {
  const one = owner();
  const group = Number((await one.lines.next()).value);
  assert.ok(!isGone(group));
  one.kill('SIGKILL');
  await once(one, 'exit');
  await untilGone([group]);
});

test('a group that was let go outlives its owner', async (t) => {
  const one = owner();
  const group = Number((await one.lines.next()).value);
  t.after(() => process.kill(-group, 'SIGKILL'));
  one.stdin?.write('go\n');
  assert.equal((await one.lines.next()).value, 'gone');
  one.kill('SIGKILL');
  await once(one, 'exit');
  assert.ok(!isGone(group));
});
