// `holdfast check`: proves that what is listed can be brought back.

import { formatBytes, formatCount, formatDuration } from '../../base/text.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openForUpkeep } from '../repository-access.ts';
import { isoTime, localTime } from '../show.ts';
import { filterOptions, shortId, snapshotsOf } from '../snapshot-choice.ts';

export const command: Command = {
  name: 'check',
  arguments: [{ name: 'snapshot', variadic: true }],
  options: [
    { flags: '--quick' },
    { flags: '--read-data' },
    { flags: '--read-data-subset <share>' },
    { flags: '--maintenance-key <file>', text: 'option.maintenance-key' },
    ...filterOptions,
  ],
  examples: ['check', 'check --read-data', 'check --read-data-subset 5%'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts, ambient } = invocation;
  const { language } = texts;
  const subset = options.share('readDataSubset', '--read-data-subset');
  const level = options.flag('readData') || subset !== undefined ? 3 : options.flag('quick') ? 1 : 2;
  const loading = import('../../operations/check.ts');
  await using repository = await openForUpkeep(invocation, 'read');
  const isNarrow =
    invocation.arguments.length > 0 || options.text('host') !== undefined || options.list('tag').length > 0;
  const snapshots = isNarrow
    ? [...(await snapshotsOf(repository, invocation.arguments, invocation))]
    : undefined;
  const { check } = await loading;
  const asked = { level, ...(subset === undefined ? {} : { readDataSubset: subset }) } as const;
  const found = repository.ring.isMaintenance
    ? await (await import('../../operations/check-by-refs.ts')).checkByRefs(asked, repository, context)
    : await check({ ...asked, ...(snapshots === undefined ? {} : { snapshots }) }, repository, context);
  for (const { severity, code, message, snapshots: touched } of found.findings) {
    const label = texts.say(
      severity === 'error' ? 'check.error' : severity === 'warning' ? 'check.warning' : 'check.note',
    );
    output.line(`${label}: ${texts.phrase(message)} (${code})`);
    for (const id of touched.slice(0, 5)) output.line(`  ${texts.say('check.touches', { id: shortId(id) })}`);
    if (touched.length > 5) output.line(`  ${texts.say('check.touchesMore', { count: touched.length - 5 })}`);
  }
  const values = {
    snapshots: formatCount(found.snapshots, language),
    packs: formatCount(found.packs, language),
    blobs: formatCount(found.blobs, language),
    read: formatBytes(found.readBytes, language),
    time: formatDuration(found.durationMs, language),
  };
  output.line(texts.say(found.outcome === 'succeeded' ? 'check.sound' : 'check.damaged', values));
  if (found.oldestVerifiedAt !== undefined) {
    output.line(
      texts.say('check.oldest', { time: localTime(found.oldestVerifiedAt, ambient.zoneOffsetMinutes) }),
    );
  }
  const { oldestVerifiedAt, ...rest } = found;
  const oldest = oldestVerifiedAt === undefined ? {} : { oldestVerifiedAt: isoTime(oldestVerifiedAt) };
  return { outcome: found.outcome, result: { level, ...rest, ...oldest } };
}
