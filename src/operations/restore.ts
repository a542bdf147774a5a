// Restore: plans from authenticated trees, writes into a fresh folder, checks afterwards when asked. The order in which entries are made
// is security.md's: directories, files, further names, symlinks, specials, then the attributes of directories from the deepest up, so that
// no write can be led elsewhere by a link from the snapshot.

import { mkdirSync, readdirSync } from 'node:fs';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import { packObjectName } from '../repository/pack-catalog.ts';
import { findPlace, type Place } from '../repository/read-tree.ts';
import type { Repository } from '../repository/repository.ts';
import { nodeKinds } from '../repository/tree.ts';
import type { Attributes } from '../sources/files/placing.ts';
import { Placer } from '../sources/files/placing.ts';
import { displayPath, fsPath, openSystem, type System } from '../sources/files/system.ts';
import { attributesOf, type Plan, piecesOf, planEntry, planTree } from './restore/plan.ts';
import { type Difference, verifyPlan } from './restore/verify.ts';
import { writeFiles } from './restore/writing.ts';

export interface RestoreRequest {
  readonly snapshot: ListedSnapshot;
  /** Byte string inside the snapshot: its content lands in the target. */
  readonly path?: string;
  /** Byte string: a folder that does not exist or is empty. */
  readonly target: string;
  /** Paths relative to the target. */
  readonly select: (path: string, isDirectory: boolean) => boolean;
  /** Reads everything again from disk afterwards and compares. */
  readonly verify: boolean;
  readonly dryRun: boolean;
  /** Device nodes are made only when asked for. */
  readonly devices: boolean;
  /** Owners and special mode bits are put back; the default of the caller is: when root. */
  readonly owners: boolean;
  /** Worker threads; 0 keeps everything on the main thread. */
  readonly workers: number;
}

export interface RestorePlan {
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
  readonly packs: number;
  readonly readBytes: number;
}

export interface RestoreOutcome {
  readonly outcome: 'succeeded' | 'partial';
  readonly plan: RestorePlan;
  readonly restored: {
    readonly files: number;
    readonly directories: number;
    readonly symlinks: number;
    readonly hardlinks: number;
    readonly specials: number;
    readonly bytes: number;
  };
  readonly verified?: {
    readonly entries: number;
    readonly bytes: number;
    readonly differences: readonly Difference[];
  };
  /** Entries that nothing can be put back for: sockets, and devices when not asked for. */
  readonly skipped: number;
  readonly durationMs: number;
  readonly problems: number;
}

export async function restore(
  request: RestoreRequest,
  repository: Repository,
  context: Context,
): Promise<RestoreOutcome> {
  const startedAt = context.clock.elapsed();
  let problems = 0;
  const counted: Context = {
    ...context,
    monitor: {
      count: (counter, increment) => context.monitor.count(counter, increment),
      total: (counter, value) => context.monitor.total(counter, value),
      phase: (name) => context.monitor.phase(name),
      problem: (problem) => {
        problems += 1;
        context.monitor.problem(problem);
      },
    },
  };
  counted.monitor.phase('planning');
  const { plan, root } = await makePlan(request, repository, counted);
  const summary = summaryOf(plan, repository);
  const restored = { files: 0, directories: 0, symlinks: 0, hardlinks: 0, specials: 0, bytes: 0 };
  if (request.dryRun) {
    const durationMs = context.clock.elapsed() - startedAt;
    return { outcome: 'succeeded', plan: summary, restored, skipped: plan.sockets, durationMs, problems };
  }
  makeTarget(request.target);
  const system = openSystem();
  counted.monitor.phase('restoring');
  counted.monitor.total('sourceBytes', plan.bytes);
  const skipped = await place(plan, root, request, system, restored, repository, counted);
  let verified: RestoreOutcome['verified'];
  if (request.verify) {
    counted.monitor.phase('verifying');
    verified = await verifyPlan(plan, request.target, system, request, repository, counted);
  }
  const isWhole = problems === 0 && (verified === undefined || verified.differences.length === 0);
  return {
    outcome: isWhole ? 'succeeded' : 'partial',
    plan: summary,
    restored,
    ...(verified === undefined ? {} : { verified }),
    skipped,
    durationMs: context.clock.elapsed() - startedAt,
    problems,
  };
}

/** A snapshot of one folder lands with its content in the target, of several each under its full path. */
async function makePlan(
  request: RestoreRequest,
  repository: Repository,
  context: Context,
): Promise<{ plan: Plan; root: Attributes | undefined }> {
  const { snapshot } = request;
  const wanted = request.path ?? (snapshot.paths.length === 1 ? snapshot.paths[0]! : '/');
  if (wanted.split('/').every((part) => part === '')) {
    return { plan: await planTree(repository, snapshot.root, '', request.select, context), root: undefined };
  }
  const found: Place | undefined = await findPlace(repository, snapshot.root, wanted, context);
  if (found === undefined) {
    throw new Failure('missing', 'SNAPSHOT_PATH_MISSING', `the snapshot has no "${displayPath(wanted)}"`, {
      hint: 'List what it has with "holdfast ls".',
    });
  }
  const kind = found.nodes.kinds[found.row]!;
  if (kind !== nodeKinds.directory && kind !== nodeKinds.implied) {
    return { plan: await planEntry(repository, found, context), root: undefined };
  }
  const tree = found.nodes.contents[found.row]!.subarray(0, 32);
  return {
    plan: await planTree(repository, tree, '', request.select, context),
    root: kind === nodeKinds.directory ? attributesOf(found.nodes, found.row) : undefined,
  };
}

async function place(
  plan: Plan,
  root: Attributes | undefined,
  request: RestoreRequest,
  system: System,
  restored: {
    files: number;
    directories: number;
    symlinks: number;
    hardlinks: number;
    specials: number;
    bytes: number;
  },
  repository: Repository,
  context: Context,
): Promise<number> {
  const rules = { owners: request.owners };
  const { monitor } = context;
  using placer = new Placer(system, request.target, rules, (problem) => monitor.problem(problem));
  let skipped = plan.sockets;
  for (const directory of plan.directories)
    if (placer.makeDirectory(directory.path)) restored.directories += 1;
  const written = await writeFiles(
    plan.files,
    { system, root: request.target, rules, workers: request.workers },
    repository,
    context,
  );
  restored.files = written.files;
  restored.bytes = written.bytes;
  for (const { path, existing } of plan.links) if (placer.link(path, existing)) restored.hardlinks += 1;
  for (const one of plan.symlinks) if (placer.symlink(one.path, one.target, one)) restored.symlinks += 1;
  for (const one of plan.specials) {
    if (one.kind === nodeKinds.fifo) {
      if (placer.fifo(one.path, one)) restored.specials += 1;
    } else if (request.devices) {
      const isBlock = one.kind === nodeKinds.blockDevice;
      if (placer.device(one.path, one, isBlock, one.major, one.minor)) restored.specials += 1;
    } else skipped += 1;
  }
  for (let number = plan.directories.length - 1; number >= 0; number -= 1) {
    const directory = plan.directories[number]!;
    if (!directory.implied) placer.finishDirectory(directory.path, directory);
  }
  if (root !== undefined) placer.finishRoot(root);
  return skipped;
}

function makeTarget(target: string): void {
  const path = fsPath(target);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (readdirSync(path).length === 0) return;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure(
      'denied',
      'TARGET_DENIED',
      `the target "${displayPath(target)}" cannot be used (${code})`,
      {
        hint: 'Choose a folder that you may write to.',
        cause,
      },
    );
  }
  throw new Failure('conflict', 'TARGET_NOT_EMPTY', `the target "${displayPath(target)}" is not empty`, {
    hint: 'Choose a new or empty folder.',
  });
}

function summaryOf(plan: Plan, repository: Repository): RestorePlan {
  const frames = new Set<number>();
  const packs = new Set<string>();
  let readBytes = 0;
  for (const { frame } of piecesOf(repository, plan.files)) {
    if (frames.has(frame)) continue;
    frames.add(frame);
    const record = repository.catalog.frame(frame);
    packs.add(packObjectName(record.pack));
    readBytes += record.length;
  }
  return {
    entries:
      plan.directories.length +
      plan.files.length +
      plan.links.length +
      plan.symlinks.length +
      plan.specials.length,
    files: plan.files.length,
    bytes: plan.bytes,
    packs: packs.size,
    readBytes,
  };
}
