// The list of recovery points, as every verb that reads them needs it.

import type { Context } from '../base/context.ts';
import { isLacking, type ListedSnapshot, loadChain } from './chain.ts';
import { lengthOf } from './gaps.ts';
import type { Repository } from './repository.ts';
import type { RememberedHeads } from './state.ts';

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
  } else remember(repository, chain.heads, context);
  return chain.snapshots;
}

/** Reading must work where nothing can be written: a restore may run on a full or strange disk. */
function remember(repository: Repository, heads: RememberedHeads, context: Context): void {
  if (JSON.stringify(heads) === JSON.stringify(repository.state.heads())) return;
  try {
    repository.state.rememberHeads(heads);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    context.log.warn('the recovery points of this repository could not be remembered', { code });
  }
}
