// What holds where nobody says anything: each default of the systems before, by its number in the acceptance list, and the three profiles.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import { defaultBackupConfig, parsePipelineVariables } from '../../../src/model/backup-config.ts';
import { configurationSchema } from '../../../src/model/configuration/configuration.ts';
import { troublesOf } from '../../../src/model/configuration/issues.ts';
import { profileOf, withProfile } from '../../../src/model/configuration/profiles.ts';
import {
  defaultMonitorConfig,
  parseBackupSchedules,
  parseMonitorConfig,
} from '../../../src/model/monitor-config.ts';
import { parseSchedule } from '../../../src/model/schedule/parse.ts';
import { createTimetable } from '../../../src/model/schedule/timetable.ts';
import { createZone } from '../../../src/model/schedule/zone.ts';

const hour = 3_600_000;
const topic = 'arn:aws:sns:eu-central-1:111122223333:backups';

const base = {
  repositories: { disk: { place: '/mnt/backup', unlock: { keyFile: '/etc/holdfast/key' } } },
  policies: { files: { sources: [{ kind: 'files', paths: ['/srv'] }], repositories: ['disk'] } },
};

function read(written: object, variables = {}) {
  const input = withProfile(written, variables);
  assert.deepEqual(troublesOf(input), []);
  return configurationSchema.parse(input);
}

test('without any file the defaults of the archives hold: S-064 to S-074, S-157', () => {
  const config = defaultBackupConfig();
  assert.deepEqual(
    [
      config.retention.retentionDays,
      config.retention.maxBackups,
      config.level,
      config.isEncrypted,
      config.isVerified,
    ],
    [30, 50, 9, true, true],
  );
  assert.deepEqual(config.kdf, { kdf: 'pbkdf2-sha256', rounds: 100_000 });
  assert.deepEqual(config.backends, ['local', 's3']);
  assert.equal(config.localPath, './backups');
  assert.equal(config.isCloudEncrypted, true);
});

test('without any file the defaults of the monitor hold, here and in the configuration: S-076 to S-083', () => {
  assert.deepEqual(defaultMonitorConfig(), {
    isEnabled: true,
    isDaemon: true,
    intervalSeconds: 300,
    diskWarningPercent: 80,
    diskCriticalPercent: 90,
    backupAgeWarningHours: 26,
    email: { isEnabled: true, recipients: ['admin@example.com'], server: 'localhost' },
    unknownKeys: [],
  });
  const { health } = configurationSchema.parse({});
  assert.equal(health.interval, 300_000);
  assert.equal(health.diskWarningPercent, 80);
  assert.equal(health.diskCriticalPercent, 90);
  assert.equal(read({ ...base, profile: 'school' }).policies.files?.rpo, 26 * hour);
});

test('without any variable those of the pipeline have their defaults: S-092 to S-097', () => {
  const { region, bucket, retentionDays, glacierAfterDays, snsTopic, isDebug } = parsePipelineVariables(
    '',
    '.env',
  );
  assert.deepEqual([region, bucket, snsTopic, isDebug], ['us-east-1', undefined, undefined, false]);
  assert.deepEqual([retentionDays, glacierAfterDays], [30, 7]);
  assert.equal(parsePipelineVariables('LOG_LEVEL=DEBUG', '.env').isDebug, true);
});

test('without any file the schedules of the pipeline hold: S-102 to S-104', () => {
  assert.deepEqual(parseBackupSchedules('{}', '').schedules, {
    ec2_snapshots: 'cron(0 2 * * ? *)',
    rds_backups: 'cron(0 3 * * ? *)',
    s3_sync: 'cron(0 1 * * ? *)',
  });
});

test('the school keeps 90 days, works again in hours, and goes cold after 30 days: S-013, S-101, S-142 to S-144', () => {
  const school = read({ ...base, profile: 'school' });
  assert.deepEqual(school.policies.files?.retention, { keepLast: 1, retentionDays: 90 });
  assert.equal(school.policies.files?.rto, 4 * hour);
  assert.equal(school.policies.files?.schedule, '0 2 * * *');
  assert.equal(school.alerts.successes, true);
  assert.deepEqual(profileOf('school', {}).tier, { class: 'GLACIER', afterDays: 30 });
});

test('the profile of keys keeps 30 days and at most 50: C-01', () => {
  const { retention, dataClass } = read({ ...base, profile: 'keys' }).policies.files!;
  assert.deepEqual(retention, { keepLast: 1, retentionDays: 30, maxBackups: 50 });
  assert.equal(dataClass, 'keys');
});

test('the pipeline keeps 30 days, goes cold after 7, and runs at two: C-01, C-02, S-099', () => {
  const config = read({ ...base, profile: 'pipeline' }, { SNS_TOPIC_ARN: topic });
  const { retention, schedule } = config.policies.files!;
  assert.deepEqual(retention, { keepLast: 1, retentionDays: 30 });
  const timetable = createTimetable(parseSchedule(schedule), createZone('UTC'), 0);
  assert.equal(timetable.next(Date.UTC(2026, 0, 1)), Date.UTC(2026, 0, 1, 2));
  assert.equal(config.channels.sns?.place, `sns:${topic}`);
  assert.deepEqual(config.alerts.routes[0]?.channels, ['sns']);
  assert.deepEqual(profileOf('pipeline', {}).tier, { class: 'GLACIER', afterDays: 7 });
  assert.equal(config.logs.level, 'info');
});

test('the variables of the pipeline win over its defaults, and the file over both', () => {
  const variables = {
    SNS_TOPIC_ARN: topic,
    BACKUP_RETENTION_DAYS: '60',
    GLACIER_TRANSITION_DAYS: '14',
    LOG_LEVEL: 'DEBUG',
  };
  const config = read({ ...base, profile: 'pipeline' }, variables);
  assert.deepEqual(config.policies.files?.retention, { keepLast: 1, retentionDays: 60 });
  assert.equal(config.logs.level, 'debug');
  assert.equal(profileOf('pipeline', variables).tier?.afterDays, 14);
  const own = { ...base, profile: 'pipeline', logs: { level: 'warn' }, alerts: { group: '5min' } };
  const mixed = read(
    { ...own, policies: { files: { ...base.policies.files, retention: { keepDaily: 7 } } } },
    variables,
  );
  // Whole, never mixed: seven daily ones, and no limit of days beside them.
  assert.deepEqual(mixed.policies.files?.retention, { keepDaily: 7 });
  assert.equal(mixed.logs.level, 'warn');
  assert.equal(mixed.alerts.routes.length, 1);
  assert.deepEqual(
    read({ ...base, profile: 'pipeline' }, { ...variables, BACKUP_RETENTION_DAYS: '0' }).policies.files
      ?.retention,
    'none',
  );
  assert.throws(
    () => withProfile({ profile: 'pipeline' }, { ...variables, BACKUP_RETENTION_DAYS: 'soon' }),
    (error) =>
      isFailure(error, 'usage', 'CONFIG_VARIABLE_INVALID') && error.message.includes('BACKUP_RETENTION_DAYS'),
  );
});

test('the pipeline alone needs SNS_TOPIC_ARN, and says so by its name: S-094, C-11', () => {
  const isMissing = (error: unknown) =>
    isFailure(error, 'usage', 'SNS_TOPIC_MISSING') && error.message.includes('SNS_TOPIC_ARN');
  assert.throws(() => withProfile({ ...base, profile: 'pipeline' }, {}), isMissing);
  assert.throws(() => withProfile({ ...base, profile: 'pipeline' }, { SNS_TOPIC_ARN: '' }), isMissing);
  withProfile({ ...base, profile: 'pipeline', channels: { ops: { place: `sns:${topic}` } } }, {});
  for (const profile of ['school', 'keys']) withProfile({ ...base, profile }, {});
});

test('no profile holds a name of a bucket, a person or a class: C-13', () => {
  for (const name of ['school', 'keys', 'pipeline'] as const) {
    assert.doesNotMatch(JSON.stringify(profileOf(name, {})), /s3:|bucket|m143|backup-raw/i);
  }
});

test('without a profile a policy has to say when, and how long', () => {
  const paths = troublesOf(base).map(({ path }) => path.join('.'));
  assert.deepEqual(paths.sort(), ['policies.files.retention', 'policies.files.schedule']);
  for (const nothing of [
    undefined,
    null,
    'text',
    [],
    { profile: 'home' },
    { profile: 'school', policies: [] },
  ]) {
    assert.doesNotThrow(() => withProfile(nothing, {}));
  }
});

test('keys that the monitor does not know are told, and wrong values refused by their key', () => {
  const { unknownKeys, diskWarningPercent } = parseMonitorConfig(
    '{"thresholds":{"disk_warning_percent":70,"disc":1},"notifications":{"sms":{}},"x":1}',
    'monitor_config.json',
  );
  assert.deepEqual(unknownKeys, ['notifications.sms', 'thresholds.disc', 'x']);
  assert.equal(diskWarningPercent, 70);
  for (const [text, key] of [
    ['{"thresholds":{"disk_warning_percent":"80"}}', 'thresholds.disk_warning_percent'],
    ['{"notifications":{"email":{"recipients":["x"]}}}', 'notifications.email.recipients.0'],
    ['{"monitoring":[]}', 'monitoring'],
    ['[]', ''],
  ] as const) {
    assert.throws(
      () => parseMonitorConfig(text, 'm.json'),
      (error) => isFailure(error, 'usage', 'CONFIG_INVALID') && error.message.includes(`"${key}"`),
    );
  }
  assert.deepEqual(parseBackupSchedules('{"ebs":"cron(0 1 * * ? *)"}', '').unknownKeys, ['ebs']);
  assert.throws(() => parseBackupSchedules('{"s3_sync":"cron(0 25 * * ? *)"}', ''), isFailure);
});
