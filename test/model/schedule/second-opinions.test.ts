// Schedules against other programs, over changes of the clocks: cron-parser and croner from npm, croniter from Debian, and the rules of
// timetable.ts applied minute by minute to what Intl shows. SCHEDULES=n sets how many random cases each opinion gives.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';
import { parseSchedule } from '../../../src/model/schedule/parse.ts';
import type { CalendarSchedule } from '../../../src/model/schedule/schedule.ts';
import { createTimetable } from '../../../src/model/schedule/timetable.ts';
import { createZone, type Zone } from '../../../src/model/schedule/zone.ts';
import { budgetOf, report } from '../../campaign.ts';

const cases = budgetOf('SCHEDULES', 40);
after(() =>
  report({ campaign: 'T-90', tried: (hasCroniter() ? 4 : 3) * cases, lost: 0, wrong: 0, manual: 0 }),
);
const hourMs = 3_600_000;
const [firstMoment, lastMoment] = [Date.UTC(1990, 0, 1), Date.UTC(2037, 0, 1)];

const zones = [
  'UTC',
  'Europe/Zurich',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Africa/Casablanca',
  'America/St_Johns',
].map(createZone);

/** A fixed sequence: the same cases in every run. */
function sequence(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

type Chance = ReturnType<typeof sequence>;

function field(chance: Chance, first: number, last: number): string {
  const any = () => first + chance(last - first + 1);
  const kind = chance(6);
  if (kind === 0) return '*';
  if (kind === 1) return `*/${2 + chance(last - first)}`;
  if (kind === 2) {
    const [a, b] = [any(), any()].sort((x, y) => x - y) as [number, number];
    return `${a}-${b}`;
  }
  if (kind === 3) return [...new Set([any(), any(), any()])].join(',');
  return `${any()}`;
}

/** Hours around those at which clocks change come often. The day fields are never both restricted with a star in one: readers differ. */
function expression(chance: Chance): string {
  const hour = chance(3) === 0 ? field(chance, 0, 23) : ['0', '1', '2', '3', '1-3', '*', '*'][chance(7)]!;
  const days = [
    ['*', '*'],
    ['*', '*'],
    [field(chance, 1, 28), '*'],
    ['*', field(chance, 0, 6)],
    [`${1 + chance(28)}`, `${chance(7)}`],
    ['L', '*'],
  ][chance(6)]!;
  return [field(chance, 0, 59), hour, days[0], chance(4) === 0 ? field(chance, 1, 12) : '*', days[1]].join(
    ' ',
  );
}

/** A moment near a change of the zone's clocks, or anywhere where it has none. */
function startNear(chance: Chance, zone: Zone): number {
  const changes = zone.changes(firstMoment, lastMoment);
  const near = changes.length === 0 ? firstMoment + chance(2 ** 40) : changes[chance(changes.length)]!.at;
  return Math.floor(near / hourMs) * hourMs - chance(40) * hourMs;
}

function ours(text: string, zone: Zone, start: number, end: number): number[] {
  const timetable = createTimetable(parseSchedule(text), zone, 0);
  const found: number[] = [];
  for (let at = timetable.next(start); at !== undefined && at < end; at = timetable.next(at)) found.push(at);
  return found;
}

/** In what was skipped, as long after it, or in either pass of what is shown twice: where programs have rules of their own. */
function isAtChange(zone: Zone, at: number): boolean {
  return zone.changes(at - 26 * hourMs, at + 26 * hourMs).some((change) => {
    const shift = change.after - change.before;
    return at < change.at + Math.abs(shift) && at >= change.at + Math.min(0, shift);
  });
}

/** Undefined: it has none. */
type Opinion = (text: string, zone: Zone, start: number, end: number) => number[] | undefined;

/** How many cases differ; every difference lies at a change of the clocks. */
function compare(theirs: Opinion, seed: number): number {
  const chance = sequence(seed);
  let differing = 0;
  for (let index = 0; index < cases; index++) {
    const [text, zone] = [expression(chance), zones[index % zones.length]!];
    const start = startNear(chance, zone);
    const end = start + 72 * hourMs;
    const [mine, other] = [ours(text, zone, start, end), theirs(text, zone, start, end)];
    if (other === undefined) continue;
    const differences = [
      ...mine.filter((at) => !other.includes(at)),
      ...other.filter((at) => !mine.includes(at)),
    ];
    if (differences.length > 0) differing++;
    for (const at of differences) {
      const shown = `"${text}" in ${zone.name} at ${new Date(at).toISOString()}, from ${new Date(start).toISOString()}`;
      assert.ok(isAtChange(zone, at), shown);
    }
  }
  return differing;
}

// Where Lord Howe repeats half an hour it looks for the next time without end and gives up.
test('cron-parser agrees; it differs only at a change, where it keeps all times of a skipped hour', () => {
  const differing = compare((text, zone, start, end) => {
    const found: number[] = [];
    const cron = CronExpressionParser.parse(text, {
      tz: zone.name,
      currentDate: new Date(start),
      endDate: new Date(end - 1),
    });
    try {
      for (;;) found.push(cron.next().getTime());
    } catch (error) {
      if (/loop limit/.test(String(error)) && zone.name === 'Australia/Lord_Howe') return undefined;
      // How it says that nothing more comes.
      assert.match(String(error), /Out of the time span range/, `"${text}" in ${zone.name}`);
    }
    return found;
  }, 1);
  assert.ok(differing < cases / 3, `${differing} of ${cases}`);
});

test('croner agrees; it differs only at a change, where it drops lists and ranges in a skipped hour', () => {
  const differing = compare((text, zone, start, end) => {
    const found: number[] = [];
    const cron = new Cron(text, { timezone: zone.name });
    for (let at = cron.nextRun(new Date(start)); at !== null && at.getTime() < end; at = cron.nextRun(at)) {
      found.push(at.getTime());
    }
    return found;
  }, 2);
  assert.ok(differing < cases / 3, `${differing} of ${cases}`);
});

const python = '/usr/bin/python3';

function hasCroniter(): boolean {
  if (!existsSync(python)) return false;
  try {
    execFileSync(python, ['-c', 'import croniter'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const script = `
import sys, json, datetime, croniter
for line in sys.stdin:
    text, start, end = json.loads(line)
    times = croniter.croniter(text, datetime.datetime.fromtimestamp(start / 1000, datetime.timezone.utc), ret_type=float)
    found = []
    at = times.get_next()
    while at * 1000 < end:
        found.append(round(at * 1000))
        at = times.get_next()
    print(json.dumps(found))
`;

// Its own rules for changing clocks are known to be wrong (it is due at 01:30 and at 03:30 for a skipped 02:30): days and minutes only.
test('croniter agrees on days and minutes in UTC, months ahead', {
  skip: !hasCroniter() && 'no croniter',
}, () => {
  const chance = sequence(3);
  const questions = Array.from({ length: cases }, () => {
    const start = firstMoment + chance(2 ** 32) * 300;
    const text = expression(chance).replace(/^\S+/, `${chance(60)}`);
    return { text, start, end: start + 90 * 24 * hourMs };
  });
  const input = questions.map(({ text, start, end }) => JSON.stringify([text, start, end])).join('\n');
  const answers = execFileSync(python, ['-c', script], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  }).trim();
  for (const [index, answer] of answers.split('\n').entries()) {
    const { text, start, end } = questions[index]!;
    assert.deepEqual(ours(text, zones[0]!, start, end), JSON.parse(answer), `"${text}" from ${start}`);
  }
  assert.equal(answers.split('\n').length, cases);
});

/** What a clock on the wall shows, asked from Intl without our tables. */
function createWall(zone: Zone): (at: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone.name,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (at) => Date.parse(`${format.format(at).replace(' ', 'T')}Z`);
}

function fits({ minutes, hours, months, dates, weekdays, combine }: CalendarSchedule, wall: number): boolean {
  const date = new Date(wall);
  const isLast = new Date(wall + 24 * hourMs).getUTCDate() === 1;
  const byDate =
    dates?.some((rule) => rule === date.getUTCDate() || (typeof rule === 'object' && isLast)) ?? true;
  const byWeekday = weekdays?.some((rule) => rule === date.getUTCDay()) ?? true;
  return (
    minutes.includes(date.getUTCMinutes()) &&
    hours.includes(date.getUTCHours()) &&
    months.includes(date.getUTCMonth() + 1) &&
    (combine === 'either' ? byDate || byWeekday : byDate && byWeekday)
  );
}

/** The rules as they are said, from one minute to the next: how the wall moves tells what was skipped and what comes again. */
function minuteByMinute(schedule: CalendarSchedule, zone: Zone, start: number, end: number): number[] {
  const wallAt = createWall(zone);
  const found: number[] = [];
  let latest = wallAt(start - 30 * hourMs);
  for (let at = start - 30 * hourMs + 60_000; at < end; at += 60_000) {
    const wall = wallAt(at);
    let isDue = false;
    if (schedule.hours.length === 24) {
      isDue = fits(schedule, wall);
    } else {
      // From the latest wall seen to this one: one minute, all of a skip, or nothing while an hour comes again.
      for (let one = latest + 60_000; one <= wall; one += 60_000) isDue ||= fits(schedule, one);
    }
    latest = Math.max(latest, wall);
    if (isDue && at > start) found.push(at);
  }
  return found;
}

test('the rules for changing clocks hold minute by minute', () => {
  const chance = sequence(4);
  for (let index = 0; index < cases; index++) {
    const [text, zone] = [expression(chance), zones[index % zones.length]!];
    const start = startNear(chance, zone);
    const end = start + 48 * hourMs;
    const expected = minuteByMinute(parseSchedule(text) as CalendarSchedule, zone, start, end);
    const shown = `"${text}" in ${zone.name} from ${new Date(start).toISOString()}`;
    assert.deepEqual(ours(text, zone, start, end), expected, shown);
  }
});
