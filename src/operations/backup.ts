// Backup: walks a source, reads what changed since the last snapshot of the same paths, and publishes a new snapshot.
//
//   walk ──listings──▶ compare with the old tree ──changed files──▶ reading (workers) ──frames──▶ session
//                              └──unchanged contents──▶ directories ──trees──┘

import type { Context, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { type ListedSnapshot, loadChain, refuseIfRolledBack } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import { Session } from '../repository/session.ts';
import { Pass, type PassRequest } from './backup/pass.ts';
import { extendRetention } from './backup/retention.ts';
import { type BackupOutcome, Tally } from './backup/tally.ts';

export type { BackupOutcome } from './backup/tally.ts';

export interface BackupRequest extends PassRequest {
  /** Absolute byte strings. */
  readonly paths: readonly string[];
  readonly host: string;
  readonly user: string;
  readonly tags: readonly string[];
  readonly time?: Instant;
  /** Reads every file again, whatever its times say. */
  readonly force: boolean;
  readonly tool: string;
  /** Files that nobody has a reason to touch, absolute byte strings: told of in the observations. */
  readonly canaries?: readonly string[];
  /** Until then neither forget nor, where it can, the storage lets the snapshot and what it needs go. */
  readonly retainUntil?: Instant;
}

/** How often a backup brings blobs again that another process condemned under its hands. */
const passesMax = 5;

export async function backup(
  request: BackupRequest,
  repository: Repository,
  context: Context,
): Promise<BackupOutcome> {
  const startedAt = context.clock.elapsed();
  const tally = new Tally(request.canaries ?? [], context);
  const counted: Context = { ...context, monitor: tally.monitor };
  if (request.paths.length === 0) {
    throw new Failure('usage', 'NOTHING_TO_BACK_UP', 'no path was given', {
      hint: 'Name at least one folder or file: holdfast backup PATH',
    });
  }
  repository.ring.requireData();
  request.source.probe(counted);
  if (!request.dryRun) await repository.storage.fillReserve?.({ signal: counted.signal });
  const opened = await Session.openBeside(repository, counted, () => loadChain(repository, counted));
  await using session = opened.session;
  const chain = opened.found;
  refuseIfRolledBack(chain);
  const parent = request.force ? undefined : newestOf(chain.snapshots, request);
  counted.monitor.total('entries', parent?.stats.entries ?? 0);
  counted.monitor.total('sourceBytes', parent?.stats.bytes ?? 0);
  counted.monitor.phase('saving');
  let root: Uint8Array | undefined;
  for (let pass = 0; root === undefined; pass += 1) {
    if (pass === passesMax) {
      throw new Failure('conflict', 'PACKS_KEEP_VANISHING', 'other processes deleted packs again and again', {
        hint: 'Let the running prune finish, then start the backup again.',
      });
    }
    tally.reset();
    await using pass1 = new Pass(request, session, parent, tally, counted);
    const found = await pass1.run();
    if (request.dryRun) {
      await session.end();
      return tally.outcome(startedAt, context.clock.elapsed(), { parent, storedBytes: 0, newBlobs: 0 });
    }
    await session.flush();
    if (await session.borrow()) root = found;
  }
  const { retainUntil } = request;
  if (retainUntil !== undefined) await extendRetention(session, retainUntil, counted);
  const durationMs = context.clock.elapsed() - startedAt;
  const snapshot = await session.publish({
    host: request.host,
    user: request.user,
    paths: request.paths,
    tags: request.tags,
    time: request.time ?? context.clock.now(),
    durationMs,
    outcome: tally.problems === 0 ? 'succeeded' : 'partial',
    stats: {
      entries: tally.entries,
      bytes: tally.sourceBytes,
      problems: tally.problems,
      newBlobs: session.packs.newBlobs,
      storedBytes: session.packs.storedBytes,
    },
    root: root.subarray(0, 32),
    skeleton: root.subarray(32, 64),
    owners: request.source.owners(),
    sourceKind: request.sourceSpec.kind,
    tool: request.tool,
    ...(parent === undefined ? {} : { parent: parent.id }),
    ...(retainUntil === undefined ? {} : { retainUntil }),
  });
  return tally.outcome(startedAt, context.clock.elapsed(), {
    parent,
    snapshotId: snapshot.id,
    storedBytes: session.packs.storedBytes,
    newBlobs: session.packs.newBlobs,
  });
}

/** The newest snapshot of the same paths of the same host: what unchanged files are recognised by. */
function newestOf(
  snapshots: readonly ListedSnapshot[],
  request: { readonly host: string; readonly paths: readonly string[] },
): ListedSnapshot | undefined {
  const wanted = JSON.stringify([...request.paths].sort());
  return snapshots.findLast(
    (one) => one.confirmed && one.host === request.host && JSON.stringify([...one.paths].sort()) === wanted,
  );
}
