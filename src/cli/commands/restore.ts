// `holdfast restore`: brings a snapshot, or a part of it, back into a folder, or to where it came from.

import { availableParallelism } from 'node:os';
import { posix } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { formatBytes, formatCount, formatDuration } from '../../base/text.ts';
import { restorePointTag } from '../../model/restore-point.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import type { RestoreOutcome } from '../../operations/restore.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { inPlaceLines, isInPlace, overwriteChoices, restoreWishInPlace } from '../in-place.ts';
import { createRestoreSelection, type Matches, readPatternFile } from '../patterns.ts';
import { openMainRepository } from '../repository-access.ts';
import { localTime, pathFields, pathText } from '../show.ts';
import { filterOptions, loadSnapshots, readFilter, shortId, splitSnapshotPath } from '../snapshot-choice.ts';
import { frozenLines, thawMode, thawOption } from '../thawing.ts';

export const command: Command = {
  name: 'restore',
  arguments: [{ name: 'snapshot[:path]' }],
  options: [
    { flags: '-t, --target <folder>' },
    { flags: '--in-place' },
    { flags: '--overwrite <when>', choices: overwriteChoices },
    { flags: '--delete' },
    { flags: '--at <time>' },
    ...filterOptions,
    { flags: '-i, --include <pattern>', repeat: true },
    { flags: '--selective <pattern>', repeat: true },
    { flags: '-e, --exclude <pattern>', repeat: true, text: 'option.excludeRestore' },
    { flags: '--include-file <file>', repeat: true },
    { flags: '--verify' },
    thawOption,
    { flags: '-n, --dry-run', text: 'option.dryRunRestore' },
    { flags: '--devices' },
    { flags: '--no-owners' },
    { flags: '--numeric-ids' },
    { flags: '--include-erased <reason>' },
    { flags: '--interactive' },
    { flags: '--concurrency <count>' },
  ],
  examples: [
    'restore latest --target /tmp/back',
    'restore 3f2a:/home/anna/letters --target ./letters --verify',
    'restore latest:/home/anna/letters --in-place --dry-run',
    'restore latest --at "2026-11-20 14:00" --include "*.odt" --target ./found',
  ],
  run,
};

/** What a person wants back, from arguments or from the guide. */
export interface Wish {
  readonly snapshot: ListedSnapshot;
  readonly path?: string;
  readonly target: string;
  readonly include: readonly string[];
}

async function run(invocation: Invocation): Promise<Ending> {
  const { options, texts, output } = invocation;
  const isGuided = options.flag('interactive');
  const exclude = options.list('exclude');
  const include = [
    ...options.list('include'),
    ...options.list('selective'),
    ...options.list('includeFile').flatMap(readPatternFile),
  ];
  // Patterns are checked before anything is opened.
  createRestoreSelection(include, exclude);
  const inPlace = isInPlace(invocation);
  const reason = options.text('includeErased');
  if (reason?.trim() === '') throw new Failure('usage', 'REASON_NEEDED', 'the reason is empty');
  if (!isGuided) requireArguments(invocation);
  const loading = import('../../operations/restore.ts');
  await using repository = await openMainRepository(invocation, inPlace ? 'write' : 'read');
  const snapshots = await loadSnapshots(repository, invocation);
  if (isGuided) await repository.loadIndex(invocation.context);
  const wish = isGuided
    ? await (await import('../guide.ts')).guideRestore(snapshots, include, repository, invocation)
    : wishOf(snapshots, include, invocation);
  if (!wish.snapshot.confirmed) output.log.warn(texts.say('restore.unconfirmed'));
  const shared = sharedRequest(createRestoreSelection(wish.include, exclude), invocation);
  if (!isGuided) await repository.loadIndex(invocation.context);
  if (inPlace) {
    const done = await restoreWishInPlace(wish, shared, repository, invocation);
    for (const line of inPlaceLines(wish, done, invocation)) output.line(line);
    return { outcome: done.outcome, result: { ...done, ...resultOf(wish, invocation) } };
  }
  const { restore } = await loading;
  const part = wish.path === undefined ? {} : { path: wish.path };
  const request = { snapshot: wish.snapshot, ...part, target: wish.target, ...shared };
  const outcome = await restore(request, repository, invocation.context);
  for (const line of lines(wish, outcome, invocation)) output.line(line);
  const differences = outcome.verified?.differences ?? [];
  return {
    outcome: outcome.outcome,
    ...(differences.length > 0 ? { exit: 8 } : {}),
    result: { ...outcome, ...resultOf(wish, invocation) },
  };
}

function resultOf(wish: Wish, { options }: Invocation): Readonly<Record<string, unknown>> {
  return {
    snapshot: wish.snapshot.id,
    ...(options.flag('inPlace') ? {} : { target: pathFields(wish.target) }),
    ...(options.text('includeErased') === undefined ? {} : { includeErased: options.text('includeErased') }),
    dryRun: options.flag('dryRun'),
  };
}

function requireArguments({ arguments: names, options }: Invocation): void {
  if (names[0] === undefined) {
    throw new Failure('usage', 'SNAPSHOT_NOT_NAMED', 'no snapshot was named');
  }
  if (options.text('target') === undefined && !options.flag('inPlace')) {
    throw new Failure('usage', 'TARGET_NOT_NAMED', 'no target was named');
  }
}

function wishOf(
  snapshots: readonly ListedSnapshot[],
  include: readonly string[],
  invocation: Invocation,
): Wish {
  const { name, path } = splitSnapshotPath(invocation.arguments[0] ?? 'latest', invocation);
  // A restore point is what somebody wanted to get away from: it is meant only when it is named.
  const isNamed = name !== 'latest' || invocation.options.list('tag').length > 0;
  const offered = isNamed ? snapshots : snapshots.filter(({ tags }) => !tags.includes(restorePointTag));
  const snapshot = resolveSnapshot(offered, name, readFilter(invocation));
  const target = absolute(invocation.options.text('target') ?? '.', invocation);
  return { snapshot, target, include, ...(path === undefined || path === '' ? {} : { path }) };
}

export function absolute(path: string, { ambient }: Invocation): string {
  return posix.resolve(ambient.workingDirectory, ambient.argumentBytes(path));
}

function sharedRequest(selection: Matches, { options }: Invocation) {
  return {
    select: (path: string, isDirectory: boolean) => selection(pathText(path), isDirectory),
    verify: options.flag('verify'),
    dryRun: options.flag('dryRun'),
    devices: options.flag('devices'),
    numericIds: options.flag('numericIds'),
    owners: !options.isOff('owners') && process.getuid?.() === 0,
    workers: options.count('concurrency', '--concurrency') ?? availableParallelism(),
    thaw: thawMode(options),
    includeErased: options.text('includeErased') !== undefined,
  };
}

function lines(wish: Wish, outcome: RestoreOutcome, { options, texts, ambient }: Invocation): string[] {
  const { language } = texts;
  const { plan, restored, verified } = outcome;
  const from = {
    id: shortId(wish.snapshot.id),
    time: localTime(wish.snapshot.time, ambient.zoneOffsetMinutes),
    target: pathText(wish.target),
  };
  const planned = texts.say('restore.plan', {
    entries: formatCount(plan.entries, language),
    files: formatCount(plan.files, language),
    bytes: formatBytes(plan.bytes, language),
    packs: formatCount(plan.packs, language),
    read: formatBytes(plan.readBytes, language),
  });
  if (options.flag('dryRun')) {
    return [texts.say('restore.dryRun', from), planned, ...frozenLines(outcome.frozen, texts)];
  }
  const result = [
    texts.say('restore.done', {
      ...from,
      time: from.time,
      duration: formatDuration(outcome.durationMs, language),
    }),
    texts.say('restore.counts', {
      files: formatCount(restored.files, language),
      directories: formatCount(restored.directories, language),
      symlinks: formatCount(restored.symlinks, language),
      hardlinks: formatCount(restored.hardlinks, language),
      specials: formatCount(restored.specials, language),
      bytes: formatBytes(restored.bytes, language),
    }),
  ];
  if (outcome.skipped > 0)
    result.push(texts.say('restore.skipped', { count: formatCount(outcome.skipped, language) }));
  if (outcome.erased > 0)
    result.push(texts.say('restore.erased', { count: formatCount(outcome.erased, language) }));
  if (outcome.problems > 0)
    result.push(texts.say('restore.problems', { count: formatCount(outcome.problems, language) }));
  if (verified === undefined) return result;
  if (verified.differences.length === 0) {
    const entries = formatCount(verified.entries, language);
    result.push(texts.say('restore.verified', { entries, bytes: formatBytes(verified.bytes, language) }));
  } else {
    result.push(
      texts.say('restore.differences', { count: formatCount(verified.differences.length, language) }),
    );
    for (const { path, what } of verified.differences) result.push(`  ${path}: ${what}`);
  }
  return result;
}
