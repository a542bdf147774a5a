// The job of a backup run: every source is read once into the first repository that answers, and the others get copies of what it took. An
// attempt that follows another one goes on where that one stopped: what it has published is not read again.

import { availableParallelism } from 'node:os';
import type { Context, Instant } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { mergeObservations, type Observations } from '../../model/anomalies/observations.ts';
import { type Outcome, worseOutcome } from '../../model/outcome.ts';
import type { PassRequest } from '../../operations/backup/pass.ts';
import { backup } from '../../operations/backup.ts';
import { copy } from '../../operations/copy.ts';
import { boxOverheadOf } from '../../repository/box.ts';
import { type ListedSnapshot, loadChain } from '../../repository/chain.ts';
import type { Repository } from '../../repository/repository.ts';
import { displayPath } from '../../sources/files/system.ts';
import type { JobEnd, JobFailure, JobKind, JobTools } from '../job.ts';
import { asFailure, failureOf } from './failure.ts';
import {
  type BackupOrder,
  type BackupResult,
  backupOrder,
  isOfPolicy,
  type NamedRepository,
  policyTag,
} from './orders.ts';

type Point = BackupResult['points'][number];
type Place = Point['copies'][number];
type Behind = BackupResult['behind'][number];

type Counts = Record<string, number>;

export const job: JobKind<BackupOrder> = {
  order: backupOrder,
  async run(given, tools, context) {
    const behind: Behind[] = [];
    const { first, others } = await openFirst(given, behind, tools, context);
    await using primary = first.repository;
    const counts: Counts = {};
    const taken = await takeAll(given, primary, counts, tools, context);
    // What was published stays, so it is told of also when the rest was stopped; reading what is there once takes no time to speak of.
    const unhurried: Context = { ...context, signal: new AbortController().signal };
    const { snapshots } = await loadChain(primary, unhurried);
    const points = taken.ids.map((id) => {
      const snapshot = snapshots.find((one) => one.id === id);
      if (snapshot === undefined) throw vanished(id, first.name);
      return { snapshot, point: pointOf(snapshot, first.name, primary) };
    });
    const later: BackupResult['later'] = [];
    for (const other of others) {
      if (context.signal.aborted) break;
      const failure = await copyTo(
        other,
        { given, from: { name: first.name, repository: primary }, snapshots, points, later, counts },
        tools,
        context,
      );
      if (failure !== undefined) behind.push({ repository: other.name, ...failure });
    }
    counts.copiesFailed = behind.length;
    const observations = mergeObservations(taken.observations);
    const result: BackupResult = {
      points: points.map(({ point }) => point),
      later,
      behind,
      unobserved: taken.unobserved,
      ...(observations === undefined ? {} : { observations }),
    };
    return endOf(taken, result, counts, context);
  },
};

function endOf(
  { outcome, failure }: Taken,
  result: BackupResult,
  counts: Counts,
  { signal }: Context,
): JobEnd {
  const isWhole = result.behind.length === 0;
  const told = result as unknown as JsonValue;
  if (signal.aborted) return { outcome: 'canceled', counts, failure: stopped, result: told };
  return {
    outcome: failure !== undefined ? 'failed' : isWhole ? outcome : worseOutcome(outcome, 'partial'),
    counts,
    ...(failure === undefined ? {} : { failure }),
    result: told,
  };
}

const stopped: JobFailure = { kind: 'canceled', code: 'CANCELED', message: 'the run was stopped' };

interface OpenedFirst {
  readonly first: { readonly name: string; readonly repository: Repository };
  readonly others: readonly NamedRepository[];
}

/** A backup in the second place today is worth more than one in the first tomorrow. */
async function openFirst(
  { repositories, retainUntil }: BackupOrder,
  behind: Behind[],
  { openers }: JobTools,
  context: Context,
): Promise<OpenedFirst> {
  let trouble: unknown;
  for (const [position, { name, rules }] of repositories.entries()) {
    try {
      const repository = await openers.repository(rules, 'write', context, retainUntil);
      return { first: { name, repository }, others: repositories.slice(position + 1) };
    } catch (error) {
      if (!isFailure(error, 'unavailable') || context.signal.aborted) throw error;
      trouble ??= error;
      const { code, message } = failureOf(error);
      context.log.warn(`the repository "${name}" does not answer: ${message}`, { code });
      behind.push({ repository: name, code, message });
    }
  }
  throw trouble;
}

interface Taken {
  readonly ids: readonly string[];
  readonly observations: readonly Observations[];
  /** A source was saved by an attempt before, whose observations went with it. */
  readonly unobserved: boolean;
  readonly outcome: Outcome;
  /** The first source that could not be saved; the others were. */
  readonly failure?: JobFailure;
}

async function takeAll(
  given: BackupOrder,
  repository: Repository,
  counts: Counts,
  tools: JobTools,
  context: Context,
): Promise<Taken> {
  const { compression, autoLevel } = tools.compression(given.compression);
  const before = given.isRepeated ? (await loadChain(repository, context)).snapshots : [];
  const ids: string[] = [];
  const observations: Observations[] = [];
  let unobserved = false;
  const canaries = given.canaries.map((path) => Buffer.from(path).toString('latin1'));
  let outcome: Outcome = 'succeeded';
  let failure: JobFailure | undefined;
  for (const rules of given.sources) {
    try {
      const { skip } = given;
      const opened = await tools.openers.source(
        rules,
        skip.map((one) => one.rules),
        context,
      );
      await using _visit = { [Symbol.asyncDispose]: async () => opened.leave?.() };
      using source = opened.source;
      const { paths, spec } = opened;
      const done = before.findLast((one) => isOfRun(one, paths, given, tools));
      if (done !== undefined) {
        ids.push(done.id);
        unobserved = true;
        outcome = worseOutcome(outcome, done.outcome);
        add(counts, { entries: done.stats.entries, sourceBytes: done.stats.bytes });
        continue;
      }
      const { retainUntil } = given;
      const saved = await backup(
        {
          source,
          sourceSpec: spec as PassRequest['sourceSpec'],
          paths,
          host: tools.host,
          user: tools.user,
          tool: tools.tool,
          tags: [policyTag(given.policy), ...given.tags],
          force: false,
          dryRun: false,
          workers: availableParallelism(),
          compression: { ...compression },
          autoLevel,
          canaries,
          ...(retainUntil === undefined ? {} : { retainUntil }),
        },
        repository,
        context,
      );
      ids.push(saved.snapshotId!);
      observations.push(saved.observations);
      outcome = worseOutcome(outcome, saved.outcome);
      add(counts, {
        entries: saved.entries,
        sourceBytes: saved.sourceBytes,
        readBytes: saved.readBytes,
        newBlobs: saved.newBlobs,
        storedBytes: saved.storedBytes,
        frameBytes: saved.frames.storedBytes,
        framePlainBytes: saved.frames.plainBytes,
        sealBytes: saved.frames.count * boxOverheadOf(repository.ring.suite),
        filesNew: saved.files.new,
        filesChanged: saved.files.changed,
        filesUnchanged: saved.files.unchanged,
        problems: saved.problems,
      });
    } catch (error) {
      if (context.signal.aborted) {
        if (ids.length === 0) throw error;
        // Of a part of the sources nobody can tell what has vanished.
        return { ids, observations: [], unobserved: true, outcome };
      }
      // What stops one source need not stop the next; what stops the repository will.
      failure ??= failureOf(error);
      context.log.error(`a source of "${given.policy}" could not be saved: ${failure.message}`, {
        code: failure.code,
        source: rules.kind,
      });
    }
  }
  if (ids.length === 0 && failure !== undefined) throw asFailure(failure);
  return { ids, observations, unobserved, outcome, ...(failure === undefined ? {} : { failure }) };
}

function isOfRun(
  snapshot: ListedSnapshot,
  paths: readonly string[],
  { policy, since }: BackupOrder,
  { host }: JobTools,
): boolean {
  const wanted = JSON.stringify(paths.toSorted());
  return (
    snapshot.host === host &&
    snapshot.time >= since &&
    isOfPolicy(snapshot, policy) &&
    JSON.stringify(snapshot.paths.toSorted()) === wanted
  );
}

interface Copying {
  readonly given: BackupOrder;
  readonly from: { readonly name: string; readonly repository: Repository };
  readonly snapshots: readonly ListedSnapshot[];
  readonly points: readonly { readonly snapshot: ListedSnapshot; readonly point: Point }[];
  readonly later: BackupResult['later'];
  readonly counts: Counts;
}

/** With what earlier runs could not bring there. Returns why it stays behind. */
async function copyTo(
  to: NamedRepository,
  { given, from, snapshots, points, later, counts }: Copying,
  tools: JobTools,
  context: Context,
): Promise<{ readonly code: string; readonly message: string } | undefined> {
  try {
    await using target = await tools.openers.repository(to.rules, 'write', context, given.retainUntil);
    const there = (await loadChain(target, context)).snapshots;
    const wanted = missingIn(there, snapshots, points, given.policy);
    const { compression } = tools.compression(given.compression);
    const { retainUntil } = given;
    const done = await copy(
      {
        snapshots: wanted,
        dryRun: false,
        compression: { ...compression },
        ...(retainUntil === undefined ? {} : { retainUntil }),
      },
      from.repository,
      target,
      context,
    );
    add(counts, { copies: done.copied.length, copiedBytes: done.storedBytes });
    const now = (await loadChain(target, context)).snapshots;
    let isWhole = done.failed.length === 0;
    for (const { id } of wanted) {
      const copied = now.find((one) => (one.original ?? one.id) === originalOf(id, snapshots));
      const own = points.find(({ snapshot }) => snapshot.id === id);
      if (copied === undefined) {
        isWhole &&= own === undefined;
        continue;
      }
      const place = placeOf(copied, to.name, target);
      if (own !== undefined) own.point.copies.push(place);
      else later.push({ ...place, of: { repository: from.name, snapshot: id } });
    }
    if (isWhole) return undefined;
    return { code: 'COPY_INCOMPLETE', message: 'some recovery points could not be copied whole' };
  } catch (error) {
    const { code, message } = context.signal.aborted ? stopped : failureOf(error);
    context.log.warn(`the repository "${to.name}" got no copy: ${message}`, { code });
    return { code, message };
  }
}

/** Those of this run, and those after the newest that is there; of a repository that has none of the policy, only this run's. */
function missingIn(
  there: readonly ListedSnapshot[],
  snapshots: readonly ListedSnapshot[],
  points: Copying['points'],
  policy: string,
): ListedSnapshot[] {
  const known = new Set(there.flatMap((one) => [one.id, one.original ?? one.id]));
  const own = snapshots.filter((one) => isOfPolicy(one, policy));
  const newest = own.findLastIndex((one) => known.has(one.original ?? one.id));
  const ofRun = new Set(points.map(({ snapshot }) => snapshot.id));
  return own.filter((one, position) => ofRun.has(one.id) || (newest >= 0 && position > newest));
}

function originalOf(id: string, snapshots: readonly ListedSnapshot[]): string {
  return snapshots.find((one) => one.id === id)?.original ?? id;
}

/** What was published and is not there any more is not saved. */
function vanished(id: string, repository: string): Failure {
  const message = `the recovery point "${id.slice(0, 12)}" was published and is not in "${repository}"`;
  return new Failure('corrupt', 'POINT_VANISHED', message, {
    hint: 'Find out who deletes there, then look at the repository: holdfast check',
  });
}

function placeOf(snapshot: ListedSnapshot, repository: string, { storage }: Repository): Place {
  const { id, arrivedAt, retainUntil } = snapshot;
  const isLocked = storage.retain !== undefined && retainUntil !== undefined;
  return {
    repository,
    snapshot: id,
    storage: storage.location,
    arrivedAt,
    ...(isLocked ? { lockedUntil: retainUntil } : {}),
  };
}

function pointOf(snapshot: ListedSnapshot, name: string, repository: Repository): Point {
  return {
    source: snapshot.paths.map(displayPath).join(', ').slice(0, 1000),
    takenAt: snapshot.time satisfies Instant,
    outcome: snapshot.outcome === 'partial' ? 'partial' : 'succeeded',
    entries: snapshot.stats.entries,
    bytes: snapshot.stats.bytes,
    copies: [placeOf(snapshot, name, repository)],
  };
}

function add(counts: Counts, more: Readonly<Counts>): void {
  for (const [name, value] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + value;
}
