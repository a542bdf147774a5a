// `holdfast sync`: brings a second repository to the same set of recovery points.

import { formatBytes, formatCount } from '../../base/text.ts';
import { refuseUnderBrake } from '../catalog-place.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { copyOptions, openBoth, readCopyWish, secondOptions } from '../second-repository.ts';
import { filterOptions, readFilter } from '../snapshot-choice.ts';
import { frozenLines } from '../thawing.ts';

export const command: Command = {
  name: 'sync',
  options: [
    ...secondOptions,
    { flags: '--forget', text: 'option.forgetCopies' },
    { flags: '--force-forget' },
    ...filterOptions,
    ...copyOptions,
  ],
  examples: ['sync --to s3:elsewhere/files --newest-first', 'sync --to /mnt/second/files --forget --dry-run'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts, ambient } = invocation;
  const wish = readCopyWish(invocation);
  const force = options.flag('forceForget');
  if (options.flag('forget') || force) await refuseUnderBrake(invocation);
  await using both = await openBoth(wish, invocation);
  const { from, to } = both;
  const { sync } = await import('../../operations/sync.ts');
  const run = Buffer.from(ambient.random(16)).toString('hex');
  const request = {
    ...wish,
    filter: readFilter(invocation),
    newestFirst: options.flag('newestFirst'),
    ...(options.flag('forget') || force ? { forget: { force, run } } : {}),
  };
  const { outcome, ...done } = await sync(request, from, to, context);
  const count = (ids: readonly unknown[]): string => formatCount(ids.length, texts.language);
  const bytes = (number: number): string => formatBytes(number, texts.language);
  output.line(
    texts.say(wish.dryRun ? 'copy.plan' : 'copy.done', {
      copied: count(done.copied),
      skipped: count(done.skipped),
      bytes: bytes(done.storedBytes),
      place: to.storage.location,
    }),
  );
  if (done.forgotten.length > 0) {
    const key = wish.dryRun ? 'sync.forgetPlan' : 'sync.forgotten';
    output.line(texts.say(key, { forgotten: count(done.forgotten) }));
  }
  if (done.retained.length > 0) output.line(texts.say('sync.retained', { retained: count(done.retained) }));
  if (done.declined.length > 0) output.line(texts.say('sync.declined', { declined: count(done.declined) }));
  if (done.vanished.length > 0) output.line(texts.say('sync.vanished', { vanished: count(done.vanished) }));
  for (const line of frozenLines(done.frozen, texts)) output.line(line);
  if (done.verified.blobs > 0) {
    output.note(texts.say('copy.verified', { bytes: bytes(done.verified.bytes) }));
  }
  const { dryRun } = wish;
  return {
    outcome,
    result: { outcome, ...done, dryRun, from: from.storage.location, to: to.storage.location },
  };
}
