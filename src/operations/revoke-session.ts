// Declares a writer dead that nobody can prove dead from here: the one decision about sessions that a person takes. FORMAT.md §12.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { loadChain } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import {
  endSession,
  isNamed,
  type ListedSession,
  listSessions,
  sealRevocation,
} from '../repository/sessions.ts';
import { isPublished } from './published.ts';

export interface RevokeOutcome {
  readonly session: ListedSession;
  /** False when the session had published its snapshot: then it was only ended. */
  readonly revoked: boolean;
}

/** The mark stays for ever and comes before anything is removed: a writer that wakes up sees it after its snapshot and takes that back. */
export async function revokeSession(
  request: { readonly id: string; readonly reason: string },
  repository: Repository,
  context: Context,
): Promise<RevokeOutcome> {
  const sessions = (await listSessions(repository, context)).filter(isNamed);
  const found = sessions.filter((one) => request.id.length >= 4 && one.id.startsWith(request.id));
  const [session] = found;
  if (session === undefined || found.length > 1) {
    throw new Failure('missing', 'SESSION_UNKNOWN', 'there is no session, or more than one, of that id');
  }
  const { snapshots } = await loadChain(repository, context);
  const isOver = isPublished(session, snapshots);
  if (!isOver && !session.revoked) {
    const object = sealRevocation(repository, session.id, request.reason);
    const { signal } = context;
    await repository.storage.put(`sessions/${session.id}.revoked`, object, { ifAbsent: true, signal });
  }
  await endSession(repository, session.id, context);
  return { session, revoked: !isOver };
}
