// `holdfast status`: is everything saved, since when, and what is promised by this storage. Without a repository, of all that is configured.

import { formatBytes, formatCount, formatDuration } from '../../base/text.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { openMainRepository } from '../repository-access.ts';
import { isoTime, localTime, pathFields, pathText } from '../show.ts';
import { snapshotFields } from './snapshots.ts';

export const command: Command = {
  name: 'status',
  options: controlOptions,
  examples: ['status', 'status --json', 'status --repository /srv/backups'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, ambient } = invocation;
  if (options.text('repository') ?? (ambient.environment.HOLDFAST_REPOSITORY || undefined)) {
    return await ofRepository(invocation);
  }
  await using catalog = await openCatalogOf(invocation);
  const { tellCatalogStatus } = await import('../catalog-status.ts');
  return await tellCatalogStatus(catalog, invocation);
}

async function ofRepository(invocation: Invocation): Promise<Ending> {
  const { context, output, texts, ambient } = invocation;
  const { language } = texts;
  await using repository = await openMainRepository(invocation, 'read');
  const { status } = await import('../../operations/status.ts');
  const found = await status({}, repository, context);
  const time = (at: number | undefined) =>
    at === undefined ? texts.say('status.never') : localTime(at, ambient.zoneOffsetMinutes);
  output.line(texts.say('status.repository', { id: found.repositoryId.slice(0, 12), place: found.location }));
  output.line(
    texts.say('status.format', {
      format: found.formatVersion,
      slots: formatCount(found.slots, language),
      generations: formatCount(found.generations, language),
    }),
  );
  output.line(texts.say('status.durability', { class: found.durability }));
  if (found.weakerPromise !== undefined) output.line(`  ${found.weakerPromise}`);
  output.line(texts.say('status.snapshots', { count: formatCount(found.snapshots, language) }));
  if (found.missing > 0)
    output.line(texts.say('status.missing', { count: formatCount(found.missing, language) }));
  for (const name of found.unreadable) output.line(texts.say('status.unreadable', { name }));
  output.line(
    found.lastVerified === undefined && found.packsVerified > 0
      ? texts.say('status.verifiedPart', {
          verified: formatCount(found.packsVerified, language),
          packs: formatCount(found.packs, language),
        })
      : texts.say('status.verified', { time: time(found.lastVerified) }),
  );
  if (found.retainedUntil !== undefined)
    output.line(texts.say('status.retained', { time: time(found.retainedUntil) }));
  if ((found.bytesFrozen ?? 0) > 0)
    output.line(texts.say('status.frozen', { bytes: formatBytes(found.bytesFrozen ?? 0, language) }));
  for (const source of found.perSource) {
    output.line(
      texts.say(source.outcome === 'partial' ? 'status.sourcePartial' : 'status.source', {
        host: source.host,
        paths: source.paths.map(pathText).join(' '),
        time: time(source.newest),
        age: formatDuration(source.ageMs, language),
      }),
    );
  }
  for (const { id, node, startedAt, alive } of found.sessions) {
    output.line(texts.say(`status.session.${alive}`, { id: id.slice(0, 12), node, time: time(startedAt) }));
  }
  return {
    result: {
      ...found,
      ...(found.newest === undefined ? {} : { newest: snapshotFields(found.newest) }),
      ...(found.lastVerified === undefined ? {} : { lastVerified: isoTime(found.lastVerified) }),
      ...(found.retainedUntil === undefined ? {} : { retainedUntil: isoTime(found.retainedUntil) }),
      perSource: found.perSource.map((source) => ({
        ...source,
        paths: source.paths.map(pathFields),
        newest: isoTime(source.newest),
      })),
      sessions: found.sessions.map((session) => ({ ...session, startedAt: isoTime(session.startedAt) })),
    },
  };
}
