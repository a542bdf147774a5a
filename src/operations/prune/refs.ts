// What prune does for those who prune by refs: each snapshot gets its ref, and refs of snapshots that are gone go. FORMAT.md §15.

import type { Context, Instant } from '../../base/context.ts';
import { keepsRefs, mendRefs, type Ref, type Refs, readRefs } from '../../repository/refs.ts';
import type { Repository } from '../../repository/repository.ts';
import type { PruneRequest } from '../prune.ts';
import { isWeak } from './margins.ts';
import type { Needs } from './needed.ts';
import { deleteUnlessRetained } from './retained.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Before sessions and snapshots are looked at: then a ref whose session is over by that look has its snapshot in it, or never will. */
export async function refsToTidy(
  { dryRun }: { readonly dryRun: boolean },
  repository: Repository,
  context: Context,
): Promise<Refs | undefined> {
  if (dryRun || repository.ring.isMaintenance || !keepsRefs(repository)) return undefined;
  return readRefs(repository, context);
}

/** Before any pack is deleted: a ref that stayed behind would ask for what is gone. */
export async function tidyRefs(
  refs: Refs,
  { reencrypt }: Pick<PruneRequest, 'reencrypt'>,
  needs: Needs,
  storageNow: Instant,
  repository: Repository,
  context: Context,
): Promise<void> {
  // What an old key sealed is put anew before it goes.
  const old = new Set(refs.all.filter((ref) => reencrypt?.('index', ref.generation)));
  const staying = refs.all.filter((ref) => !old.has(ref));
  await mendRefs(repository, needs.snapshots, staying, context);
  for (const { name } of refs.broken) await deleteUnlessRetained(name, repository, context);
  const listed = new Set(needs.snapshots.map((one) => one.name));
  const { features } = repository.storage;
  // Where lists lag, the look may lack what is there.
  const isSure = ({ arrivedAt }: Ref): boolean =>
    !isWeak(features) || storageNow - arrivedAt > dayMs + (features.listLagMs ?? 0);
  for (const ref of refs.all) {
    const isReplaced = listed.has(ref.snapshot) && old.has(ref);
    if (!isReplaced && (listed.has(ref.snapshot) || !isSure(ref))) continue;
    if (ref.sessionId !== undefined && needs.sessions.has(ref.sessionId)) continue;
    await deleteUnlessRetained(ref.object, repository, context);
  }
}
