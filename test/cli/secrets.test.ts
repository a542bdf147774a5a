// Secrets never reach arguments, output, logs or the folder of state; what holds them must not be open to others.

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { password, World } from './holdfast.ts';

/** All bytes of all files below a folder. */
function contentsOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

test('the passphrase is in no output, not even with --verbose, and not in state or repository', () => {
  using world = new World().init();
  mkdirSync(world.path('files'));
  writeFileSync(world.path('files/a'), 'a');
  const runs = [
    world.run(['backup', 'files', '--verbose']),
    world.run(['snapshots', '--verbose', '--json']),
    world.run(['snapshots', '--verbose', '--password-command', `echo ${password}; exit 1`]),
    world.run(['snapshots', '--verbose', '--password-command', `echo '${password}x'`]),
  ];
  assert.deepEqual(
    runs.map((run) => run.exit),
    [0, 0, 3, 3],
  );
  for (const { output, errors } of runs) assert.ok(!(output + errors).includes(password));
  assert.ok(!contentsOf(world.path('state')).includes(password));
  assert.ok(!contentsOf(world.repository).includes(password));
});

test('a passphrase that can be tried out is used with a warning, and not shown', () => {
  using world = new World();
  for (const [weak, words] of [
    ['sesame7', /fewer than 8 characters/],
    ['qwertyuiop', /one of the first that others would try/],
  ] as const) {
    const made = world.run(['init', '-r', weak, '--password-command', `echo ${weak}`]);
    assert.equal(made.exit, 0, made.errors);
    assert.match(made.errors, words);
    assert.match(made.errors, /key passwd/);
    assert.equal(made.errors.includes(`echo ${weak}`), false);
  }
  const good = world.run([
    'init',
    '-r',
    'good',
    '--password-command',
    'echo four words without common sense',
  ]);
  assert.equal(good.errors.includes('warning'), false, good.errors);
});

test('only the first line of a password file counts, with any line ending', () => {
  using world = new World().init();
  for (const text of [password, `${password}\n`, `${password}\r\n`, `${password}\nanother line\n`]) {
    writeFileSync(world.passwordFile, text);
    assert.equal(world.run(['snapshots']).exit, 0, JSON.stringify(text));
  }
  writeFileSync(world.passwordFile, ` ${password}\n`);
  assert.equal(world.run(['snapshots']).exit, 3, 'blanks belong to a passphrase');
});

test('a password file that others may read is used with a warning', () => {
  using world = new World().init();
  assert.equal(world.run(['snapshots']).errors, '');
  chmodSync(world.passwordFile, 0o644);
  const told = world.run(['snapshots']);
  assert.equal(told.exit, 0);
  assert.match(told.errors, /readable by others \(mode 644\)/);
});

test('a password command comes before no one but options, and its errors are shown', () => {
  using world = new World().init();
  const environment = {
    HOLDFAST_PASSWORD_FILE: undefined,
    HOLDFAST_PASSWORD_COMMAND: `echo for the person >&2; echo '${password}'`,
  };
  const told = world.run(['snapshots'], { environment });
  assert.equal(told.exit, 0);
  assert.match(told.errors, /for the person/);
});

test('init makes a missing key file of mode 0600, and nothing else opens the repository', () => {
  using world = new World();
  const key = world.path('keys/master.key');
  const environment = { HOLDFAST_PASSWORD_FILE: undefined };
  assert.equal(world.run(['init', '--key-file', key], { environment }).exit, 0);
  assert.equal(statSync(key).mode & 0o777, 0o600);
  assert.equal(world.run(['snapshots', '--key-file', key], { environment }).exit, 0);
  assert.equal(world.run(['snapshots']).exit, 3);
  const line = readFileSync(key, 'latin1').trim();
  assert.ok(!contentsOf(world.repository).includes(line));
});

test('a key file that others may read is refused', () => {
  using world = new World();
  const key = world.path('master.key');
  assert.equal(world.run(['init', '--key-file', key]).exit, 0);
  chmodSync(key, 0o640);
  const told = world.run(['snapshots', '--key-file', key, '--json']);
  assert.equal(told.exit, 3);
  assert.equal(told.end.code, 'KEY_FILE_TOO_OPEN');
});

test('a failed init makes no key file', () => {
  using world = new World().init();
  const key = world.path('second.key');
  assert.equal(world.run(['init', '--key-file', key, '--json']).end.code, 'REPOSITORY_EXISTS');
  assert.ok(!existsSync(key));
});
