// `restore --interactive`: asks for snapshot, part and target, shows the choice, and starts only after a yes.

import { readdirSync } from 'node:fs';
import { cancel, confirm, intro, isCancel, log, outro, select, text } from '@clack/prompts';
import { Failure } from '../base/failure.ts';
import { escapeForTerminal, formatBytes } from '../base/text.ts';
import { filterSnapshots } from '../model/snapshot-selection.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import { findPlace } from '../repository/read-tree.ts';
import type { Repository } from '../repository/repository.ts';
import { displayPath, fsPath } from '../sources/files/system.ts';
import type { Invocation } from './command.ts';
import { absolute, type Wish } from './commands/restore.ts';
import { localTime, pathText } from './show.ts';
import { readFilter, shortId } from './snapshot-choice.ts';

const choicesMax = 100;

export async function guideRestore(
  snapshots: readonly ListedSnapshot[],
  include: readonly string[],
  repository: Repository,
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
  const path = await askPath(snapshot, repository, invocation);
  const folder = await askTarget(invocation);
  const question = texts.say('guide.confirm', {
    id: shortId(snapshot.id),
    target: escapeForTerminal(pathText(folder)),
  });
  const answers = { active: texts.say('guide.yes'), inactive: texts.say('guide.no') };
  if (!taken(await confirm({ message: question, ...answers }), invocation)) throw stopped(invocation);
  outro(texts.say('guide.start'));
  return { snapshot, target: folder, include, ...(path === '' ? {} : { path }) };
}

/** A path that the snapshot has, as a byte string; empty for all of it. */
async function askPath(
  snapshot: ListedSnapshot,
  repository: Repository,
  invocation: Invocation,
): Promise<string> {
  const { texts, context } = invocation;
  const placeholder = escapeForTerminal(snapshot.paths.map(pathText).join(' '));
  for (;;) {
    const asked = taken(await text({ message: texts.say('guide.path'), placeholder }), invocation);
    const path = Buffer.from((asked ?? '').trim(), 'utf8').toString('latin1');
    if (path === '' || (await findPlace(repository, snapshot.root, path, context)) !== undefined) return path;
    log.warn(texts.say('guide.pathMissing', { path: escapeForTerminal(pathText(path)) }));
  }
}

/** A folder that the restore will take, so that nobody answers everything and is refused then. */
async function askTarget(invocation: Invocation): Promise<string> {
  const { texts, options } = invocation;
  const mayHoldSomething = options.flag('inPlace') || options.text('overwrite') !== undefined;
  for (;;) {
    const asked = await text({
      message: texts.say('guide.target'),
      validate: (value) => (value?.trim() ? undefined : texts.say('guide.targetNeeded')),
    });
    const folder = absolute(taken(asked, invocation), invocation);
    const trouble = mayHoldSomething ? undefined : troubleOf(folder);
    if (trouble === undefined) return folder;
    log.warn(texts.phrase(trouble));
  }
}

function troubleOf(folder: string): string | undefined {
  const path = fsPath(folder);
  const shown = displayPath(folder);
  try {
    return readdirSync(path).length === 0 ? undefined : `the target "${shown}" is not empty`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    return code === 'ENOTDIR'
      ? `the target "${shown}" is not a folder`
      : `the target "${shown}" cannot be used (${code})`;
  }
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
  return new Failure('canceled', 'CANCELED', 'the restore was not started', {
    hint: 'Nothing was changed. Run the command again to begin anew.',
  });
}
