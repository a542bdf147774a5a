// `holdfast doctor` as people run it.

import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { treeDigest, writeTree } from '../world.ts';
import { password, type Ran, World } from './holdfast.ts';

function codesOf({ end }: Ran, state?: string): string[] {
  const { findings } = end.result as { findings: { code: string; state: string }[] };
  // How full the disk of a test machine is, is its own matter.
  return findings
    .filter((one) => (state === undefined || one.state === state) && !one.code.startsWith('space-'))
    .map(({ code }) => code);
}

test('without a repository the doctor looks at the machine, and names no problem where there is none', () => {
  using world = new World();
  const found = world.run(['doctor', '--json'], { environment: { HOLDFAST_REPOSITORY: undefined } });
  assert.deepEqual(codesOf(found, 'problem'), []);
  assert.ok(codesOf(found).includes('repository-unnamed'));
  assert.ok(codesOf(found).includes('versions'));
});

test('a repository that is well is told so, key by key and with a test decryption, and stays as it is', () => {
  using world = new World().init();
  writeTree(world.path('files'), { 'inner/letter': 'text' });
  assert.equal(world.run(['backup', world.path('files')]).exit, 0);
  const before = treeDigest(world.repository);
  const found = world.run(['doctor', '--json']);
  assert.deepEqual(codesOf(found, 'problem'), []);
  for (const code of [
    'repository-opens',
    'slot-opens',
    'decrypts',
    'objects-ok',
    'sessions-none',
    'slot-single',
  ])
    assert.ok(codesOf(found).includes(code), code);
  assert.equal(treeDigest(world.repository), before);
});

test('a key that was not given is no damage: the advice is to give it, not to repair', () => {
  using world = new World({ secret: 'key-file' });
  const shred = ['--shred-key', world.path('s1')];
  world.init([...shred, '--shred-escrow', world.path('s2'), '--shred-escrow', world.path('s3')]);
  writeTree(world.path('files'), { letter: 'text' });
  assert.equal(world.run(['backup', world.path('files'), ...shred]).exit, 0);
  const found = world.run(['doctor']);
  assert.equal(found.exit, 1);
  assert.match(found.output, /SHRED_KEY_MISSING\)\n {4}do: Give it with "--shred-key FILE"/);
  assert.doesNotMatch(found.output, /holdfast repair/);
});

test('open modes are problems: exit 1, and what to do stands beside', () => {
  using world = new World().init();
  chmodSync(world.passwordFile, 0o644);
  chmodSync(join(world.repository, 'config'), 0o644);
  const found = world.run(['doctor', '--json']);
  assert.equal(found.exit, 1);
  assert.deepEqual(codesOf(found, 'problem'), ['mode-open', 'objects-open']);
  const german = world.run(['doctor', '--lang', 'de']);
  assert.match(german.output, /PROBLEM {2}Rechte .*\n {4}zu tun: „chmod 600“/);
});

test('a wrong passphrase, a damaged pack and a repository that is gone are problems, not crashes', () => {
  using world = new World().init();
  writeTree(world.path('files'), { letter: 'text' });
  world.run(['backup', world.path('files')]);
  writeFileSync(world.path('wrong'), 'some other words\n', { mode: 0o600 });
  const wrong = world.run(['doctor', '--json', '--password-file', world.path('wrong')]);
  assert.equal(wrong.exit, 1);
  assert.ok(codesOf(wrong, 'problem').includes('repository-unopened'));
  assert.ok(!`${wrong.output}${wrong.errors}`.includes(password));
  const german = world.run(['doctor', '--lang', 'de', '--password-file', world.path('wrong')]);
  assert.match(
    german.output,
    /keiner von 1 Schlüsselplätzen lässt sich .*\n {4}zu tun: Passwort oder Schlüsseldatei/,
  );
  for (const name of readdirSync(join(world.repository, 'packs'), { recursive: true, encoding: 'utf8' })) {
    const path = join(world.repository, 'packs', name);
    try {
      const bytes = readFileSync(path);
      bytes.fill(0x5a, 0, bytes.length - 64);
      chmodSync(path, 0o600);
      writeFileSync(path, bytes);
    } catch {
      // A folder of packs.
    }
  }
  const damaged = codesOf(world.run(['doctor', '--json']), 'problem');
  assert.ok(
    damaged.some((code) => code === 'decrypts-not' || code === 'check-failed'),
    damaged.join(),
  );
  rmSync(world.repository, { recursive: true });
  const gone = world.run(['doctor', '--json']);
  assert.equal(gone.exit, 1);
  assert.ok(codesOf(gone, 'problem').includes('repository-unopened'));
});

test('a write-only host without a storage that holds it to that is told of', () => {
  using world = new World({ secret: 'key-file' }).init();
  assert.equal(world.run(['writer', 'add', 'laptop', '--to', world.path('writer')]).exit, 0);
  const found = world.run(['doctor', '--json']);
  assert.ok(codesOf(found, 'advice').includes('writers-unprotected'));
});

test('what a backup_config.json describes is looked at: its rounds, logs and archives', () => {
  using world = new World();
  writeFileSync(world.path('backup_config.json'), '{"storage":{"local_path":"archives"},"surprise":1}');
  const words = ['doctor', '--config', 'backup_config.json', '--json'];
  const environment = { HOLDFAST_REPOSITORY: undefined };
  const fresh = world.run(words, { environment });
  assert.deepEqual(codesOf(fresh, 'problem'), []);
  assert.ok(codesOf(fresh, 'advice').includes('config-weak'));
  writeTree(world.path('keys'), { 'a.key': 'one' });
  assert.equal(world.run(['archives', 'backup']).exit, 0);
  const well = world.run(words, { environment });
  assert.deepEqual(codesOf(well, 'problem'), []);
  assert.ok(codesOf(well).includes('decrypts-archive'));
  writeTree(world.path('archives'), { 'keys_backup_20940716_142533.tar.gz.gcm': 'x' });
  chmodSync(world.path('archives/keys_backup_20940716_142533.tar.gz.gcm'), 0o644);
  rmSync(world.path('backup_master.key'));
  const later = world.run(words, { environment });
  const problems = ['backups-open', 'decrypts-archive-not', 'file-missing'];
  assert.deepEqual(codesOf(later, 'problem').sort(), problems);
  rmSync(world.path('backup_config.json'));
  const missing = world.run(['doctor', '--config', 'backup_config.json', '--lang', 'de'], { environment });
  assert.match(missing.output, /unter „.*backup_config.json“ ist nichts \(FILE_MISSING\)/);
  writeFileSync(world.path('backup_config.json'), '{"storage":');
  assert.ok(codesOf(world.run(words, { environment }), 'problem').includes('config-unread'));
});
