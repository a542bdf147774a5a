// Which key generation has sealed how much, and the end of one that nothing needs any more. security: §2.13, I8.

import { mapAhead } from '../../base/ahead.ts';
import type { Context, Instant } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import { boxTypes } from '../../repository/box.ts';
import type { Bundle, GenerationState, KeyGeneration } from '../../repository/bundle.ts';
import { putBundle } from '../../repository/open.ts';
import { packHeadLength } from '../../repository/pack.ts';
import type { Repository } from '../../repository/repository.ts';
import { sealedGenerationMin } from '../../repository/sealing.ts';
import type { ListedSession } from '../../repository/sessions.ts';
import { putShares } from '../../repository/writer-key.ts';
import { lagOf } from '../prune/margins.ts';
import { lookAtNeeds } from '../prune/needed.ts';

export const keyKinds = ['data', 'index', 'meta'] as const;
export type KeyKind = (typeof keyKinds)[number];

export interface GenerationUse {
  readonly kind: KeyKind;
  readonly generation: number;
  /** `sealed`: of all sessions of write-only writers together, each of which has a key of its own. */
  readonly state: GenerationState | 'sealed';
  /** Absent for sealed sessions. */
  readonly createdAt?: Instant;
  /** Sealed frames in packs that an index names. */
  readonly frames: number;
  readonly frameBytes: number;
  /** Objects that are one sealed box: indexes and lists of index keys, snapshots and tombstones of meta keys. */
  readonly objects: number;
}

/** Prefixes of the objects that are sealed as one box, by the kind of key. */
const objectsOf: Readonly<Record<KeyKind, readonly string[]>> = {
  data: [],
  index: ['index/', 'condemned/', 'sessions/', 'refs/'],
  meta: ['snapshots/', 'tombstones/'],
};
/** Magic, suite, type, compression and generation: what an object shows unsealed. */
const envelopeHeadLength = 16;

/** The index must be loaded. Oldest generation first; sealed sessions last. */
export async function generationUses(repository: Repository, context: Context): Promise<GenerationUse[]> {
  const tables = {
    data: new Map<number, Tally>(),
    index: new Map<number, Tally>(),
    meta: new Map<number, Tally>(),
  };
  const { catalog } = repository;
  for (let number = 0; number < catalog.frameCount; number += 1) {
    const { type, generation, length } = catalog.frame(number);
    const tally = tallyOf(tables[kindOfFrame(type)], generation);
    tally.frames += 1;
    tally.frameBytes += length;
  }
  for (const kind of keyKinds) {
    for (const prefix of objectsOf[kind]) {
      const head = { offset: 12, length: envelopeHeadLength };
      for (const generation of await headsOf(prefix, head, repository.storage, context.signal))
        tallyOf(tables[kind], generation).objects += 1;
    }
  }
  return keyKinds.flatMap((kind) => usesOf(kind, tables[kind], repository.ring.bundle));
}

interface Tally {
  frames: number;
  frameBytes: number;
  objects: number;
}

export function kindOfFrame(type: number): 'data' | 'index' {
  return type === boxTypes.skeleton ? 'index' : 'data';
}

export function generationsOf(kind: KeyKind, bundle: Bundle): readonly KeyGeneration[] {
  if (kind === 'data') return bundle.domains[0]!.generations;
  return kind === 'index' ? bundle.indexKeys : bundle.metaKeys;
}

function tallyOf(table: Map<number, Tally>, generation: number): Tally {
  const key = Math.min(generation, sealedGenerationMin);
  const found = table.get(key) ?? { frames: 0, frameBytes: 0, objects: 0 };
  table.set(key, found);
  return found;
}

function usesOf(kind: KeyKind, table: ReadonlyMap<number, Tally>, bundle: Bundle): GenerationUse[] {
  const none: Tally = { frames: 0, frameBytes: 0, objects: 0 };
  const uses = generationsOf(kind, bundle).map(
    ({ generation, state, createdAt }): GenerationUse => ({
      kind,
      generation,
      state,
      createdAt,
      ...(table.get(generation) ?? none),
    }),
  );
  uses.sort((a, b) => a.generation - b.generation);
  const sealed = table.get(sealedGenerationMin);
  return sealed === undefined
    ? uses
    : [...uses, { kind, generation: sealedGenerationMin, state: 'sealed', ...sealed }];
}

/** The generation that stands in the head of each object, read a few at a time. */
async function headsOf(
  prefix: string,
  { offset, length }: { readonly offset: number; readonly length: number },
  storage: Repository['storage'],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const generations: number[] = [];
  const read = async ({ name, sizeBytes }: { readonly name: string; readonly sizeBytes: number }) => {
    if (sizeBytes < length) return undefined;
    try {
      const bytes = await storage.get(name, { range: { offset: 0, length }, signal });
      return Buffer.from(bytes).readUInt32LE(offset);
    } catch (error) {
      // Ended, superseded or deleted by others since it was listed.
      if (isFailure(error, 'missing')) return undefined;
      throw error;
    }
  };
  const listed = storage.list(prefix, { signal });
  for await (const generation of mapAhead(listed, storage.features.parallelCallsMax, read))
    if (generation !== undefined) generations.push(generation);
  return generations;
}

// ── The end of a generation ───────────────────────────────────────────────────────────────────────────────

export interface RetireRequest {
  readonly generation: number;
  readonly kinds: readonly KeyKind[];
  readonly dryRun: boolean;
}

export interface RetireOutcome {
  readonly generation: number;
  readonly kinds: readonly KeyKind[];
  /** Objects that still hold the key, and that the storage refuses to delete yet. */
  readonly retained: readonly string[];
}

/**
 * Destroys a key that has nothing left to open: it is taken out of the bundle, and older bundles go. Copies of them that lie elsewhere
 * keep it. The repository's index is loaded anew.
 */
export async function retireGeneration(
  request: RetireRequest,
  repository: Repository,
  context: Context,
): Promise<RetireOutcome> {
  const { generation, kinds } = request;
  if (repository.ring.bundle.outgoing !== undefined) {
    // Who has the old master key alone still needs the older bundles.
    throw new Failure('conflict', 'MASTER_KEY_CHANGING', 'the master key is being replaced', {
      hint: 'Finish that first with "holdfast key rotate --master".',
    });
  }
  for (const kind of kinds) refuseUnlessOld(kind, generation, repository.ring.bundle);
  // Loads the index and follows every snapshot in it: what a lost index named would count as sealed with no key at all.
  const needs = await lookAtNeeds(repository, '', context, lagOf(repository.storage.features));
  refuseWhileWriting(needs.running);
  await refuseWhileUsed(request, repository, context);
  if (request.dryRun) return { generation, kinds, retained: [] };
  const { storage, masterKey, ring } = repository;
  const { repositoryId, suite } = ring;
  const bundle = withoutKey(ring.bundle, request);
  if (!(await putBundle({ storage, masterKey, repositoryId, suite }, bundle, context))) {
    throw new Failure('conflict', 'BUNDLE_CONTENDED', 'the key bundle changed meanwhile', {
      hint: 'Run the command again.',
    });
  }
  const names = new Set<string>();
  for await (const { name } of storage.list('keys/', { signal: context.signal })) names.add(name);
  await putShares({ storage, repositoryId, suite, bundle }, names, context);
  const retained = await deleteOlder(bundle.number, names, kinds, repository, context);
  return { generation, kinds, retained };
}

function refuseUnlessOld(kind: KeyKind, generation: number, bundle: Bundle): void {
  const found = generationsOf(kind, bundle).find((one) => one.generation === generation);
  const more = { facts: { kind, generation } };
  if (found === undefined) {
    throw new Failure(
      'missing',
      'GENERATION_UNKNOWN',
      `there is no ${kind} key of generation ${generation}`,
      {
        ...more,
        hint: 'List them with "holdfast key status".',
      },
    );
  }
  if (found.state === 'active') {
    throw new Failure('usage', 'GENERATION_ACTIVE', `the ${kind} key of generation ${generation} is in use`, {
      ...more,
      hint: 'Begin a new generation with "holdfast key rotate" first.',
    });
  }
}

/** Whoever opened the repository before the last rotation may still seal with a key that is old by now. */
function refuseWhileWriting(sessions: readonly ListedSession[]): void {
  if (sessions.length === 0) return;
  const nodes = [...new Set(sessions.map(({ node }) => node))].join(', ');
  throw new Failure('conflict', 'WRITERS_RUNNING', 'a key is destroyed only while nobody writes', {
    facts: { sessions: sessions.length, hosts: nodes },
    hint: 'Wait until these runs are over. What killed runs left goes with "holdfast prune".',
  });
}

async function refuseWhileUsed(
  { generation, kinds }: RetireRequest,
  repository: Repository,
  context: Context,
): Promise<void> {
  for (const use of await generationUses(repository, context)) {
    if (use.generation !== generation || !kinds.includes(use.kind)) continue;
    const heads = use.kind === 'index' ? await packsUnder(generation, repository, context) : 0;
    const { frames, objects } = use;
    if (frames + objects + heads === 0) continue;
    throw new Failure(
      'conflict',
      'GENERATION_IN_USE',
      `the ${use.kind} key of generation ${generation} is needed for ${frames} frames, ${objects} objects and ${heads} packs`,
      {
        facts: { kind: use.kind, frames, objects, packs: heads },
        hint: 'Seal frames anew with "holdfast prune --reencrypt"; what forgotten snapshots hold goes with them.',
      },
    );
  }
}

/** Head and directories of a pack are sealed with an index key, also of a pack that no index names. */
async function packsUnder(generation: number, { storage }: Repository, { signal }: Context): Promise<number> {
  let packs = 0;
  for (const prefix of ['packs/', 'meta/']) {
    const heads = await headsOf(prefix, { offset: 8, length: packHeadLength }, storage, signal);
    packs += heads.filter((one) => one === generation).length;
  }
  return packs;
}

function withoutKey(bundle: Bundle, { generation, kinds }: RetireRequest): Bundle {
  const end = (kind: KeyKind, all: readonly KeyGeneration[]): readonly KeyGeneration[] =>
    all.map((one) =>
      kinds.includes(kind) && one.generation === generation
        ? { ...one, state: 'destroyed', key: new Uint8Array(32) }
        : one,
    );
  return {
    ...bundle,
    number: bundle.number + 1,
    domains: bundle.domains.map((one) => ({ ...one, generations: end('data', one.generations) })),
    indexKeys: end('index', bundle.indexKeys),
    metaKeys: end('meta', bundle.metaKeys),
  };
}

/** Older bundles hold the key, and so do older shares of write-only writers and maintenance keys if it is an index key. */
async function deleteOlder(
  number: number,
  names: ReadonlySet<string>,
  kinds: readonly KeyKind[],
  repository: Repository,
  context: Context,
): Promise<string[]> {
  const isOlder = (name: string): boolean => {
    const match = /^keys\/(bundle|(?:writer|maintenance)-[0-9a-f]{32})-([1-9][0-9]{0,8})$/.exec(name);
    if (match === null || Number(match[2]) >= number) return false;
    return match[1] === 'bundle' || kinds.includes('index');
  };
  const retained: string[] = [];
  for (const name of [...names].filter(isOlder)) {
    try {
      await repository.storage.delete(name, { signal: context.signal });
    } catch (error) {
      if (!isFailure(error, 'denied', 'OBJECT_RETAINED')) throw error;
      retained.push(name);
    }
  }
  return retained;
}
