// Repair of snapshots: what lost parts of their trees or files is written again, without them, as a new snapshot that names the old one.
// The old one is forgotten only when asked: something of it may still come back from another copy.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { utc } from '../model/time.ts';
import { type ListedSnapshot, loadChain, refuseIfRolledBack } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import { Session } from '../repository/session.ts';
import { forget } from './forget.ts';
import { type LostEntry, Rewriting, type Rewritten } from './rewrite-snapshot.ts';
import { WholeBlobs } from './whole-blobs.ts';

/** What a rewritten snapshot is tagged with. */
export const repairedTag = 'repaired';
/** How often everything is looked at anew because other processes deleted packs meanwhile. */
const looksMax = 8;

export interface SnapshotRepairRequest {
  readonly dryRun: boolean;
  /** Forgets the damaged snapshots, once what is left of them is safe. */
  readonly forget: boolean;
  readonly tool?: string;
  /** Names of packs that are damaged and perhaps, in a dry run, not yet condemned. */
  readonly damagedPacks: readonly string[];
  /** In a dry run: what would be healed from there is not lost. */
  readonly from?: Repository;
}

export interface SnapshotRepairOutcome {
  readonly plan: readonly string[];
  readonly rewritten: readonly { readonly old: string; readonly new: string }[];
  readonly forgotten: readonly string[];
  readonly lost: readonly (LostEntry & { readonly snapshot: string })[];
  /** Skeletons made again from their trees. */
  readonly healed: number;
}

interface Damaged {
  readonly snapshot: ListedSnapshot;
  /** Absent when nothing is left. */
  readonly left?: Rewritten;
  readonly lost: readonly LostEntry[];
  /** The id of the snapshot that an earlier repair wrote. */
  readonly replacement?: string;
}

export async function repairSnapshots(
  request: SnapshotRepairRequest,
  repository: Repository,
  context: Context,
): Promise<SnapshotRepairOutcome> {
  context.monitor.phase('walking');
  const { damaged, broken } = await findDamaged(request, repository, context);
  const plan = [...damaged.flatMap((one) => stepsFor(one, request.forget)), ...broken];
  const lost = damaged.flatMap((one) => one.lost.map((entry) => ({ ...entry, snapshot: one.snapshot.id })));
  const rewritten: { old: string; new: string }[] = [];
  if (request.dryRun) return { plan, rewritten, forgotten: [], lost, healed: 0 };
  context.monitor.phase('rewriting');
  let healed = 0;
  const ids: string[] = [];
  const successors = new Map<string, string>();
  for (const { snapshot, left, replacement } of damaged) {
    if (left === undefined || replacement !== undefined) {
      ids.push(snapshot.id);
      if (replacement !== undefined) successors.set(snapshot.id, replacement);
      continue;
    }
    const done = await rewrite(request, snapshot, repository, context);
    healed += done.healed;
    if (done.id === undefined) continue;
    rewritten.push({ old: snapshot.id, new: done.id });
    ids.push(snapshot.id);
    successors.set(snapshot.id, done.id);
  }
  if (!request.forget || ids.length === 0) return { plan, rewritten, forgotten: [], lost, healed };
  const { forgotten } = await forget(
    {
      policy: {},
      groupBy: [],
      filter: { ids },
      named: { reason: 'named', keepRetained: false, successors },
      dryRun: false,
      run: 'repair',
      zoneOffset: utc,
    },
    repository,
    context,
  );
  return { plan, rewritten, forgotten: forgotten.map((one) => one.snapshot.id), lost, healed };
}

function isSameContent(left: Rewritten, snapshot: ListedSnapshot): boolean {
  return Buffer.compare(left.content, Buffer.concat([snapshot.root, snapshot.skeleton])) === 0;
}

function stepsFor(damaged: Damaged, isForgetting: boolean): string[] {
  const { snapshot, left, lost, replacement } = damaged;
  const id = snapshot.id.slice(0, 12);
  const steps: string[] = [];
  if (left === undefined) steps.push(`nothing is left of the snapshot "${id}"`);
  // Nothing is lost where only skeletons are: they come again as they were.
  else if (lost.length === 0 && isSameContent(left, snapshot))
    return [`make the skeletons of the snapshot "${id}" again from its trees`];
  else if (replacement === undefined) {
    steps.push(`write the snapshot "${id}" again, as a new one, without ${lost.length} lost entries`);
  }
  if (isForgetting) steps.push(`forget the snapshot "${id}"`);
  else if (left !== undefined && replacement !== undefined) {
    steps.push(`leave the snapshot "${id}" alone: "${replacement.slice(0, 12)}" has what is left of it`);
  } else if (left === undefined) steps.push(`leave the snapshot "${id}" alone unless told to forget it`);
  return steps;
}

async function findDamaged(
  request: SnapshotRepairRequest,
  repository: Repository,
  context: Context,
): Promise<{ damaged: readonly Damaged[]; broken: readonly string[] }> {
  return await whileNothingMoves(repository, context, async () => {
    const chain = await loadChain(repository, context);
    if (!request.dryRun) refuseIfRolledBack(chain);
    await repository.loadIndex(context);
    repository.noteCondemned(request.damagedPacks);
    const other = request.dryRun ? request.from : undefined;
    const walk = new Rewriting(repository, new WholeBlobs(repository, other, context), undefined, context);
    const damaged: Damaged[] = [];
    context.monitor.total('objects', chain.snapshots.length);
    for (const snapshot of chain.snapshots) {
      const found = await examine(walk, snapshot);
      if (found !== undefined) {
        const replacement = chain.snapshots.find((one) => one.replaces === snapshot.id)?.id;
        damaged.push({ ...found, ...(replacement === undefined ? {} : { replacement }) });
      }
      context.monitor.count('objects', 1);
    }
    const broken = chain.broken.map(
      ({ name }) => `leave "${name}" alone: it cannot be opened, so nothing is known of its content`,
    );
    return { value: { damaged, broken }, isWhole: damaged.length === 0 };
  });
}

/** Undefined when the snapshot is whole. */
async function examine(walk: Rewriting, snapshot: ListedSnapshot): Promise<Damaged | undefined> {
  const left = await walk.run(snapshot.root);
  if (left === undefined) return { snapshot, lost: [{ path: '/', kind: 'directory', bytes: 0 }] };
  const { lost } = left;
  // Steps on the way to a path are no content: where only they are left, nothing is.
  if (left.entries === left.steps && lost.length > 0) return { snapshot, lost };
  if (lost.length === 0 && left.twinsGone === 0 && isSameContent(left, snapshot)) return undefined;
  return { snapshot, left, lost };
}

/** Its own session: the new snapshot is published as any other, with everything that it keeps borrowed. */
async function rewrite(
  request: SnapshotRepairRequest,
  snapshot: ListedSnapshot,
  repository: Repository,
  context: Context,
): Promise<{ id?: string; healed: number }> {
  await using session = await Session.open(repository, context);
  const left = await whileNothingMoves(repository, context, async (look) => {
    if (look > 0) await repository.loadIndex(context);
    const walk = new Rewriting(repository, new WholeBlobs(repository, undefined, context), session, context);
    const value = await walk.run(snapshot.root);
    const isBorrowed = await session.borrow();
    return { value, isWhole: value !== undefined && value.lost.length === 0, again: !isBorrowed };
  });
  const chain = await loadChain(repository, context);
  const isThere = chain.snapshots.some((one) => one.id === snapshot.id);
  if (left === undefined || !isThere || (left.lost.length === 0 && isSameContent(left, snapshot))) {
    await session.end();
    return { healed: left?.twinsGone ?? 0 };
  }
  // `original` is not taken over: a later copy from there shall bring the whole snapshot.
  const published = await session.publish({
    host: snapshot.host,
    user: snapshot.user,
    paths: snapshot.paths,
    tags: [...snapshot.tags.filter((tag) => tag !== repairedTag), repairedTag],
    time: snapshot.time,
    durationMs: snapshot.durationMs,
    outcome: 'partial',
    stats: {
      entries: left.entries,
      bytes: left.bytes,
      problems: snapshot.stats.problems + left.lost.length,
      newBlobs: session.packs.newBlobs,
      storedBytes: session.packs.storedBytes,
    },
    root: left.content.subarray(0, 32),
    skeleton: left.content.subarray(32),
    owners: snapshot.owners,
    sourceKind: snapshot.sourceKind,
    tool: request.tool ?? snapshot.tool,
    replaces: snapshot.id,
    ...(snapshot.parent === undefined ? {} : { parent: snapshot.parent }),
    ...(snapshot.retainUntil === undefined ? {} : { retainUntil: snapshot.retainUntil }),
  });
  return { id: published.id, healed: left.twinsGone };
}

interface Look<Value> {
  readonly value: Value;
  /** Nothing seems lost, so nothing can have been taken for lost that a prune only moved. */
  readonly isWhole: boolean;
  readonly again?: boolean;
}

/** What a prune moves or takes away meanwhile looks lost. It condemns first, so a look that saw no new condemnation is right. */
export async function whileNothingMoves<Value>(
  repository: Repository,
  context: Context,
  look: (number: number) => Promise<Look<Value>>,
): Promise<Value> {
  for (let number = 0; number < looksMax; number += 1) {
    const { value, isWhole, again } = await look(number);
    if (again === true) continue;
    if (isWhole) return value;
    const condemned = await repository.listCondemned(context);
    for (const name of repository.condemned) condemned.delete(name);
    if (condemned.size === 0) return value;
  }
  throw new Failure('conflict', 'PACKS_KEEP_VANISHING', 'other processes deleted packs again and again', {
    hint: 'Let the running prune finish, then start the repair again.',
  });
}
