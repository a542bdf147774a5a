// Forgetting snapshots: by rules and by arrival, never by the time a writer claims. A signed tombstone comes first, then the snapshot goes.

import { createHash } from 'node:crypto';
import { mapAhead } from '../base/ahead.ts';
import { hex } from '../base/bytes.ts';
import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { applyRetention, type GroupBy, type RetentionPolicy } from '../model/retention.ts';
import { filterSnapshots } from '../model/snapshot-selection.ts';
import type { ZoneOffset } from '../model/time.ts';
import { type ListedSnapshot, loadChain, nextInChain, refuseIfRolledBack } from '../repository/chain.ts';
import { keepsRefs, listRefs } from '../repository/refs.ts';
import type { Repository } from '../repository/repository.ts';
import { endSession } from '../repository/sessions.ts';
import { sealTombstone } from '../repository/snapshot.ts';
import { deleteUnlessRetained } from './prune/retained.ts';

export interface ForgetRequest {
  /** Rules; or the ids named in the filter are forgotten without any. */
  readonly policy: RetentionPolicy;
  readonly groupBy: readonly GroupBy[];
  readonly filter: {
    readonly host?: string;
    readonly tags?: readonly string[];
    readonly path?: string;
    readonly ids?: readonly string[];
  };
  /** How those that `filter.ids` names are forgotten; absent, a retained one among them refuses all. */
  readonly named?: {
    readonly reason: string;
    readonly keepRetained: boolean;
    /** Id of what was written in the place of each: it takes over its time of arrival. */
    readonly successors?: ReadonlyMap<string, string>;
  };
  readonly dryRun: boolean;
  /** Who or what asked, for the tombstone. */
  readonly run: string;
  readonly zoneOffset: ZoneOffset;
}

export interface ForgetOutcome {
  readonly keep: readonly { readonly snapshot: ListedSnapshot; readonly reasons: readonly string[] }[];
  readonly forgotten: readonly { readonly snapshot: ListedSnapshot; readonly reason: string }[];
}

export async function forget(
  request: ForgetRequest,
  repository: Repository,
  context: Context,
): Promise<ForgetOutcome> {
  const chain = await loadChain(repository, context);
  refuseIfRolledBack(chain);
  const chosen = choose(request, await withLocks(chain.snapshots, repository, context), context);
  if (request.dryRun || chosen.forgotten.length === 0) return chosen;
  const { seq, prev } = nextInChain(chain, repository.writer.writerId);
  const tombstone = sealTombstone(
    repository.ring,
    {
      writerId: repository.writer.writerId,
      seq,
      prev,
      time: context.clock.now(),
      run: request.run,
      forgotten: chosen.forgotten.map(({ snapshot, reason }) => ({
        name: snapshot.name,
        id: snapshot.id,
        writerId: snapshot.writerId,
        seq: snapshot.seq,
        rule: reason,
        prev: snapshot.prev,
        ...(snapshot.original === undefined ? {} : { original: snapshot.original }),
        ...successorOf(snapshot, request),
      })),
    },
    repository.writer,
  );
  const name = hex(createHash('sha256').update(tombstone).digest());
  const { signal } = context;
  const put = () => repository.storage.put(`tombstones/${name}`, tombstone, { ifAbsent: true, signal });
  try {
    await put();
  } catch (error) {
    // Forgetting comes before pruning, so it must work on a full storage as well.
    if (!isFailure(error, 'exhausted') || !(await repository.storage.freeReserve?.({ signal }))) throw error;
    await put();
  }
  repository.state.noteHeads(
    { ...chain.heads, [repository.writer.writerId]: { seq, names: [name] } },
    context,
  );
  context.monitor.total('objects', chosen.forgotten.length);
  const marked = await sessionsWithMarks(repository, context);
  const going = new Set(chosen.forgotten.map(({ snapshot }) => snapshot.name));
  const refs = keepsRefs(repository) ? await listRefs(repository, going, context) : undefined;
  let kept: Failure | undefined;
  for (const { snapshot } of chosen.forgotten) {
    // Only the snapshot tells that the session is over: without it, marks that were left would hold space for ever.
    if (marked.has(snapshot.sessionId)) await endSession(repository, snapshot.sessionId, context);
    try {
      await repository.storage.delete(`snapshots/${snapshot.name}`, { signal });
    } catch (error) {
      if (!isFailure(error, 'denied', 'OBJECT_RETAINED')) throw error;
      // Its clock is behind ours: that of one is no reason to keep the others.
      kept ??= keptByStorage(snapshot, error);
      continue;
    }
    // After it: a snapshot without its ref stops whoever prunes by refs.
    for (const ref of refs?.get(snapshot.name) ?? []) await deleteUnlessRetained(ref, repository, context);
    context.monitor.count('objects', 1);
  }
  if (kept !== undefined) throw kept;
  return chosen;
}

/** It stays a recovery point, as if it had not been forgotten, until that is done again. */
function keptByStorage({ id }: ListedSnapshot, cause: Failure): Failure {
  const until = typeof cause.facts.until === 'string' ? `until ${cause.facts.until}` : 'for now';
  return new Failure(
    'denied',
    'SNAPSHOT_RETAINED',
    `the storage keeps snapshot "${id.slice(0, 12)}" ${until}, by its own clock`,
    {
      hint: 'The clock of the storage, or that of this machine, is wrong. What it kept stays a recovery point: forget it again later.',
      facts: { snapshot: id, ...cause.facts },
      cause,
    },
  );
}

function successorOf(
  { id, arrivedAt }: ListedSnapshot,
  { named }: ForgetRequest,
): { successor?: { id: string; arrivedAt: Instant } } {
  const successor = named?.successors?.get(id);
  return successor === undefined ? {} : { successor: { id: successor, arrivedAt } };
}

async function sessionsWithMarks({ storage }: Repository, { signal }: Context): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { name } of storage.list('sessions/', { signal }))
    if (!name.endsWith('.revoked')) ids.add(name.slice('sessions/'.length).split('.')[0]!);
  return ids;
}

/** The storage may refuse for longer than the snapshot says; asked before the tombstone, which cannot be taken back. */
export async function withLocks(
  snapshots: readonly ListedSnapshot[],
  { storage }: Repository,
  context: Context,
): Promise<readonly ListedSnapshot[]> {
  if (storage.retain === undefined) return snapshots;
  const locked: ListedSnapshot[] = [];
  const ask = async (snapshot: ListedSnapshot): Promise<ListedSnapshot> => {
    const until = (await storage.stat(`snapshots/${snapshot.name}`, context))?.retainedUntil;
    if (until === undefined || until <= (snapshot.retainUntil ?? 0)) return snapshot;
    return { ...snapshot, retainUntil: until };
  };
  for await (const one of mapAhead(snapshots, storage.features.parallelCallsMax, ask)) locked.push(one);
  return locked;
}

function isRetained({ retainUntil }: ListedSnapshot, context: Context): boolean {
  return retainUntil !== undefined && retainUntil > context.clock.now();
}

function refuseRetained(snapshot: ListedSnapshot, context: Context): void {
  const { id, retainUntil } = snapshot;
  if (retainUntil === undefined || !isRetained(snapshot, context)) return;
  const until = new Date(retainUntil).toISOString();
  throw new Failure(
    'denied',
    'SNAPSHOT_RETAINED',
    `snapshot "${id.slice(0, 12)}" is retained until ${until}`,
    {
      hint: 'It can be forgotten after that; nobody can shorten it.',
      facts: { snapshot: id, until },
    },
  );
}

function choose(request: ForgetRequest, all: readonly ListedSnapshot[], context: Context): ForgetOutcome {
  const { ids, ...filter } = request.filter;
  if (ids !== undefined && ids.length > 0) {
    const named = new Set(ids);
    const { reason = 'named', keepRetained = false } = request.named ?? {};
    const chosen = all.filter((one) => named.has(one.id));
    const kept = keepRetained ? chosen.filter((one) => isRetained(one, context)) : [];
    const forgotten = chosen.filter((one) => !kept.includes(one));
    for (const one of forgotten) refuseRetained(one, context);
    return {
      keep: kept.map((snapshot) => ({ snapshot, reasons: ['retained'] })),
      forgotten: forgotten.map((snapshot) => ({ snapshot, reason })),
    };
  }
  const points = filterSnapshots(all, filter).map((snapshot) => ({
    id: snapshot.id,
    at: snapshot.arrivedAt,
    host: snapshot.host,
    paths: snapshot.paths,
    tags: snapshot.tags,
    ...(snapshot.retainUntil === undefined ? {} : { lockedUntil: snapshot.retainUntil }),
  }));
  const byId = new Map(all.map((snapshot) => [snapshot.id, snapshot]));
  const result = applyRetention(
    points,
    request.policy,
    request.groupBy,
    context.clock.now(),
    request.zoneOffset,
  );
  return {
    keep: result.keep.map(({ point, reasons }) => ({ snapshot: byId.get(point.id)!, reasons })),
    forgotten: result.forget.map(({ point, reason }) => ({ snapshot: byId.get(point.id)!, reason })),
  };
}
