// `holdfast forget`: takes snapshots away, by a retention policy with the reason of each that stays, or by name.

import { Failure } from '../../base/failure.ts';
import { formatCount } from '../../base/text.ts';
import { checkPolicy, type GroupBy, type RetentionPolicy } from '../../model/retention.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import { parseDuration } from '../../model/time.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
import { refuseUnderBrake } from '../catalog-place.ts';
import type { Command, Ending, Invocation, OptionSpec } from '../command.ts';
import { invalidOption } from '../options.ts';
import { openMainRepository } from '../repository-access.ts';
import { localTime, pathText } from '../show.ts';
import { filterOptions, loadSnapshots, readFilter, shortId } from '../snapshot-choice.ts';
import { pruneRepository } from './prune.ts';

const countRules = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

const keepOptions: readonly OptionSpec[] = [
  ...countRules.map((rule): OptionSpec => ({ flags: `--keep-${rule} <count>` })),
  { flags: '--keep-within <duration>' },
  { flags: '--keep-tag <tag>', repeat: true },
  { flags: '--max-backups <count>' },
  { flags: '--retention-days <days>' },
];

export const command: Command = {
  name: 'forget',
  arguments: [{ name: 'snapshot', variadic: true }],
  options: [
    ...keepOptions,
    { flags: '--group-by <list>' },
    ...filterOptions,
    { flags: '--prune' },
    { flags: '--max-unused <share>' },
    { flags: '--exclusive' },
    { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
  ],
  examples: [
    'forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --dry-run',
    'forget --max-backups 30 --retention-days 90 --prune',
    'forget 3f2a91bc',
  ],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts, ambient } = invocation;
  const names = invocation.arguments;
  const policy = readPolicy(invocation);
  const groupBy = readGroupBy(options.text('groupBy'));
  const dryRun = options.flag('dryRun');
  if (names.length > 0 && Object.keys(policy).length > 0) {
    throw new Failure('usage', 'FORGET_MIXED', 'snapshots were named beside retention rules');
  }
  if (names.length === 0) checkPolicy(policy);
  await refuseUnderBrake(invocation);
  await using repository = await openMainRepository(invocation, 'write');
  const snapshots = await loadSnapshots(repository, invocation);
  const filter = readFilter(invocation);
  const ids = names.map((name) => resolveSnapshot(snapshots, name, filter).id);
  const { forget } = await import('../../operations/forget.ts');
  const run = Buffer.from(ambient.random(16)).toString('hex');
  const request = {
    policy,
    groupBy,
    filter: ids.length > 0 ? { ids } : filter,
    dryRun,
    run,
    zoneOffset: ambient.zoneOffsetMinutes,
  };
  const { keep, forgotten } = await forget(request, repository, context);
  const line = (sign: string, snapshot: ListedSnapshot, reason: string) => {
    const time = localTime(snapshot.time, ambient.zoneOffsetMinutes);
    const paths = snapshot.paths.map(pathText).join(' ');
    output.line(`${sign} ${shortId(snapshot.id)}  ${time}  ${snapshot.host}  ${paths}  (${reason})`);
  };
  for (const { snapshot, reasons } of keep) line('=', snapshot, reasons.join(', '));
  for (const { snapshot, reason } of forgotten) line('-', snapshot, texts.phrase(reason));
  const counts = {
    kept: formatCount(ids.length > 0 ? snapshots.length - forgotten.length : keep.length, texts.language),
    forgotten: formatCount(forgotten.length, texts.language),
  };
  output.line(texts.say(dryRun ? 'forget.plan' : 'forget.done', counts));
  const maxUnused = options.share('maxUnused', '--max-unused');
  const pruned = options.flag('prune')
    ? await pruneRepository(maxUnused === undefined ? {} : { maxUnused }, repository, invocation)
    : undefined;
  if (pruned === undefined && !dryRun && forgotten.length > 0) output.note(texts.say('forget.pruneLater'));
  return {
    result: {
      dryRun,
      keep: keep.map(({ snapshot, reasons }) => ({ snapshot: snapshot.id, reasons })),
      forgotten: forgotten.map(({ snapshot, reason }) => ({ snapshot: snapshot.id, reason })),
      ...(pruned === undefined ? {} : { prune: pruned }),
    },
  };
}

function readPolicy({ options }: Invocation): RetentionPolicy {
  const policy: Record<string, unknown> = {};
  for (const rule of countRules) {
    const key = `keep${rule[0]?.toUpperCase()}${rule.slice(1)}`;
    const count = options.count(key, `--keep-${rule}`);
    if (count !== undefined) policy[key] = count;
  }
  const within = options.text('keepWithin');
  if (within !== undefined) policy.keepWithin = parseDuration(within);
  if (options.list('keepTag').length > 0) policy.keepTags = options.list('keepTag');
  const maxBackups = options.count('maxBackups', '--max-backups');
  if (maxBackups !== undefined) policy.maxBackups = maxBackups;
  const retentionDays = options.count('retentionDays', '--retention-days');
  if (retentionDays !== undefined) policy.retentionDays = retentionDays;
  return policy;
}

function readGroupBy(text: string | undefined): GroupBy[] {
  if (text === undefined) return ['host', 'paths'];
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      if (part === 'host' || part === 'paths' || part === 'tags') return part;
      throw invalidOption('--group-by', text, 'a list of "host", "paths" and "tags"');
    });
}
