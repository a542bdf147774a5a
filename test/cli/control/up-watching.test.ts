// What `holdfast up` does is written down, signed, told to a witness and counted.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../../../src/base/context.ts';
import { type LogLine, readLog } from '../../../src/cli/logs/read.ts';
import { testContext } from '../../world.ts';
import { UpWorld } from './up-world.ts';

/** The first line that fits, as soon as it is there. */
async function line(path: string, fits: (line: LogLine) => boolean): Promise<LogLine> {
  const stop = new AbortController();
  const base = testContext(stop.signal);
  const sleep: Context['clock']['sleep'] = async (durationMs, signal) =>
    setTimeout(durationMs, undefined, { signal });
  const context = { ...base, clock: { ...base.clock, sleep } };
  for await (const found of readLog({ files: [path], follow: true }, context)) if (fits(found)) return found;
  throw new Error('nobody stops it');
}

test('an act is in the readable copy and with the witness, and a run has told what it took', {
  timeout: 600_000,
}, async () => {
  using world = new UpWorld();
  world.configure({
    configuration: {
      audit: { witnesses: [{ file: world.path('witness.jsonl') }] },
      metrics: { textFile: world.path('holdfast.prom') },
    },
  });
  await using running = world.up();
  await running.ready;
  assert.equal(world.ask(['run', 'documents', '--wait']).exit, 0);
  const copied = await line(
    world.path('logs', 'backup_audit.log'),
    ({ facts }) => facts?.['action'] === 'run:request',
  );
  assert.equal(copied.purpose, 'audit');
  await line(world.path('witness.jsonl'), ({ message }) => message.includes('"checkpoint"'));
  const figures = world.ask(['metrics']).end['result'] as {
    policies: { documents: Record<string, number> };
  };
  const { documents } = figures.policies;
  assert.equal(documents['last_run_success'], 1);
  assert.ok(documents['last_run_cpu_seconds']! > 0 && documents['last_run_memory_peak_bytes']! > 2 ** 20);
  assert.ok(documents['last_run_compression_ratio']! > 0);
  await line(world.path('holdfast.prom'), ({ message }) => message.startsWith('holdfast_build_info'));
  assert.equal(await running.stop(), 0);
  const catalog = ['--catalog', world.path('catalog')];
  const sound = world.ask([
    'catalog',
    'audit',
    'verify',
    ...catalog,
    '--earlier',
    world.path('witness.jsonl'),
  ]);
  assert.equal(sound.exit, 0, sound.errors);
  assert.doesNotMatch(readFileSync(world.path('logs', 'backup_audit.log'), 'utf8'), /PRIVATE/);
});
