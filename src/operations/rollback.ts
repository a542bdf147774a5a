// Undoes an in-place restore, finished or cut off, or gives its undo copy up. May itself be cut off anywhere and be begun again: how far it
// is, is read from the disk.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { SessionOwner } from '../repository/repository.ts';
import { isStagingName } from '../sources/files/exclusions.ts';
import { Handles } from '../sources/files/handles.ts';
import { displayPath, openSystem, type System, sys } from '../sources/files/system.ts';
import { errorCode } from '../sources/files/system-error.ts';
import {
  type Journal,
  names,
  placeOf,
  readFile,
  readJournal,
  type Site,
  saveAttributes,
  stagingName,
} from './restore/journal.ts';
import { Moves } from './restore/moves.ts';
import {
  hasMark,
  hasStaging,
  isOurStaging,
  type Pointer,
  parseBegin,
  readPointers,
  refuseIfRunning,
  removePointer,
  removeStaging,
  setMark,
  writePointer,
} from './restore/staging.ts';
import { openFolders, restoreFolders } from './restore/switch.ts';

export interface RollbackPlaces {
  /** Byte string: the folder of pointers. */
  readonly pointers: string;
  /** Byte string: a folder to look for staging folders in, when the pointers are lost. */
  readonly target?: string;
  /** Given by tests that stop at every call. */
  readonly system?: System;
}

export interface RollbackRequest extends RollbackPlaces {
  /** The first letters of an id; absent: the newest. */
  readonly id?: string;
  readonly dryRun: boolean;
  /** Removes the undo copy instead of using it. */
  readonly discard: boolean;
  readonly owner: SessionOwner;
}

/**
 * `prepared`: nothing was moved yet. `cut-off`: stopped between the first and the last move. `switched`: done. `undoing`, `discarding`: a
 * rollback or a discard was cut off.
 */
export type RestoreState = 'prepared' | 'cut-off' | 'switched' | 'undoing' | 'discarding' | 'missing';

export interface ListedRestore {
  readonly id: string;
  readonly startedAt: number;
  readonly state: RestoreState;
  /** For people. */
  readonly folders: readonly string[];
}

export interface RollbackOutcome extends ListedRestore {
  readonly outcome: 'succeeded' | 'partial';
  /** Entries that are where they were before; on a dry run: that would be. */
  readonly undone: number;
  /** Entries that were changed after the restore: nothing of them was thrown away. */
  readonly kept: number;
  readonly problems: number;
}

/** Newest first. */
export function listRestores(places: RollbackPlaces): ListedRestore[] {
  const system = places.system ?? openSystem();
  return findAll(places, system).map((pointer) => describe(pointer, system));
}

export async function rollback(request: RollbackRequest, outer: Context): Promise<RollbackOutcome> {
  const system = request.system ?? openSystem();
  const counts = { undone: 0, kept: 0, problems: 0, failed: 0 };
  const context: Context = {
    ...outer,
    monitor: {
      count: (counter, increment) => outer.monitor.count(counter, increment),
      total: (counter, value) => outer.monitor.total(counter, value),
      phase: (name) => outer.monitor.phase(name),
      problem: (problem) => {
        counts.problems += 1;
        outer.monitor.problem(problem);
      },
    },
  };
  const all = findAll(request, system);
  const pointer = choose(all, request.id);
  refuseIfRunning(pointer, request.owner);
  const listed = describe(pointer, system);
  if (!request.discard) {
    if (listed.state === 'discarding') {
      throw new Failure('conflict', 'RESTORE_DISCARDED', `the undo copy of "${pointer.id}" was given up`, {
        hint: 'Finish that with "holdfast rollback --discard"; the restore point has what was there before.',
      });
    }
    refuseIfNotNewest(pointer, all, system);
  }
  using stack = new DisposableStack();
  const open = openSites(pointer, system, stack);
  const journals = open.map(({ handles, staging }) =>
    hasStaging(handles, staging) && !isSpent(handles, staging) ? readJournal(handles, staging) : undefined,
  );
  const total = journals.reduce((sum, journal) => sum + (journal?.operations.length ?? 0), 0);
  const end = (): RollbackOutcome => ({
    ...listed,
    outcome: counts.problems === 0 ? 'succeeded' : 'partial',
    undone: request.dryRun ? total : counts.undone,
    kept: counts.kept,
    problems: counts.problems,
  });
  if (request.dryRun) return end();
  const { node, incarnation } = request.owner;
  writePointer(system, request.pointers, { ...pointer, owner: { node, incarnation } });
  if (request.discard) {
    discardAll(open, listed.state, pointer, { node, incarnation }, request.pointers);
    removePointer(system, request.pointers, pointer.id);
    return end();
  }
  context.monitor.phase('undoing');
  for (const [number, one] of open.entries()) undo(one, pointer.id, journals[number], counts, context);
  // What could not be put back still lies aside, and the next rollback tries again.
  if (counts.failed > 0) return end();
  for (const { handles, staging } of open) {
    if (hasStaging(handles, staging) && !isSpent(handles, staging)) setMark(handles, staging, names.undone);
  }
  const finishing: Pointer = { ...pointer, owner: { node, incarnation }, finishing: true };
  const touched = open.filter(({ handles, staging }) => hasStaging(handles, staging));
  if (touched.length > 0) writePointer(system, request.pointers, finishing);
  for (const { handles, staging } of touched) removeStaging(handles, staging);
  if (touched.length > 0 || pointer.finishing === true) {
    for (const { handles, site } of open) {
      system.setTimesFd(handles.root, BigInt(site.attributes.mtimeNs));
      system.syncFileSystem(handles.root);
    }
  }
  removePointer(system, request.pointers, pointer.id);
  return end();
}

interface OpenSite {
  readonly site: Site;
  readonly staging: string;
  readonly handles: Handles;
}

interface Counts {
  undone: number;
  kept: number;
  failed: number;
}

function undo(
  { site, staging, handles }: OpenSite,
  id: string,
  journal: Journal | undefined,
  counts: Counts,
  context: Context,
): void {
  if (journal === undefined) return;
  const moves = new Moves(handles, staging, id);
  openFolders(handles, journal.directories);
  for (const operation of journal.operations.toReversed()) {
    const path = displayPath(placeOf(site.base, operation.path));
    const report = (code: string, message: string) => context.monitor.problem({ path, code, message });
    try {
      const undone = moves.undo(operation);
      if (undone === 'undone') counts.undone += 1;
      else if (undone === 'left') {
        counts.kept += 1;
        report('TARGET_KEPT', 'was changed after the restore, so it was left where it is');
      } else if (undone === 'lost') {
        counts.failed += 1;
        report('TARGET_OLD_STATE_LOST', 'its old state is not where the restore had put it');
      } else if (typeof undone === 'object') {
        counts.undone += 1;
        counts.kept += 1;
        report(
          'TARGET_KEPT',
          `was changed after the restore, so that is kept as "${displayPath(placeOf(site.base, undone.keptAs))}"`,
        );
      }
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      counts.failed += 1;
      report('TARGET_DENIED', `could not be put back (${code})`);
    }
  }
  restoreFolders(handles, site.base, journal.directories, context);
  handles.system.syncFileSystem(handles.root);
}

/** The folders that held the undo copy keep the times they have, also when this is cut off and begun again. */
function discardAll(
  open: readonly OpenSite[],
  state: RestoreState,
  pointer: Pointer,
  owner: Pointer['owner'],
  pointers: string,
): void {
  const present = open.filter(({ handles, staging }) => hasStaging(handles, staging));
  const isWhole = state === 'switched' || state === 'discarding' || pointer.finishing === true;
  if (present.length > 0 && !isWhole) {
    throw new Failure('conflict', 'RESTORE_NOT_DONE', `the restore "${pointer.id}" was cut off`, {
      hint: 'Run "holdfast rollback" first: without the undo copy its folders would stay half restored.',
    });
  }
  for (const { handles, staging } of present) {
    if (!hasMark(handles, staging, names.discarded)) setMark(handles, staging, names.discarded);
  }
  const sites = pointer.finishing
    ? pointer.sites
    : open.map(({ site, handles }) => ({
        ...site,
        attributes: saveAttributes(handles.system, handles.root),
      }));
  const system = present[0]?.handles.system;
  if (system !== undefined) writePointer(system, pointers, { ...pointer, sites, owner, finishing: true });
  for (const { handles, staging } of present) {
    const { mode } = handles.system.statFd(handles.root);
    // The restore may have brought back a mode that forbids even its owner to write there.
    const isClosed = process.getuid?.() !== 0 && (mode & 0o300) !== 0o300;
    if (isClosed) handles.system.chmodFd(handles.root, (mode & 0o7777) | 0o700);
    removeStaging(handles, staging);
    if (isClosed) handles.system.chmodFd(handles.root, mode & 0o7777);
  }
  if (present.length === 0 && pointer.finishing !== true) return;
  for (const [number, { handles }] of open.entries()) {
    handles.system.setTimesFd(handles.root, BigInt(sites[number]!.attributes.mtimeNs));
  }
}

function isSpent(handles: Handles, staging: string): boolean {
  return hasMark(handles, staging, names.undone) || hasMark(handles, staging, names.discarded);
}

function choose(all: readonly Pointer[], id: string | undefined): Pointer {
  const found = id === undefined ? all.slice(0, 1) : all.filter((one) => one.id.startsWith(id));
  const [first] = found;
  if (first === undefined) {
    throw new Failure('missing', 'RESTORE_MISSING', 'there is no in-place restore that could be undone', {
      hint: 'List them with "holdfast rollback --list"; find them in a folder with --target.',
    });
  }
  if (found.length === 1) return first;
  throw new Failure('usage', 'RESTORE_AMBIGUOUS', `several restores begin with "${id}"`, {
    hint: 'Name more letters; "holdfast rollback --list" shows them.',
  });
}

/** An older restore cannot be undone below a newer one: what it knows is not in its place any more. */
function refuseIfNotNewest(pointer: Pointer, all: readonly Pointer[], system: System): void {
  const bases = pointer.sites.map(({ base }) => base);
  const newer = all.find(
    (one) =>
      one.startedAt > pointer.startedAt &&
      one.sites.some((site) => bases.some((base) => overlap(base, site.base))) &&
      describe(one, system).state !== 'missing',
  );
  if (newer === undefined) return;
  throw new Failure(
    'conflict',
    'RESTORE_NOT_NEWEST',
    `a newer restore "${newer.id}" to the same folder exists`,
    {
      hint: 'Undo the newer one first, or remove its undo copy with "holdfast rollback --discard".',
    },
  );
}

function overlap(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => (path === '/' ? path : `${path}/`)) as [string, string];
  return a.startsWith(b) || b.startsWith(a);
}

function openSites(pointer: Pointer, system: System, stack: DisposableStack): OpenSite[] {
  return pointer.sites.map((site) => {
    const stat = system.statAtIfAny(sys.atFdCwd, site.base);
    if (stat?.inode.toString() !== site.inode) {
      throw folderMissing(site.base);
    }
    return { site, staging: stagingName(pointer.id), handles: stack.use(new Handles(system, site.base)) };
  });
}

function folderMissing(folder: string): Failure {
  return new Failure(
    'missing',
    'RESTORE_FOLDER_MISSING',
    `the folder "${displayPath(folder)}" is not there`,
    {
      hint: 'Mount the disk that it was on, then run the rollback again.',
    },
  );
}

function describe(pointer: Pointer, system: System): ListedRestore {
  const states = pointer.sites.map((site) => stateOf(pointer, site, system));
  const order: readonly RestoreState[] = [
    'discarding',
    'undoing',
    'cut-off',
    'prepared',
    'switched',
    'missing',
  ];
  // What one folder has begun, all have to go through.
  const mixed = states.includes('switched') && states.includes('prepared') ? 'cut-off' : undefined;
  const state = mixed ?? order.find((one) => states.includes(one)) ?? 'missing';
  const folders = pointer.sites.map(({ base }) => displayPath(base));
  return { id: pointer.id, startedAt: pointer.startedAt, state, folders };
}

function stateOf(pointer: Pointer, site: Site, system: System): RestoreState {
  if (system.statAtIfAny(sys.atFdCwd, site.base)?.inode.toString() !== site.inode) return 'missing';
  const staging = stagingName(pointer.id);
  using handles = new Handles(system, site.base);
  if (!hasStaging(handles, staging)) return pointer.finishing === true ? 'undoing' : 'missing';
  if (hasMark(handles, staging, names.discarded)) return 'discarding';
  if (hasMark(handles, staging, names.undone)) return 'undoing';
  if (hasMark(handles, staging, names.switched)) return 'switched';
  return hasMark(handles, staging, names.journal) ? 'cut-off' : 'prepared';
}

/** By our own pointers, and by what lies in the target. */
function findAll({ pointers, target }: RollbackPlaces, system: System): Pointer[] {
  const found = readPointers(system, pointers);
  if (target === undefined) return found;
  if (system.statAtIfAny(sys.atFdCwd, target) === undefined) throw folderMissing(target);
  using handles = new Handles(system, target);
  for (const name of system.listNames(handles.root).filter(isStagingName)) {
    const id = name.slice(-16);
    if (found.some((one) => one.id === id) || !isOurStaging(handles, name)) continue;
    const begin = parseBegin(readFile(handles, `${name}/${names.begin}`));
    const { mtimeNs } = handles.statIfAny(name)!;
    const attributes = saveAttributes(system, handles.root);
    const site = { base: target, inode: system.statFd(handles.root).inode.toString(), attributes };
    // Cut off before it could say more: nothing was moved then.
    const known = begin ?? { version: 1, id, startedAt: Number(mtimeNs / 1_000_000n), sites: [site] };
    found.push({ ...known, owner: { node: '', incarnation: '' } });
  }
  return found.sort((a, b) => b.startedAt - a.startedAt);
}
