// What must stay, as it is now: what snapshots need, and what running writers may depend on.

import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import {
  type Chain,
  isLacking,
  type ListedSnapshot,
  loadChain,
  refuseIfRolledBack,
} from '../../repository/chain.ts';
import { LiveRows, markLive } from '../../repository/live.ts';
import { loadRoots } from '../../repository/refs.ts';
import type { Repository } from '../../repository/repository.ts';
import { type ListedSession, listSessions } from '../../repository/sessions.ts';
import { isPublished } from '../published.ts';

/** How often snapshots and indexes are read anew because other processes forgot and deleted meanwhile. */
const looksMax = 8;

interface Look {
  readonly roots: readonly Uint8Array[];
  /** None for a maintenance key, which reads no snapshot; so that every session that is not revoked counts as running. */
  readonly snapshots: readonly ListedSnapshot[];
  /** What must still be there for the look to hold. */
  readonly names: ReadonlySet<string>;
}

async function lookAtRoots(repository: Repository, context: Context): Promise<Look> {
  if (repository.ring.isMaintenance) {
    const { skeletons, snapshots, refs } = await loadRoots(repository, context);
    return { roots: skeletons, snapshots: [], names: new Set([...snapshots, ...refs]) };
  }
  const chain = await loadChain(repository, context);
  refuseIfRolledBack(chain);
  refuseIfLacking(chain);
  return lookOf(chain);
}

function lookOf({ snapshots }: Chain): Look {
  const roots = snapshots.map((one) => one.skeleton);
  return { roots, snapshots, names: new Set(snapshots.map((one) => one.name)) };
}

/**
 * What the snapshots need, by indexes read after them: one that was published since the session was opened names packs that were not
 * indexed then. A snapshot that is forgotten and pruned between the two looks like damage; it is none when the next list lacks it.
 */
async function markNeeded(
  repository: Repository,
  context: Context,
): Promise<{ live: LiveRows; snapshots: readonly ListedSnapshot[] }> {
  for (let look = 1; ; look += 1) {
    const found = await lookAtRoots(repository, context);
    await repository.loadIndex(context);
    refuseIfDisputed(repository);
    const live = new LiveRows(repository.index.size);
    try {
      await markLive(repository, found.roots, live, context);
      return { live, snapshots: found.snapshots };
    } catch (error) {
      if (!isFailure(error, 'corrupt') && !isFailure(error, 'missing')) throw error;
      if (look === looksMax || !(await hasMoved(repository, found, context))) throw error;
    }
  }
}

/** What is in such a pack is not known, so nothing can be called unused. */
function refuseIfDisputed({ disputed }: Repository): void {
  const [name] = disputed.keys();
  if (name === undefined) return;
  throw new Failure(
    'corrupt',
    'PRUNE_REFUSED',
    `two indexes say different things of pack "${name.slice(0, 12)}", so nothing is deleted`,
    {
      facts: { pack: name, packs: disputed.size },
      hint: 'A write-only or maintenance key may be stolen. Remove it, then run "holdfast repair": it deletes the index that lies.',
    },
  );
}

/** Where a recovery point is gone that nobody forgot, what it needs may be all that is left of it. */
function refuseIfLacking(chain: Chain): void {
  if (chain.broken.length === 0 && !isLacking(chain)) return;
  const [name] = [...chain.broken.map((one) => one.name), ...chain.missing.map((one) => `snapshots/${one}`)];
  const [gap] = chain.gaps;
  const what =
    name === undefined
      ? `recovery point ${gap?.from} of writer "${gap?.writerId.slice(0, 12)}" is`
      : `"${name}" is damaged or`;
  throw new Failure('corrupt', 'PRUNE_REFUSED', `${what} missing, so nothing is deleted`, {
    hint: 'Run "holdfast check", then "holdfast repair". What is missing for good is given up with "holdfast repair --accept-rollback REASON".',
  });
}

/** What such a session has borrowed is not known, so nothing can be called free. */
function refuseIfUnreadable(running: readonly ListedSession[]): void {
  for (const { id, unreadable } of running) {
    const borrow = unreadable.find((name) => name.includes('.borrow.'));
    if (borrow === undefined) continue;
    throw new Failure('corrupt', 'PRUNE_REFUSED', `"${borrow}" is damaged, so nothing is deleted`, {
      facts: { session: id },
      hint: `When its run is over for certain, run "holdfast session revoke ${id.slice(0, 12)} --reason TEXT".`,
    });
  }
}

/** Whether another process forgot a snapshot or condemned a pack since these were read. */
async function hasMoved(repository: Repository, before: Look, context: Context): Promise<boolean> {
  const now = repository.ring.isMaintenance
    ? await lookAtRoots(repository, context)
    : lookOf(await loadChain(repository, context));
  for (const name of before.names) if (!now.names.has(name)) return true;
  for (const name of await repository.listCondemned(context))
    if (!repository.condemned.has(name)) return true;
  return false;
}

export interface Needs {
  readonly live: LiveRows;
  readonly snapshots: readonly ListedSnapshot[];
  /** Of others, neither revoked nor over. */
  readonly running: readonly ListedSession[];
  /** Of others, with their snapshot there and marks left. */
  readonly over: readonly ListedSession[];
  /** Ids of those that run. */
  readonly sessions: ReadonlySet<string>;
  /** What those that run have borrowed. */
  readonly packs: ReadonlySet<string>;
}

/**
 * Sessions first, then snapshots: a session that ended before the first look has its snapshot in the second, and one whose snapshot the
 * second shows needs nothing besides it any more. Where lists lag, `pauseMs` lets the second look show all that was there at the first.
 */
export async function lookAtNeeds(
  repository: Repository,
  ownSession: string,
  context: Context,
  pauseMs = 0,
): Promise<Needs> {
  const others = (await listSessions(repository, context)).filter(
    (one) => !one.revoked && one.id !== ownSession,
  );
  if (pauseMs > 0) await context.clock.sleep(pauseMs, context.signal);
  const { live, snapshots } = await markNeeded(repository, context);
  const running = others.filter((one) => !isPublished(one, snapshots));
  refuseIfUnreadable(running);
  return {
    live,
    snapshots,
    running,
    over: others.filter((one) => isPublished(one, snapshots)),
    sessions: new Set(running.map((one) => one.id)),
    packs: new Set(running.flatMap((one) => one.borrowed)),
  };
}
