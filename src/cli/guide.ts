// `restore --interactive`: asks for snapshot, part and target, shows the choice, and starts only after a yes.

import { cancel, confirm, intro, isCancel, outro, select, text } from '@clack/prompts';
import { Failure } from '../base/failure.ts';
import { escapeForTerminal, formatBytes } from '../base/text.ts';
import { filterSnapshots } from '../model/snapshot-selection.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import type { Invocation } from './command.ts';
import { absolute, type Wish } from './commands/restore.ts';
import { localTime, pathText } from './show.ts';
import { readFilter, shortId } from './snapshot-choice.ts';

const choicesMax = 100;

export async function guideRestore(
  snapshots: readonly ListedSnapshot[],
  include: readonly string[],
  invocation: Invocation,
): Promise<Wish> {
  const { texts, ambient } = invocation;
  if (!ambient.input.isTTY || !ambient.output.isTTY) {
    throw new Failure('usage', 'NO_TERMINAL', 'the guide needs a terminal');
  }
  const offered = filterSnapshots(snapshots, readFilter(invocation)).slice(0, choicesMax);
  if (offered.length === 0) {
    throw new Failure('missing', 'SNAPSHOT_UNKNOWN', 'no snapshot fits what was asked for');
  }
  intro(texts.say('guide.title'));
  const snapshot = taken(
    await select({
      message: texts.say('guide.snapshot'),
      options: offered.map((one) => ({ value: one, label: label(one, invocation) })),
    }),
    invocation,
  );
  const path = taken(
    await text({
      message: texts.say('guide.path'),
      placeholder: escapeForTerminal(snapshot.paths.map(pathText).join(' ')),
    }),
    invocation,
  );
  const target = taken(
    await text({
      message: texts.say('guide.target'),
      validate: (value) => (value?.trim() ? undefined : texts.say('guide.targetNeeded')),
    }),
    invocation,
  );
  const folder = absolute(target, invocation);
  const question = texts.say('guide.confirm', {
    id: shortId(snapshot.id),
    target: escapeForTerminal(pathText(folder)),
  });
  if (!taken(await confirm({ message: question }), invocation)) throw stopped(invocation);
  outro(texts.say('guide.start'));
  const bytes = Buffer.from((path ?? '').trim(), 'utf8').toString('latin1');
  return { snapshot, target: folder, include, ...(bytes === '' ? {} : { path: bytes }) };
}

function label(snapshot: ListedSnapshot, { texts, ambient }: Invocation): string {
  const time = localTime(snapshot.time, ambient.zoneOffsetMinutes);
  const bytes = formatBytes(snapshot.stats.bytes, texts.language);
  return escapeForTerminal(
    `${time}  ${shortId(snapshot.id)}  ${snapshot.host}  ${bytes}  ${snapshot.paths.map(pathText).join(' ')}`,
  );
}

function taken<Value>(answer: Value, invocation: Invocation): Exclude<Value, symbol> {
  if (isCancel(answer)) throw stopped(invocation);
  // Without the symbol of a cancellation, what is left is the answer.
  return answer as Exclude<Value, symbol>;
}

function stopped({ texts }: Invocation): Failure {
  cancel(texts.say('guide.canceled'));
  return new Failure('canceled', 'CANCELED', 'the restore was not started');
}
