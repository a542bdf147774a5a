// Recovery points that are gone for good: said once, signed, so that they stay told in the chain and nothing is held up by them any more.

import { createHash } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { type Chain, isLacking, nextInChain } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import { type Forgotten, sealTombstone } from '../repository/snapshot.ts';

const unknownId = '0'.repeat(32);

/** Writes a tombstone for all that the chain lacks, if it lacks anything. */
export async function giveUpMissing(
  reason: string,
  chain: Chain,
  repository: Repository,
  context: Context,
): Promise<void> {
  if (!isLacking(chain)) return;
  const { writer, ring, storage } = repository;
  const tombstone = {
    ...nextInChain(chain, writer.writerId),
    writerId: writer.writerId,
    time: context.clock.now(),
    run: 'accept-rollback',
    forgotten: namedOf(chain, reason),
    givenUp: chain.gaps,
  };
  const object = sealTombstone(ring, tombstone, writer);
  const name = hex(createHash('sha256').update(object).digest());
  await storage.put(`tombstones/${name}`, object, { ifAbsent: true, signal: context.signal });
  repository.state.noteHeads(
    { ...chain.heads, [writer.writerId]: { seq: tombstone.seq, names: [name] } },
    context,
  );
}

/** What is missing by name stood right before the first entry that names it. */
function namedOf(chain: Chain, reason: string): Forgotten[] {
  const missing = new Set(chain.missing);
  const found = new Map<string, Forgotten>();
  const tombstones = [...chain.tombstones.values()];
  for (const { writerId, seq, prev } of [
    ...chain.snapshots,
    ...tombstones,
    ...tombstones.flatMap((one) => one.forgotten),
  ]) {
    for (const name of prev ?? []) {
      const known = found.get(name);
      if (!missing.has(name) || (known !== undefined && known.seq < seq)) continue;
      found.set(name, { name, id: unknownId, writerId, seq: Math.max(0, seq - 1), rule: reason });
    }
  }
  return [...found.values()];
}
