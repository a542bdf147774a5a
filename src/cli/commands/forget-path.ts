// `holdfast forget-path`: takes paths out of snapshots for good, and proves what is gone and what is not yet.

import { Failure } from '../../base/failure.ts';
import { formatBytes, formatCount } from '../../base/text.ts';
import { createMatcher } from '../../model/selection.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import type { EraseOutcome } from '../../operations/erase.ts';
import { refuseUnderBrake } from '../catalog-place.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository } from '../repository-access.ts';
import { isoTime, localTime, pathFields, pathText } from '../show.ts';
import { loadSnapshots, shortId } from '../snapshot-choice.ts';
import { version } from '../version.ts';

export const command: Command = {
  name: 'forget-path',
  arguments: [{ name: 'pattern', required: true, variadic: true }],
  options: [
    { flags: '--snapshot <id>', repeat: true, text: 'option.snapshotErase' },
    { flags: '--all' },
    { flags: '--reason <text>' },
    { flags: '--prune' },
    { flags: '--exclusive' },
    { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
  ],
  examples: [
    'forget-path --all --dry-run /home/anna',
    'forget-path --all --prune --reason "request 2026-117" /srv/customers/4711 "*-4711.pdf"',
  ],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, ambient } = invocation;
  const names = options.list('snapshot');
  if (names.length > 0 === options.flag('all')) {
    throw new Failure('usage', 'ERASE_WHERE', 'it was not said in which snapshots', {
      hint: 'Give either --all, or --snapshot for each one that is meant.',
    });
  }
  const dryRun = options.flag('dryRun');
  const reason = options.text('reason') ?? '';
  const matcher = createMatcher(invocation.arguments);
  await refuseUnderBrake(invocation);
  await using repository = await openMainRepository(invocation, dryRun ? 'read' : 'write', {
    uncached: true,
  });
  const snapshots = names.length === 0 ? [] : await loadSnapshots(repository, invocation);
  const ids = names.map((name) => resolveSnapshot(snapshots, name, {}).id);
  const { erase } = await import('../../operations/erase.ts');
  const done = await erase(
    {
      matches: (path, isDirectory) => matcher.matches(pathText(path), isDirectory),
      ...(ids.length === 0 ? {} : { snapshots: ids }),
      reason,
      dryRun,
      ...(options.flag('prune') ? { prune: { exclusive: options.flag('exclusive') } } : {}),
      tool: `holdfast ${version}`,
    },
    repository,
    context,
  );
  const time = (at: number) => localTime(at, ambient.zoneOffsetMinutes);
  for (const line of lines(done, time, invocation)) invocation.output.line(line);
  return { outcome: done.outcome, result: proofOf(done, { repository: repository.id, reason, dryRun }) };
}

/** What a person files: no content, but the paths, so it is to be kept where they may be. */
function proofOf(
  done: EraseOutcome,
  said: { readonly repository: string; readonly reason: string; readonly dryRun: boolean },
): Readonly<Record<string, unknown>> {
  const until = (at: number | undefined) => (at === undefined ? {} : { until: isoTime(at) });
  const { pruned, remaining, at, ...more } = done;
  return {
    ...said,
    ...more,
    at: isoTime(at),
    paths: done.paths.map(({ host, path }) => ({ host, ...pathFields(path) })),
    isPruned: pruned !== undefined,
    remaining: {
      ...remaining,
      snapshots: remaining.snapshots.map((one) => ({ id: one.id, ...until(one.until) })),
      packs: remaining.packs.map((one) => ({ name: one.name, bytes: one.bytes, ...until(one.until) })),
    },
  };
}

function lines(done: EraseOutcome, time: (at: number) => string, { options, texts }: Invocation): string[] {
  const { language } = texts;
  const count = (value: number) => formatCount(value, language);
  const result = done.paths.map(({ host, path }) => `- ${host}:${pathText(path)}`);
  const counts = { paths: count(done.paths.length), snapshots: count(done.snapshots.length) };
  if (options.flag('dryRun')) return [...result, texts.say('erase.plan', counts)];
  for (const one of done.snapshots) {
    const old = shortId(one.old);
    result.push(
      one.new === undefined
        ? texts.say('erase.emptied', { old })
        : texts.say('erase.rewritten', { old, new: shortId(one.new) }),
    );
  }
  const isNew = done.paths.length > 0;
  result.push(isNew ? texts.say('erase.done', { ...counts, time: time(done.at) }) : texts.say('erase.none'));
  if (done.pruned === undefined && isNew) result.push(texts.say('erase.pruneLater'));
  if (done.pruned !== undefined)
    result.push(texts.say('erase.packs', { deleted: count(done.packsDeleted.length) }));
  const { snapshots, unreadable, packs } = done.remaining;
  for (const { id, until } of snapshots) {
    result.push(
      until === undefined
        ? texts.say('erase.snapshotLeft', { id: shortId(id) })
        : texts.say('erase.snapshotLocked', { id: shortId(id), time: time(until) }),
    );
  }
  for (const id of unreadable) result.push(texts.say('erase.unreadable', { id: shortId(id) }));
  const bytesOf = (some: typeof packs) =>
    formatBytes(
      some.reduce((sum, { bytes }) => sum + bytes, 0),
      language,
    );
  const locked = packs.filter(({ until }) => until !== undefined);
  const free = packs.filter(({ until }) => until === undefined);
  if (locked.length > 0) {
    const last = Math.max(...locked.map(({ until = 0 }) => until));
    const about = { count: count(locked.length), bytes: bytesOf(locked), time: time(last) };
    result.push(texts.say('erase.packsLocked', about));
  }
  if (free.length > 0 && done.pruned !== undefined) {
    result.push(texts.say('erase.packsWaiting', { count: count(free.length), bytes: bytesOf(free) }));
  }
  result.push(texts.say('erase.elsewhere'));
  return result;
}
