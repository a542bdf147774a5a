// `holdfast rollback`: undoes an in-place restore, also one that was cut off.

import { join } from 'node:path';
import type { Command, Ending, Invocation } from '../command.ts';
import { isoTime, localTime, tableLines } from '../show.ts';

export const command: Command = {
  name: 'rollback',
  arguments: [{ name: 'restore' }],
  options: [{ flags: '--list' }, { flags: '-n, --dry-run', text: 'option.dryRunPlan' }],
  examples: ['rollback --list', 'rollback', 'rollback 3f2a'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts, ambient } = invocation;
  const journalDirectory = restoreJournals(invocation);
  const { listRestores, rollback } = await import('../../operations/rollback.ts');
  if (options.flag('list')) {
    const restores = await listRestores(journalDirectory, context);
    const rows = restores.map(({ id, root, state, startedAt }) => [
      id,
      localTime(startedAt, ambient.zoneOffsetMinutes),
      texts.say(`rollback.state.${state}`),
      root,
    ]);
    for (const line of tableLines(rows)) output.line(line);
    if (rows.length === 0) output.line(texts.say('rollback.none'));
    return { result: { restores: restores.map((one) => ({ ...one, startedAt: isoTime(one.startedAt) })) } };
  }
  const id = invocation.arguments[0] ?? 'latest';
  const dryRun = options.flag('dryRun');
  const done = await rollback({ journalDirectory, id, dryRun }, context);
  output.line(texts.say(dryRun ? 'rollback.plan' : 'rollback.done', { root: done.root, count: done.undone }));
  return { outcome: done.outcome, result: { ...done, dryRun } };
}

/** Where in-place restores keep what `rollback` needs. */
export function restoreJournals({ ambient }: Invocation): string {
  return join(ambient.stateDirectory, 'restores');
}
