// `holdfast stats`: how much is saved, and how much room it takes.

import { formatBytes, formatCount } from '../../base/text.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository } from '../repository-access.ts';
import { tableLines } from '../show.ts';
import { filterOptions, snapshotsOf } from '../snapshot-choice.ts';

export const command: Command = {
  name: 'stats',
  arguments: [{ name: 'snapshot', variadic: true }],
  options: [...filterOptions],
  examples: ['stats', 'stats latest'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { context, output, texts } = invocation;
  const { language } = texts;
  await using repository = await openMainRepository(invocation, 'read');
  const snapshots = [...(await snapshotsOf(repository, invocation.arguments, invocation))];
  const { stats } = await import('../../operations/stats.ts');
  await repository.loadIndex(context);
  const found = await stats({ snapshots }, repository, context);
  const rows = [
    [texts.say('stats.snapshots'), formatCount(found.snapshots, language)],
    [texts.say('stats.entries'), formatCount(found.entries, language)],
    [texts.say('stats.restoreBytes'), formatBytes(found.restoreBytes, language)],
    [texts.say('stats.uniqueBytes'), formatBytes(found.uniqueBytes, language)],
    [texts.say('stats.uniqueBlobs'), formatCount(found.uniqueBlobs, language)],
    [texts.say('stats.storedBytes'), formatBytes(found.storedBytes, language)],
    [texts.say('stats.packs'), formatCount(found.packs, language)],
  ];
  for (const line of tableLines(rows, [1])) output.line(line);
  for (const [prefix, { count, bytes }] of Object.entries(found.objects)) {
    output.line(`  ${prefix}  ${formatCount(count, language)}  ${formatBytes(bytes, language)}`);
  }
  return { result: { ...found } };
}
