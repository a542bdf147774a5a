// Erasure of paths: the re-delete ledger first, then snapshots without them, then away with the old ones, then prune, then the proof.
// Cut off anywhere, the same command goes on: what is done already is found done.

import { randomBytes } from 'node:crypto';
import type { Context, Instant } from '../base/context.ts';
import { utc } from '../model/time.ts';
import { type ListedSnapshot, loadChain, refuseIfRolledBack } from '../repository/chain.ts';
import { type Erasure, erasureHash } from '../repository/erasures.ts';
import type { Repository } from '../repository/repository.ts';
import { Session } from '../repository/session.ts';
import { erasedRule, putErasures } from './erase/ledger.ts';
import { type RemainingPack, remainingPacks, storedPacks } from './erase/remaining.ts';
import { forget } from './forget.ts';
import { type PruneOutcome, prune } from './prune.ts';
import { whileNothingMoves } from './repair-snapshots.ts';
import { type LostEntry, type Omit, Rewriting, type Rewritten } from './rewrite-snapshot.ts';
import { WholeBlobs } from './whole-blobs.ts';

/** A blob that lay in two packs is told of one after the other. */
const prunesMax = 3;

export interface EraseRequest {
  /** Sees absolute byte strings. */
  readonly matches: Omit;
  /** Only these, by id; absent: all, and the ledger then holds for every copy that comes back. */
  readonly snapshots?: readonly string[];
  readonly reason: string;
  readonly dryRun: boolean;
  /** Absent: nothing is deleted but snapshots. */
  readonly prune?: { readonly exclusive: boolean };
  readonly tool: string;
}

export interface ErasedSnapshot {
  readonly old: string;
  /** Absent when nothing but the erased was in it, and in a dry run. */
  readonly new?: string;
  readonly host: string;
  readonly entries: number;
  readonly bytes: number;
}

export interface EraseOutcome {
  /** `partial`: something still holds the paths, or could not be looked into. */
  readonly outcome: 'succeeded' | 'partial';
  readonly at: Instant;
  /** Byte strings. Of a folder, nothing below it is named. */
  readonly paths: readonly { readonly host: string; readonly path: string }[];
  readonly snapshots: readonly ErasedSnapshot[];
  /** Paths that the re-delete ledger names since this run. */
  readonly ledgerAdded: number;
  readonly packsDeleted: readonly string[];
  readonly pruned?: PruneOutcome;
  readonly remaining: {
    /** Snapshots that still hold the paths; they are restored without them. */
    readonly snapshots: readonly { readonly id: string; readonly until?: Instant }[];
    /** Damaged ones of which nobody can tell. */
    readonly unreadable: readonly string[];
    readonly packs: readonly RemainingPack[];
  };
}

interface Affected {
  readonly snapshot: ListedSnapshot;
  readonly omitted: readonly LostEntry[];
  /** Undefined when nothing else is in it. */
  readonly left: Rewritten | undefined;
  /** The snapshot that an earlier run wrote in its place. */
  readonly replacement: string | undefined;
}

interface Look {
  readonly affected: readonly Affected[];
  readonly unreadable: readonly ListedSnapshot[];
}

export async function erase(
  request: EraseRequest,
  repository: Repository,
  context: Context,
): Promise<EraseOutcome> {
  const { monitor } = context;
  monitor.phase('walking');
  const { affected, unreadable } = await look(request, repository, context);
  const at = context.clock.now();
  const paths = pathsOf(affected);
  const counted = (one: Affected, id?: string): ErasedSnapshot => ({
    old: one.snapshot.id,
    ...(id === undefined ? {} : { new: id }),
    host: one.snapshot.host,
    entries: one.omitted.length,
    bytes: one.omitted.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  if (request.dryRun) {
    return {
      outcome: unreadable.length === 0 ? 'succeeded' : 'partial',
      at,
      paths,
      snapshots: affected.map((one) => counted(one)),
      ledgerAdded: 0,
      packsDeleted: [],
      remaining: { snapshots: [], unreadable: unreadable.map(({ id }) => id), packs: [] },
    };
  }
  const ledgerAdded = await writeLedger(request, affected, at, repository, context);
  monitor.phase('rewriting');
  monitor.total('objects', affected.length);
  const snapshots: ErasedSnapshot[] = [];
  const ids: string[] = [];
  const successors = new Map<string, string>();
  for (const one of affected) {
    const id =
      one.left === undefined
        ? undefined
        : (one.replacement ?? (await rewrite(request, one.snapshot, repository, context)));
    // What could not be written again must not go.
    if (id !== undefined || one.left === undefined) {
      snapshots.push(counted(one, id));
      ids.push(one.snapshot.id);
      if (id !== undefined) successors.set(one.snapshot.id, id);
    }
    monitor.count('objects', 1);
  }
  if (ids.length > 0) {
    await forget(
      {
        policy: {},
        groupBy: [],
        filter: { ids },
        named: { reason: erasedRule, keepRetained: true, successors },
        dryRun: false,
        run: 'forget-path',
        zoneOffset: utc,
      },
      repository,
      context,
    );
  }
  monitor.phase('walking');
  // Anew, since others may have published meanwhile what was saved before.
  const left = await look(request, repository, context);
  const now = context.clock.now();
  const before = await storedPacks(repository, context);
  const holding = new Set(
    [...left.affected.map(({ snapshot }) => snapshot), ...left.unreadable].map(({ id }) => id),
  );
  const { pruned, packs } = await pruneAll(request, holding, repository, context);
  const after = await storedPacks(repository, context);
  const kept = await Promise.all(
    left.affected.map(({ snapshot }) => keptUntil(snapshot, repository, context)),
  );
  const remaining = {
    snapshots: left.affected.map(({ snapshot }, number) => {
      const until = kept[number];
      return { id: snapshot.id, ...(until === undefined || until <= now ? {} : { until }) };
    }),
    unreadable: left.unreadable.map(({ id }) => id),
    packs,
  };
  for (const { id } of left.unreadable) {
    monitor.problem({
      path: id,
      code: 'SNAPSHOT_UNREADABLE',
      message: 'is damaged, so nobody can tell what of the paths is in it',
    });
  }
  const isDone =
    left.affected.length === 0 &&
    left.unreadable.length === 0 &&
    (request.prune === undefined || packs.length === 0);
  return {
    outcome: isDone ? 'succeeded' : 'partial',
    at: now,
    paths,
    snapshots,
    ledgerAdded,
    packsDeleted: [...before.keys()].filter((name) => !after.has(name)).sort(),
    ...(pruned === undefined ? {} : { pruned }),
    remaining,
  };
}

async function look(request: EraseRequest, repository: Repository, context: Context): Promise<Look> {
  const wanted = request.snapshots === undefined ? undefined : new Set(request.snapshots);
  return await whileNothingMoves(repository, context, async () => {
    const chain = await loadChain(repository, context);
    if (!request.dryRun) refuseIfRolledBack(chain);
    await repository.loadIndex(context);
    const whole = new WholeBlobs(repository, undefined, context);
    const walk = new Rewriting(repository, whole, undefined, context, request.matches);
    const affected: Affected[] = [];
    const unreadable: ListedSnapshot[] = [];
    for (const snapshot of chain.snapshots) {
      if (wanted !== undefined && !wanted.has(snapshot.id)) continue;
      const found = await walk.run(snapshot.root);
      if (found === undefined || found.lost.length > 0) {
        unreadable.push(snapshot);
        continue;
      }
      if (found.omitted.length === 0) continue;
      const isEmpty = found.entries === found.steps;
      const replacement = chain.snapshots.find(
        (one) => one.replaces === snapshot.id && holds(one, found.content),
      )?.id;
      const left = isEmpty ? undefined : found;
      affected.push({ snapshot, omitted: found.omitted, left, replacement });
    }
    return { value: { affected, unreadable }, isWhole: unreadable.length === 0 };
  });
}

function holds({ root, skeleton }: ListedSnapshot, content: Uint8Array): boolean {
  return Buffer.compare(Buffer.concat([root, skeleton]), content) === 0;
}

function pathsOf(affected: readonly Affected[]): { host: string; path: string }[] {
  const found = new Map<string, { host: string; path: string }>();
  for (const { snapshot, omitted } of affected) {
    const { host } = snapshot;
    for (const { path } of omitted) found.set(`${host}\0${path}`, { host, path });
  }
  return [...found.values()];
}

/** First of all, so that from now on no restore brings anything back, however the rest ends. */
async function writeLedger(
  request: EraseRequest,
  affected: readonly Affected[],
  at: Instant,
  repository: Repository,
  context: Context,
): Promise<number> {
  if (affected.length === 0) return 0;
  const salt = repository.erasures?.[0]?.salt ?? randomBytes(16).toString('hex');
  const hashes = pathsOf(affected).map(({ host, path }) => erasureHash(salt, host, path));
  // The time in a snapshot is a claim: one from a clock that goes ahead is meant as well.
  const newest = Math.max(...affected.map(({ snapshot }) => snapshot.time));
  const scope = affected.map(({ snapshot }) => snapshot.original ?? snapshot.id);
  const erasure: Erasure = {
    salt,
    until: Math.max(at, newest),
    hashes,
    reason: request.reason,
    ...(request.snapshots === undefined ? {} : { snapshots: [...new Set(scope)] }),
  };
  return await putErasures([erasure], 'forget-path', repository, context, newest);
}

/** Its own session, as repair does it: the new snapshot borrows all that it keeps. Undefined when it is not whole any more. */
async function rewrite(
  request: EraseRequest,
  snapshot: ListedSnapshot,
  repository: Repository,
  context: Context,
): Promise<string | undefined> {
  await using session = await Session.open(repository, context);
  const left = await whileNothingMoves(repository, context, async (again) => {
    if (again > 0) await repository.loadIndex(context);
    const whole = new WholeBlobs(repository, undefined, context);
    const walk = new Rewriting(repository, whole, session, context, request.matches);
    const value = await walk.run(snapshot.root);
    const isBorrowed = await session.borrow();
    return { value, isWhole: value !== undefined && value.lost.length === 0, again: !isBorrowed };
  });
  if (left === undefined || left.lost.length > 0) {
    // Whole a moment ago: it was damaged since, or somebody forgot it; the proof looks again.
    await session.end();
    return undefined;
  }
  const gone = new Set(left.omitted.map(({ path }) => path));
  const published = await session.publish({
    host: snapshot.host,
    user: snapshot.user,
    paths: snapshot.paths.filter((path) => !gone.has(path)),
    tags: snapshot.tags,
    time: snapshot.time,
    durationMs: snapshot.durationMs,
    outcome: snapshot.outcome,
    stats: {
      entries: left.entries,
      bytes: left.bytes,
      problems: snapshot.stats.problems,
      newBlobs: session.packs.newBlobs,
      storedBytes: session.packs.storedBytes,
    },
    root: left.content.subarray(0, 32),
    skeleton: left.content.subarray(32),
    owners: snapshot.owners,
    sourceKind: snapshot.sourceKind,
    tool: request.tool,
    replaces: snapshot.id,
    // Kept: a later copy from there must not bring back what was erased here.
    ...(snapshot.original === undefined ? {} : { original: snapshot.original }),
    ...(snapshot.parent === undefined ? {} : { parent: snapshot.parent }),
    ...(snapshot.retainUntil === undefined ? {} : { retainUntil: snapshot.retainUntil }),
  });
  return published.id;
}

/** Until nothing more goes: every blob that no snapshot needs leaves, however little room it takes. */
async function pruneAll(
  request: EraseRequest,
  holding: ReadonlySet<string>,
  repository: Repository,
  context: Context,
): Promise<{ pruned?: PruneOutcome; packs: RemainingPack[] }> {
  if (request.prune === undefined) return { packs: await remainingPacks(holding, repository, context) };
  let pruned: PruneOutcome | undefined;
  for (let round = 1; ; round += 1) {
    const one = await prune(
      { dryRun: false, maxUnused: 0, exclusive: request.prune.exclusive },
      repository,
      context,
    );
    pruned = pruned === undefined ? one : joined(pruned, one);
    const packs = await remainingPacks(holding, repository, context);
    const isFree = packs.some(({ until }) => until === undefined);
    if (!isFree || one.packsDeleted === 0 || round === prunesMax) return { pruned, packs };
  }
}

function joined(first: PruneOutcome, second: PruneOutcome): PruneOutcome {
  return {
    ...second,
    packsDeleted: first.packsDeleted + second.packsDeleted,
    packsRepacked: first.packsRepacked + second.packsRepacked,
    bytesFreed: first.bytesFreed + second.bytesFreed,
    bytesRepacked: first.bytesRepacked + second.bytesRepacked,
    packsEarly: first.packsEarly + second.packsEarly,
    bytesEarly: first.bytesEarly + second.bytesEarly,
  };
}

async function keptUntil(
  snapshot: ListedSnapshot,
  { storage }: Repository,
  { signal }: Context,
): Promise<Instant | undefined> {
  const { retainedUntil } = (await storage.stat(`snapshots/${snapshot.name}`, { signal })) ?? {};
  if (retainedUntil === undefined) return snapshot.retainUntil;
  return Math.max(retainedUntil, snapshot.retainUntil ?? 0);
}
