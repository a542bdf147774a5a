// `holdfast policies`: what is protected, and when it last was.

import type { Command, Ending, Invocation } from '../command.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { outcomeText, policyFields } from '../control/run-lines.ts';
import { localTime, tableLines } from '../show.ts';

export const command: Command = {
  name: 'policies',
  options: [
    { flags: '--limit <count>', text: 'option.listLimit' },
    { flags: '--after <mark>', text: 'option.listAfter' },
    ...controlOptions,
  ],
  examples: ['policies', 'policies --json'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, ambient, context, output, texts } = invocation;
  await using catalog = await openCatalogOf(invocation);
  const { listPolicies } = await import('../../catalog/policies.ts');
  const after = options.text('after');
  const limit = options.count('limit', '--limit') ?? 100;
  const page = await listPolicies(catalog, { limit, ...(after === undefined ? {} : { after }) }, context);
  const rows = page.items.map((policy) => [
    policy.name,
    texts.say(policy.enabled ? 'policies.enabled' : 'policies.paused'),
    outcomeText({ state: 'ended', ...(policy.lastOutcome && { outcome: policy.lastOutcome }) }, invocation),
    policy.lastSucceededAt === undefined
      ? texts.say('status.never')
      : localTime(policy.lastSucceededAt, ambient.zoneOffsetMinutes),
  ]);
  if (rows.length === 0) output.line(texts.say('policies.none'));
  else for (const line of tableLines([texts.say('policies.head').split('|'), ...rows])) output.line(line);
  if (page.next !== undefined) output.note(texts.say('list.more', { mark: page.next }));
  const policies = page.items.map(policyFields);
  return { result: { policies, ...(page.next === undefined ? {} : { next: page.next }) } };
}
