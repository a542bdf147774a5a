// A repository as a write-only writer has it: ids, chunker and index, a data key for this one session, and nothing that opens what is
// stored. FORMAT.md §14.

import { createSecretKey } from 'node:crypto';
import { compareBytes, equalBytes, hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { boxTypes, openEnvelope, sealEnvelope } from './box.ts';
import type { KeyGeneration } from './bundle.ts';
import type { Chain } from './chain.ts';
import { asBytes, asCount, asMap, splitIds } from './fields.ts';
import { derive, KeyRing, sealedMetaKey } from './keys.ts';
import type { Repository } from './repository.ts';
import { decodeSealedKey, drawSealedGeneration, encodeSealedKey, sealedKeyName } from './sealing.ts';
import type { SealingPair } from './sealing-pair.ts';
import type { RememberedHeads, WriterIdentity } from './state.ts';
import type { WriterKey, WriterShare } from './writer-key.ts';

export interface SealedWriter {
  readonly identity: WriterIdentity;
  readonly grantKey: Uint8Array;
  /** Data key of this session: in memory only, and gone with the process. */
  readonly session: KeyGeneration;
  readonly recipient: Pick<SealingPair, 'kem' | 'publicKey'>;
  /** Where this writer's chain stood, by what it left in the repository. */
  readonly head: RememberedHeads[string] | undefined;
}

type Head = RememberedHeads[string];

export function sealedWriterOf(
  key: WriterKey,
  share: WriterShare,
  keys: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  context: Context,
): SealedWriter {
  return {
    identity: key.identity,
    grantKey: key.grantKey,
    session: drawSealedGeneration(context.clock.now()),
    recipient: share.recipient,
    head: newestHead(key, keys),
  };
}

/** Opens indexes and sessions; seals data and the snapshot with the session's key. */
export function sealedRing(
  repositoryId: Uint8Array,
  suite: number,
  share: WriterShare,
  { session, identity }: SealedWriter,
): KeyRing {
  const bundle = {
    number: share.number,
    domains: [{ ...share.domain, generations: [session] }],
    indexKeys: share.indexKeys,
    metaKeys: [sealedMetaKey(session)],
    signers: share.signers,
  };
  return new KeyRing(repositoryId, suite, bundle, { writeOnlyKeyId: identity.keyId });
}

/** Before anything is sealed with it: what nobody can open must not be stored. */
export async function putSessionKey(
  repository: Repository,
  sealed: SealedWriter,
  sessionId: Uint8Array,
  context: Context,
): Promise<void> {
  const { ring, storage } = repository;
  const head = ownHead(repository, sealed);
  const own = sealEnvelope(
    memoryKey(sealed.grantKey),
    { repositoryId: ring.repositoryId, generation: 0, suite: ring.suite, type: boxTypes.writerMemory },
    new Map<number, unknown>([
      [1, sealed.identity.keyId],
      [2, head?.seq ?? 0],
      [3, Buffer.concat((head?.names ?? []).map((name) => Buffer.from(name, 'hex')).sort(compareBytes))],
    ]),
  );
  const { session, recipient } = sealed;
  const bytes = encodeSealedKey({ repositoryId: ring.repositoryId, sessionId, session, to: recipient }, own);
  try {
    const { signal } = context;
    await storage.put(sealedKeyName(session.generation), bytes, { ifAbsent: true, signal });
  } catch (error) {
    if (!isFailure(error, 'conflict', 'OBJECT_EXISTS')) throw error;
    throw new Failure('conflict', 'SESSION_KEY_TAKEN', 'another session drew the same number for its key', {
      hint: 'Run the command again.',
      cause: error,
    });
  }
}

/** All that a write-only writer can know of the chains: where its own one stands. */
export function ownChain(repository: Repository, sealed: SealedWriter): Chain {
  const head = ownHead(repository, sealed);
  return {
    snapshots: [],
    tombstones: new Map(),
    broken: [],
    missing: [],
    gaps: [],
    rolledBack: [],
    heads: { ...repository.state.heads(), ...(head && { [sealed.identity.writerId]: head }) },
  };
}

// This host's memory is the newest there is, unless it was lost: then what the last sessions left in the repository goes on.
function ownHead({ state }: Repository, { identity, head }: SealedWriter): Head | undefined {
  const remembered = state.heads()[identity.writerId];
  return remembered === undefined || (head !== undefined && head.seq > remembered.seq) ? head : remembered;
}

function newestHead(
  key: WriterKey,
  keys: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Head | undefined {
  const secret = memoryKey(key.grantKey);
  let newest: Head | undefined;
  for (const { name, bytes } of keys) {
    if (!name.startsWith('keys/sealed-')) continue;
    try {
      const { own } = decodeSealedKey(bytes, name);
      const expected = { repositoryId: key.repositoryId, type: boxTypes.writerMemory, plainMax: 64 * 1024 };
      const item = asMap(
        openEnvelope(own, expected, () => secret, name),
        name,
      );
      if (!equalBytes(asBytes(item.get(1), name, 16), key.identity.keyId)) continue;
      const seq = asCount(item.get(2), name);
      const names = splitIds(asBytes(item.get(3), name), name).map(hex);
      if (seq > (newest?.seq ?? 0)) newest = { seq, names };
    } catch (error) {
      // Of another writer, or damaged: either way it says nothing about this one.
      if (!isFailure(error, 'corrupt')) throw error;
    }
  }
  return newest;
}

function memoryKey(grantKey: Uint8Array) {
  return createSecretKey(derive(grantKey, 'writer-memory'));
}
