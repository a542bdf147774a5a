// T-88: the unit of the service gives it the power to read every file and no other, and the service works with that.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UpWorld } from '../cli/control/up-world.ts';
import { project } from '../cli/holdfast.ts';

const unit = join(project, 'deploy/systemd/holdfast.service');
const settings = readFileSync(unit, 'utf8')
  .split('\n')
  .filter((line) => /^[A-Z]\w+=/.test(line))
  .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);

function valuesOf(name: string): string[] {
  return settings.filter(([one]) => one === name).map(([, value]) => value);
}

test('the unit takes away what the service does not need', () => {
  const wanted: Readonly<Record<string, string>> = {
    Type: 'notify',
    CapabilityBoundingSet: 'CAP_DAC_READ_SEARCH',
    AmbientCapabilities: '',
    NoNewPrivileges: 'yes',
    ProtectSystem: 'strict',
    PrivateDevices: 'yes',
    ProtectKernelTunables: 'yes',
    ProtectKernelModules: 'yes',
    ProtectControlGroups: 'yes',
    RestrictNamespaces: 'yes',
    RestrictSUIDSGID: 'yes',
    LockPersonality: 'yes',
    RestrictAddressFamilies: 'AF_UNIX AF_INET AF_INET6',
    SystemCallArchitectures: 'native',
    LimitCORE: '0',
    UMask: '0077',
    KillMode: 'mixed',
  };
  for (const [name, value] of Object.entries(wanted)) assert.deepEqual(valuesOf(name), [value], name);
  assert.deepEqual(valuesOf('SystemCallFilter'), ['@system-service', '~@privileged @obsolete']);
  // Nothing secret and no way around: both would be read by everybody with "systemctl show".
  assert.ok(!settings.some(([, value]) => /password|secret|token/i.test(value)));
});

test('systemd itself reads the unit, and finds little exposed', (t) => {
  const found = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' });
  if (found.status !== 0) return t.skip('systemd-analyze is not installed');
  const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
  // Of a machine on which it is not installed only these two are said.
  const words = `${verified.stdout}${verified.stderr}`
    .split('\n')
    .filter((line) => line !== '' && !/is not executable|Command 'man|Failed to (connect|open)/.test(line));
  assert.deepEqual(words, []);
  const security = spawnSync(
    'systemd-analyze',
    ['security', '--offline=yes', '--no-pager', '--threshold=30', unit],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(security.status, 0, security.stdout.split('\n').at(-2));
});

test('with the one capability of the unit it saves files of others', async (t) => {
  if (process.getuid?.() !== 0 || spawnSync('setpriv', ['--version']).status !== 0) {
    return t.skip('needs root and setpriv');
  }
  using world = new UpWorld();
  writeFileSync(join(world.source, 'theirs.txt'), 'private');
  chownSync(join(world.source, 'theirs.txt'), 12_345, 12_345);
  chmodSync(join(world.source, 'theirs.txt'), 0o600);
  const bound = `-all,+${(valuesOf('CapabilityBoundingSet')[0] ?? '').replace('CAP_', '').toLowerCase()}`;
  const confined = ['setpriv', '--no-new-privs', `--bounding-set=${bound}`, `--inh-caps=${bound}`];
  await using running = world.up([], {}, confined);
  await running.ready;
  const asked = world.ask(['run', 'documents', '--wait']);
  assert.equal(asked.exit, 0, asked.errors + asked.output);
  assert.equal(await running.stop(), 0);
  const shown = world.run(['cat', 'latest', join(world.source, 'theirs.txt')]);
  assert.equal(shown.output, 'private', shown.errors);
});
