// `holdfast export` and `holdfast import` as people run them.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { noise, treeDigest, writeTree } from '../world.ts';
import { World } from './holdfast.ts';

function folderIn(world: World): string {
  const folder = world.path('source');
  writeTree(folder, { 'keys/one.pem': 'one', 'keys/two.pem': noise('two', 20_000), readme: 'text' });
  chmodSync(join(folder, 'keys/one.pem'), 0o600);
  return folder;
}

test('a folder is exported without a repository, and comes back', () => {
  using world = new World();
  const folder = folderIn(world);
  const made = world.run(['export', '--folder', folder, '--to', world.path('safe'), '--json']);
  assert.equal(made.exit, 0, made.errors);
  const { file } = made.end.result as { file: { path: string } };
  assert.match(file.path, /\/safe\/keys_backup_\d{8}_\d{6}\.tar\.gz$/);
  const listed = world.run(['import', file.path, '--list']);
  assert.match(listed.output, /keys\/one\.pem/);
  const back = world.run(['import', file.path, '--target', world.path('back')]);
  assert.equal(back.exit, 0, back.errors);
  assert.equal(treeDigest(join(world.path('back'), 'keys')), treeDigest(join(folder, 'keys')));
});

test('a part of a snapshot is exported as a file of the named format, and only what is asked for comes back', () => {
  using world = new World({ secret: 'key-file' }).init();
  const folder = folderIn(world);
  assert.equal(world.run(['backup', folder]).exit, 0);
  const file = world.path('part.zip');
  const made = world.run(['export', `latest:${folder}/keys`, '--to', file, '--level', '9']);
  assert.equal(made.exit, 0, made.errors);
  const manifest = JSON.parse(readFileSync(`${file}.manifest.json`, 'utf8'));
  assert.deepEqual([manifest.format, manifest.level, manifest.entries.files], ['zip', 9, 2]);
  const back = world.run(['import', file, '--target', world.path('back'), '--selective', 'one.*']);
  assert.equal(back.exit, 0, back.errors);
  assert.deepEqual(readdirSync(world.path('back')), ['one.pem']);
});

test('seals are laid around an archive and opened again, with keys from files alone', () => {
  using world = new World();
  const folder = folderIn(world);
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  writeFileSync(world.path('public'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(world.path('private'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(world.path('words'), 'some words\n', { mode: 0o600 });
  writeFileSync(world.path('wrong'), 'other words\n', { mode: 0o600 });
  const seals = ['--seal', 'aes-256-gcm', '--seal', 'rsa-hybrid'];
  const keys = ['--seal-password-file', world.path('words')];
  const recipient = ['--seal-recipient', world.path('public')];
  const to = ['--to', world.path('safe')];
  const made = world.run(['export', '--folder', folder, ...to, ...seals, ...keys, ...recipient, '--json']);
  assert.equal(made.exit, 0, made.errors);
  const { file } = made.end.result as { file: { path: string } };
  assert.match(file.path, /\.tar\.gz\.gcm\.rsa-hybrid$/);
  const identity = ['--seal-identity', world.path('private')];
  const target = ['--target', world.path('back')];
  const wrong = ['--seal-password-file', world.path('wrong')];
  assert.equal(world.run(['import', file.path, ...target, ...identity, ...wrong]).exit, 3);
  assert.equal(world.run(['import', file.path, ...target, ...keys]).exit, 2);
  const back = world.run(['import', file.path, ...target, ...identity, ...keys]);
  assert.equal(back.exit, 0, back.errors);
  assert.equal(treeDigest(join(world.path('back'), 'keys')), treeDigest(join(folder, 'keys')));
});

test('an export says clearly what was asked wrongly, and writes nothing', () => {
  using world = new World();
  const folder = folderIn(world);
  const to = ['--to', world.path('safe')];
  for (const [words, code] of [
    [[], 'EXPORT_NOT_NAMED'],
    [['latest', '--folder', folder], 'EXPORT_NOT_NAMED'],
    [['--folder', folder, ...to, '--level', '10'], 'ARCHIVE_LEVEL_INVALID'],
    [['--folder', folder, ...to, '--checksums', 'crc32'], 'INVALID_OPTION'],
    [['--folder', folder, ...to, '--name', '../x'], 'INVALID_OPTION'],
    [['--folder', folder, ...to, '--seal', 'wax'], 'SEAL_UNKNOWN'],
    [['--folder', folder, ...to, '--seal', 'age', '--seal-recipient', '/nothing'], 'SEAL_KEY_UNREADABLE'],
    [['--folder', folder, ...to, '--seal', 'rsa'], 'SEAL_RECIPIENT_MISSING'],
    [['--folder', folder, ...to, '--seal', 'age'], 'SEAL_KEY_MISSING'],
    [['--folder', folder, ...to, '--seal-password-file', world.passwordFile], 'SEAL_KEY_LEFT_OVER'],
    [['--folder', `${folder}/nothing`, ...to], 'SOURCE_MISSING'],
  ] as const) {
    const ran = world.run(['export', ...words]);
    assert.notEqual(ran.exit, 0);
    assert.match(ran.errors, new RegExp(code), words.join(' '));
  }
  assert.ok(!readdirSync(world.folder).includes('safe'));
});

test('memory does not grow with an archive', () => {
  using world = new World();
  mkdirSync(world.path('source'));
  const file = openSync(world.path('source/large'), 'wx');
  for (let at = 0; at < 8; at += 1) writeSync(file, noise(`at ${at}`, 1_000_000), 0, 1_000_000, at * 2 ** 26);
  ftruncateSync(file, 2 ** 29);
  closeSync(file);
  const peak = world.path('peak');
  const code = `import resource,subprocess,sys
done=subprocess.run(sys.argv[2:]).returncode
open(sys.argv[1],"w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done)`;
  const under = ['/usr/bin/python3', '-c', code, peak];
  const archive = world.path('safe/large.tar.zst');
  for (const words of [
    ['export', '--folder', world.path('source'), '--to', archive, '--level', '1'],
    ['import', archive, '--target', world.path('back'), '--max-ratio', '10000'],
  ]) {
    const ran = world.run(words, { under });
    assert.equal(ran.exit, 0, ran.errors);
    const kibibytes = Number(readFileSync(peak, 'utf8'));
    assert.ok(kibibytes < 150 * 1024, `${words[0]} took ${kibibytes} KiB`);
  }
  assert.equal(statSync(world.path('back/large')).size, 2 ** 29);
});
