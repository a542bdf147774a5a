// Programs of the user's own as channels: words as they stand, a clean environment, an end at the deadline with all children.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openConfiguredChannel } from '../../src/channels/all.ts';
import type { Channel } from '../../src/channels/channel.ts';
import { conformance } from '../../src/channels/conformance.ts';
import { serverFolder, untilGone } from '../servers/process.ts';
import { channelContext, failure, sample } from './channel-world.ts';

const folder = serverFolder();
after(() => folder[Symbol.dispose]());

function script(name: string, lines: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return path;
}

function open(...command: readonly string[]): Promise<Channel> {
  return openConfiguredChannel({ kind: 'command', command }, channelContext());
}

test('a command keeps what a channel promises, also one that does not read', async () => {
  for (const program of [script('reads', 'cat > /dev/null'), '/bin/true']) {
    const results = await Array.fromAsync(conformance(() => open(program), sample, channelContext()));
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
  }
});

test('the message is JSON on standard input, words are arguments as they stand, and the environment is clean', async () => {
  const out = join(folder.path, 'out');
  const program = script('shows', `{ cat; env; for word; do printf 'word=%s\\n' "$word"; done; } > "${out}"`);
  process.env.HOLDFAST_CHANNEL_SECRET = 'must-not-be-seen';
  const words = ['$(id)', '; touch /tmp/never', '', "it's"];
  await using channel = await open(program, ...words);
  await channel.send(sample, channelContext());
  delete process.env.HOLDFAST_CHANNEL_SECRET;
  const [json = '', ...rest] = readFileSync(out, 'utf8').split('\n');
  assert.equal((JSON.parse(json) as { title: string }).title, sample.title);
  assert.deepEqual(
    rest.filter((line) => line.startsWith('word=')),
    words.map((word) => `word=${word}`),
  );
  assert.ok(!rest.join('\n').includes('must-not-be-seen'));
  assert.deepEqual(
    rest
      .filter((line) => /^[A-Z_]+=/.test(line))
      .map((line) => line.split('=')[0])
      .filter((name) => !['PWD', 'OLDPWD', '_', 'SHLVL'].includes(name ?? ''))
      .sort(),
    ['LANG', 'PATH'],
  );
});

test('how a command ends decides whether to try again', async () => {
  const cases = [
    [script('later', 'exit 75'), 'unavailable', 'CHANNEL_COMMAND_BUSY'],
    [script('fails', 'echo secret-output; exit 1'), 'usage', 'CHANNEL_COMMAND_FAILED'],
    [script('dies', 'kill -9 $$'), 'usage', 'CHANNEL_COMMAND_FAILED'],
    [join(folder.path, 'none'), 'missing', 'CHANNEL_COMMAND_NOT_STARTED'],
    [folder.path, 'denied', 'CHANNEL_COMMAND_NOT_STARTED'],
  ] as const;
  for (const [program, kind, code] of cases) {
    await using channel = await open(program);
    await assert.rejects(
      channel.send(sample, channelContext()),
      failure(kind, code, ['secret-output']),
      program,
    );
  }
  for (const command of [[], ['relative'], ['./here'], ['/bin/tr\0ue']]) {
    await assert.rejects(open(...command), failure('usage', 'CHANNEL_CONFIG_INVALID'));
  }
});

test('a command that hangs ends at the deadline, and its children with it', async () => {
  const pidFile = join(folder.path, 'pid');
  const program = script(
    'hangs',
    `sleep 1000 & echo $! > "${pidFile}.new"; mv "${pidFile}.new" "${pidFile}"; wait`,
  );
  await using channel = await open(program);
  const context = channelContext();
  const sending = channel.send(sample, context);
  sending.catch(() => undefined);
  await new Promise<void>((resolve) => {
    const look = () => {
      if (!existsSync(pidFile)) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder.path, look);
    look();
  });
  const child = Number(readFileSync(pidFile, 'utf8'));
  process.kill(child, 0);
  context.ring();
  await assert.rejects(sending, failure('unavailable', 'CHANNEL_TIMEOUT'));
  await untilGone([child]);
});
