// What `schedule explain` tells: words in both languages, both dialects, the next times with what the clocks do to them.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { intervalWords, scheduleWords } from '../../src/cli/schedule-words.ts';
import { textsIn } from '../../src/cli/texts/texts.ts';
import { nextInterval } from '../../src/model/schedule/interval.ts';
import { parseSchedule } from '../../src/model/schedule/parse.ts';
import { World } from './holdfast.ts';

const inEnglish = await textsIn('en');
const inGerman = await textsIn('de');

const world = new World();
const zone = ['--zone', 'Europe/Zurich', '--after', '2026-03-27 12:00'];

test('a schedule is told in words, in both dialects, with its next times and what is special about them', () => {
  const { exit, output } = world.run(['schedule', 'explain', 'cron(30 2 * * ? *)', '--count', '3', ...zone]);
  assert.equal(exit, 0);
  assert.deepEqual(output.trimEnd().split('\n'), [
    'Due at 02:30, every day (Europe/Zurich).',
    'As crontab: 30 2 * * *',
    'For AWS:    cron(30 2 * * ? *)',
    '  Saturday, 28 March 2026 at 02:30  in 14 h 30 min',
    '  Sunday, 29 March 2026 at 03:00    in 1 d 14 h     the clock skips the time itself',
    '  Monday, 30 March 2026 at 02:30    in 2 d 14 h',
  ]);
});

test('JSON carries the same as values', () => {
  const { end } = world.run([
    'schedule',
    'explain',
    '30 2 * * *',
    '--count',
    '1',
    '--json',
    '--zone',
    'Europe/Zurich',
    '--after',
    '2026-10-24T12:00Z',
  ]);
  const result = end['result'] as Record<string, unknown>;
  assert.equal(result['schedule'], '30 2 * * *');
  assert.equal(result['aws'], 'cron(30 2 * * ? *)');
  assert.deepEqual(result['next'], [
    { at: '2026-10-25T00:30:00.000Z', words: 'Sunday, 25 October 2026 at 02:30', note: 'first' },
  ]);
});

test('mistakes end with exit 2, their place and what to write instead', () => {
  const bad = world.run(['schedule', 'explain', '0 61 * * *']);
  assert.equal(bad.exit, 2);
  assert.match(bad.errors, /hour at character 3: "61" is not 0 to 23/);
  assert.match(bad.errors, /hint: Write 0 to 23/);
  const nowhere = world.run(['schedule', 'explain', '0 1 * * *', '--zone', 'Europe/Zurick']);
  assert.equal(nowhere.exit, 2);
  assert.match(nowhere.errors, /perhaps you mean Europe\/Zurich/);
  assert.equal(world.run(['schedule', 'explain', '0 1 * * *', '--count', '0']).exit, 2);
});

test('every form has words in both languages', () => {
  for (const [text, english, german] of [
    ['* * * * *', 'every minute, every day', 'jede Minute, jeden Tag'],
    ['*/5 * * * *', 'every 5 minutes, every day', 'alle 5 Minuten, jeden Tag'],
    [
      '10,40,41 * * * *',
      'at minute 10, 40 and 41 of each hour, every day',
      'zur Minute 10, 40 und 41 jeder Stunde, jeden Tag',
    ],
    [
      '*/15 8-17 * * mon-fri',
      'every 15 minutes in the hours 8 to 17, on Monday to Friday',
      'alle 15 Minuten in den Stunden 8 bis 17, am Montag bis Freitag',
    ],
    [
      '0 2,14 * * sat,sun',
      'at 02:00 and 14:00, on Saturday and Sunday',
      'um 02:00 und 14:00 Uhr, am Samstag und Sonntag',
    ],
    [
      '0 2 1,2,3,22 * *',
      'at 02:00, on the 1st to the 3rd and the 22nd',
      'um 02:00 Uhr, am 1. bis 3. und 22.',
    ],
    [
      '0 2 LW 1,7 *',
      'at 02:00, on the last working day of the month, in January and July',
      'um 02:00 Uhr, am letzten Arbeitstag des Monats, im Januar und Juli',
    ],
    [
      '0 2 15W,L-2 * *',
      'at 02:00, on the day 2 before the last of the month and the working day nearest to the 15th',
      'um 02:00 Uhr, am 2. Tag vor dem letzten des Monats und Arbeitstag, der dem 15. am nächsten liegt',
    ],
    [
      'cron(0 2 ? * MON#2 2027-2029)',
      'at 02:00, on the second Monday of the month, in 2027 to 2029',
      'um 02:00 Uhr, am zweiten Montag des Monats, in den Jahren 2027 bis 2029',
    ],
    [
      '0 2 13 * 5',
      'at 02:00, on the 13th and also on Friday',
      'um 02:00 Uhr, am 13. und ausserdem am Freitag',
    ],
    ['rate(1 day)', 'every 24 hours', 'alle 24 Stunden'],
    ['rate(15 minutes)', 'every 15 minutes', 'alle 15 Minuten'],
  ] as const) {
    const schedule = parseSchedule(text);
    assert.equal(scheduleWords(schedule, inEnglish), english);
    assert.equal(scheduleWords(schedule, inGerman), german);
  }
});

test('the decision about an interval is told step by step, with the end first', () => {
  const hour = 3_600_000;
  const rules = { rpoMs: 24 * hour, minMs: hour, maxMs: 6 * hour, changeShare: 0.01 };
  const decision = nextInterval(rules, [], undefined);
  assert.deepEqual(intervalWords(decision, inEnglish), [
    'The next run in 6 h.',
    '12 h: half of what may be lost, until more is known',
    '6 h: the longest interval that is allowed',
  ]);
  const late = nextInterval({ ...rules, rpoMs: hour / 2 }, [], undefined);
  assert.equal(
    intervalWords(late, inGerman).at(-1),
    'Das ist länger, als zwischen zwei Sicherungen liegen dürfte.',
  );
});

test('what is due next is listed of the policies and of the crontab of who asks, in both languages: S-057', () => {
  using machine = new World({ secret: 'key-file' });
  const [config, programs] = [machine.path('holdfast.yaml'), machine.path('bin')];
  const policy = {
    sources: [{ kind: 'files', paths: ['/srv'] }],
    repositories: ['disk'],
    retention: { keepLast: 1 },
  };
  const unlock = { keyFile: '/etc/holdfast/key' };
  const written = {
    zone: 'Europe/Zurich',
    catalog: { place: machine.path('catalog') },
    repositories: { disk: { place: '/mnt', unlock } },
    policies: {
      nightly: { ...policy, schedule: '0 2 * * *' },
      asked: { ...policy, schedule: 'manual', sources: [{ kind: 'files', paths: ['/home'] }] },
    },
  };
  writeFileSync(config, JSON.stringify(written), { mode: 0o600 });
  mkdirSync(programs);
  const said = '#!/bin/sh\necho "MAILTO=me"\necho "0 3 * * mon /srv/backup_automation.sh backup"\n';
  writeFileSync(join(programs, 'crontab'), said, { mode: 0o755 });
  const environment = { PATH: `${programs}:${process.env.PATH}`, HOLDFAST_CONFIG: config };
  assert.equal(machine.run(['config', 'apply'], { environment }).exit, 0);
  const listed = machine.run(['schedule', 'list', '--json'], { environment });
  assert.equal(listed.exit, 0, listed.errors);
  const { policies, crontabs } = listed.end.result as {
    policies: { policy: string; state: string; schedule: string }[];
    crontabs: { source: string; schedule: string; command: string; next: string }[];
  };
  assert.deepEqual(
    policies.map(({ policy: name, state, schedule }) => [name, state, schedule]),
    [
      ['asked', 'manual', 'manual'],
      ['nightly', 'unplanned', '0 2 * * *'],
    ],
  );
  const own = crontabs.filter(({ source }) => source === 'crontab -l');
  assert.deepEqual(
    own.map(({ schedule, command }) => [schedule, command]),
    [['0 3 * * mon', '/srv/backup_automation.sh backup']],
  );
  assert.match(own[0]?.next ?? '', /T03:00:00/);
  const german = machine.run(['schedule', 'list', '--lang', 'de'], { environment }).output;
  assert.match(german, /nightly +noch nicht geplant/);
  assert.match(german, /um 03:00 Uhr, am Montag: Montag, /);
});
