// All snapshots and tombstones, as chains: which recovery points exist, which were forgotten on purpose, which are missing, and
// whether the storage went back in time. FORMAT.md §11.

import type { Context, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Erasure } from './erasures.ts';
import { type Gap, gapsOf, inBoth, type Placed } from './gaps.ts';
import { readAll } from './read-all.ts';
import type { Repository } from './repository.ts';
import { ownChain } from './sealed-writer.ts';
import { listRevoked } from './sessions.ts';
import {
  type Forgotten,
  openSnapshot,
  openTombstone,
  type SnapshotObject,
  type Tombstone,
} from './snapshot.ts';
import type { RememberedHeads } from './state.ts';

export interface ListedSnapshot extends SnapshotObject {
  /** 64 hex: the object's name. */
  readonly name: string;
  /** The storage's own time: what retention goes by. Of one that was rewritten, that of what it replaced, by the word of who forgot that. */
  readonly arrivedAt: Instant;
  /** False for a snapshot of a revoked session that no check has blessed. */
  readonly confirmed: boolean;
}

export interface Chain {
  /** Oldest arrival first. */
  readonly snapshots: readonly ListedSnapshot[];
  readonly tombstones: ReadonlyMap<string, Tombstone>;
  /** Objects that cannot be read, opened or believed, with the reason. Empty ones count as absent besides. */
  readonly broken: readonly { readonly name: string; readonly failure: Failure }[];
  /** Names that chains refer to and that neither exist nor were forgotten. */
  readonly missing: readonly string[];
  /** Places in chains that no name of `missing` and no broken object explains: recovery points that are gone, too. */
  readonly gaps: readonly Gap[];
  /** Names this host remembers and the storage no longer has. */
  readonly rolledBack: readonly string[];
  readonly heads: RememberedHeads;
}

export async function loadChain(repository: Repository, context: Context): Promise<Chain> {
  if (repository.sealed !== undefined) return ownChain(repository, repository.sealed);
  const chain = await readChain(repository, context);
  if (!isLacking(chain) && chain.rolledBack.length === 0) return chain;
  // A list is no picture of one moment: an entry may be listed and the one before it, published while we listed, not. Whatever was
  // referred to before the second look began is found by it, or its tombstone is; what both miss is gone.
  const again = await readChain(repository, context);
  return {
    ...again,
    missing: again.missing.filter((name) => chain.missing.includes(name)),
    gaps: inBoth(again.gaps, chain.gaps),
    rolledBack: again.rolledBack.filter((name) => chain.rolledBack.includes(name)),
  };
}

/** The re-delete ledger: tombstones hold it, so whoever has looked at the chain knows it already. */
export async function loadErasures(repository: Repository, context: Context): Promise<readonly Erasure[]> {
  if (repository.erasures === undefined) await readChain(repository, context);
  return repository.erasures ?? [];
}

/** Whether recovery points are gone that nobody forgot, by the word of the chains themselves. */
export function isLacking(chain: Pick<Chain, 'missing' | 'gaps'>): boolean {
  return chain.missing.length > 0 || chain.gaps.length > 0;
}

async function readChain(repository: Repository, context: Context): Promise<Chain> {
  const { ring, storage } = repository;
  // Before anything is listed: another process of this host may publish, and remember it, while we list.
  const remembered = repository.state.heads();
  const revoked = await listRevoked(repository, context);
  const broken: { name: string; failure: Failure }[] = [];
  const unusable = (name: string, failure: Failure): void => {
    broken.push({ name, failure });
  };
  const tombstones = new Map<string, Tombstone>();
  const forgotten = new Map<string, Forgotten>();
  const snapshots: ListedSnapshot[] = [];
  // Snapshots before tombstones: a snapshot that vanishes in between is then found forgotten.
  for await (const { name, bytes, modifiedAt } of readAll(storage, 'snapshots/', context, { unusable })) {
    await orBroken(broken, name, () => {
      const object = openSnapshot(ring, bytes, name);
      snapshots.push({
        ...object,
        name: name.slice('snapshots/'.length),
        arrivedAt: modifiedAt,
        confirmed: !revoked.has(object.sessionId),
      });
    });
  }
  for await (const { name, bytes } of readAll(storage, 'tombstones/', context, { unusable })) {
    await orBroken(broken, name, () => {
      const tombstone = openTombstone(ring, bytes, name);
      tombstones.set(name.slice('tombstones/'.length), tombstone);
      for (const one of tombstone.forgotten) forgotten.set(one.name, one);
    });
  }
  repository.noteErasures([...tombstones.values()].flatMap((one) => one.erasures ?? []));
  const present = new Set([...snapshots.map((one) => one.name), ...tombstones.keys()]);
  for (const { name, failure } of broken) {
    if (failure.code !== 'OBJECT_EMPTY') present.add(name.slice(name.indexOf('/') + 1));
  }
  const accounted = (name: string): boolean => present.has(name) || forgotten.has(name);
  const entries: NamedEntry[] = [
    ...snapshots.map((entry) => ({ name: entry.name, entry })),
    ...[...tombstones].map(([name, entry]) => ({ name, entry })),
  ];
  const placed: Placed[] = [...entries.map(({ entry }) => entry), ...forgotten.values()];
  const givenUp = [...tombstones.values()].flatMap((one) => one.givenUp ?? []);
  const missing = new Set<string>();
  for (const { prev } of placed) for (const name of prev ?? []) if (!accounted(name)) missing.add(name);
  const located = new Set([...entries.map(({ name }) => name), ...forgotten.keys()]);
  const rolledBack: string[] = [];
  for (const head of Object.values(remembered)) {
    for (const name of head.names) if (!accounted(name)) rolledBack.push(name);
  }
  const arrivals = new Map<string, Instant>();
  for (const { successor } of forgotten.values())
    if (successor !== undefined) arrivals.set(successor.id, successor.arrivedAt);
  for (const [number, one] of snapshots.entries()) {
    const arrivedAt = arrivals.get(one.id);
    if (arrivedAt !== undefined) snapshots[number] = { ...one, arrivedAt };
  }
  snapshots.sort((a, b) => a.arrivedAt - b.arrivedAt || a.seq - b.seq || (a.id < b.id ? -1 : 1));
  return {
    snapshots,
    tombstones,
    broken,
    missing: [...missing],
    gaps: gapsOf(placed, givenUp, (name) => located.has(name)),
    rolledBack,
    heads: mergeHeads(remembered, headsOf(entries, forgotten.values()), accounted),
  };
}

/** Writers call this first: a storage that went back in time is for reading only until a person has said why. */
export function refuseIfRolledBack(chain: Chain): void {
  if (chain.rolledBack.length === 0) return;
  throw new Failure(
    'corrupt',
    'REPOSITORY_ROLLED_BACK',
    `the storage lacks ${chain.rolledBack.length} recovery points that this host has seen in it`,
    {
      facts: { missing: chain.rolledBack.length },
      hint: 'If an older copy was put back on purpose, run "holdfast repair --accept-rollback REASON"; otherwise somebody removed recovery points: compare with another copy.',
    },
  );
}

/** The next entry of a writer's chain. */
export function nextInChain(chain: Chain, writerId: string): { seq: number; prev: readonly string[] } {
  const head = chain.heads[writerId];
  return head === undefined ? { seq: 1, prev: [] } : { seq: head.seq + 1, prev: head.names };
}

interface NamedEntry {
  readonly name: string;
  readonly entry: { readonly writerId: string; readonly seq: number; readonly prev: readonly string[] };
}

// A place is never given twice, not even where the memory of this host is gone and the entry that had it was forgotten.
function headsOf(entries: readonly NamedEntry[], forgotten: Iterable<Forgotten>): RememberedHeads {
  const followed = new Set<string>();
  for (const { entry } of entries) for (const name of entry.prev) followed.add(name);
  const heads: Record<string, { seq: number; names: string[] }> = {};
  for (const { name, entry } of entries) {
    const head = heads[entry.writerId] ?? { seq: 0, names: [] };
    heads[entry.writerId] = head;
    head.seq = Math.max(head.seq, entry.seq);
    if (!followed.has(name)) head.names.push(name);
  }
  for (const { writerId, seq } of forgotten) {
    const head = heads[writerId];
    heads[writerId] = { seq: Math.max(head?.seq ?? 0, seq), names: head?.names ?? [] };
  }
  return heads;
}

// A forgotten head is followed by nobody and is no longer listed; it must stay in the memory, or the next entry of
// that chain would begin anew and the gap would not be seen.
function mergeHeads(
  remembered: RememberedHeads,
  found: RememberedHeads,
  accounted: (name: string) => boolean,
): RememberedHeads {
  const merged: Record<string, { seq: number; names: readonly string[] }> = { ...found };
  for (const [writerId, head] of Object.entries(remembered)) {
    const other = found[writerId];
    if (other === undefined || other.seq <= head.seq) {
      const names = head.names.filter(accounted);
      merged[writerId] = { seq: head.seq, names: [...new Set([...names, ...(other?.names ?? [])])] };
    }
  }
  return merged;
}

async function orBroken(
  broken: { name: string; failure: Failure }[],
  name: string,
  read: () => void,
): Promise<void> {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'corrupt') throw error;
    broken.push({ name, failure: error });
  }
}
