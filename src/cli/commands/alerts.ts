// `holdfast alerts`: what somebody should look at.

import type { Alert } from '../../catalog/alerts.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { policyNames } from '../control/names.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { alertFields, alertRow } from '../control/run-lines.ts';
import { terminalTable } from '../show.ts';

const states = ['open', 'acknowledged', 'resolved'] as const;

export const command: Command = {
  name: 'alerts',
  options: [
    { flags: '--state <state>', text: 'option.alertState', choices: states },
    { flags: '--limit <count>', text: 'option.listLimit' },
    { flags: '--after <mark>', text: 'option.listAfter' },
    ...controlOptions,
  ],
  examples: ['alerts', 'alerts --state resolved --limit 100'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts } = invocation;
  await using catalog = await openCatalogOf(invocation);
  const { listAlerts } = await import('../../catalog/alerts.ts');
  const state = options.text('state') as Alert['state'] | undefined;
  const after = options.text('after');
  const wish = {
    limit: options.count('limit', '--limit') ?? 50,
    ...(after === undefined ? {} : { after }),
  };
  // Without a state: all that is not over.
  const pages = [];
  for (const one of state === undefined ? (['open', 'acknowledged'] as const) : [state]) {
    pages.push(await listAlerts(catalog, { ...wish, state: one }, context));
  }
  const found = pages.flatMap(({ items }) => items);
  const next = state === undefined ? undefined : pages[0]?.next;
  const names = await policyNames(catalog, context);
  const head = texts.say('alerts.head').split('|');
  if (found.length === 0) output.line(texts.say('alerts.none'));
  else
    for (const line of terminalTable(
      [head, ...found.map((one) => alertRow(one, invocation))],
      [4],
      invocation.ambient.output.columns,
    ))
      output.line(line);
  if (next !== undefined) output.note(texts.say('list.more', { mark: next }));
  const alerts = found.map((alert) => alertFields(alert, names));
  return { result: { alerts, ...(next === undefined ? {} : { next }) } };
}
