// `holdfast snapshots`: which recovery points there are.

import { formatBytes, formatCount } from '../../base/text.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository } from '../repository-access.ts';
import { isoTime, localTime, pathFields, pathText, terminalTable } from '../show.ts';
import { filterOptions, shortId, snapshotsOf } from '../snapshot-choice.ts';

export const command: Command = {
  name: 'snapshots',
  arguments: [{ name: 'snapshot', variadic: true }],
  options: [...filterOptions, { flags: '--at <time>' }],
  examples: ['snapshots --host mail --path /srv'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { output, texts, ambient } = invocation;
  await using repository = await openMainRepository(invocation, 'read');
  const snapshots = await snapshotsOf(repository, invocation.arguments, invocation);
  const { language } = texts;
  const rows = snapshots.map((one) => [
    shortId(one.id),
    localTime(one.time, ambient.zoneOffsetMinutes),
    one.host,
    formatCount(one.stats.entries, language),
    formatBytes(one.stats.bytes, language),
    texts.say(one.outcome === 'partial' ? 'outcome.partial' : 'outcome.succeeded'),
    one.tags.join(','),
    one.paths.map(pathText).join(' ') + (one.confirmed ? '' : ` (${texts.say('snapshots.unconfirmed')})`),
  ]);
  if (rows.length > 0) {
    const head = texts.say('snapshots.head').split('|');
    for (const line of terminalTable([head, ...rows], [3, 4], ambient.output.columns)) output.line(line);
  }
  output.line(texts.say('snapshots.count', { count: formatCount(snapshots.length, language) }));
  return { result: { snapshots: snapshots.map(snapshotFields) } };
}

/** What --json tells of a snapshot, everywhere. */
export function snapshotFields(snapshot: ListedSnapshot): Record<string, unknown> {
  const { id, name, host, user, tags, outcome, stats, durationMs, tool, confirmed, writerId } = snapshot;
  return {
    id,
    object: `snapshots/${name}`,
    writerId,
    time: isoTime(snapshot.time),
    arrivedAt: isoTime(snapshot.arrivedAt),
    host,
    user,
    paths: snapshot.paths.map(pathFields),
    tags,
    outcome,
    stats,
    durationMs,
    tool,
    confirmed,
    ...(snapshot.parent === undefined ? {} : { parent: snapshot.parent }),
    ...(snapshot.original === undefined ? {} : { original: snapshot.original }),
    ...(snapshot.replaces === undefined ? {} : { replaces: snapshot.replaces }),
    ...(snapshot.retainUntil === undefined ? {} : { retainUntil: isoTime(snapshot.retainUntil) }),
  };
}
