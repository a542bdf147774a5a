// Old archives go by age and number, whichever is tighter, but never the last ones that a restore can rely on.

import { unlink } from 'node:fs/promises';
import type { Context } from '../../base/context.ts';
import { applyRetention, type RetentionPolicy } from '../../model/retention.ts';
import { errorCode } from '../../sources/files/system-error.ts';
import { checksumNames } from '../export.ts';
import { isGood, type NamedArchive, namedArchives } from './listing.ts';

export interface RetentionOutcome {
  readonly kept: number;
  /** Names, oldest first; of a dry run: what would go. */
  readonly deleted: readonly string[];
  /** Names that the rules would have let go, kept because too few good ones would be left. */
  readonly spared: readonly string[];
}

export async function applyArchiveRetention(
  request: {
    readonly folder: string;
    readonly policy: RetentionPolicy & { readonly keepLast: number };
    readonly dryRun: boolean;
  },
  context: Context,
): Promise<RetentionOutcome> {
  const { policy } = request;
  const archives = await namedArchives(request.folder);
  if (policy.retentionDays === undefined && policy.maxBackups === undefined)
    return { kept: archives.length, deleted: [], spared: [] };
  const points = archives.map((named) => ({
    named,
    id: named.archive,
    at: named.time,
    host: '',
    paths: [],
    tags: [],
  }));
  const decision = applyRetention(points, policy, [], context.clock.now(), () => 0);
  const leaving = decision.forget.map(({ point }) => point.named);
  const staying = decision.keep.map(({ point }) => point.named);
  const spared = await spare(staying, leaving, policy.keepLast, context);
  const deleted = leaving.filter((one) => !spared.has(one)).sort((a, b) => a.time - b.time);
  if (!request.dryRun) for (const one of deleted) await remove(one);
  return {
    kept: archives.length - deleted.length,
    deleted: deleted.map(({ archive }) => archive),
    spared: [...spared].map(({ archive }) => archive).sort(),
  };
}

/** Newest first, so many of those that leave as are needed to have `least` good ones. Reads no more archives than that takes. */
async function spare(
  staying: readonly NamedArchive[],
  leaving: readonly NamedArchive[],
  least: number,
  context: Context,
): Promise<Set<NamedArchive>> {
  const spared = new Set<NamedArchive>();
  if (leaving.length === 0) return spared;
  const newestFirst = (a: NamedArchive, b: NamedArchive) => b.time - a.time;
  let good = 0;
  for (const one of staying.toSorted(newestFirst)) {
    if (good >= least) return spared;
    if (await isGood(one, context)) good += 1;
  }
  for (const one of leaving.toSorted(newestFirst)) {
    if (good >= least) return spared;
    if (!(await isGood(one, context))) continue;
    spared.add(one);
    good += 1;
  }
  // Fewer good ones than wished are there at all: then nothing goes.
  return good >= least ? spared : new Set(leaving);
}

/** The archive first: what is left after a crash is a checksum without an archive, never the other way round. */
async function remove({ path }: NamedArchive): Promise<void> {
  for (const suffix of ['', '.manifest.json', ...checksumNames.map((name) => `.${name}`)]) {
    try {
      await unlink(`${path}${suffix}`);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}
