// `holdfast schedule`: what is due next; and what a schedule says in words, in both dialects.

import { formatDuration } from '../../base/text.ts';
import type { ClockNote } from '../../model/schedule/describe.ts';
import { explainSchedule } from '../../model/schedule/explain.ts';
import { parseSchedule } from '../../model/schedule/parse.ts';
import { createZone } from '../../model/schedule/zone.ts';
import { parseTime } from '../../model/time.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { controlOptions } from '../control/places.ts';
import { invalidOption } from '../options.ts';
import { momentWords, scheduleWords } from '../schedule-words.ts';
import { isoTime, tableLines } from '../show.ts';
import type { TextKey } from '../texts/texts.ts';

export const command: Command = {
  name: 'schedule',
  subcommands: [
    {
      name: 'list',
      options: controlOptions,
      run: async (invocation) => (await import('../schedule-list.ts')).listSchedules(invocation),
    },
    {
      name: 'explain',
      arguments: [{ name: 'schedule', required: true }],
      options: [{ flags: '--zone <name>' }, { flags: '--count <n>' }, { flags: '--after <time>' }],
      run: explain,
    },
  ],
  examples: [
    'schedule list',
    "schedule explain '0 2 * * mon-fri'",
    "schedule explain 'cron(0 2 * * ? *)' --zone Europe/Zurich --count 10",
    "schedule explain 'rate(6 hours)'",
  ],
};

const countMax = 1000;

const notes: Readonly<Record<ClockNote, TextKey>> = {
  skipped: 'schedule.note.skipped',
  first: 'schedule.note.first',
  again: 'schedule.note.again',
};

async function explain(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const schedule = parseSchedule(invocation.arguments[0] ?? '');
  const zone = createZone(
    options.text('zone') ?? new Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC',
  );
  const count = options.count('count', '--count') ?? 5;
  if (count < 1 || count > countMax) throw invalidOption('--count', `${count}`, `1 to ${countMax}`);
  const now = context.clock.now();
  const asked = options.text('after');
  // A local time is one of the zone that is asked about.
  const zoneOffset = (at: number) => zone.offsetAt(at) / 60_000;
  const time = asked === undefined ? now : parseTime(asked, { now, zoneOffset, edge: 'start' });
  const after = time === 'latest' ? now : time;
  const explained = explainSchedule(schedule, { zone, after, count });
  const { crontab, aws } = explained;
  const next = explained.next.map(({ at, note }) => ({
    at,
    words: momentWords(at, zone.name, texts.language),
    note,
  }));
  const words = scheduleWords(schedule, texts);
  output.line(texts.say('schedule.means', { words, zone: zone.name }));
  const cannot = texts.say('schedule.cannotSay');
  output.line(texts.say('schedule.crontab', { text: crontab ?? cannot }));
  output.line(texts.say('schedule.aws', { text: aws ?? cannot }));
  if (schedule.kind === 'rate') output.line(texts.say('schedule.rateBegins'));
  if (next.length === 0) output.line(texts.say('schedule.never'));
  const rows = next.map(({ at, words, note }) => [
    `  ${words}`,
    texts.say('schedule.in', { duration: formatDuration(at - after, texts.language) }),
    note === undefined ? '' : texts.say(notes[note]),
  ]);
  for (const line of tableLines(rows)) output.line(line.trimEnd());
  return {
    result: {
      schedule: explained.schedule,
      crontab: crontab ?? null,
      aws: aws ?? null,
      zone: zone.name,
      words,
      next: next.map(({ at, words, note }) => ({
        at: isoTime(at),
        words,
        ...(note === undefined ? {} : { note }),
      })),
    },
  };
}
