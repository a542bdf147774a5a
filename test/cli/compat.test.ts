// The scripts of compat/ as people have always called them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { noise, treeDigest, writeTree } from '../world.ts';
import { project, type RunOptions, World } from './holdfast.ts';

const config = join(project, 'compat/backup_config.json');

function worldWithKeys(): World {
  const world = new World();
  copyFileSync(config, world.path('backup_config.json'));
  writeTree(world.path('keys'), { 'a.key': 'one', 'inner/b.pem': noise('b', 3000) });
  return world;
}

function script(world: World, name: string, words: readonly string[], options: RunOptions = {}) {
  const done = spawnSync(join(project, 'compat', name), words, {
    cwd: world.folder,
    encoding: 'utf8',
    input: options.input ?? '',
    env: {
      PATH: process.env['PATH'],
      HOME: world.folder,
      TZ: 'UTC',
      XDG_STATE_HOME: world.path('state'),
      ...options.environment,
    },
  });
  return { exit: done.status, output: done.stdout, errors: done.stderr };
}

function archiveIn(world: World): string {
  return readdirSync(world.path('backups')).find((name) => name.endsWith('.gcm')) ?? '';
}

test('backup, list and restore work word for word as documented', () => {
  using world = worldWithKeys();
  const words = ['backup', '--compression-level', '6', '--retention-days', '60'];
  const made = script(world, 'backup_automation.sh', words);
  assert.equal(made.exit, 0, made.errors);
  const archive = archiveIn(world);
  assert.match(archive, /^keys_backup_\d{8}_\d{6}\.tar\.gz\.gcm$/);
  assert.equal(JSON.parse(readFileSync(world.path('backups', `${archive}.manifest.json`), 'utf8')).level, 6);
  assert.equal(statSync(world.path('backup_master.key')).mode & 0o777, 0o600);
  const listed = script(world, 'backup_restore.sh', ['list']);
  assert.match(listed.output, new RegExp(`verified +${archive}`));
  const selective = ['restore', archive, '--selective', '*.key'];
  assert.equal(script(world, 'backup_restore.sh', selective).exit, 0);
  const back = world.path('restored', archive.replace('.tar.gz.gcm', ''));
  assert.deepEqual(readdirSync(back), ['a.key']);
  // A second restore would be in the way of the first.
  assert.notEqual(script(world, 'backup_restore.sh', selective).exit, 0);
  const whole = script(world, 'backup_restore.sh', ['restore', `backups/${archive}`, '--target', 'whole']);
  assert.equal(whole.exit, 0, whole.errors);
  assert.equal(treeDigest(world.path('whole/inner')), treeDigest(world.path('keys/inner')));
});

test('the archives open without these scripts: holdfast import takes the key file as the password', () => {
  using world = worldWithKeys();
  assert.equal(script(world, 'backup_automation.sh', ['backup']).exit, 0);
  const words = ['--seal-password-file', 'backup_master.key', '--target', 'back'];
  const back = world.run(['import', `backups/${archiveIn(world)}`, ...words]);
  assert.equal(back.exit, 0, back.errors);
  assert.equal(readFileSync(world.path('back/a.key'), 'utf8'), 'one');
});

test('the guide asks until it is answered, starts only after a yes, and ends quietly without one', () => {
  using world = worldWithKeys();
  assert.equal(script(world, 'backup_automation.sh', ['backup']).exit, 0);
  const no = script(world, 'backup_restore.sh', ['interactive'], { input: '\n\nback\nn\n' });
  assert.equal(no.exit, 130);
  assert.equal(script(world, 'backup_restore.sh', ['interactive'], { input: '1\n' }).exit, 130);
  assert.ok(!existsSync(world.path('back')));
  const yes = script(world, 'backup_restore.sh', ['interactive'], { input: '7\nx\n1\n*.pem\nback\ny\n' });
  assert.equal(yes.exit, 0, yes.errors);
  assert.deepEqual(readdirSync(world.path('back'), { recursive: true }).sort(), ['inner', 'inner/b.pem']);
});

test('a configuration beside the script, in the working directory or by name is obeyed; none means defaults', () => {
  using world = worldWithKeys();
  writeFileSync(world.path('other.json'), '{"storage":{"backends":["local"],"local_path":"elsewhere"}}');
  const environment = { BACKUP_CONFIG: world.path('other.json') };
  const named = script(world, 'backup_automation.sh', ['backup'], { environment });
  assert.equal(named.exit, 0, named.errors);
  assert.ok(existsSync(world.path('elsewhere')));
  const gone = { BACKUP_CONFIG: world.path('gone.json') };
  const refused = script(world, 'backup_automation.sh', ['backup'], { environment: gone });
  assert.match(refused.errors, /CONFIG_MISSING/);
});

test('what the scripts do not know is refused with how they are used, and changes nothing', () => {
  using world = worldWithKeys();
  for (const words of [[], ['start'], ['backup', '--level', '3'], ['backup', '--compression-level', '10']]) {
    assert.equal(script(world, 'backup_automation.sh', words).exit, 2, words.join(' '));
  }
  assert.match(script(world, 'backup_restore.sh', ['delete']).errors, /usage: backup_restore\.sh list/);
  assert.ok(!existsSync(world.path('backups')));
  assert.ok(!existsSync(world.path('backup_master.key')));
});

test('a folder that is gone, and a list of nothing, are said clearly', () => {
  using world = worldWithKeys();
  const gone = script(world, 'backup_automation.sh', ['backup', 'nowhere']);
  assert.deepEqual([gone.exit, /SOURCE_MISSING/.test(gone.errors)], [4, true]);
  assert.equal(script(world, 'backup_restore.sh', ['list']).exit, 0);
  const guide = script(world, 'backup_restore.sh', ['interactive']);
  assert.match(guide.errors, /ARCHIVES_NONE/);
});

test('the key of archives proves itself with OpenSSL alone, without any repository', () => {
  using world = worldWithKeys();
  assert.equal(script(world, 'backup_automation.sh', ['backup']).exit, 0);
  const environment = { HOLDFAST_REPOSITORY: undefined, HOLDFAST_PASSWORD_FILE: undefined };
  const tested = world.run(['key', 'self-test', '--key-file', 'backup_master.key'], { environment });
  assert.equal(tested.exit, 0, tested.errors);
  // The line as it is required, word for word.
  const line = 'openssl enc -aes-256-cbc -d -in test.enc -out test.dec -pass file:backup_master.key';
  const opened = spawnSync('/bin/sh', ['-c', line], { cwd: world.folder, encoding: 'utf8' });
  assert.equal(opened.status, 0, opened.stderr);
  assert.ok(readFileSync(world.path('test.dec'), 'utf8').length > 0);
});
