// A writer is called dead only when that is proven.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { isProvenDead, readIncarnation } from '../../src/cli/incarnation.ts';

const mine = readIncarnation();
const [machine, boot, space] = mine.split(' ');
const hasProc = !mine.split(' ').includes('-');
const skip = hasProc ? false : 'this system does not tell machine, boot and start time';

test('a living process is not dead', { skip }, async () => {
  assert.equal(isProvenDead(mine, mine), false);
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const theirs = readIncarnation(child.pid);
  assert.equal(isProvenDead(theirs, mine), false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(isProvenDead(theirs, mine), true);
});

test('another process with the number of a dead one does not keep it alive', { skip }, () => {
  assert.equal(isProvenDead(`${machine} ${boot} ${space} ${process.pid} 1`, mine), true);
});

test('an earlier boot of the same machine is dead', { skip }, () => {
  assert.equal(isProvenDead(`${machine} 00000000-0000-0000-0000-000000000000 ${space} 1 1`, mine), true);
});

test('nothing is proven about another machine, another process namespace, or half an answer', () => {
  const gone = spawnSync('true').pid;
  for (const other of [
    `other ${boot} ${space} ${gone} 1`,
    `${machine} ${boot} pid:[1] ${gone} 1`,
    `- ${boot} ${space} ${gone} 1`,
    `${machine} - ${space} ${gone} 1`,
    `${machine} ${boot} - ${gone} 1`,
    `${machine} ${boot} ${space} ${process.pid} -`,
    `${machine} ${boot} ${space} zero 1`,
    `${machine} ${boot} ${space} -5 1`,
    'test',
    '',
  ]) {
    assert.equal(isProvenDead(other, mine), false, other);
  }
});
