// backup_config.json and .env: every documented default, and clear refusals.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import {
  defaultBackupConfig,
  parseBackupConfig,
  parsePipelineVariables,
} from '../../src/model/backup-config.ts';

const parse = (value: unknown) => parseBackupConfig(JSON.stringify(value), 'backup_config.json');

test('an empty configuration has the defaults that the file was always documented with', () => {
  const config = parse({});
  assert.deepEqual(config, defaultBackupConfig());
  assert.deepEqual(config.retention, { keepLast: 1, retentionDays: 30, maxBackups: 50 });
  assert.deepEqual([config.level, config.isEncrypted, config.isVerified], [9, true, true]);
  assert.deepEqual(config.kdf, { kdf: 'pbkdf2-sha256', rounds: 100_000 });
  assert.deepEqual(config.backends, ['local', 's3']);
  assert.deepEqual([config.localPath, config.isCloudEncrypted], ['./backups', true]);
});

test('the configuration that is shipped says the defaults, key by key', () => {
  const path = resolve(import.meta.dirname, '../../compat/backup_config.json');
  assert.deepEqual(parseBackupConfig(readFileSync(path, 'utf8'), path), defaultBackupConfig());
});

test('unknown keys are told by their path and obeyed by nobody', () => {
  const config = parse({ backup_settings: { retention_day: 3 }, monitoring: {} });
  assert.deepEqual(config.unknownKeys, ['backup_settings.retention_day', 'monitoring']);
  assert.equal(config.retention.retentionDays, 30);
});

test('a limit of 0 is no limit, never that nothing is kept', () => {
  const { retention } = parse({ backup_settings: { retention_days: 0, max_backups: 0, min_backups: 3 } });
  assert.deepEqual(retention, { keepLast: 3 });
});

test('values that cannot be meant are refused with the name of their key', () => {
  for (const [value, key] of [
    [{ backup_settings: { compression_level: 10 } }, 'backup_settings.compression_level'],
    [{ backup_settings: { retention_days: -1 } }, 'backup_settings.retention_days'],
    [{ backup_settings: { retention_days: '30' } }, 'backup_settings.retention_days'],
    [{ backup_settings: { min_backups: 0 } }, 'backup_settings.min_backups'],
    [{ encryption: { algorithm: 'DES' } }, 'encryption.algorithm'],
    [{ encryption: { iterations: 99_999 } }, 'encryption.iterations'],
    [{ storage: { backends: ['tape'] } }, 'storage.backends.0'],
    [{ storage: { backends: [] } }, 'storage.backends'],
    [{ storage: 5 }, 'storage'],
    [[], ''],
  ] as const) {
    assert.throws(
      () => parse(value),
      (error) => isFailure(error, 'usage', 'CONFIG_INVALID') && error.message.includes(`"${key}"`),
      JSON.stringify(value),
    );
  }
});

test('what is no JSON is refused without repeating what it holds', () => {
  assert.throws(
    () => parseBackupConfig('{"key": "a secret word', 'f'),
    (error) => isFailure(error, 'usage', 'CONFIG_INVALID') && !String(error.stack).includes('secret word'),
  );
});

test('the variables of the pipeline have their documented defaults; quotes and remarks are understood', () => {
  const none = parsePipelineVariables('', '.env');
  assert.deepEqual([none.region, none.retentionDays, none.glacierAfterDays], ['us-east-1', 30, 7]);
  const some = parsePipelineVariables(
    '# all\nexport BACKUP_BUCKET="my-bucket"\nBACKUP_RETENTION_DAYS=60 # long\nLOG_LEVEL=debug\nAWS_SECRET_ACCESS_KEY=abc\n',
    '.env',
  );
  assert.deepEqual([some.bucket, some.retentionDays, some.isDebug], ['my-bucket', 60, true]);
  assert.deepEqual(some.unknownKeys, ['AWS_SECRET_ACCESS_KEY']);
});

test('a line that is none is told by its number, a wrong value by its name, neither by its text', () => {
  for (const text of ['FINE=1\nhush hush\n', 'BACKUP_RETENTION_DAYS=hush\n', 'SNS_TOPIC_ARN=hush']) {
    assert.throws(
      () => parsePipelineVariables(text, '.env'),
      (error) => isFailure(error, 'usage', 'CONFIG_INVALID') && !error.message.includes('hush'),
    );
  }
});
