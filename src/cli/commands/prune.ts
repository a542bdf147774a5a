// `holdfast prune`: gives back the space of what no snapshot needs.

import { formatBytes, formatCount } from '../../base/text.ts';
import type { PruneRequest } from '../../operations/prune.ts';
import type { Repository } from '../../repository/repository.ts';
import { refuseUnderBrake } from '../catalog-place.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { reencryptOption, tellGenerations } from '../key-generations.ts';
import { openForUpkeep } from '../repository-access.ts';
import { isoTime, localTime } from '../show.ts';
import { sizeOption } from '../values.ts';

export const command: Command = {
  name: 'prune',
  options: [
    { flags: '--max-unused <share>' },
    { flags: '--max-repack-size <size>' },
    { flags: '--reencrypt <generations>' },
    { flags: '--reencrypt-before <time>' },
    { flags: '--exclusive' },
    { flags: '--maintenance-key <file>', text: 'option.maintenance-key' },
    { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
  ],
  examples: [
    'prune --dry-run',
    'prune --reencrypt all --max-repack-size 20G',
    'prune --maintenance-key /etc/holdfast/maintenance-key',
  ],
  run,
};

const maxUnusedDefault = 0.05;

async function run(invocation: Invocation): Promise<Ending> {
  const { options } = invocation;
  const maxUnused = options.share('maxUnused', '--max-unused') ?? maxUnusedDefault;
  const maxRepackBytes = sizeOption(options, 'maxRepackSize');
  await refuseUnderBrake(invocation);
  await using repository = await openForUpkeep(invocation, 'write');
  const reencrypt = await reencryptOption(repository, invocation);
  const result = await pruneRepository({ maxUnused, maxRepackBytes, reencrypt }, repository, invocation);
  if (reencrypt === undefined) return { result };
  return { result: { ...result, generations: await tellGenerations(repository, invocation) } };
}

/** Also what `forget --prune` does afterwards. */
export async function pruneRepository(
  choice: {
    readonly maxUnused?: number;
    readonly maxRepackBytes?: number | undefined;
    readonly reencrypt?: PruneRequest['reencrypt'] | undefined;
  },
  repository: Repository,
  { options, context, output, texts, ambient }: Invocation,
): Promise<Record<string, unknown>> {
  const time = (at: number | undefined) =>
    at === undefined ? texts.say('prune.timeUnknown') : localTime(at, ambient.zoneOffsetMinutes);
  const { prune } = await import('../../operations/prune.ts');
  const dryRun = options.flag('dryRun');
  const outcome = await prune(
    {
      dryRun,
      exclusive: options.flag('exclusive'),
      maxUnused: choice.maxUnused ?? maxUnusedDefault,
      ...(choice.maxRepackBytes === undefined ? {} : { maxRepackBytes: choice.maxRepackBytes }),
      ...(choice.reencrypt === undefined ? {} : { reencrypt: choice.reencrypt }),
    },
    repository,
    context,
  );
  const { language } = texts;
  output.line(
    texts.say(dryRun ? 'prune.plan' : 'prune.done', {
      deleted: formatCount(outcome.packsDeleted, language),
      repacked: formatCount(outcome.packsRepacked, language),
      freed: formatBytes(outcome.bytesFreed, language),
      kept: formatBytes(outcome.bytesUnusedKept, language),
    }),
  );
  if (repository.ring.isMaintenance) output.note(texts.say('prune.byRefs'));
  if (outcome.packsProtected > 0) {
    output.line(texts.say('prune.protected', { count: formatCount(outcome.packsProtected, language) }));
  }
  if (outcome.packsWaiting > 0) {
    output.line(
      texts.say('prune.waiting', {
        count: formatCount(outcome.packsWaiting, language),
        bytes: formatBytes(outcome.bytesWaiting, language),
        time: time(outcome.waitingUntil),
      }),
    );
  }
  if (outcome.packsRetained > 0) {
    output.line(
      texts.say('prune.retained', {
        count: formatCount(outcome.packsRetained, language),
        bytes: formatBytes(outcome.bytesRetained, language),
        time: time(outcome.retainedUntil),
      }),
    );
  }
  if (outcome.packsEarly > 0) {
    output.line(
      texts.say(dryRun ? 'prune.earlyPlan' : 'prune.early', {
        count: formatCount(outcome.packsEarly, language),
        bytes: formatBytes(outcome.bytesEarly, language),
      }),
    );
  }
  const { waitingUntil, retainedUntil } = outcome;
  return {
    ...outcome,
    ...(waitingUntil === undefined ? {} : { waitingUntil: isoTime(waitingUntil) }),
    ...(retainedUntil === undefined ? {} : { retainedUntil: isoTime(retainedUntil) }),
    dryRun,
  };
}
