// compat/backup_monitor.sh as people have always called it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { project } from '../holdfast.ts';
import { UpWorld } from './up-world.ts';

function monitor(world: UpWorld, words: readonly string[], environment: Record<string, string> = {}) {
  const done = spawnSync(join(project, 'compat/backup_monitor.sh'), words, {
    cwd: world.folder,
    encoding: 'utf8',
    env: { ...world.environment, HOLDFAST_CONFIG: undefined, ...environment },
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

test('a monitor_config.json of before is obeyed as it is, by name or where it lies', (t) => {
  using world = new UpWorld();
  t.after(() => monitor(world, ['stop']));
  const config = {
    monitoring: { enabled: true, daemon_mode: true, health_check_interval: 300 },
    thresholds: { disk_warning_percent: 1, disk_critical_percent: 2, backup_age_warning_hours: 26 },
    notifications: { email: { enabled: false, recipients: ['admin@example.com'] } },
  };
  writeFileSync(world.path('custom_monitor.json'), JSON.stringify(config));
  // The real program, but no port of this machine is taken, as a monitor_config.json cannot say.
  const program = world.path('program');
  const quiet = `[ "$1" = up ] && printf 'api:\\n  enabled: false\\n' >>"$HOLDFAST_CONFIG"`;
  writeFileSync(program, `#!/bin/sh\n${quiet}\nexec "${project}/bin/holdfast" "$@"\n`, { mode: 0o755 });
  const call = (...words: string[]) => monitor(world, words, { HOLDFAST: program });
  const named = ['--config', 'custom_monitor.json'];
  const started = call('start', ...named);
  assert.equal(started.exit, 0, started.errors);
  const checked = call('check', ...named);
  assert.equal(checked.exit, 8, checked.errors);
  assert.match(checked.output, /CRITICAL .*disk of/, 'two percent of any disk are used');
  assert.match(call('status', ...named).output, /Control planes: /);
  assert.match(call('stop', ...named).output, /has ended/);
  writeFileSync(world.path('monitor_config.json'), '{"monitoring":{"health_check_interval":0}}');
  const wrong = call('start');
  assert.equal(wrong.exit, 2, wrong.output);
  assert.match(wrong.errors, /"monitoring\.health_check_interval"/);
});
