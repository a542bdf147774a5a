// `holdfast logs`: what the control plane wrote down, of all its logs in the order of time.

import { join } from 'node:path';
import { escapeForTerminal } from '../../base/text.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { configuredLogDirectory } from '../control/log-place.ts';
import { type Level, levels } from '../logs/level.ts';
import { isoTime, localTime } from '../show.ts';

export const command: Command = {
  name: 'logs',
  options: [
    { flags: '-f, --follow' },
    { flags: '--run <id>', text: 'option.logRun' },
    { flags: '--policy <name>', text: 'option.onePolicy' },
    { flags: '--level <level>', text: 'option.logLevel', choices: levels },
    { flags: '--limit <count>', text: 'option.listLimit' },
    { flags: '--directory <folder>', text: 'option.logDirectory' },
    { flags: '--config <file>', text: 'option.configuration' },
  ],
  examples: ['logs', 'logs --follow', 'logs --run 0199c0de --level warn'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, ambient, context, output, texts } = invocation;
  const directory = options.text('directory') ?? (await configuredLogDirectory(invocation));
  const { purposes } = await import('../logs/purposes.ts');
  const { readLog } = await import('../logs/read.ts');
  const wanted = options.text('run');
  const policy = options.text('policy');
  const level = options.text('level') as Level | undefined;
  const follow = options.flag('follow');
  const last = options.count('limit', '--limit') ?? (follow ? 20 : 200);
  const wish = {
    files: Object.values(purposes).map((name) => join(directory, name)),
    last,
    follow,
    ...(wanted === undefined ? {} : { run: wanted }),
    ...(policy === undefined ? {} : { policy }),
    ...(level === undefined ? {} : { level }),
  };
  let lines = 0;
  for await (const line of readLog(wish, context)) {
    lines += 1;
    const { at, facts, ...rest } = line;
    output.emit('log-line', {
      ...rest,
      ...(at === undefined ? {} : { at: isoTime(at) }),
      ...(facts && { facts }),
    });
    const time = at === undefined ? '' : `${localTime(at, ambient.zoneOffsetMinutes)}  `;
    const known = Object.entries(facts ?? {}).map(([name, value]) => ` ${name}=${String(value)}`);
    const policyText = line.policy === undefined ? '' : `${line.policy}: `;
    output.line(
      `${time}${(line.level ?? '').padEnd(5)}  ${policyText}${escapeForTerminal(line.message)}${known.join('')}`,
    );
  }
  if (lines === 0) output.note(texts.say('logs.none', { place: directory }));
  return { result: { directory, lines } };
}
