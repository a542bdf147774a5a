// Sessions whose snapshot is there are over, whatever marks they left: from then on the snapshot itself says what must stay. FORMAT.md §12.

import type { Context, Instant } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import { endSession, type ListedSession } from '../repository/sessions.ts';

/** Snapshots must be listed after sessions: who is not among them then may still come. */
export function isPublished(session: ListedSession, snapshots: readonly ListedSnapshot[]): boolean {
  return snapshots.some(
    (one) => one.sessionId === session.id && (session.writerId === '' || one.writerId === session.writerId),
  );
}

/** So long may a writer sleep between its snapshot and its last look at its marks without failing for nothing. */
const graceMs = 24 * 60 * 60 * 1000;

/**
 * Removes what a writer that may not delete has left. One that is still about to look for its marks would take its snapshot back, which costs
 * a run and no data; so they are left alone for a while, by the storage's own times.
 */
export async function endPublished(
  sessions: readonly ListedSession[],
  snapshots: readonly ListedSnapshot[],
  storageNow: Instant,
  repository: Repository,
  context: Context,
): Promise<void> {
  for (const session of sessions) {
    const snapshot = snapshots.find((one) => one.sessionId === session.id);
    if (snapshot === undefined || storageNow - snapshot.arrivedAt < graceMs) continue;
    try {
      await endSession(repository, session.id, context);
    } catch (error) {
      if (!isFailure(error, 'denied')) throw error;
      context.log.warn('the marks of a session that is over cannot be removed', { session: session.id });
    }
  }
}
