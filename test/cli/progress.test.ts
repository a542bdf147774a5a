// Progress on a terminal, in a log and as JSON, with a clock and streams of the test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ambient } from '../../src/cli/ambient.ts';
import { createOutput } from '../../src/cli/output.ts';
import { startProgress } from '../../src/cli/progress.ts';
import { textsIn } from '../../src/cli/texts/texts.ts';

const texts = await textsIn('en');

interface Stage {
  readonly ambient: Ambient;
  readonly written: { output: string; errors: string };
  readonly intervals: number[];
  /** Lets time go by and calls the timers. */
  tick(durationMs: number): void;
}

function stage(isTerminal: boolean): Stage {
  const written = { output: '', errors: '' };
  const timers: (() => void)[] = [];
  const intervals: number[] = [];
  let elapsed = 0;
  const stream = (name: 'output' | 'errors') => ({
    isTTY: isTerminal,
    columns: 100,
    write: (text: string) => {
      written[name] += text;
      return true;
    },
  });
  const ambient = {
    output: stream('output'),
    errors: stream('errors'),
    clock: { now: () => 0, elapsed: () => elapsed, sleep: () => Promise.resolve() },
    every(intervalMs: number, callback: () => void) {
      intervals.push(intervalMs);
      timers.push(callback);
      return () => void timers.splice(0);
    },
  } as unknown as Ambient;
  return {
    ambient,
    written,
    intervals,
    tick(durationMs) {
      elapsed += durationMs;
      for (const timer of timers) timer();
    },
  };
}

function play(
  scene: Stage,
  choice: { isJson?: boolean; isQuiet?: boolean } = {},
): ReturnType<typeof startProgress> {
  const output = createOutput(scene.ambient, texts, {
    isJson: false,
    isQuiet: false,
    isVerbose: false,
    isRaw: false,
    command: 'backup',
    ...choice,
  });
  const progress = startProgress(scene.ambient, output, texts);
  progress.monitor.phase('saving');
  progress.monitor.total('sourceBytes', 100 * 1024 * 1024);
  scene.tick(1000);
  progress.monitor.count('sourceBytes', 25 * 1024 * 1024);
  progress.monitor.count('entries', 1234);
  scene.tick(1000);
  return progress;
}

test('a terminal shows one line with share, rate and remaining time, at most five times a second, and clears it', () => {
  const scene = stage(true);
  const progress = play(scene);
  assert.deepEqual(scene.intervals, [200]);
  const line = scene.written.errors.split('\r').at(-1) ?? '';
  assert.match(line, /saving █{6}░{18} 25 % · 1,234 entries · 25\.0 MiB · 25\.0 MiB\/s · 3\.0 s left/);
  assert.ok(!scene.written.errors.includes('\n'));
  progress.end();
  assert.ok(scene.written.errors.endsWith('\r\x1b[2K'));
});

test('a problem on a terminal stands on its own line above the status', () => {
  const scene = stage(true);
  play(scene).monitor.problem({
    path: 'a\u001b[31m',
    code: 'ENTRY_UNREADABLE',
    message: 'reading failed (EIO)',
  });
  assert.match(
    scene.written.errors,
    /\r\x1b\[2Kproblem: a\\x1b\[31m: reading failed \(EIO\) \(ENTRY_UNREADABLE\)\n\r\x1b\[2Ksaving/,
  );
});

test('a log gets a plain line every half minute', () => {
  const scene = stage(false);
  play(scene);
  assert.deepEqual(scene.intervals, [30_000]);
  assert.match(
    scene.written.errors,
    /^holdfast: saving 25 % · 1,234 entries · 25\.0 MiB · 25\.0 MiB\/s .*\n$/m,
  );
  assert.ok(!scene.written.errors.includes('\x1b'));
  assert.equal(scene.written.output, '');
});

test('--json gets lines about once a second', () => {
  const scene = stage(true);
  play(scene, { isJson: true });
  assert.deepEqual(scene.intervals, [1000]);
  const last = JSON.parse(scene.written.output.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  assert.equal(last.type, 'progress');
  assert.equal(last.share, 0.25);
  assert.equal(last.bytesPerSecond, 25 * 1024 * 1024);
  assert.equal(last.remainingMs, 3000);
  assert.equal(scene.written.errors, '');
});

test('--quiet has no timer and no progress, but still tells problems', () => {
  const scene = stage(true);
  const progress = play(scene, { isQuiet: true });
  assert.deepEqual(scene.intervals, []);
  assert.equal(scene.written.errors, '');
  progress.monitor.problem({ path: 'a', code: 'ENTRY_VANISHED', message: 'gone' });
  assert.match(scene.written.errors, /problem: a: gone/);
  assert.equal(progress.problemCount(), 1);
});

test('thousands of problems are counted, not shown', () => {
  const scene = stage(false);
  const progress = play(scene);
  for (let number = 0; number < 5000; number += 1) {
    progress.monitor.problem({ path: String(number), code: 'ENTRY_UNREADABLE', message: 'reading failed' });
  }
  assert.ok(scene.written.errors.split('\n').length < 60);
  assert.equal(progress.problemCount(), 5000);
});
