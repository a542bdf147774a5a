// `holdfast schedule list`: what is due next, of the policies and of the crontabs of this machine, so that a job of old beside a policy is seen.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import type { NextExplained } from '../control/explain-next.ts';
import { type CrontabJob, crontabJobs } from '../model/schedule/crontab.ts';
import { parseSchedule } from '../model/schedule/parse.ts';
import { createTimetable, upcoming } from '../model/schedule/timetable.ts';
import { createZone } from '../model/schedule/zone.ts';
import type { Ending, Invocation } from './command.ts';
import { openCatalogOf } from './control/places.ts';
import { intervalWords, momentWords, scheduleWords } from './schedule-words.ts';
import { isoTime, tableLines } from './show.ts';
import type { TextKey, Texts } from './texts/texts.ts';

const stateTexts: Readonly<Record<NextExplained['state'], TextKey>> = {
  off: 'schedule.state.off',
  manual: 'schedule.state.manual',
  planned: 'schedule.state.planned',
  waiting: 'schedule.state.waiting',
  queued: 'schedule.state.queued',
  running: 'schedule.state.running',
  over: 'schedule.state.over',
  unplanned: 'schedule.state.unplanned',
};

interface FoundJob extends CrontabJob {
  /** The file, or `crontab -l`. */
  readonly source: string;
}

export async function listSchedules(invocation: Invocation): Promise<Ending> {
  const { context, output, texts } = invocation;
  const policies = await nextOfPolicies(invocation);
  const rows = policies.map(({ policy, next }) => [
    policy,
    texts.say(stateTexts[next.state], { waitsFor: next.waitsFor ?? '' }),
    next.startAt === undefined ? '' : momentWords(next.startAt, next.zone, texts.language),
    wordsOf(next.schedule, texts),
  ]);
  if (rows.length === 0) output.line(texts.say('policies.none'));
  else
    for (const line of tableLines([texts.say('schedule.head').split('|'), ...rows]))
      output.line(line.trimEnd());
  for (const { policy, next } of policies) {
    const { because } = next;
    const last = because?.at(-1);
    if (because === undefined || last === undefined) continue;
    const decision = { intervalMs: last.intervalMs, because, keepsRpo: true };
    output.line(`${policy}: ${intervalWords(decision, texts).join(' ')}`);
  }
  const jobs = await jobsOfMachine(invocation);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
  const now = context.clock.now();
  if (jobs.length > 0) output.line(texts.say('schedule.crontabs'));
  const shown = jobs.map((job) => ({ ...job, next: nextOf(job.schedule, zone, now) }));
  for (const { source, line, schedule, user, command, next } of shown) {
    const at = next === undefined ? '' : momentWords(next, zone, texts.language);
    output.line(`  ${source}:${line}  ${schedule}  ${user === undefined ? '' : `${user}  `}${command}`);
    if (at !== '') output.line(`    ${wordsOf(schedule, texts)}: ${at}`);
  }
  return {
    result: {
      policies: policies.map(({ policy, next: { due, startAt, ...rest } }) => ({
        policy,
        ...rest,
        ...(due === undefined ? {} : { due: isoTime(due) }),
        ...(startAt === undefined ? {} : { startAt: isoTime(startAt) }),
      })),
      crontabs: shown.map(({ next, ...job }) => ({
        ...job,
        ...(next === undefined ? {} : { next: isoTime(next) }),
      })),
    },
  };
}

async function nextOfPolicies(invocation: Invocation) {
  const { context } = invocation;
  await using catalog = await openCatalogOf(invocation);
  const { listPolicies } = await import('../catalog/policies.ts');
  const { currentConfiguration } = await import('../catalog/configurations.ts');
  const { explainNext } = await import('../control/explain-next.ts');
  const { zone } = await currentConfiguration(catalog, context);
  const found = [];
  let after: string | undefined;
  do {
    const from = after === undefined ? {} : { after };
    const page = await listPolicies(catalog, { limit: 500, ...from }, context);
    for (const policy of page.items) {
      found.push({ policy: policy.name, next: await explainNext(catalog, policy, zone, context) });
    }
    after = page.next;
  } while (after !== undefined);
  return found;
}

function wordsOf(text: string, texts: Texts): string {
  try {
    return scheduleWords(parseSchedule(text), texts);
  } catch (error) {
    // "manual", "adaptive", or what only another program understands.
    if (!isFailure(error, 'usage')) throw error;
    return text;
  }
}

function nextOf(text: string, zone: string, now: number): number | undefined {
  try {
    return upcoming(createTimetable(parseSchedule(text), createZone(zone), now), now, 1)[0];
  } catch (error) {
    if (!isFailure(error, 'usage')) throw error;
    return undefined;
  }
}

/** Of who asks, and of the system as far as it can be read; a machine without cron has none. */
async function jobsOfMachine({ ambient, context }: Invocation): Promise<FoundJob[]> {
  const own = await ownCrontab(ambient.environment, context);
  const folder = '/etc/cron.d';
  // cron itself passes over names with a dot.
  const names = attempt(() => readdirSync(folder)).filter((name) => /^[\w-]+$/.test(name));
  const files = ['/etc/crontab', ...names.sort().map((name) => join(folder, name))];
  return [
    ...crontabJobs(own, false).map((job) => ({ source: 'crontab -l', ...job })),
    ...files.flatMap((source) => {
      const [text = ''] = attempt(() => [readFileSync(source, 'utf8')]);
      return crontabJobs(text, true).map((job) => ({ source, ...job }));
    }),
  ];
}

function attempt(read: () => string[]): string[] {
  try {
    return read();
  } catch {
    return [];
  }
}

/** Empty where there is no such program, or nothing in it. */
function ownCrontab(
  environment: Readonly<Record<string, string | undefined>>,
  context: Context,
): Promise<string> {
  const options = { env: environment, timeout: 10_000, maxBuffer: 1024 * 1024, signal: context.signal };
  return new Promise((resolve) => {
    execFile('crontab', ['-l'], options, (error, output) => resolve(error === null ? output : ''));
  });
}
