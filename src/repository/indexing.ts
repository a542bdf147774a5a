// Writing what the index key covers, indexes above all. FORMAT.md §9.

import { createHash } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { boxTypes, sealEnvelope } from './box.ts';
import type { PackRecord } from './pack-catalog.ts';
import type { Repository } from './repository.ts';
import { signIndex } from './vouching.ts';

/** Seals one of the objects that the index key covers. */
export function sealIndexClass(repository: Repository, type: number, item: Map<number, unknown>): Uint8Array {
  const { ring } = repository;
  return sealEnvelope(
    ring.index(ring.indexGeneration)!,
    { repositoryId: ring.repositoryId, generation: ring.indexGeneration, suite: ring.suite, type },
    item,
  );
}

/** Writes an index of these packs; what stands on the word of a write-only writer alone, or of nobody, is kept apart in one of its own. */
export async function putIndex(
  repository: Repository,
  sessionId: Uint8Array,
  packs: readonly PackRecord[],
  supersedes: readonly string[],
  context: Context,
): Promise<void> {
  const { writer, sealed } = repository;
  const isPlain = (pack: PackRecord): boolean =>
    pack.trusted && (pack.voucher === undefined || sealed !== undefined);
  const groups = Map.groupBy(
    packs.filter((pack) => !isPlain(pack)),
    (pack) => pack.voucher,
  );
  for (const [voucher, group] of groups) {
    const item = indexItem(sessionId, group, []);
    if (voucher !== undefined) signIndex(item, writer, voucher);
    await putIndexObject(repository, item, context);
  }
  // Last, because it is the one that takes the place of others.
  const plain = packs.filter(isPlain);
  if (plain.length === 0 && supersedes.length === 0) return;
  const item = indexItem(sessionId, plain, supersedes);
  signIndex(item, writer);
  await putIndexObject(repository, item, context);
}

function indexItem(
  sessionId: Uint8Array,
  packs: readonly PackRecord[],
  supersedes: readonly string[],
): Map<number, unknown> {
  return new Map<number, unknown>([
    [
      1,
      packs.map((pack) => [Buffer.from(pack.name, 'hex'), pack.sizeBytes, pack.isMetadata, pack.directory]),
    ],
    [2, supersedes.map((name) => Buffer.from(name, 'hex'))],
    [3, sessionId],
  ]);
}

async function putIndexObject(
  repository: Repository,
  item: Map<number, unknown>,
  context: Context,
): Promise<void> {
  const object = sealIndexClass(repository, boxTypes.index, item);
  const name = hex(createHash('sha256').update(object).digest());
  await repository.storage.put(`index/${name}`, object, { signal: context.signal });
}
