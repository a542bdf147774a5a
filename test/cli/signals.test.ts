// Ctrl-C ends cleanly, and the next run goes on.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Ambient } from '../../src/cli/ambient.ts';
import { abortOnSignals } from '../../src/cli/signals.ts';
import { project, World } from './holdfast.ts';

test('the first signal aborts and tells once, the second ends with 130 at once', () => {
  const handlers: (() => void)[] = [];
  const ended: number[] = [];
  const ambient = {
    onSignal: (_name: string, callback: () => void) => void handlers.push(callback),
    exitNow: (code: number) => void ended.push(code),
  } as unknown as Ambient;
  let told = 0;
  const signal = abortOnSignals(ambient, () => (told += 1));
  assert.equal(signal.aborted, false);
  handlers[0]?.();
  assert.equal(signal.aborted, true);
  assert.deepEqual([told, ended], [1, []]);
  handlers[1]?.();
  assert.deepEqual(ended, [130]);
});

test('an interrupted backup exits with 130 and CANCELED, and the next one succeeds', async () => {
  using world = new World().init();
  mkdirSync(world.path('files'));
  for (let number = 0; number < 20; number += 1) {
    writeFileSync(world.path('files', String(number)), Buffer.alloc(400_000, `file ${number} `));
  }
  const child = spawn(
    join(project, 'bin/holdfast'),
    ['backup', 'files', '--json', '--compression', 'none', '--limit-upload', '1K/s'],
    {
      cwd: world.folder,
      env: {
        PATH: process.env.PATH,
        XDG_STATE_HOME: world.path('state'),
        HOLDFAST_REPOSITORY: world.repository,
        HOLDFAST_PASSWORD_FILE: world.passwordFile,
      },
    },
  );
  let output = '';
  let isAsked = false;
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    output += text;
    // It is at work, and at this rate it cannot be done for minutes.
    if (isAsked || !output.includes('"phase"')) return;
    // Once: a second signal would end it at once, without a word.
    isAsked = true;
    child.kill('SIGINT');
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 130, output);
  assert.match(output, /"type":"failure".*"code":"CANCELED"/);
  const next = world.run(['backup', 'files', '--json']);
  assert.equal(next.exit, 0, next.output);
  assert.equal(world.run(['restore', 'latest', '-t', 'back', '--verify']).exit, 0);
});
