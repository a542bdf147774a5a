// `holdfast rollback`: undoes an in-place restore, also one that was cut off, or gives its undo copy up. Needs no repository.

import { Failure } from '../../base/failure.ts';
import { formatCount } from '../../base/text.ts';
import type { ListedRestore, RestoreState } from '../../operations/rollback.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { restorePointers } from '../in-place.ts';
import { isoTime, localTime, tableLines } from '../show.ts';
import type { TextKey } from '../texts/texts.ts';
import { absolute } from './restore.ts';

export const command: Command = {
  name: 'rollback',
  arguments: [{ name: 'restore' }],
  options: [
    { flags: '--list', text: 'option.listRestores' },
    { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
    { flags: '--discard' },
    { flags: '-t, --target <folder>', text: 'option.targetRollback' },
  ],
  examples: ['rollback --list', 'rollback', 'rollback --discard 3f2a'],
  run,
};

const stateTexts: Readonly<Record<RestoreState, TextKey>> = {
  prepared: 'rollback.prepared',
  'cut-off': 'rollback.cutOff',
  switched: 'rollback.switched',
  undoing: 'rollback.undoing',
  discarding: 'rollback.discarding',
  missing: 'rollback.missing',
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts, ambient } = invocation;
  const { listRestores, rollback } = await import('../../operations/rollback.ts');
  const target = options.text('target');
  const places = {
    pointers: restorePointers(invocation),
    ...(target === undefined ? {} : { target: absolute(target, invocation) }),
  };
  if (options.flag('list')) {
    const restores = listRestores(places);
    for (const line of tableLines(restores.map((one) => row(one, invocation)))) output.line(line);
    if (restores.length === 0) output.line(texts.say('rollback.none'));
    return { result: { restores: restores.map((one) => ({ ...one, startedAt: isoTime(one.startedAt) })) } };
  }
  const id = invocation.arguments[0];
  const dryRun = options.flag('dryRun');
  const discard = options.flag('discard');
  if (discard && id === undefined) {
    throw new Failure('usage', 'RESTORE_NOT_NAMED', 'no restore was named');
  }
  const request = { ...places, ...(id === undefined ? {} : { id }), dryRun, discard, owner: ambient.owner };
  const done = await rollback(request, context);
  const facts = {
    id: done.id,
    folders: done.folders.join(', '),
    count: formatCount(done.undone, texts.language),
  };
  if (discard) output.line(texts.say(dryRun ? 'rollback.discardPlan' : 'rollback.discarded', facts));
  else output.line(texts.say(dryRun ? 'rollback.plan' : 'rollback.done', facts));
  if (done.kept > 0)
    output.line(texts.say('rollback.kept', { count: formatCount(done.kept, texts.language) }));
  return {
    outcome: done.outcome,
    result: { ...done, startedAt: isoTime(done.startedAt), dryRun, discarded: discard && !dryRun },
  };
}

function row({ id, startedAt, state, folders }: ListedRestore, { texts, ambient }: Invocation): string[] {
  return [
    id,
    localTime(startedAt, ambient.zoneOffsetMinutes),
    texts.say(stateTexts[state]),
    folders.join(' '),
  ];
}
