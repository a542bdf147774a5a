// What is shown is what could be written, and what is told to change is what changes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeConfigurationSchema } from '../../../scripts/make-configuration-schema.ts';
import {
  type ConfigurationInput,
  configurationSchema,
} from '../../../src/model/configuration/configuration.ts';
import { span } from '../../../src/model/configuration/fields.ts';
import type { PolicyInput } from '../../../src/model/configuration/policy.ts';
import { shorteningOf } from '../../../src/model/configuration/shortening.ts';
import { differencesBetween, spanText, valuesOf } from '../../../src/model/configuration/values.ts';
import { nearestName } from '../../../src/model/nearest-name.ts';
import { utc } from '../../../src/model/time.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 0, 1);

const files: PolicyInput = {
  sources: [{ kind: 'files', paths: ['/srv'], excludeLargerThan: '2GiB' }],
  repositories: ['disk'],
  schedule: '0 2 * * *',
  retention: { keepWithin: '2y6m' },
  rpo: '30h',
};
const written: ConfigurationInput = {
  repositories: { disk: { place: '/mnt/backup', unlock: { keyFile: '/etc/holdfast/key' } } },
  policies: { files },
};
const read = (input: ConfigurationInput) => configurationSchema.parse(input);
const withPolicy = (more: Partial<PolicyInput>) =>
  read({ ...written, policies: { files: { ...files, ...more } } });

test('spans are shown as what reads as the same', () => {
  for (const text of ['0s', '45s', '5min', '26h', '90min', '1d', '30d', '400d', '1h30min', '100h']) {
    const milliseconds = span.parse(text);
    assert.equal(span.parse(spanText(milliseconds)), milliseconds, text);
  }
  assert.equal(spanText(26 * 3_600_000), '26h');
});

test('values are in the words in which they are written', () => {
  const values = new Map(valuesOf(read(written)).map(({ path, text }) => [path.join('.'), text]));
  assert.equal(values.get('policies.files.rpo'), '30h');
  assert.equal(values.get('policies.files.retention.keepWithin'), '2y6m');
  assert.equal(values.get('policies.files.sources.0.excludeLargerThan'), '2GiB');
  assert.equal(values.get('policies.files.sources.0.paths'), '[/srv]');
  assert.equal(values.get('policies.files.everyByteWithin'), '30d');
  assert.equal(values.get('health.interval'), '5min');
  assert.equal(values.has('policies.files.after'), false);
});

test('differences name what was and what becomes, and what comes or goes as a whole once', () => {
  assert.deepEqual(differencesBetween(read(written), read(written)), []);
  const changed = differencesBetween(read(written), withPolicy({ rpo: '1d', jitter: '5min', zone: 'UTC' }));
  const byName = new Map(changed.map(({ path, ...rest }) => [path.join('.'), rest]));
  assert.deepEqual(Object.fromEntries(byName), {
    'policies.files.jitter': { before: '0s', after: '5min' },
    'policies.files.rpo': { before: '30h', after: '1d' },
    'policies.files.zone': { after: 'UTC' },
  });
  const gone = read({ ...written, policies: {} });
  assert.deepEqual(differencesBetween(read(written), gone), [
    { path: ['policies', 'files'], before: 'files' },
  ]);
  assert.deepEqual(differencesBetween(gone, read(written)), [
    { path: ['policies', 'files'], after: 'files' },
  ]);
});

test('shorter is told exactly where something kept today would go', () => {
  const there = Array.from({ length: 60 }, (_, i) => ({
    id: String(i),
    at: now - i * day,
    host: '',
    paths: ['files'],
    tags: [],
  }));
  const between = (before: PolicyInput['retention'], after: PolicyInput['retention']) =>
    shorteningOf(
      'files',
      {
        before: withPolicy({ retention: before }).policies.files!,
        after: withPolicy({ retention: after }).policies.files!,
      },
      there,
      { now, zoneOffset: utc },
    );
  assert.deepEqual(between({ keepDaily: 30 }, { keepDaily: 7 }), {
    policy: 'files',
    lost: 23,
    of: 60,
    locksLess: false,
  });
  assert.equal(between('none', { keepDaily: 30 })?.lost, 30);
  assert.equal(between({ retentionDays: 90 }, { retentionDays: 89 })?.lost, 0);
  assert.equal(between({ keepYearly: 10 }, { keepYearly: 9 })?.lost, 0);
  assert.equal(between({ keepHourly: 48 }, { keepHourly: 47 })?.lost, 1);
  assert.equal(
    between({ retentionDays: 30, maxBackups: 50 }, { retentionDays: 30, maxBackups: 10 })?.lost,
    21,
  );
  assert.notEqual(between({ keepDaily: 7, keepWeekly: 5 }, { keepDaily: 7 }), undefined);
  for (const [before, after] of [
    [{ keepDaily: 7 }, { keepDaily: 7 }],
    [{ keepDaily: 7 }, { keepDaily: 30 }],
    [{ keepDaily: 7 }, 'none'],
    [{ keepDaily: 7 }, { keepDaily: 7, keepMonthly: 12 }],
    [{ retentionDays: 30 }, { keepWithin: '60d' }],
  ] as const) {
    assert.equal(between(before as never, after as never), undefined, JSON.stringify([before, after]));
  }
});

test('a shorter lock is told, and recovery points that are held or locked are not counted as going', () => {
  const change = (before: Partial<PolicyInput>, after: Partial<PolicyInput>) => ({
    before: withPolicy(before).policies.files!,
    after: withPolicy(after).policies.files!,
  });
  const clock = { now, zoneOffset: utc };
  assert.equal(shorteningOf('files', change({ lock: '30d' }, { lock: '29d' }), [], clock)?.locksLess, true);
  assert.equal(shorteningOf('files', change({ lock: '30d' }, {}), [], clock)?.locksLess, true);
  assert.equal(shorteningOf('files', change({ lock: '30d' }, { lock: '31d' }), [], clock), undefined);
  const point = (i: number) => ({ id: String(i), at: now - i * day, host: '', paths: ['files'], tags: [] });
  const there = [point(0), { ...point(1), held: true }, { ...point(2), lockedUntil: now + day }, point(3)];
  const shorter = change({ retention: { keepLast: 4 } }, { retention: { keepLast: 1 } });
  assert.equal(shorteningOf('files', shorter, there, clock)?.lost, 1);
});

test('the published JSON Schema is current: run scripts/make-configuration-schema.ts when this fails', () => {
  const published = readFileSync(join(import.meta.dirname, '../../../docs/holdfast.schema.json'), 'utf8');
  assert.equal(published, makeConfigurationSchema());
  const { properties } = JSON.parse(published);
  assert.deepEqual(Object.keys(properties).sort(), Object.keys(configurationSchema.shape).sort());
  assert.equal(properties.health.properties.interval.default, '5min');
});

test('the nearest name is the one that was meant, or none', () => {
  const names = ['schedule', 'retention', 'rpo', 'rto', 'keepDaily', 'keepWeekly'];
  for (const [typed, meant] of [
    ['shedule', 'schedule'],
    ['keep_daily', 'keepDaily'],
    ['retnetion', 'retention'],
    ['RPO', 'rpo'],
    ['rop', 'rpo'],
    ['daily', 'keepDaily'],
    ['keep', undefined],
    ['cheese', undefined],
    ['', undefined],
    ['x'.repeat(100_000), undefined],
  ] as const) {
    assert.equal(nearestName(typed, names), meant, typed.slice(0, 20));
  }
});

test('what would make retention take the points of one source for those of another is refused', () => {
  const twice = [
    { kind: 'files' as const, paths: ['/etc', '/srv'] },
    { kind: 'keys' as const, paths: ['/srv', '/etc', '/etc'] },
  ];
  assert.throws(() => withPolicy({ sources: twice }), /same paths as a source before it/);
  assert.throws(() => withPolicy({ tags: ['nightly', 'policy:other'] }), /must not begin with \\"policy:\\"/);
  withPolicy({ sources: [{ kind: 'files', paths: ['/etc'] }, ...twice.slice(0, 1)], tags: ['nightly'] });
});
