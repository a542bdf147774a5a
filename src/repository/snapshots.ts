// The list of recovery points, as every verb that reads them needs it.

import type { Context } from '../base/context.ts';
import { isLacking, type ListedSnapshot, loadChain } from './chain.ts';
import { lengthOf } from './gaps.ts';
import type { Repository } from './repository.ts';

/** Oldest arrival first. What cannot be believed or is missing is a warning here and an error in `check`. */
export async function listSnapshots(
  repository: Repository,
  context: Context,
): Promise<readonly ListedSnapshot[]> {
  const chain = await loadChain(repository, context);
  for (const { name, failure } of chain.broken) {
    context.log.warn(`"${name}" cannot be used: ${failure.message}`, { code: failure.code });
  }
  if (isLacking(chain)) {
    const count = chain.missing.length + lengthOf(chain.gaps);
    context.log.warn('recovery points are missing; run "holdfast check"', { count });
  }
  if (chain.rolledBack.length > 0) {
    context.log.warn('the storage lacks recovery points that this host has seen', {
      count: chain.rolledBack.length,
    });
  } else repository.state.noteHeads(chain.heads, context);
  return chain.snapshots;
}
