// Check for who has a maintenance key: what refs ask for is indexed, packs are there and hold the bytes that were stored. Names, trees and data
// stay closed, so that a box is proven by the hash of its pack and not by opening it.

import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import { LiveRows, markLive } from '../repository/live.ts';
import { loadRoots, type Roots } from '../repository/refs.ts';
import type { Repository } from '../repository/repository.ts';
import {
  type CheckOutcome,
  type CheckRequest,
  comparePacks,
  condemnedMeanwhile,
  type Finding,
  intoFindings,
  isError,
  nothingRead,
  oldestVerified,
} from './check.ts';
import { readPacks } from './check-packs.ts';
import { checkCopies } from './copies.ts';

/** How often everything is looked at anew because a prune ran meanwhile. */
const looksMax = 4;

export async function checkByRefs(
  request: Pick<CheckRequest, 'level' | 'readDataSubset'>,
  repository: Repository,
  context: Context,
): Promise<CheckOutcome> {
  const startedAt = context.clock.elapsed();
  const ofLists: Finding[] = [];
  const ofPacks: Finding[] = [];
  let { damaged, roots } = await look(request, repository, ofLists, context);
  for (let looks = 1; ofLists.some(isError) && looks < looksMax; looks += 1) {
    if (!(await hasMoved(roots, repository, context))) break;
    ofLists.length = 0;
    ({ damaged, roots } = await look(request, repository, ofLists, context));
  }
  context.monitor.phase('reading');
  const error = intoFindings(ofPacks);
  const reading =
    request.level === 3
      ? await readPacks(request.readDataSubset, repository, damaged, error, context)
      : nothingRead();
  if (reading.vanished.size > 0) {
    const condemned = await repository.listCondemned(context);
    for (const name of reading.vanished)
      if (!condemned.has(name)) error('PACK_MISSING', `pack "${name.slice(0, 12)}" is gone`);
  }
  const { packsFrozen, bytesFrozen } = reading;
  const note = (code: string, message: string): Finding => ({
    severity: 'note',
    code,
    message,
    snapshots: [],
  });
  if (packsFrozen > 0) {
    const size = Math.ceil(bytesFrozen / 2 ** 20);
    ofPacks.push(note('PACKS_FROZEN', `not read: ${packsFrozen} packs (${size} MiB) are frozen`));
  }
  ofPacks.push(
    note(
      'CHECKED_WITHOUT_NAMES',
      'a maintenance key opens no snapshot, tree or data: those were not looked into',
    ),
  );
  const copies = await checkCopies(repository, request.level > 1, context);
  const findings = [...ofLists, ...ofPacks, ...copies];
  const oldest = oldestVerified(repository);
  return {
    outcome: findings.some(isError) ? 'failed' : 'succeeded',
    findings,
    snapshots: roots?.snapshots.size ?? 0,
    packs: repository.catalog.packs.length,
    blobs: repository.index.size,
    readBytes: reading.bytes,
    packsFrozen,
    bytesFrozen,
    ...(oldest === undefined ? {} : { oldestVerifiedAt: oldest }),
    durationMs: context.clock.elapsed() - startedAt,
  };
}

/** Without roots where a ref lacks or is broken: that is told as a finding. */
async function look(
  { level }: Pick<CheckRequest, 'level'>,
  repository: Repository,
  findings: Finding[],
  context: Context,
): Promise<{ damaged: Set<string>; roots?: Roots }> {
  context.monitor.phase('listing');
  const error = intoFindings(findings);
  const attempt = async <Result>(run: () => Promise<Result>): Promise<Result | undefined> => {
    try {
      return await run();
    } catch (failure) {
      if (!isFailure(failure, 'corrupt') && !isFailure(failure, 'missing')) throw failure;
      error(failure.code, failure.message);
      return undefined;
    }
  };
  // Before the indexes: what a snapshot needs was indexed before its ref was there.
  const roots = await attempt(() => loadRoots(repository, context));
  await repository.loadIndex(context);
  const damaged = await comparePacks(repository, error, findings, context);
  if (roots !== undefined && level > 1) {
    context.monitor.phase('walking');
    await attempt(() => markLive(repository, roots.skeletons, new LiveRows(repository.index.size), context));
  }
  return { damaged, ...(roots === undefined ? {} : { roots }) };
}

/** What was forgotten, condemned and deleted beside us looks like damage, and is none. */
async function hasMoved(
  before: Roots | undefined,
  repository: Repository,
  context: Context,
): Promise<boolean> {
  if ((await condemnedMeanwhile(repository, context)).size > 0) return true;
  if (before === undefined) return false;
  const now = new Set<string>();
  for await (const { name } of repository.storage.list('refs/', { signal: context.signal })) now.add(name);
  return [...before.refs].some((name) => !now.has(name));
}
