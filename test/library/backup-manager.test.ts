// `BackupManager` as programs use it; the examples of its guide are run as they stand there.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { BackupManager, Failure } from '../../src/library/entrance.ts';
import { scratch, writeTree } from '../world.ts';

const root = resolve(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/guides/backup-manager.md'), 'utf8');
const examples = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

function managerIn(folder: string, config: unknown = { storage: { backends: ['local'] } }): BackupManager {
  writeTree(folder, { 'keys/a.key': 'one', 'keys/b.pem': 'two' });
  writeFileSync(join(folder, 'backup_config.json'), JSON.stringify(config));
  return new BackupManager({ configFile: join(folder, 'backup_config.json') });
}

test('there are examples in the guide', () => assert.equal(examples.length, 3));

for (const [at, example] of examples.entries()) {
  test(`example ${at + 1} of the guide runs as it stands there`, () => {
    using folder = scratch();
    managerIn(folder.path);
    const entrance = pathToFileURL(join(root, 'src/library/entrance.ts')).href;
    writeFileSync(join(folder.path, 'program.mts'), example.replace("'holdfast'", JSON.stringify(entrance)));
    const ran = spawnSync(process.execPath, ['program.mts'], { cwd: folder.path, encoding: 'utf8' });
    assert.equal(ran.status, 0, ran.stderr);
    assert.ok(readdirSync(join(folder.path, 'backups')).some((name) => name.endsWith('.tar.gz.gcm')));
    if (example.includes("'./back'")) assert.ok(existsSync(join(folder.path, 'back/a.key')));
  });
}

test('a backup tells its archive, sizes, checksum and proof; the list and a restore agree', async () => {
  using folder = scratch();
  const manager = managerIn(folder.path);
  const made = await manager.createBackup(join(folder.path, 'keys'));
  assert.deepEqual([made.outcome, made.files, made.contentBytes, made.verified], ['succeeded', 2, 6, true]);
  assert.equal(made.sizeBytes, readFileSync(made.path).length);
  const [listed, ...others] = await manager.listBackups();
  assert.deepEqual([listed?.archive, listed?.checksum, others.length], [made.archive, 'verified', 0]);
  const target = join(folder.path, 'back');
  const done = await manager.restoreBackup(made.archive, target, { selective: '*.pem' });
  assert.deepEqual([done.files, done.checksums.sha256, readdirSync(target)], [1, 'matches', ['b.pem']]);
});

test('the names with underscores do the same, also for the configuration', async () => {
  using folder = scratch();
  managerIn(folder.path);
  const manager = new BackupManager({ config_file: join(folder.path, 'backup_config.json') });
  const made = await manager.create_backup(join(folder.path, 'keys'));
  assert.equal((await manager.list_backups())[0]?.archive, made.archive);
  const done = await manager.restore_backup(made.path, join(folder.path, 'back'));
  assert.equal(done.files, 2);
});

test('two backups at the same moment become two archives', async () => {
  using folder = scratch();
  const manager = managerIn(folder.path);
  await manager.createBackup(join(folder.path, 'keys'));
  const made = await Promise.all([1, 2].map(() => manager.createBackup(join(folder.path, 'keys'))));
  assert.notEqual(made[0]?.archive, made[1]?.archive);
  assert.equal((await manager.listBackups()).length, 3);
});

test('a restore is refused where something is in the way, and replaces it when asked to', async () => {
  using folder = scratch();
  const manager = managerIn(folder.path);
  const { archive } = await manager.createBackup(join(folder.path, 'keys'));
  writeTree(join(folder.path, 'back'), { 'a.key': 'mine' });
  const target = join(folder.path, 'back');
  await assert.rejects(manager.restoreBackup(archive, target), (error) => error instanceof Failure);
  assert.equal(readFileSync(join(target, 'a.key'), 'utf8'), 'mine');
  await manager.restoreBackup(archive, target, { overwrite: true });
  assert.equal(readFileSync(join(target, 'a.key'), 'utf8'), 'one');
});

test('a configuration that was named and is not there is a failure, and so is one that is wrong', () => {
  using folder = scratch();
  const code = (configFile: string) => {
    try {
      new BackupManager({ configFile });
      return '';
    } catch (error) {
      return (error as Failure).code;
    }
  };
  assert.equal(code(join(folder.path, 'none.json')), 'CONFIG_MISSING');
  writeFileSync(join(folder.path, 'bad.json'), '{"storage":{"backends":"local"}}');
  assert.equal(code(join(folder.path, 'bad.json')), 'CONFIG_INVALID');
});

test('a signal ends a backup and leaves no archive', async () => {
  using folder = scratch();
  managerIn(folder.path);
  const manager = new BackupManager({
    configFile: join(folder.path, 'backup_config.json'),
    signal: AbortSignal.abort(),
  });
  await assert.rejects(manager.createBackup(join(folder.path, 'keys')), {
    code: 'CANCELED',
    kind: 'canceled',
  });
  const left = existsSync(join(folder.path, 'backups')) ? readdirSync(join(folder.path, 'backups')) : [];
  assert.deepEqual(left, []);
});
