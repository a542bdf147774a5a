// `holdfast copy`: sends snapshots to a second repository without reading the source again.

import { formatBytes, formatCount } from '../../base/text.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { copyOptions, openBoth, readCopyWish, secondOptions } from '../second-repository.ts';
import { filterOptions, snapshotsOf } from '../snapshot-choice.ts';
import { frozenLines } from '../thawing.ts';

export const command: Command = {
  name: 'copy',
  arguments: [{ name: 'snapshot', variadic: true }],
  options: [...secondOptions, ...filterOptions, ...copyOptions],
  examples: [
    'copy --to /mnt/second/files',
    'copy latest --to /mnt/second/files --to-password-file ~/.second',
  ],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts } = invocation;
  const wish = readCopyWish(invocation);
  await using both = await openBoth(wish, invocation);
  const { from, to } = both;
  const snapshots = [...(await snapshotsOf(from, invocation.arguments, invocation))];
  if (options.flag('newestFirst')) snapshots.sort((a, b) => b.time - a.time);
  const { copy } = await import('../../operations/copy.ts');
  const { outcome, ...done } = await copy({ ...wish, snapshots }, from, to, context);
  const { language } = texts;
  output.line(
    texts.say(wish.dryRun ? 'copy.plan' : 'copy.done', {
      copied: formatCount(done.copied.length, language),
      skipped: formatCount(done.skipped.length, language),
      bytes: formatBytes(done.storedBytes, language),
      place: to.storage.location,
    }),
  );
  for (const line of frozenLines(done.frozen, texts)) output.line(line);
  if (done.verified.blobs > 0) {
    output.note(texts.say('copy.verified', { bytes: formatBytes(done.verified.bytes, language) }));
  }
  const { dryRun } = wish;
  return {
    outcome,
    result: { outcome, ...done, dryRun, from: from.storage.location, to: to.storage.location },
  };
}
