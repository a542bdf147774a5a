// The log of a run over the API: its lines, what is written while somebody listens, and when that is over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogLine, LogWish } from '../../src/api/handler.ts';
import { logLines } from '../../src/api/log-lines.ts';
import type { Context } from '../../src/base/context.ts';
import { controlWorld, minuteMs } from '../control/control-world.ts';

/** Tells the past, and when it is followed waits for the signal. */
async function* logs({ follow }: LogWish, { clock, signal }: Context): AsyncGenerator<LogLine> {
  yield { at: 0, level: 'info', message: 'backup begins' };
  while (follow && !signal.aborted) await clock.sleep(minuteMs, signal).catch(() => undefined);
}

const wish = { run: 'r', last: 10, follow: false };
const line = '{"at":"1970-01-01T00:00:00.000Z","level":"info","message":"backup begins"}\n';

test('what is there is told and ends; nobody asks whether it may be listened to', async () => {
  await using world = await controlWorld();
  const told: string[] = [];
  const never = () => assert.fail('asked');
  for await (const text of logLines(logs, wish, never, world.context)) told.push(text);
  assert.deepEqual(told, [line]);
});

test('who listens hears on until the run has ended or their login has, and no longer', async () => {
  await using world = await controlWorld();
  let asked = 0;
  const mayListen = async () => {
    asked += 1;
    return asked < 3;
  };
  const told: string[] = [];
  const listening = (async () => {
    for await (const text of logLines(logs, { ...wish, follow: true }, mayListen, world.context)) {
      told.push(text);
    }
  })();
  while (asked < 3) await world.time.advance(500);
  await world.time.advance(2_000);
  await listening;
  assert.deepEqual(told, [line]);
});

test('who goes away while nothing is written leaves nothing open', async () => {
  await using world = await controlWorld();
  let isEnded = false;
  const watched = async function* (one: LogWish, context: Context) {
    try {
      yield* logs(one, context);
    } finally {
      isEnded = true;
    }
  };
  const lines = logLines(watched, { ...wish, follow: true }, async () => true, world.context);
  const steps = lines[Symbol.asyncIterator]();
  await steps.next();
  const waiting = steps.next();
  await steps.return?.();
  assert.equal((await waiting).done, true);
  assert.ok(isEnded);
});
