// `holdfast maintenance`: the recurring work, what shows that it was done, and what is overdue.

import type { TaskReport } from '../../control/maintenance/report.ts';
import type { MaintenanceState, Rhythm } from '../../model/maintenance/plan.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { nodeName } from '../control/nodes.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { isoTime, localTime, tableLines } from '../show.ts';
import type { TextKey } from '../texts/texts.ts';

export const command: Command = {
  name: 'maintenance',
  subcommands: [
    { name: 'list', options: controlOptions, run: list },
    {
      name: 'done',
      arguments: [{ name: 'task', required: true }],
      options: [{ flags: '--note <text>', text: 'option.maintenanceNote' }, ...controlOptions],
      run: done,
    },
  ],
  examples: ['maintenance list', 'maintenance done review-access --note "two accounts closed"'],
};

const states: Readonly<Record<MaintenanceState, TextKey>> = {
  done: 'maintenance.done',
  due: 'maintenance.due',
  overdue: 'maintenance.overdue',
  unwanted: 'maintenance.unwanted',
};

const rhythmTexts: Readonly<Record<Rhythm, TextKey>> = {
  daily: 'maintenance.rhythm.daily',
  weekly: 'maintenance.rhythm.weekly',
  monthly: 'maintenance.rhythm.monthly',
  quarterly: 'maintenance.rhythm.quarterly',
  'half-yearly': 'maintenance.rhythm.half-yearly',
  yearly: 'maintenance.rhythm.yearly',
  'after-update': 'maintenance.rhythm.after-update',
};

/** What a person has to do, for the tasks that no program can witness. */
const instructions: Readonly<Record<string, TextKey>> = {
  'review-access': 'maintenance.task.review-access',
  'install-updates': 'maintenance.task.install-updates',
  'audit-security': 'maintenance.task.audit-security',
  'rehearse-disaster': 'maintenance.task.rehearse-disaster',
};

async function list(invocation: Invocation): Promise<Ending> {
  const { ambient, context, output, texts } = invocation;
  await using catalog = await openCatalogOf(invocation);
  const { currentConfiguration } = await import('../../catalog/configurations.ts');
  const { maintenanceReport } = await import('../../control/maintenance/report.ts');
  const configuration = await currentConfiguration(catalog, context);
  const tasks = await maintenanceReport(catalog, configuration, context);
  const rows = tasks.map((task) => [
    texts.say(states[task.state]),
    task.name,
    texts.say(rhythmTexts[task.rhythm]),
    task.state === 'unwanted' ? '' : localTime(task.dueBy, ambient.zoneOffsetMinutes),
    lastLine(task, invocation),
  ]);
  for (const line of tableLines([texts.say('maintenance.head').split('|'), ...rows])) output.line(line);
  const { owner, deputy } = configuration.maintenance;
  output.line(texts.say('maintenance.people', { owner: owner ?? '–', deputy: deputy ?? '–' }));
  for (const { name, state } of tasks) {
    const instruction = instructions[name];
    if (instruction === undefined || (state !== 'due' && state !== 'overdue')) continue;
    output.line(`${name}: ${texts.say(instruction)}`);
  }
  const overdue = tasks.filter(({ state }) => state === 'overdue').length;
  return {
    ...(overdue === 0 ? {} : { outcome: 'partial' as const }),
    result: { tasks: tasks.map(fields), overdue },
  };
}

function lastLine({ lastDone, reason }: TaskReport, { ambient, texts }: Invocation): string {
  if (reason !== undefined) return reason;
  if (lastDone === undefined) return texts.say('status.never');
  return `${localTime(lastDone.at, ambient.zoneOffsetMinutes)} ${lastDone.actor}: ${lastDone.note}`;
}

function fields({ dueBy, lastDone, ...rest }: TaskReport): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    dueBy: isoTime(dueBy),
    ...(lastDone === undefined ? {} : { lastDone: { ...lastDone, at: isoTime(lastDone.at) } }),
  };
}

async function done(invocation: Invocation): Promise<Ending> {
  const { options, ambient, context, output, texts } = invocation;
  const [task = ''] = invocation.arguments;
  await using catalog = await openCatalogOf(invocation);
  const { currentConfiguration } = await import('../../catalog/configurations.ts');
  const { maintenanceDone } = await import('../../control/maintenance/report.ts');
  const configuration = await currentConfiguration(catalog, context);
  const actor = ambient.userName;
  const note = options.text('note') ?? '';
  const node = nodeName(configuration.node, ambient);
  const { at } = await maintenanceDone(catalog, { task, actor, note, node }, configuration, context);
  output.line(texts.say('maintenance.noted', { task, actor }));
  return { result: { task, actor, note, at: isoTime(at) } };
}
