// Deleting where a storage may refuse it for a time.

import type { Context, Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import type { Repository } from '../../repository/repository.ts';

/** Until when the storage keeps it, 0 when it does not say; undefined when it is gone. */
export async function deleteUnlessRetained(
  object: string,
  { storage }: Repository,
  context: Context,
): Promise<Instant | undefined> {
  try {
    await storage.delete(object, { signal: context.signal });
    return undefined;
  } catch (error) {
    if (!isFailure(error, 'denied', 'OBJECT_RETAINED')) throw error;
    const until = Date.parse(String(error.facts.until));
    return Number.isFinite(until) ? until : 0;
  }
}
