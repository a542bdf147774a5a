// `holdfast prune`: gives back the space of what no snapshot needs.

import { formatBytes, formatCount } from '../../base/text.ts';
import type { Repository } from '../../repository/repository.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository } from '../repository-access.ts';
import { sizeOption } from '../values.ts';

export const command: Command = {
  name: 'prune',
  options: [
    { flags: '--max-unused <share>' },
    { flags: '--max-repack-size <size>' },
    { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
  ],
  examples: ['prune --dry-run'],
  run,
};

const maxUnusedDefault = 0.05;

async function run(invocation: Invocation): Promise<Ending> {
  const { options } = invocation;
  const maxUnused = options.share('maxUnused', '--max-unused') ?? maxUnusedDefault;
  const maxRepackBytes = sizeOption(options, 'maxRepackSize');
  await using repository = await openMainRepository(invocation, 'write', { uncached: true });
  return { result: await pruneRepository({ maxUnused, maxRepackBytes }, repository, invocation) };
}

/** Also what `forget --prune` does afterwards. */
export async function pruneRepository(
  choice: { readonly maxUnused?: number; readonly maxRepackBytes?: number | undefined },
  repository: Repository,
  { options, context, output, texts }: Invocation,
): Promise<Record<string, unknown>> {
  const { prune } = await import('../../operations/prune.ts');
  const dryRun = options.flag('dryRun');
  const outcome = await prune(
    {
      dryRun,
      maxUnused: choice.maxUnused ?? maxUnusedDefault,
      ...(choice.maxRepackBytes === undefined ? {} : { maxRepackBytes: choice.maxRepackBytes }),
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
  if (outcome.packsProtected > 0) {
    output.line(texts.say('prune.protected', { count: formatCount(outcome.packsProtected, language) }));
  }
  return { ...outcome, dryRun };
}
