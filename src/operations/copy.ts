// Copies snapshots to another repository without reading the source again. Ids are keyed, so every blob gets a new id and trees are
// written anew; what the other repository has already is not sent.

import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { type ListedSnapshot, loadChain, loadErasures } from '../repository/chain.ts';
import type { Compression } from '../repository/frame-builder.ts';
import type { Repository } from '../repository/repository.ts';
import { Session } from '../repository/session.ts';
import { extendRetention } from './backup/retention.ts';
import { frozenOf } from './copy/frozen.ts';
import { Sample, type Verified } from './copy/sample.ts';
import { SnapshotCopy } from './copy/snapshot-copy.ts';
import { Translation } from './copy/translation.ts';
import { putErasures } from './erase/ledger.ts';
import { type FrozenPacks, type ThawMode, thaw } from './thaw.ts';

export interface CopyRequest {
  /** Copied in this order. */
  readonly snapshots: readonly ListedSnapshot[];
  readonly dryRun: boolean;
  readonly compression: Compression;
  /** What share of what was sent is read back and compared before a snapshot is published; 0 to 1, default 1 %. */
  readonly verifyShare?: number;
  /** The copies are retained until then; the storage must be one that puts with this retention. */
  readonly retainUntil?: Instant;
  /** What happens when packs are frozen; absent: refuse. */
  readonly thaw?: ThawMode;
}

export interface CopyOutcome {
  /** `partial`: some snapshots could not be read whole and stayed behind, or retention could not be extended; each is a problem. */
  readonly outcome: 'succeeded' | 'partial';
  readonly copied: readonly { readonly from: string; readonly to: string }[];
  /** Ids that the other repository has already. */
  readonly skipped: readonly string[];
  /** Ids of snapshots that stayed behind. */
  readonly failed: readonly string[];
  readonly newBlobs: number;
  readonly storedBytes: number;
  readonly verified: Verified;
  /** Packs that had to be thawed, or on a dry run would have to be. */
  readonly frozen?: FrozenPacks;
}

const passesMax = 5;

export async function copy(
  request: CopyRequest,
  from: Repository,
  to: Repository,
  context: Context,
): Promise<CopyOutcome> {
  await from.loadIndex(context);
  const present = (await loadChain(to, context)).snapshots;
  const there = new Set(present.flatMap((one) => [one.id, one.original ?? one.id]));
  const wanted = request.snapshots.filter((one) => !there.has(one.original ?? one.id) && !there.has(one.id));
  const skipped = request.snapshots.filter((one) => !wanted.includes(one)).map((one) => one.id);
  const sums = { newBlobs: 0, storedBytes: 0, blobs: 0, bytes: 0 };
  const copied: { from: string; to: string }[] = [];
  const failed: string[] = [];
  let problems = 0;
  const frozen = await frozenOf(wanted, from, context);
  const outcome = (): CopyOutcome => ({
    outcome: problems === 0 ? 'succeeded' : 'partial',
    copied,
    skipped,
    failed,
    newBlobs: sums.newBlobs,
    storedBytes: sums.storedBytes,
    verified: { blobs: sums.blobs, bytes: sums.bytes },
    ...(frozen === undefined ? {} : { frozen }),
  });
  if (request.dryRun) {
    for (const { id } of wanted) copied.push({ from: id, to: '' });
    return outcome();
  }
  if (frozen !== undefined) await thaw(frozen, request.thaw ?? 'refuse', from, context);
  // Before anything that it is about: a copy of what was erased must never be restored with it.
  await putErasures(await loadErasures(from, context), 'copy', to, context);
  const { monitor } = context;
  monitor.phase('copying');
  const total = wanted.reduce((sum, one) => sum + one.stats.bytes, 0);
  monitor.total('sourceBytes', total);
  monitor.total('objects', wanted.length);
  await to.storage.fillReserve?.({ signal: context.signal });
  const translation = new Translation(from, to);
  const taught = new Set<string>();
  for (const snapshot of wanted) {
    const counted = countedUpTo(snapshot.stats.bytes, context, () => {
      problems += 1;
    });
    // Once for each series: what comes after it is known from this run itself.
    const series = seriesOf(snapshot);
    const teacher = taught.has(series) ? undefined : nearestPair(snapshot, request.snapshots, present);
    taught.add(series);
    const done = await copyOne({ snapshot, teacher, from, to, translation }, request, counted.context);
    counted.finish();
    monitor.count('objects', 1);
    if (done === undefined) {
      failed.push(snapshot.id);
      continue;
    }
    copied.push({ from: snapshot.id, to: done.id });
    sums.newBlobs += done.newBlobs;
    sums.storedBytes += done.storedBytes;
    sums.blobs += done.verified.blobs;
    sums.bytes += done.verified.bytes;
  }
  return outcome();
}

interface OneCopy {
  readonly snapshot: ListedSnapshot;
  readonly teacher: Pair | undefined;
  readonly from: Repository;
  readonly to: Repository;
  readonly translation: Translation;
}

/** A snapshot and its copy. */
interface Pair {
  readonly snapshot: ListedSnapshot;
  readonly copy: ListedSnapshot;
}

interface OneDone {
  readonly id: string;
  readonly newBlobs: number;
  readonly storedBytes: number;
  readonly verified: Verified;
}

/** Undefined when the snapshot cannot be read whole: the others may well be. */
async function copyOne(
  { snapshot, teacher, from, to, translation }: OneCopy,
  request: CopyRequest,
  context: Context,
): Promise<OneDone | undefined> {
  const { retainUntil, compression, verifyShare = 0.01 } = request;
  await using session = await Session.open(to, context);
  if (teacher !== undefined) await translation.learn(teacher.snapshot, teacher.copy, context);
  let root: Uint8Array | undefined;
  let sample = new Sample(verifyShare);
  for (let pass = 0; root === undefined; pass += 1) {
    if (pass === passesMax) {
      throw new Failure('conflict', 'PACKS_KEEP_VANISHING', 'other processes deleted packs again and again', {
        hint: 'Let the running prune finish, then start again.',
      });
    }
    sample = new Sample(verifyShare);
    const copying = new SnapshotCopy({ from, session, translation, sample, compression }, context);
    try {
      const found = await copying.run(snapshot);
      if (await session.borrow()) root = found;
    } catch (error) {
      if (!isOfSource(error)) throw error;
      context.monitor.problem({ path: snapshot.id, code: error.code, message: error.message });
      return undefined;
    }
  }
  const verified = await sample.verify(from, to, context);
  if (retainUntil !== undefined) await extendRetention(session, retainUntil, context);
  const published = await session.publish({
    host: snapshot.host,
    user: snapshot.user,
    paths: snapshot.paths,
    tags: snapshot.tags,
    time: snapshot.time,
    durationMs: snapshot.durationMs,
    outcome: snapshot.outcome,
    stats: snapshot.stats,
    root: root.subarray(0, 32),
    skeleton: root.subarray(32, 64),
    owners: snapshot.owners,
    sourceKind: snapshot.sourceKind,
    tool: snapshot.tool,
    original: snapshot.original ?? snapshot.id,
    ...(retainUntil === undefined ? {} : { retainUntil }),
  });
  const { newBlobs, storedBytes } = session.packs;
  return { id: published.id, newBlobs, storedBytes, verified };
}

/** While a snapshot is read; what the other place answers then is of other kinds. */
function isOfSource(error: unknown): error is Failure {
  if (isFailure(error, 'corrupt', 'FRAME_NOT_REPRODUCED')) return false;
  return isFailure(error, 'corrupt') || isFailure(error, 'missing');
}

/** Same host, same paths: what follows each other. */
function seriesOf({ host, paths }: ListedSnapshot): string {
  return JSON.stringify([host, ...[...paths].sort()]);
}

/** A rewritten copy is no teacher: it may lack what its original has. */
function nearestPair(
  to: ListedSnapshot,
  snapshots: readonly ListedSnapshot[],
  present: readonly ListedSnapshot[],
): Pair | undefined {
  const copies = new Map(
    present.filter((one) => one.replaces === undefined).map((one) => [one.original ?? one.id, one]),
  );
  let nearest: Pair | undefined;
  for (const snapshot of snapshots) {
    const copy = copies.get(snapshot.original ?? snapshot.id);
    if (copy === undefined || seriesOf(snapshot) !== seriesOf(to)) continue;
    const distance = Math.abs(snapshot.time - to.time);
    if (nearest !== undefined && distance >= Math.abs(nearest.snapshot.time - to.time)) continue;
    nearest = { snapshot, copy };
  }
  return nearest;
}

/** A second pass after a lost race reads again: a snapshot never counts for more than it has, and in the end for all of that. */
function countedUpTo(
  bytesMax: number,
  context: Context,
  onProblem: () => void,
): { readonly context: Context; finish(): void } {
  let left = bytesMax;
  const { monitor } = context;
  const count: Context['monitor']['count'] = (counter, increment) => {
    const taken = counter === 'sourceBytes' ? Math.min(increment, left) : increment;
    if (counter === 'sourceBytes') left -= taken;
    monitor.count(counter, taken);
  };
  const counting = {
    count,
    total: monitor.total.bind(monitor),
    phase: monitor.phase.bind(monitor),
    problem(problem: Parameters<typeof monitor.problem>[0]) {
      onProblem();
      monitor.problem(problem);
    },
  };
  return { context: { ...context, monitor: counting }, finish: () => monitor.count('sourceBytes', left) };
}
