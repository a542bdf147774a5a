// Policies over a year of virtual time, each with its schedule, zone, windows and jitter, while runs take their time and the machine is off for
// hours or days: every due time is taken care of by exactly one run, none starts early or in a closed window. POLICIES=n sets how many.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextRun, type RunRules } from '../../src/model/schedule/next-run.ts';
import { parseSchedule } from '../../src/model/schedule/parse.ts';
import { createTimetable } from '../../src/model/schedule/timetable.ts';
import { alwaysOpen, isOpen, parseWindows } from '../../src/model/schedule/windows.ts';
import { createZone } from '../../src/model/schedule/zone.ts';
import { budgetOf, report } from '../campaign.ts';
import { type Chance, chanceOf, pick } from './scheduler.ts';

const policies = budgetOf('POLICIES', 120);
const minuteMs = 60_000;
const dayMs = 86_400_000;
const [start, end] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)];

const zones = [
  'UTC',
  'Europe/Zurich',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kolkata',
  'America/St_Johns',
].map(createZone);

/** As people have them: most once a day, few more often. */
function scheduleOf(chance: Chance): string {
  const [minute, hour] = [Math.floor(chance() * 60), Math.floor(chance() * 24)];
  const kind = chance();
  if (kind < 0.5) return `${minute} ${hour} * * *`;
  if (kind < 0.6) return `${minute} 2 * * *`;
  if (kind < 0.7) return `cron(${minute} ${hour} ? * MON-FRI *)`;
  if (kind < 0.8) return `${minute} ${hour} * * ${Math.floor(chance() * 7)}`;
  if (kind < 0.88) return `${minute} ${hour} L * *`;
  if (kind < 0.94) return `rate(${6 + Math.floor(chance() * 30)} hours)`;
  if (kind < 0.99) return `${minute} */6 * * *`;
  return `${minute} * * * *`;
}

function rulesOf(policy: string, chance: Chance): RunRules {
  const zone = pick(zones, chance);
  const window = chance();
  const windows =
    window < 0.7
      ? alwaysOpen
      : window < 0.9
        ? parseWindows({ allowed: 'mon-fri 19:30-06:00, sat+sun' })
        : parseWindows({
            barred: '08:00-18:00, 2026-12-20 - 2026-12-31, 2026-03-28T22:00 - 2026-03-29T02:30',
          });
  return {
    policy,
    zone,
    windows,
    timetable: createTimetable(parseSchedule(scheduleOf(chance)), zone, start + Math.floor(chance() * dayMs)),
    jitterMs: chance() < 0.5 ? 0 : Math.floor(chance() * 3_600_000),
    catchUp: 'once',
  };
}

interface Outage {
  readonly from: number;
  readonly to: number;
}

/** Nights, weekends and moments in which nothing runs. */
function outagesOf(chance: Chance): Outage[] {
  return Array.from({ length: 40 }, () => {
    const from = start + Math.floor(chance() * (end - start));
    return { from, to: from + Math.floor(minuteMs + chance() ** 4 * 5 * dayMs) };
  });
}

interface Life {
  runs: number;
  made: number;
}

/** One policy from the first to the last day. A restart forgets everything but the last due time that was taken care of. */
function live(rules: RunRules, outages: readonly Outage[], chance: Chance): Life {
  const { timetable, windows, zone, policy } = rules;
  const life: Life = { runs: 0, made: 0 };
  let [handled, now, wasHindered] = [start, start, false];
  for (;;) {
    const planned = nextRun(rules, handled, now);
    if (planned === undefined) break;
    let wake = Math.max(now, planned.startAt);
    for (let off = offAt(outages, wake); off !== undefined; off = offAt(outages, wake)) {
      [wake, wasHindered] = [off.to, true];
    }
    if (wake >= end) break;
    now = wake;
    const run = nextRun(rules, handled, now)!;
    // After an outage, or a wait for a window, a later one may stand for those before it.
    if (run.startAt > now) continue;
    const shown = `${policy} due ${new Date(run.due).toISOString()} at ${new Date(now).toISOString()}`;
    assert.ok(run.due > handled && run.due <= now, shown);
    assert.ok(isOpen(windows, now, zone), `${shown}: in a closed window`);
    let between = 0;
    for (let due = timetable.next(handled)!; due < run.due; due = timetable.next(due)!) between++;
    assert.equal(run.missed, between, `${shown}: its account of missed ones`);
    assert.equal(timetable.next(run.due - 1), run.due, `${shown}: never due`);
    if (windows === alwaysOpen && !wasHindered) {
      assert.equal(run.missed, 0, `${shown}: nothing hindered those before`);
      assert.ok(now <= run.due + Math.max(rules.jitterMs, 1), `${shown}: late`);
    }
    life.runs++;
    life.made += 1 + run.missed;
    handled = run.due;
    const takes = chance() < 0.02 ? chance() * 30 * 3_600_000 : chance() * 20 * minuteMs;
    const following = timetable.next(handled);
    wasHindered = following !== undefined && now + takes > following;
    now += Math.floor(takes);
  }
  // What is due and may start has been taken care of; what is left waits for its moment beyond the end.
  const left = nextRun(rules, handled, end - 1);
  const mayWait =
    left === undefined || left.startAt >= end - 1 || now >= end || offAt(outages, end - 1) !== undefined;
  const isLate = left !== undefined && offBetween(outages, left.startAt, end);
  assert.ok(mayWait || isLate, `${policy}: ${JSON.stringify(left)}`);
  let due = 0;
  for (let at = timetable.next(start); at !== undefined && at <= handled; at = timetable.next(at)) due++;
  assert.equal(life.made, due, `${policy}: runs and due times`);
  return life;
}

function offAt(outages: readonly Outage[], at: number): Outage | undefined {
  return outages.find(({ from, to }) => at >= from && at < to);
}

function offBetween(outages: readonly Outage[], from: number, to: number): boolean {
  return outages.some((outage) => outage.from < to && outage.to > from);
}

test(`${policies} policies over a year miss no due time and run for none twice`, () => {
  const outages = outagesOf(chanceOf(1));
  let [runs, made] = [0, 0];
  for (let index = 0; index < policies; index++) {
    const chance = chanceOf(1000 + index);
    const life = live(rulesOf(`policy-${index}`, chance), outages, chance);
    runs += life.runs;
    made += life.made;
  }
  report({ campaign: 'T-90', tried: made, lost: 0, wrong: 0, manual: 0 });
  assert.ok(runs > policies * 12 && made > runs, `${runs} runs for ${made} due times`);
});
