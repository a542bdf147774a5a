// compat/backup_monitor.sh as people have always called it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { project } from '../holdfast.ts';
import { UpWorld } from './up-world.ts';

function monitor(world: UpWorld, words: readonly string[]) {
  const done = spawnSync(join(project, 'compat/backup_monitor.sh'), words, {
    cwd: world.folder,
    encoding: 'utf8',
    env: { ...world.environment, HOLDFAST_CONFIG: undefined },
  });
  return { exit: done.status, output: done.stdout, errors: done.stderr };
}

test('the monitor starts once, answers, and ends, word for word as documented', (t) => {
  using world = new UpWorld();
  t.after(() => monitor(world, ['stop']));
  const config = ['--config', 'holdfast.yaml'];
  const started = monitor(world, ['start', ...config]);
  assert.equal(started.exit, 0, started.errors);
  assert.match(started.output, /the monitor runs \(process \d+\)/);
  assert.match(monitor(world, ['start', ...config]).output, /runs already/);
  const status = monitor(world, ['status', ...config]);
  assert.match(status.output, /Control planes: test/, status.errors);
  const alerts = monitor(world, ['alerts', ...config]);
  assert.equal(alerts.exit, 0, alerts.errors);
  const checked = monitor(world, ['check', ...config]);
  assert.ok([0, 1, 8].includes(checked.exit ?? -1), checked.errors);
  assert.notEqual(checked.output, '');
  assert.match(monitor(world, ['stop']).output, /has ended/);
  assert.match(monitor(world, ['stop']).output, /does not run/);
});

test('what the monitor does not know is refused with how it is used, and what it cannot do is said at once', () => {
  using world = new UpWorld();
  for (const words of [[], ['begin'], ['start', '--config'], ['status', 'now']]) {
    assert.equal(monitor(world, words).exit, 2, words.join(' '));
  }
  const gone = monitor(world, ['start', '--config', 'gone.yaml']);
  assert.equal(gone.exit, 1);
  assert.match(gone.errors, /CONFIG_MISSING/);
});
