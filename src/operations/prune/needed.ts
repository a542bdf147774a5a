// What must stay, as it is now: what snapshots need, and what running writers may depend on.

import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { type Chain, isLacking, loadChain, refuseIfRolledBack } from '../../repository/chain.ts';
import { LiveRows, markLive } from '../../repository/live.ts';
import type { Repository } from '../../repository/repository.ts';
import { listSessions } from '../../repository/session.ts';

/** How often snapshots and indexes are read anew because other processes forgot and deleted meanwhile. */
const looksMax = 8;

/**
 * What the snapshots need, by indexes read after them: one that was published since the session was opened names packs that were not
 * indexed then. A snapshot that is forgotten and pruned between the two looks like damage; it is none when the next list lacks it.
 */
export async function markNeeded(repository: Repository, context: Context): Promise<LiveRows> {
  for (let look = 1; ; look += 1) {
    const chain = await loadChain(repository, context);
    refuseIfRolledBack(chain);
    refuseIfLacking(chain);
    await repository.loadIndex(context);
    const live = new LiveRows(repository.index.size);
    try {
      await markLive(
        repository,
        chain.snapshots.map((snapshot) => snapshot.skeleton),
        live,
        context,
      );
      return live;
    } catch (error) {
      if (!isFailure(error, 'corrupt') && !isFailure(error, 'missing')) throw error;
      if (look === looksMax || !(await hasMoved(repository, chain, context))) throw error;
    }
  }
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

/** Whether another process forgot a snapshot or condemned a pack since these were read. */
async function hasMoved(repository: Repository, chain: Chain, context: Context): Promise<boolean> {
  const now = new Set((await loadChain(repository, context)).snapshots.map((one) => one.name));
  if (chain.snapshots.some((one) => !now.has(one.name))) return true;
  for (const name of await repository.listCondemned(context))
    if (!repository.condemned.has(name)) return true;
  return false;
}

/** Packs and sessions that a running writer may depend on. Read before snapshots, always. */
export async function heldPacks(
  repository: Repository,
  ownSession: string,
  context: Context,
): Promise<{ sessions: Set<string>; packs: Set<string> }> {
  const sessions = new Set<string>();
  const packs = new Set<string>();
  for (const session of await listSessions(repository, context)) {
    if (session.revoked || session.id === ownSession) continue;
    sessions.add(session.id);
    for (const name of session.borrowed) packs.add(name);
  }
  return { sessions, packs };
}
