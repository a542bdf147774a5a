// Writes the re-delete ledger: a tombstone that forgets nothing and names, by salted hash, what was erased. It stands in the chain, so
// taking it away is noticed as a missing recovery point would be.

import { createHash } from 'node:crypto';
import { hex } from '../../base/bytes.ts';
import type { Context, Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { loadChain, nextInChain, refuseIfRolledBack } from '../../repository/chain.ts';
import { type Erasure, erasureHashesMax, notYetIn } from '../../repository/erasures.ts';
import type { Repository } from '../../repository/repository.ts';
import { sealTombstone } from '../../repository/snapshot.ts';

/** The rule that tombstones of erased snapshots name. */
export const erasedRule = 'erased';

/** Adds what the ledger does not say yet, for snapshots up to `enough`, and returns how many paths that were. Once more adds nothing. */
export async function putErasures(
  wanted: readonly Erasure[],
  run: string,
  repository: Repository,
  context: Context,
  enough?: Instant,
): Promise<number> {
  let added = 0;
  for (const one of wanted) {
    const fresh = notYetIn(repository.erasures ?? [], one, enough);
    for (let at = 0; at < fresh.hashes.length; at += erasureHashesMax) {
      const hashes = fresh.hashes.slice(at, at + erasureHashesMax);
      await putOne({ ...fresh, hashes }, run, repository, context);
      added += hashes.length;
    }
  }
  return added;
}

async function putOne(
  erasure: Erasure,
  run: string,
  repository: Repository,
  context: Context,
): Promise<void> {
  const { writer, ring, storage } = repository;
  const { signal } = context;
  const chain = await loadChain(repository, context);
  refuseIfRolledBack(chain);
  const place = nextInChain(chain, writer.writerId);
  const tombstone = sealTombstone(
    ring,
    {
      ...place,
      writerId: writer.writerId,
      time: context.clock.now(),
      run,
      forgotten: [],
      erasures: [erasure],
    },
    writer,
  );
  const name = hex(createHash('sha256').update(tombstone).digest());
  const put = () => storage.put(`tombstones/${name}`, tombstone, { ifAbsent: true, signal });
  try {
    await put();
  } catch (error) {
    if (!isFailure(error, 'exhausted') || !(await storage.freeReserve?.({ signal }))) throw error;
    await put();
  }
  repository.noteErasures([...(repository.erasures ?? []), erasure]);
  repository.state.noteHeads(
    { ...chain.heads, [writer.writerId]: { seq: place.seq, names: [name] } },
    context,
  );
}
