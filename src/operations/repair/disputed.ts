// Indexes that lie: where two say different things of one pack and nobody with a full key confirmed either, the pack itself decides.

import { createHash } from 'node:crypto';
import { hex } from '../../base/bytes.ts';
import type { Context } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { readPackDirectory, readPackHead } from '../../repository/pack.ts';
import { claimOf, openIndex, type Repository } from '../../repository/repository.ts';

type Claim = Parameters<typeof claimOf>[0];

/** Deletes them, and says so in the plan; what else they named is indexed anew by whoever calls this. */
export async function dropLyingIndexes(
  dryRun: boolean,
  repository: Repository,
  plan: string[],
  context: Context,
): Promise<void> {
  const { storage, ring } = repository;
  const { signal } = context;
  const lying = new Set<string>();
  for (const [pack, indexes] of repository.disputed) {
    const truth = await readTruth(pack, repository, context);
    if (truth === undefined) {
      plan.push(`leave the indexes of pack "${pack.slice(0, 12)}" alone: it cannot be read`);
      continue;
    }
    for (const index of indexes) {
      const object = `index/${index}`;
      const { packs } = openIndex(ring, await storage.get(object, { signal }), object);
      const said = packs.find((one) => hex(one.name) === pack);
      if (said !== undefined && claimOf(said) !== claimOf(truth)) lying.add(index);
    }
  }
  for (const index of lying) {
    plan.push(`delete the index "${index.slice(0, 12)}", which tells of a pack what the pack does not hold`);
    if (!dryRun) await storage.delete(`index/${index}`, { signal });
  }
  if (lying.size > 0 && !dryRun) await repository.loadIndex(context);
}

/** What the pack says of itself: all its bytes have the hash that is its name. Undefined where it is damaged or gone. */
async function readTruth(
  pack: string,
  { storage, ring }: Repository,
  { signal }: Context,
): Promise<Claim | undefined> {
  for (const prefix of ['packs', 'meta']) {
    const object = `${prefix}/${pack.slice(0, 2)}/${pack}`;
    try {
      const bytes = await storage.get(object, { signal });
      if (createHash('sha256').update(bytes).digest('hex') !== pack) continue;
      const { isMetadata } = readPackHead(ring, bytes, object);
      return { sizeBytes: bytes.length, isMetadata, directoryBytes: readPackDirectory(ring, bytes, object) };
    } catch (error) {
      const isFrozen = isFailure(error, 'conflict', 'OBJECT_FROZEN');
      if (!isFrozen && !isFailure(error, 'missing') && !isFailure(error, 'corrupt')) throw error;
    }
  }
  return undefined;
}
