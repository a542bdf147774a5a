// Refs: what a snapshot keeps alive, for who may not read the snapshot. Each writer puts one before its snapshot, where the repository has
// maintenance keys. Several for one snapshot keep all that any of them names; nobody relies on one to give anything free. FORMAT.md §15.

import { createHash } from 'node:crypto';
import { equalBytes, hex } from '../base/bytes.ts';
import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { boxTypes, openEnvelope, sealEnvelope } from './box.ts';
import { maintenanceFeature } from './config.ts';
import { asBytes, asMap, splitIds } from './fields.ts';
import { readAll } from './read-all.ts';
import type { Repository } from './repository.ts';

const prefix = 'refs/';
const refMax = 64 * 1024;
const namePattern = /^refs\/([0-9a-f]{64})-([0-9a-f]{32})$/;

export interface Ref {
  /** The whole name of the object. */
  readonly object: string;
  /** Of the snapshot, 64 hex. */
  readonly snapshot: string;
  readonly skeletons: readonly Uint8Array[];
  /** 32 hex; absent in one that was made for a snapshot of before. */
  readonly sessionId?: string;
  /** Of the index key that sealed it. */
  readonly generation: number;
  readonly arrivedAt: Instant;
}

export interface Refs {
  readonly all: readonly Ref[];
  readonly broken: readonly { readonly name: string; readonly failure: Failure }[];
}

/** Whether writers put refs: while a repository never had a maintenance key they cost nothing, for there are none. */
export function keepsRefs({ config }: Repository): boolean {
  return config.features.write.includes(maintenanceFeature);
}

/** Before the snapshot itself. Returns the name of the object. */
export async function putRef(
  repository: Repository,
  ref: { readonly snapshot: string; readonly skeleton: Uint8Array; readonly sessionId?: string },
  context: Context,
): Promise<string> {
  const { ring, storage } = repository;
  const item = new Map<number, unknown>([
    [1, 1],
    [2, Buffer.from(ref.snapshot, 'hex')],
    [3, ref.skeleton],
  ]);
  if (ref.sessionId !== undefined) item.set(4, Buffer.from(ref.sessionId, 'hex'));
  const { repositoryId, suite, indexGeneration: generation } = ring;
  const meaning = { repositoryId, generation, suite, type: boxTypes.ref };
  const bytes = sealEnvelope(ring.index(generation)!, meaning, item);
  const name = `${prefix}${ref.snapshot}-${shortHash(bytes)}`;
  await storage.put(name, bytes, { ifAbsent: true, signal: context.signal });
  return name;
}

/** All that can be believed, and what cannot. */
export async function readRefs(repository: Repository, context: Context): Promise<Refs> {
  const all: Ref[] = [];
  const broken: { name: string; failure: Failure }[] = [];
  const unusable = (name: string, failure: Failure): void => {
    broken.push({ name, failure });
  };
  for await (const { name, bytes, modifiedAt } of readAll(repository.storage, prefix, context, {
    unusable,
  })) {
    try {
      all.push(openRef(repository, bytes, name, modifiedAt));
    } catch (error) {
      if (!isFailure(error, 'corrupt')) throw error;
      unusable(name, error);
    }
  }
  return { all, broken };
}

function openRef({ ring }: Repository, bytes: Uint8Array, object: string, arrivedAt: Instant): Ref {
  const [, snapshot, hash] = namePattern.exec(object) ?? [];
  if (snapshot === undefined || shortHash(bytes) !== hash) throw wrongName(object);
  const expected = { repositoryId: ring.repositoryId, type: boxTypes.ref, plainMax: refMax };
  const item = asMap(
    openEnvelope(bytes, expected, (generation) => ring.index(generation), object),
    object,
  );
  // Sealed with a key that all refs share: under another name it would stand for the needs of another snapshot.
  if (hex(asBytes(item.get(2), object, 32)) !== snapshot) throw wrongName(object);
  const session = item.get(4);
  return {
    object,
    snapshot,
    skeletons: splitIds(asBytes(item.get(3), object), object),
    ...(session === undefined ? {} : { sessionId: hex(asBytes(session, object, 16)) }),
    generation: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32LE(12),
    arrivedAt,
  };
}

/** Half of the hash, because names of objects are short. */
function shortHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

function wrongName(object: string): Failure {
  return new Failure('corrupt', 'BOX_BROKEN', `"${object}" is not the object that its name promises`, {
    hint: 'Run "holdfast prune" with the passphrase: it makes refs anew.',
  });
}

type Needing = { readonly name: string; readonly skeleton: Uint8Array };

/** Of these snapshots, those without a ref that names what they need. */
export function withoutRef<Snapshot extends Needing>(
  snapshots: readonly Snapshot[],
  refs: readonly Ref[],
): Snapshot[] {
  const bySnapshot = Map.groupBy(refs, (ref) => ref.snapshot);
  return snapshots.filter(
    ({ name, skeleton }) =>
      !(bySnapshot.get(name) ?? []).some((ref) => ref.skeletons.some((one) => equalBytes(one, skeleton))),
  );
}

/** For who can read snapshots: puts what lacks. */
export async function mendRefs(
  repository: Repository,
  snapshots: readonly Needing[],
  refs: readonly Ref[],
  context: Context,
): Promise<void> {
  for (const { name, skeleton } of withoutRef(snapshots, refs))
    await putRef(repository, { snapshot: name, skeleton }, context);
}

/** Names of the refs of each of these snapshots. */
export async function listRefs(
  { storage }: Repository,
  snapshots: ReadonlySet<string>,
  context: Context,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for await (const { name } of storage.list(prefix, { signal: context.signal })) {
    const snapshot = name.slice(prefix.length).split('-')[0]!;
    if (snapshots.has(snapshot)) found.set(snapshot, [...(found.get(snapshot) ?? []), name]);
  }
  return found;
}

/** What a holder of a maintenance key goes by: roots of all refs, and names. */
export interface Roots {
  readonly skeletons: readonly Uint8Array[];
  readonly snapshots: ReadonlySet<string>;
  /** Names of the refs. */
  readonly refs: ReadonlySet<string>;
}

/**
 * Snapshots first: whoever published one had put its ref before. One without a ref refuses all, because what it needs cannot be known; a ref
 * without a snapshot counts, so that nobody frees anything by taking a snapshot away.
 */
export async function loadRoots(repository: Repository, context: Context): Promise<Roots> {
  const { storage } = repository;
  const snapshots = new Set<string>();
  for await (const { name } of storage.list('snapshots/', { signal: context.signal }))
    snapshots.add(name.slice('snapshots/'.length));
  const { all, broken } = await readRefs(repository, context);
  const [first] = broken;
  if (first !== undefined) throw lacking(first.name, 'cannot be used', first.failure);
  const named = new Set(all.map((ref) => ref.snapshot));
  for (const name of snapshots) {
    if (named.has(name)) continue;
    // Forgotten while we looked: the snapshot goes before its ref.
    if ((await storage.stat(`snapshots/${name}`, { signal: context.signal })) === undefined)
      snapshots.delete(name);
    else throw lacking(`snapshots/${name}`, 'has no ref');
  }
  return {
    skeletons: all.flatMap((ref) => ref.skeletons),
    snapshots,
    refs: new Set(all.map((ref) => ref.object)),
  };
}

function lacking(object: string, what: string, cause?: Failure): Failure {
  return new Failure('corrupt', 'REF_MISSING', `"${object}" ${what}, so what is in use is not known`, {
    hint: 'Run "holdfast prune" with the passphrase: it makes refs anew. If nothing explains it, run "holdfast check" with it first.',
    cause,
  });
}
