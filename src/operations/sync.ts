// Brings a second repository to the same set of recovery points: copies what lacks, and on demand forgets there the copies of what was
// forgotten here. Only a signed tombstone counts as forgotten: who deletes at the source must not delete the copies with it.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { filterSnapshots, type SnapshotFilter } from '../model/snapshot-selection.ts';
import { type Chain, type ListedSnapshot, loadChain } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import { type CopyOutcome, type CopyRequest, copy } from './copy.ts';
import { erasedRule } from './erase/ledger.ts';
import { forget } from './forget.ts';

export interface SyncRequest extends Omit<CopyRequest, 'snapshots'> {
  /** Binds what is copied and what is forgotten alike. */
  readonly filter: SnapshotFilter;
  readonly newestFirst: boolean;
  /** Absent: nothing is forgotten there. */
  readonly forget?: {
    /** Also when more than half of the copies would go. */
    readonly force: boolean;
    /** What asked, for the tombstone. */
    readonly run: string;
  };
}

export interface SyncOutcome extends CopyOutcome {
  /** Copies whose originals were forgotten by a tombstone: ids in the second repository. */
  readonly forgotten: readonly string[];
  /** Of those, the ones that must stay until their retention ends. */
  readonly retained: readonly string[];
  /** Not sent because they were forgotten there on purpose: ids here. */
  readonly declined: readonly string[];
  /** Copies whose originals are gone without a tombstone; they stay, whatever was asked. */
  readonly vanished: readonly string[];
}

/** Of the copies there, so many may go at once without being forced. */
const forgetShareMax = 0.5;

export async function sync(
  request: SyncRequest,
  from: Repository,
  to: Repository,
  context: Context,
): Promise<SyncOutcome> {
  const { filter, newestFirst, forget: forgetting, ...copying } = request;
  const chain = await loadChain(from, context);
  for (const { name, failure } of chain.broken) {
    context.log.warn(`"${name}" cannot be used: ${failure.message}`, { code: failure.code });
  }
  // Oldest first is the order of a life: retention there, which goes by arrival, then sees the same sequence.
  const inOrder = filterSnapshots(chain.snapshots, filter);
  if (!newestFirst) inOrder.reverse();
  // Else a place with a shorter retention of its own would be filled again by each run, and what two places send each other never goes.
  const unwanted = forgottenOnPurpose(await loadChain(to, context));
  const snapshots = inOrder.filter(({ id, original }) => !unwanted.has(original ?? id));
  const declined = inOrder.filter((one) => !snapshots.includes(one)).map(({ id }) => id);
  const done = await copy({ ...copying, snapshots }, from, to, context);
  const there = (await loadChain(to, context)).snapshots;
  const copies = filterSnapshots(there, filter).filter((one) => one.original !== undefined);
  const { gone, vanished } = judge(chain, copies);
  if (vanished.length > 0) {
    context.log.warn('originals of copies are gone without a tombstone; the copies stay', {
      count: vanished.length,
    });
  }
  const outcome = { ...done, forgotten: [], retained: [], declined, vanished: vanished.map(({ id }) => id) };
  if (forgetting === undefined || gone.length === 0) return outcome;
  const now = context.clock.now();
  const isKept = (one: ListedSnapshot): boolean => (one.retainUntil ?? 0) > now;
  const coming = request.dryRun ? done.copied.length : 0;
  const going = gone.filter((one) => !isKept(one)).length;
  if (!forgetting.force && going > (copies.length + coming) * forgetShareMax) {
    throw new Failure(
      'denied',
      'SYNC_FORGETS_TOO_MUCH',
      `${going} of ${copies.length + coming} copies would be forgotten`,
      {
        facts: { forget: going, copies: copies.length + coming },
        hint: 'What lacked was copied, nothing was forgotten. If so much was forgotten at the source on purpose, add --force-forget.',
      },
    );
  }
  const chosen = await forget(
    {
      policy: {},
      groupBy: [],
      filter: { ids: gone.map(({ id }) => id) },
      named: { reason: 'forgotten at the source', keepRetained: true },
      dryRun: request.dryRun,
      run: forgetting.run,
      zoneOffset: () => 0,
    },
    to,
    context,
  );
  return {
    ...outcome,
    forgotten: chosen.forgotten.map(({ snapshot }) => snapshot.id),
    retained: chosen.keep.map(({ snapshot }) => snapshot.id),
  };
}

/** A snapshot that was rewritten lives on under another id: its copy may be whole where the original no longer was, and stays. */
function judge(
  chain: Chain,
  copies: readonly ListedSnapshot[],
): { readonly gone: ListedSnapshot[]; readonly vanished: ListedSnapshot[] } {
  const forgotten = forgottenOnPurpose(chain);
  const erased = new Set<string>();
  for (const { forgotten: all } of chain.tombstones.values())
    for (const { id, rule } of all) if (rule === erasedRule) erased.add(id);
  // One that erasure replaced does not live on: its copies hold what was to go.
  const replaced = (id: string | undefined) => (id === undefined || erased.has(id) ? [] : [id]);
  const present = new Set(
    chain.snapshots.flatMap(({ id, original, replaces }) => [id, original ?? id, ...replaced(replaces)]),
  );
  const gone: ListedSnapshot[] = [];
  const vanished: ListedSnapshot[] = [];
  for (const one of copies) {
    if (one.original === undefined || present.has(one.original)) continue;
    (forgotten.has(one.original) ? gone : vanished).push(one);
  }
  return { gone, vanished };
}

/** Ids of originals. A repair forgets what is damaged, which nobody wished to lose. */
function forgottenOnPurpose({ snapshots, tombstones }: Chain): Set<string> {
  const forgotten = new Set<string>();
  for (const tombstone of tombstones.values()) {
    if (tombstone.run === 'repair') continue;
    for (const { id, original } of tombstone.forgotten) forgotten.add(original ?? id);
  }
  for (const { id, original } of snapshots) forgotten.delete(original ?? id);
  return forgotten;
}
