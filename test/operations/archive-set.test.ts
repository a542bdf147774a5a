// A folder of archives: what is made opens again, what goes is old, and the last good one never goes.

import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { parseBackupConfig } from '../../src/model/backup-config.ts';
import {
  type ArchiveSet,
  createArchive,
  listSet,
  restoreArchive,
} from '../../src/operations/archive-set/archive-set.ts';
import { namedArchives, timeInName } from '../../src/operations/archive-set/listing.ts';
import { applyArchiveRetention } from '../../src/operations/archive-set/retention.ts';
import { openStorage } from '../../src/storage/all.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { startS3Double } from '../servers/s3-double.ts';
import { noise, scratch, testContext, treeDigest, writeTree } from '../world.ts';

const place = 's3://bucket/keys';

interface Set extends ArchiveSet {
  readonly cloud: MemoryStorage;
}

function setIn(folder: string, config: Readonly<Record<string, unknown>> = {}): Set {
  const cloud = new MemoryStorage();
  writeTree(join(folder, 'keys'), { 'a.key': 'one', 'inner/b.pem': noise('b', 5000) });
  return {
    config: parseBackupConfig(JSON.stringify({ storage: { backends: ['local'] }, ...config }), 'test'),
    folder,
    tool: 'test',
    cloud,
    openCloud: async () => cloud,
  };
}

const restoreOf = (archive: string, target: string) => ({
  archive,
  target,
  selective: [],
  overwrite: false,
  dryRun: false,
});

const logOf = (folder: string, name: string) =>
  readFileSync(join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("an archive is named by its time, sealed, proven, its owner's alone, and comes back", async () => {
  using folder = scratch();
  const set = setIn(folder.path);
  const context = testContext();
  const made = await createArchive({ dryRun: false }, set, context);
  assert.match(made.archive, /^keys_backup_20231114_\d{6}\.tar\.gz\.gcm$/);
  assert.deepEqual([made.outcome, made.verified, made.isEncrypted], ['succeeded', true, true]);
  assert.equal(statSync(made.path).mode & 0o777, 0o600);
  const key = join(folder.path, 'backup_master.key');
  assert.equal(made.keyCreated, key);
  assert.equal(statSync(key).mode & 0o777, 0o600);
  // The head of the container: PBKDF2 with the rounds of the configuration.
  const head = readFileSync(made.path).subarray(0, 16);
  assert.deepEqual([head[9], head.readUInt32LE(12)], [3, 100_000]);
  const target = join(folder.path, 'back');
  await restoreArchive(restoreOf(made.archive, target), set, context);
  const digest = treeDigest(join(folder.path, 'keys/inner'));
  assert.equal(treeDigest(join(target, 'inner')), digest);
});

test("the seal's ending may be left out, and patterns choose", async () => {
  using folder = scratch();
  const set = setIn(folder.path);
  const context = testContext();
  const made = await createArchive({ dryRun: false }, set, context);
  const name = made.archive.replace('.gcm', '');
  const target = join(folder.path, 'back');
  const done = await restoreArchive({ ...restoreOf(name, target), selective: ['*.key'] }, set, context);
  assert.equal(done.restored.files, 1);
  assert.deepEqual(readdirSync(target), ['a.key']);
  await assert.rejects(
    restoreArchive({ ...restoreOf(name, join(folder.path, 'c')), selective: ['*.none'] }, set, context),
    (error) => isFailure(error, 'missing', 'ARCHIVE_NOTHING_SELECTED'),
  );
  assert.ok(!existsSync(join(folder.path, 'c')));
});

test('neither the archives before nor the key are put into an archive', async () => {
  using folder = scratch();
  const set = setIn(folder.path, {
    backup_settings: { source_path: '.' },
    logging: { log_path: 'logs' },
  });
  const context = testContext();
  await createArchive({ dryRun: false }, set, context);
  const second = await createArchive({ dryRun: false }, set, context);
  using other = scratch();
  const target = join(other.path, 'back');
  await restoreArchive(restoreOf(second.archive, target), set, context);
  const names = readdirSync(target, { recursive: true, encoding: 'utf8' });
  assert.ok(!names.some((name) => name.includes('keys_backup_') || name.includes('master')), names.join());
});

test('a lost key is never replaced silently: nothing is made while sealed archives are there', async () => {
  using folder = scratch();
  const set = setIn(folder.path);
  const context = testContext();
  await createArchive({ dryRun: false }, set, context);
  rmSync(join(folder.path, 'backup_master.key'));
  await assert.rejects(createArchive({ dryRun: false }, set, context), (error) =>
    isFailure(error, 'missing', 'MASTER_KEY_LOST'),
  );
  assert.ok(!existsSync(join(folder.path, 'backup_master.key')));
});

test('a key that others may read is refused, and the refusal is for the auditor', async () => {
  using folder = scratch();
  const set = setIn(folder.path);
  const context = testContext();
  const made = await createArchive({ dryRun: false }, set, context);
  chmodSync(join(folder.path, 'backup_master.key'), 0o644);
  const target = join(folder.path, 'back');
  await assert.rejects(restoreArchive(restoreOf(made.archive, target), set, context), (error) =>
    isFailure(error, 'denied', 'KEY_FILE_TOO_OPEN'),
  );
  assert.ok(!existsSync(target));
  const last = logOf(folder.path, 'backup_audit.log').at(-1);
  assert.deepEqual([last?.['event'], last?.['code']], ['restore failed', 'KEY_FILE_TOO_OPEN']);
});

test('a changed archive is told by the list and never unpacked', async () => {
  using folder = scratch();
  const set = setIn(folder.path);
  const context = testContext();
  const made = await createArchive({ dryRun: false }, set, context);
  const bytes = readFileSync(made.path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(made.path, bytes);
  assert.equal((await listSet(set, context))[0]?.checksum, 'wrong');
  const target = join(folder.path, 'back');
  await assert.rejects(restoreArchive(restoreOf(made.archive, target), set, context), (error) =>
    isFailure(error, 'corrupt', 'ARCHIVE_CHECKSUM_WRONG'),
  );
  assert.ok(!existsSync(target));
});

test('of two limits the tighter one holds', async () => {
  using folder = scratch();
  const set = setIn(folder.path, { backup_settings: { retention_days: 10, max_backups: 3 } });
  const context = testContext();
  writeFolder(folder.path, ['20231101_000000', '20231110_000000', '20231111_000000', '20231112_000000']);
  const made = await createArchive({ dryRun: false }, set, context);
  assert.deepEqual(made.retention.deleted, [
    'keys_backup_20231101_000000.tar.gz',
    'keys_backup_20231110_000000.tar.gz',
  ]);
  const names = (await namedArchives(join(folder.path, 'backups'))).map(({ archive }) => archive);
  assert.equal(names.length, 3);
  assert.equal(existsSync(join(folder.path, 'backups/keys_backup_20231101_000000.tar.gz.sha256')), false);
});

test('only files of exactly our names are ever taken away', async () => {
  using folder = scratch();
  const set = setIn(folder.path, { backup_settings: { retention_days: 1, max_backups: 1 } });
  const context = testContext();
  const backups = join(folder.path, 'backups');
  const others = [
    'keys_backup_20200101_000000.tar.gz.bak',
    'my_keys_backup_20200101_000000.tar.gz',
    'keys_backup_20200101_000000.zip',
    'keys_backup_20201301_000000.tar.gz',
    'notes.txt',
  ];
  writeTree(backups, Object.fromEntries(others.map((name) => [name, 'x'])));
  mkdirSync(join(backups, 'keys_backup_20200102_000000.tar.gz'));
  symlinkSync('/etc/hostname', join(backups, 'keys_backup_20200103_000000.tar.gz'));
  await createArchive({ dryRun: false }, set, context);
  for (const name of [...others, 'keys_backup_20200102_000000.tar.gz'])
    assert.ok(existsSync(join(backups, name)), name);
  assert.equal(timeInName('keys_backup_20240230_000000.tar.gz'), undefined);
});

test('the last good archive stays, however old it is, while newer ones are damaged or lack something', async () => {
  using folder = scratch();
  const context = testContext();
  const set = setIn(folder.path, { backup_settings: { retention_days: 0, max_backups: 0 } });
  const good = await createArchive({ dryRun: false }, set, context);
  const backups = join(folder.path, 'backups');
  // Later, without a checksum, and with a checksum but with problems.
  writeFolder(folder.path, ['20240101_000000', '20240102_000000'], 1);
  rmSync(join(backups, 'keys_backup_20240101_000000.tar.gz.sha256'));
  const policy = { keepLast: 1, maxBackups: 1 };
  const done = await applyArchiveRetention({ folder: backups, policy, dryRun: false }, context);
  assert.deepEqual(done.spared, [good.archive]);
  assert.deepEqual(done.deleted, ['keys_backup_20240101_000000.tar.gz']);
});

test('where no archive is good, none goes', async () => {
  using folder = scratch();
  writeFolder(folder.path, ['20231101_000000', '20231102_000000', '20231103_000000'], 1);
  const request = {
    folder: join(folder.path, 'backups'),
    policy: { keepLast: 1, maxBackups: 1 },
    dryRun: false,
  };
  const done = await applyArchiveRetention(request, testContext());
  assert.deepEqual([done.deleted, done.kept], [[], 3]);
});

test('a dry run writes nothing at all, and names what retention would take', async () => {
  using folder = scratch();
  const set = setIn(folder.path, { backup_settings: { max_backups: 1 } });
  writeFolder(folder.path, ['20231110_000000', '20231111_000000']);
  const before = treeDigest(folder.path);
  const planned = await createArchive({ dryRun: true }, set, testContext());
  assert.equal(treeDigest(folder.path), before);
  assert.deepEqual(planned.retention.deleted, ['keys_backup_20231110_000000.tar.gz']);
});

test('a copy that leaves the machine is sealed even where the archive here is not', async () => {
  using folder = scratch();
  const set = setIn(folder.path, {
    backup_settings: { encryption_enabled: false },
    storage: { backends: ['local', 's3'], s3_place: place },
  });
  const context = testContext();
  const made = await createArchive({ dryRun: false }, set, context);
  assert.match(made.archive, /\.tar\.gz$/);
  assert.deepEqual([made.cloud.state, made.cloud.isSealed], ['stored', true]);
  const { signal } = context;
  const sent = await set.cloud.get(`${made.archive}.gcm`, { signal });
  assert.equal(Buffer.from(sent.subarray(0, 8)).toString(), 'BKPSEAL1');
  // It opens with the same key.
  writeFileSync(join(folder.path, `${made.archive}.gcm`), sent);
  const back = join(folder.path, 'back');
  await restoreArchive(restoreOf(`./${made.archive}.gcm`, back), set, context);
  assert.equal(readFileSync(join(back, 'a.key'), 'utf8'), 'one');
});

test('a copy that fails makes the run partial, and the archive here stays', async () => {
  using folder = scratch();
  const set = setIn(folder.path, { storage: { backends: ['local', 's3'], s3_place: place } });
  const context = testContext();
  const { Failure } = await import('../../src/base/failure.ts');
  const broken = async () => {
    throw new Failure('unavailable', 'STORAGE_UNREACHABLE', 'there is nobody');
  };
  const made = await createArchive({ dryRun: false }, { ...set, openCloud: broken }, context);
  assert.deepEqual([made.outcome, made.cloud.state], ['partial', 'failed']);
  assert.ok(existsSync(made.path));
  assert.equal(context.problems[0]?.code, 'STORAGE_UNREACHABLE');
});

test('"s3" without a place is told at every backup', async () => {
  using folder = scratch();
  const set = setIn(folder.path, { storage: {} });
  const context = testContext();
  const made = await createArchive({ dryRun: false }, set, context);
  assert.equal(made.cloud.state, 'unconfigured');
  assert.ok(context.warnings.some((text) => text.includes('s3_place')));
});

test('the logs say what happened in lines of JSON, open to their owner alone, and never hold the key', async () => {
  using folder = scratch();
  const set = setIn(folder.path);
  const context = testContext();
  const made = await createArchive({ dryRun: false }, set, context);
  await restoreArchive(restoreOf(made.archive, join(folder.path, 'back')), set, context);
  await assert.rejects(createArchive({ source: 'nothing', dryRun: false }, set, context));
  const key = readFileSync(join(folder.path, 'backup_master.key'), 'utf8').trim();
  for (const name of ['backup_automation.log', 'restore.log', 'backup_audit.log']) {
    assert.equal(statSync(join(folder.path, name)).mode & 0o777, 0o600);
    assert.ok(!readFileSync(join(folder.path, name), 'utf8').includes(key));
    for (const line of logOf(folder.path, name)) assert.ok(line['time'] && line['level'] && line['event']);
  }
  assert.equal(logOf(folder.path, 'backup_automation.log').at(-1)?.['code'], 'SOURCE_MISSING');
  assert.equal(logOf(folder.path, 'restore.log').at(-1)?.['event'], 'restore ended');
});

test('a log that cannot be written is told and stops nothing', async () => {
  using folder = scratch();
  const set = setIn(folder.path, { logging: { log_path: 'keys/a.key/logs' } });
  const context = testContext();
  assert.equal((await createArchive({ dryRun: false }, set, context)).outcome, 'succeeded');
  assert.ok(context.warnings.some((text) => text.includes('cannot be written')));
});

/** Archives that hold nothing but are whole by their checksum. */
function writeFolder(folder: string, times: readonly string[], problems = 0): void {
  const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  for (const time of times) {
    const name = `keys_backup_${time}.tar.gz`;
    writeTree(join(folder, 'backups'), {
      [name]: '',
      [`${name}.sha256`]: `${sha256}  ${name}\n`,
      [`${name}.manifest.json`]: JSON.stringify({ version: 1, seals: [], checksums: { sha256 }, problems }),
    });
  }
}

test('a copy goes into a bucket under the name of its archive, and a server that loses bytes is found out', async () => {
  await using double = await startS3Double();
  using folder = scratch();
  const url = `s3://one/keys?region=us-east-1&access-key-id=AKIAUSER&endpoint=${encodeURIComponent(double.endpoint)}`;
  const set = setIn(folder.path, { storage: { backends: ['local', 's3'], s3_place: url } });
  const context = testContext();
  const secrets: Readonly<Record<string, string>> = { secretAccessKey: 'secret' };
  const openCloud = (at: string) => openStorage(at, async (field) => secrets[field], context);
  const made = await createArchive({ dryRun: false }, { ...set, openCloud }, context);
  assert.deepEqual([made.cloud.state, context.problems], ['stored', []]);
  assert.deepEqual(double.objects.get(`keys/${made.archive}`)?.bytes, readFileSync(made.path));
  double.lie = ({ method, path }) =>
    method === 'GET' && path.endsWith('.gcm') ? { status: 200, body: Buffer.alloc(40) } : undefined;
  const lost = await createArchive({ dryRun: false }, { ...set, openCloud }, context);
  assert.deepEqual([lost.cloud.state, lost.outcome], ['failed', 'partial']);
});
