// `holdfast tier`: moves old packs of data to a colder, cheaper storage class.

import { formatBytes, formatCount } from '../../base/text.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository } from '../repository-access.ts';

export const command: Command = {
  name: 'tier',
  options: [
    { flags: '--class <name>' },
    { flags: '--after-days <days>' },
    { flags: '--max-unused <share>', text: 'option.maxUnusedTier' },
    { flags: '-n, --dry-run', text: 'option.dryRunPlan' },
  ],
  examples: ['tier --class GLACIER --after-days 30 --dry-run', 'tier --class Archive --after-days 7'],
  run,
};

const defaults = { storageClass: 'GLACIER', afterDays: 30, maxUnused: 0.2 };

async function run(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const { language } = texts;
  const dryRun = options.flag('dryRun');
  const request = {
    storageClass: options.text('class') ?? defaults.storageClass,
    afterDays: options.count('afterDays', '--after-days') ?? defaults.afterDays,
    maxUnused: options.share('maxUnused', '--max-unused') ?? defaults.maxUnused,
    dryRun,
  };
  await using repository = await openMainRepository(invocation, 'read', { uncached: true });
  const { tier } = await import('../../operations/tier.ts');
  const done = await tier(request, repository, context);
  const { storageClass } = done;
  const count = (value: number) => formatCount(value, language);
  output.line(
    texts.say(dryRun ? 'tier.plan' : 'tier.done', {
      count: count(done.packsMoved),
      bytes: formatBytes(done.bytesMoved, language),
      class: storageClass.name,
    }),
  );
  output.line(
    texts.say('tier.stay', {
      there: count(done.packsThere),
      young: count(done.packsTooYoung),
      days: count(request.afterDays),
      garbage: count(done.packsWithGarbage),
    }),
  );
  if (done.packsMoved > 0 && storageClass.daysMin > 0) {
    output.line(texts.say('tier.daysMin', { class: storageClass.name, days: count(storageClass.daysMin) }));
  }
  if (storageClass.isFrozen) {
    output.line(
      texts.say('tier.frozen', { class: storageClass.name, hours: count(storageClass.thawHours ?? 0) }),
    );
  }
  return { outcome: done.outcome, result: { ...done, dryRun, afterDays: request.afterDays } };
}
