// `holdfast find`: where a name occurs in all snapshots, and in which versions.

import { formatBytes, formatCount } from '../../base/text.ts';
import { createMatcher } from '../../model/selection.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { entryFields } from '../entry-line.ts';
import { openMainRepository } from '../repository-access.ts';
import { isoTime, localTime, pathText } from '../show.ts';
import { filterOptions, shortId, snapshotsOf } from '../snapshot-choice.ts';

export const command: Command = {
  name: 'find',
  arguments: [{ name: 'pattern', required: true, variadic: true }],
  options: [{ flags: '--snapshot <snapshot>', repeat: true }, { flags: '--all-versions' }, ...filterOptions],
  examples: ['find "*.odt"', 'find /home/anna/letters/2026'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts, ambient } = invocation;
  const { language } = texts;
  const matcher = createMatcher(invocation.arguments);
  const matches = (path: string, isDirectory: boolean) => matcher.matches(pathText(path), isDirectory);
  await using repository = await openMainRepository(invocation, 'read');
  const snapshots = [...(await snapshotsOf(repository, options.list('snapshot'), invocation))];
  const { find } = await import('../../operations/browse.ts');
  await repository.loadIndex(context);
  let paths = 0;
  for await (const { path, versions } of find({ matches, snapshots }, repository, context)) {
    paths += 1;
    output.emit('match', {
      ...entryFields(path, versions.at(-1)!.node),
      versions: versions.map(({ snapshot, node, sameAsPrevious }) => ({
        snapshot: snapshot.id,
        time: isoTime(snapshot.time),
        sizeBytes: node.sizeBytes,
        mtimeNs: node.mtimeNs,
        sameAsPrevious,
      })),
    });
    output.line(pathText(path));
    for (const { snapshot, node, sameAsPrevious } of versions) {
      if (sameAsPrevious && !options.flag('allVersions')) continue;
      const time = localTime(snapshot.time, ambient.zoneOffsetMinutes);
      const changed = localTime(Number(node.mtimeNs / 1_000_000n), ambient.zoneOffsetMinutes);
      const size = formatBytes(node.sizeBytes, language).padStart(10);
      output.line(
        `  ${shortId(snapshot.id)}  ${time}  ${size}  ${texts.say('find.changed', { time: changed })}`,
      );
    }
  }
  const counts = { paths: formatCount(paths, language), snapshots: formatCount(snapshots.length, language) };
  output.note(texts.say('find.count', counts));
  return { result: { paths, snapshots: snapshots.length } };
}
