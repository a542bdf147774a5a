// The part of `holdfast restore` that works in folders which hold something: what is asked for, and what is told about it.

import { join } from 'node:path';
import { Failure } from '../base/failure.ts';
import { formatBytes, formatCount, formatDuration } from '../base/text.ts';
import type { Overwrite } from '../operations/restore/changes.ts';
import type { InPlaceOutcome, InPlaceRequest } from '../operations/restore-in-place.ts';
import type { Repository } from '../repository/repository.ts';
import type { Invocation } from './command.ts';
import type { Wish } from './commands/restore.ts';
import { frameCompression } from './options.ts';
import { folderIdentity, ownFolder } from './repository-access.ts';
import { localTime, pathText } from './show.ts';
import { shortId } from './snapshot-choice.ts';
import { version } from './version.ts';

export const overwriteChoices: readonly Overwrite[] = ['if-changed', 'always', 'never'];

/** Whether folders that hold something may be worked in; fails when the options do not fit together. */
export function isInPlace({ options }: Invocation): boolean {
  const inPlace = options.flag('inPlace');
  const overwrite = options.text('overwrite') !== undefined;
  const other =
    options.text('target') !== undefined ? '--target' : options.flag('interactive') ? '--interactive' : '';
  if (inPlace && other !== '') {
    throw new Failure('usage', 'RESTORE_MIXED', `--in-place and ${other} were both given`);
  }
  if (options.flag('delete') && !inPlace && !overwrite) {
    throw new Failure(
      'usage',
      'DELETE_NEEDS_OVERWRITE',
      '--delete was given without --in-place or --overwrite',
    );
  }
  return inPlace || overwrite;
}

export async function restoreWishInPlace(
  wish: Wish,
  shared: Pick<
    InPlaceRequest,
    | 'select'
    | 'verify'
    | 'dryRun'
    | 'devices'
    | 'owners'
    | 'numericIds'
    | 'workers'
    | 'thaw'
    | 'includeErased'
  >,
  repository: Repository,
  invocation: Invocation,
): Promise<InPlaceOutcome> {
  const { options, ambient, context } = invocation;
  const { restoreInPlace } = await import('../operations/restore-in-place.ts');
  const folders = await Promise.all([
    ownFolder(invocation),
    folderIdentity(byteString(ambient.stateDirectory)),
    folderIdentity(byteString(ambient.cacheDirectory)),
  ]);
  return restoreInPlace(
    {
      snapshot: wish.snapshot,
      ...(wish.path === undefined ? {} : { path: wish.path }),
      ...(options.flag('inPlace') ? {} : { target: wish.target }),
      overwrite: overwriteChoices.find((one) => one === options.text('overwrite')) ?? 'if-changed',
      delete: options.flag('delete'),
      ...shared,
      keep: folders.filter((one) => one !== undefined),
      pointers: restorePointers(invocation),
      restorePoint: {
        host: ambient.hostName,
        user: ambient.userName,
        tool: `holdfast ${version}`,
        compression: frameCompression(undefined).compression,
      },
    },
    repository,
    context,
  );
}

/** Where restores leave what a rollback finds them by: a byte string. */
export function restorePointers({ ambient }: Invocation): string {
  return byteString(join(ambient.stateDirectory, 'restores'));
}

function byteString(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}

export function inPlaceLines(
  wish: Wish,
  outcome: InPlaceOutcome,
  { options, texts, ambient }: Invocation,
): string[] {
  const { language } = texts;
  const { changes, plan, restored, verified } = outcome;
  const count = (value: number) => formatCount(value, language);
  const from = {
    id: shortId(wish.snapshot.id),
    time: localTime(wish.snapshot.time, ambient.zoneOffsetMinutes),
    target: options.flag('inPlace') ? texts.say('restore.itsPlace') : pathText(wish.target),
  };
  const counted = texts.say('restore.changes', {
    create: count(changes.create),
    replace: count(changes.replace),
    delete: count(changes.delete),
    attributes: count(changes.attributes),
    unchanged: count(changes.unchanged),
  });
  if (options.flag('dryRun')) {
    const planned = texts.say('restore.plan', {
      entries: count(plan.entries),
      files: count(plan.files),
      bytes: formatBytes(plan.bytes, language),
      packs: count(plan.packs),
      read: formatBytes(plan.readBytes, language),
    });
    return [texts.say('restore.dryRun', from), counted, planned];
  }
  const lines = [
    texts.say('restore.done', { ...from, duration: formatDuration(outcome.durationMs, language) }),
    counted,
  ];
  if (outcome.restoreId === undefined) lines.push(texts.say('restore.nothing'));
  else {
    lines.push(
      texts.say('restore.counts', {
        files: count(restored.files),
        directories: count(restored.directories),
        symlinks: count(restored.symlinks),
        hardlinks: count(restored.hardlinks),
        specials: count(restored.specials),
        bytes: formatBytes(restored.bytes, language),
      }),
    );
  }
  if (outcome.skipped > 0) lines.push(texts.say('restore.skipped', { count: count(outcome.skipped) }));
  if (outcome.erased > 0) lines.push(texts.say('restore.erased', { count: count(outcome.erased) }));
  if (outcome.problems > 0) lines.push(texts.say('restore.problems', { count: count(outcome.problems) }));
  if (verified !== undefined) {
    const bytes = formatBytes(verified.bytes, language);
    lines.push(texts.say('restore.verified', { entries: count(verified.entries), bytes }));
  }
  if (outcome.restorePoint !== undefined) {
    lines.push(texts.say('restore.point', { id: shortId(outcome.restorePoint) }));
  }
  if (outcome.restoreId !== undefined) lines.push(texts.say('restore.undo', { id: outcome.restoreId }));
  return lines;
}
