// What the doctor judges: space, modes, logs, costs of passphrases.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  findFileClock,
  findLog,
  findMode,
  findOpenFiles,
  findSpace,
  spaceAt,
} from '../../src/operations/doctor/machine.ts';
import { findInRepository, weakness } from '../../src/operations/doctor/repository.ts';
import { Session } from '../../src/repository/session.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { create, open, password, scratch, testContext } from '../world.ts';

const space =
  (freePercent: number, filesPercent = 100) =>
  async () => ({
    totalBytes: 1000,
    freeBytes: freePercent * 10,
    totalFiles: 1000,
    freeFiles: filesPercent * 10,
  });

test('a disk is short at 80 percent and out at 90, of bytes as of files', async () => {
  assert.equal((await findSpace('/x', space(21))).state, 'ok');
  assert.equal((await findSpace('/x', space(20))).state, 'advice');
  assert.equal((await findSpace('/x', space(10))).state, 'problem');
  assert.equal((await findSpace('/x', space(90, 5))).state, 'problem');
});

test('space is asked of the first folder above that is there', async () => {
  using folder = scratch();
  const found = await spaceAt(join(folder.path, 'not', 'yet'));
  assert.ok(found.totalBytes > 0 && found.freeBytes <= found.totalBytes);
});

test('a key that others may read is a problem, and so is one that is gone', () => {
  using folder = scratch();
  const path = join(folder.path, 'key');
  assert.equal(findMode(path, false).code, 'file-missing');
  writeFileSync(path, '', { mode: 0o600 });
  assert.equal(findMode(path, false).state, 'ok');
  for (const mode of [0o640, 0o604, 0o620]) {
    chmodSync(path, mode);
    assert.equal(findMode(path, false).code, 'mode-open');
  }
});

test('open objects are found at any depth; of a folder of archives only the archives are looked at', () => {
  using folder = scratch();
  mkdirSync(join(folder.path, 'packs/00'), { recursive: true, mode: 0o700 });
  for (const name of ['packs/00/a', 'keys_backup_1', 'other']) {
    writeFileSync(join(folder.path, name), '', { mode: 0o600 });
  }
  assert.equal(findOpenFiles(folder.path, 'objects', () => true).state, 'ok');
  chmodSync(join(folder.path, 'other'), 0o644);
  const chosen = (name: string) => name.startsWith('keys_');
  assert.equal(findOpenFiles(folder.path, 'backups', chosen).state, 'ok');
  chmodSync(join(folder.path, 'packs/00/a'), 0o644);
  assert.equal(findOpenFiles(folder.path, 'objects', () => true).facts['open'], 2);
});

test('a log is opened, never made', () => {
  using folder = scratch();
  assert.equal(findLog(join(folder.path, 'a.log')).state, 'ok');
  assert.deepEqual(readdirSync(folder.path), []);
  assert.equal(findLog(join(folder.path, 'nowhere', 'a.log')).state, 'problem');
  assert.equal(findLog(folder.path).state, 'problem');
});

test('a clock that differs from that of the files is told, and nothing of the try stays', async () => {
  using folder = scratch();
  // The clock of tests stands in the year 2023.
  const found = await findFileClock(folder.path, testContext());
  assert.equal(found.code, 'clock-off');
  assert.deepEqual(readdirSync(folder.path), []);
});

test('fewer rounds than a new passphrase takes are weak, whichever way it is stretched', () => {
  assert.equal(weakness({ kdf: 'pbkdf2-sha256', rounds: 100_000 })?.least, 600_000);
  assert.equal(weakness({ kdf: 'pbkdf2-sha256', rounds: 600_000 }), undefined);
  assert.equal(weakness({ kdf: 'scrypt', cost: 16_384 })?.value, 16_384);
  assert.equal(weakness({ kdf: 'argon2id', memoryKiB: 65_536 }), undefined);
});

test('a slot that is cheaper than today is advised against, and so is having only one', async () => {
  using folder = scratch();
  const storage = new MemoryStorage();
  const context = testContext();
  await create(storage, folder.path, context);
  await using repository = await open(storage, folder.path, 'a', context);
  const found = await findInRepository({ secrets: [password] }, repository, context);
  const keys = found.filter(({ about }) => about === 'keys').map(({ code }) => code);
  assert.deepEqual(keys, ['slot-opens', 'slot-weak', 'slot-single']);
  assert.deepEqual(
    found.filter(({ state }) => state === 'problem').map(({ code }) => code),
    [],
  );
});

test('what a writer left behind, a broken slot, and a clock that runs behind are told', async () => {
  using folder = scratch();
  const storage = new MemoryStorage();
  const context = testContext();
  await create(storage, folder.path, context);
  const dead = await open(storage, folder.path, 'dead', context);
  await Session.open(dead, context);
  const { signal } = context;
  await storage.put(`keys/slot-${'0'.repeat(32)}`, Buffer.from('{"half a slot'), { signal });
  const repository = await open(storage, folder.path, 'alive', context);
  // Times of this storage are small numbers.
  const early = { ...context, clock: { ...context.clock, now: () => -1_000_000 } };
  const found = await findInRepository({ secrets: [] }, repository, early);
  const codes = found.map(({ code }) => code);
  for (const code of ['session-left', 'slot-broken', 'slot-untried', 'clock-behind', 'decrypts-nothing'])
    assert.ok(codes.includes(code as never), `${code} in ${codes}`);
});

test('one check that fails does not hide the others', async () => {
  using folder = scratch();
  const storage = new MemoryStorage();
  const context = testContext();
  await create(storage, folder.path, context);
  await using repository = await open(storage, folder.path, 'a', context);
  const { signal } = context;
  await storage.put(`sessions/${'0'.repeat(32)}`, Buffer.from('no session'), { signal });
  const found = await findInRepository({ secrets: [password] }, repository, context);
  const sessions = found.find(({ about }) => about === 'sessions');
  assert.deepEqual([sessions?.code, sessions?.state], ['check-failed', 'problem']);
  assert.ok(found.some(({ code }) => code === 'writers-none'));
});
