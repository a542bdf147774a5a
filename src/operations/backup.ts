// Backup: walks a source, reads what changed since the last snapshot of the same paths, and publishes a new snapshot.
//
//   walk ──listings──▶ compare with the old tree ──changed files──▶ reading (workers) ──frames──▶ session
//                              └──unchanged contents──▶ directories ──trees──┘

import type { Context, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { boxTypes } from '../repository/box.ts';
import { type ListedSnapshot, loadChain, refuseIfRolledBack } from '../repository/chain.ts';
import type { Compression } from '../repository/frame-builder.ts';
import { readDirectory } from '../repository/read-tree.ts';
import type { Repository } from '../repository/repository.ts';
import { Session } from '../repository/session.ts';
import { decodeSkeleton, nodeKinds, type TreeColumns } from '../repository/tree.ts';
import type { SourceKindName } from '../sources/all.ts';
import type { Source, WalkEvent } from '../sources/source.ts';
import { isSameDirectory, isSameNode, oldContentOf, rowOf } from './backup/compare.ts';
import { bytesPerFile, type FileResults, fileColumns, statIfOther } from './backup/content-reader.ts';
import { type ChangedStat, OpenDirectory } from './backup/directory.ts';
import { pieceLength, Reading } from './backup/reading.ts';
import { type BackupOutcome, Tally } from './backup/tally.ts';

export type { BackupOutcome } from './backup/tally.ts';

export interface BackupRequest {
  readonly source: Source;
  /** How a worker thread opens the same source. */
  readonly sourceSpec: { readonly kind: SourceKindName; readonly config: unknown };
  /** Absolute byte strings. */
  readonly paths: readonly string[];
  readonly host: string;
  readonly user: string;
  readonly tags: readonly string[];
  readonly time?: Instant;
  /** Reads every file again, whatever its times say. */
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Worker threads; 0 keeps everything on the main thread. */
  readonly workers: number;
  readonly compression: Compression;
  /** Lets what is measured move the zstd level; that of `compression` is where it begins. */
  readonly autoLevel?: boolean;
  readonly tool: string;
}

/** Files above this are read by the main thread and shared out in pieces. */
const largeFileMin = 8 * 1024 * 1024;
/** Files are handed over in jobs of about this many bytes. */
const jobBytes = 1024 * 1024;
const jobFilesMax = 512;
/** How often a backup brings blobs again that another process condemned under its hands. */
const passesMax = 5;

export async function backup(
  request: BackupRequest,
  repository: Repository,
  context: Context,
): Promise<BackupOutcome> {
  const startedAt = context.clock.elapsed();
  const tally = new Tally(context);
  const counted: Context = { ...context, monitor: tally.monitor };
  if (request.paths.length === 0) {
    throw new Failure('usage', 'NOTHING_TO_BACK_UP', 'no path was given', {
      hint: 'Name at least one folder or file: holdfast backup PATH',
    });
  }
  request.source.probe(counted);
  if (!request.dryRun) await repository.storage.fillReserve?.({ signal: counted.signal });
  await using session = await Session.open(repository, counted);
  const chain = await loadChain(repository, counted);
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

/** Files of one directory that are read together. */
interface FileGroup {
  readonly directory: OpenDirectory;
  readonly rows: number[];
}

/** One walk over the source. */
class Pass implements AsyncDisposable {
  readonly #request: BackupRequest;
  readonly #repository: Repository;
  readonly #parent: ListedSnapshot | undefined;
  readonly #tally: Tally;
  readonly #context: Context;
  readonly #reading: Reading;
  readonly #devices = new Map<number, number>();
  #root: Uint8Array | undefined;
  #batch: { groups: FileGroup[]; files: number; bytes: number } = { groups: [], files: 0, bytes: 0 };

  constructor(
    request: BackupRequest,
    session: Session,
    parent: ListedSnapshot | undefined,
    tally: Tally,
    context: Context,
  ) {
    this.#request = request;
    this.#repository = session.repository;
    this.#parent = parent;
    this.#tally = tally;
    this.#context = context;
    this.#reading = new Reading(
      {
        session,
        compression: request.compression,
        autoLevel: request.autoLevel ?? false,
        source: request.source,
        sourceSpec: request.sourceSpec,
        workers: request.dryRun ? 0 : request.workers,
      },
      context,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reading.close();
  }

  /** Returns tree id ‖ skeleton id of the root; on a dry run they mean nothing. */
  async run(): Promise<Uint8Array> {
    const stack: OpenDirectory[] = [];
    const parent = this.#parent;
    const rootContent = parent === undefined ? undefined : Buffer.concat([parent.root, parent.skeleton]);
    for (const event of this.#request.source.walk(this.#context)) {
      if (event.type === 'leave') {
        this.#finishOne(stack.pop()!);
        continue;
      }
      const above = stack.at(-1);
      const row = above === undefined ? -1 : rowOf(above, event.listing.path);
      stack.push(
        await this.#enter(event, above, row, above === undefined ? rootContent : oldContentOf(above, row)),
      );
    }
    if (this.#request.dryRun) return new Uint8Array(64);
    await this.#sendBatch();
    await this.#reading.drain();
    // Trees of directories that waited for workers were added meanwhile.
    await this.#reading.drain();
    if (this.#root === undefined)
      throw new Failure('bug', 'ASSERTION_FAILED', 'the walk ended without a root');
    return this.#root;
  }

  async #enter(
    event: Extract<WalkEvent, { type: 'directory' }>,
    above: OpenDirectory | undefined,
    rowInParent: number,
    oldContent: Uint8Array | undefined,
  ): Promise<OpenDirectory> {
    const { listing } = event;
    const old = oldContent === undefined ? undefined : await this.#oldDirectory(oldContent);
    const directory = new OpenDirectory({
      listing,
      state: event.state,
      parent: above,
      rowInParent,
      old,
      oldContent,
    });
    const fresh: number[] = [];
    let oldRow = 0;
    for (let row = 0; row < listing.count; row += 1) {
      const name = listing.names[row]!;
      const kind = listing.kinds[row]!;
      let match = -1;
      if (old !== undefined) {
        while (oldRow < old.names.length && old.names[oldRow]! < name) oldRow += 1;
        if (old.names[oldRow] === name) match = oldRow;
      }
      if (kind === nodeKinds.directory || kind === nodeKinds.implied) {
        directory.pending += 1;
        this.#tally.entry(0);
        if (kind === nodeKinds.directory) this.#attributes(directory, row, match);
        continue;
      }
      this.#linkGroup(directory, row);
      const size = kind === nodeKinds.file ? listing.sizes[row]! : 0;
      this.#tally.entry(size);
      const isSame = match >= 0 && isSameNode(listing, row, old!, match);
      if (isSame && (await this.#reuse(directory, row, old!, match))) {
        directory.unchanged += 1;
        if (kind === nodeKinds.file) this.#tally.unchangedFile();
      } else if (kind === nodeKinds.file) {
        this.#tally.freshFile(match >= 0);
        fresh.push(row);
      } else {
        this.#special(directory, row);
      }
    }
    await this.#read(directory, fresh);
    return directory;
  }

  async #oldDirectory(content: Uint8Array): Promise<TreeColumns | undefined> {
    try {
      return await readDirectory(this.#repository, content.subarray(0, 32), this.#context);
    } catch (error) {
      // A damaged old tree must not stop a backup: it heals what is lost by reading everything again.
      if (!(error instanceof Failure) || error.kind !== 'corrupt') throw error;
      this.#context.log.warn('a tree of the previous snapshot is damaged, its folder is read again', {
        code: error.code,
      });
      return undefined;
    }
  }

  /** Takes a content over from the old tree, if all its blobs are still there; marks them as used. */
  async #reuse(directory: OpenDirectory, row: number, old: TreeColumns, oldRow: number): Promise<boolean> {
    const content = old.contents[oldRow]!;
    if (directory.listing.kinds[row] === nodeKinds.file) {
      if (!this.#use(content)) return false;
      if (old.indirect.has(oldRow)) {
        for (let at = 0; at < content.length; at += 32) {
          const id = content.subarray(at, at + 32);
          const list = decodeSkeleton(
            await this.#repository.readBlob(boxTypes.skeleton, id, this.#context),
            'list of ids',
          );
          if (!this.#use(list.data)) return false;
        }
        directory.indirect.add(row);
      }
      const runs = old.runs.get(oldRow);
      if (runs !== undefined) directory.runs.set(row, runs);
    }
    const xattrs = old.xattrs.get(oldRow);
    if (xattrs !== undefined) directory.xattrs.set(row, xattrs);
    directory.contents[row] = content;
    return true;
  }

  #use(ids: Uint8Array): boolean {
    const { index } = this.#repository;
    for (let at = 0; at < ids.length; at += 32) {
      const row = index.find(ids, at);
      if (row < 0) return false;
      index.markUsed(row);
    }
    return true;
  }

  /** Extended attributes of what is no file; files bring theirs when they are read. */
  #attributes(directory: OpenDirectory, row: number, oldRow: number): void {
    const { old, listing } = directory;
    if (
      old !== undefined &&
      oldRow >= 0 &&
      listing.ctimes[row] === old.ctimes[oldRow] &&
      listing.inodes[row] === old.inodes[oldRow]
    ) {
      const xattrs = old.xattrs.get(oldRow);
      if (xattrs !== undefined) directory.xattrs.set(row, xattrs);
      return;
    }
    const xattrs = this.#request.source.attributes(listing, row, this.#context);
    if (xattrs.length > 0)
      directory.xattrs.set(
        row,
        xattrs.map((one) => [one.name, one.value] as const),
      );
  }

  #special(directory: OpenDirectory, row: number): void {
    const { listing } = directory;
    const kind = listing.kinds[row]!;
    if (kind === nodeKinds.symlink) {
      const target = this.#request.source.link(listing, row, this.#context);
      if (target === undefined) return;
      directory.contents[row] = Buffer.from(target, 'latin1');
    } else if (kind === nodeKinds.characterDevice || kind === nodeKinds.blockDevice) {
      const device = Buffer.alloc(8);
      const number = listing.rdevs[row]!;
      device.writeUInt32LE(Math.floor(number / 0x1_0000_0000), 0);
      device.writeUInt32LE(number % 0x1_0000_0000, 4);
      directory.contents[row] = device;
    } else {
      directory.contents[row] = new Uint8Array(0);
    }
    this.#attributes(directory, row, -1);
  }

  #linkGroup(directory: OpenDirectory, row: number): void {
    const { listing } = directory;
    if (listing.links[row]! < 2) return;
    const device = listing.devices[row]!;
    let ordinal = this.#devices.get(device);
    if (ordinal === undefined) {
      ordinal = this.#devices.size;
      this.#devices.set(device, ordinal);
    }
    const group = Buffer.alloc(12);
    group.writeUInt32LE(ordinal, 0);
    group.writeBigUInt64LE(listing.inodes[row]!, 4);
    directory.links.set(row, group);
  }

  async #read(directory: OpenDirectory, rows: readonly number[]): Promise<void> {
    if (rows.length === 0) return;
    const { listing } = directory;
    if (this.#request.dryRun) {
      for (const row of rows) directory.contents[row] = new Uint8Array(0);
      return;
    }
    let group: FileGroup | undefined;
    for (const row of rows) {
      const size = listing.sizes[row]!;
      if (size >= largeFileMin) {
        await this.#readLarge(directory, row);
        continue;
      }
      if (group === undefined) {
        group = { directory, rows: [] };
        this.#batch.groups.push(group);
        directory.pending += 1;
      }
      group.rows.push(row);
      this.#batch.files += 1;
      this.#batch.bytes += size;
      if (this.#batch.bytes < jobBytes && this.#batch.files < jobFilesMax) continue;
      await this.#sendBatch();
      group = undefined;
    }
  }

  /** Hands over the files that have gathered, of one directory or of many small ones. */
  async #sendBatch(): Promise<void> {
    const { groups, files, bytes } = this.#batch;
    if (files === 0) return;
    this.#batch = { groups: [], files: 0, bytes: 0 };
    const names: string[] = [];
    const stats = new ArrayBuffer(files * bytesPerFile);
    const columns = fileColumns(stats);
    for (const { directory, rows } of groups) {
      const { listing } = directory;
      for (const row of rows) {
        const file = names.push(listing.names[row]!) - 1;
        columns.sizes[file] = listing.sizes[row]!;
        columns.blocks[file] = listing.blocks[row]!;
        columns.devices[file] = listing.devices[row]!;
        columns.inodes[file] = listing.inodes[row]!;
        columns.mtimes[file] = listing.mtimes[row]!;
        columns.ctimes[file] = listing.ctimes[row]!;
      }
    }
    const directories = groups.map(({ directory, rows }) => ({
      path: directory.listing.path,
      count: rows.length,
    }));
    await this.#reading.files({ directories, names: names.join('/'), stats }, bytes, (results) => {
      this.#take(groups, results);
      for (const { directory } of groups) this.#finishOne(directory);
    });
  }

  #take(groups: readonly FileGroup[], results: FileResults): void {
    let at = 0;
    const places: { directory: OpenDirectory; row: number }[] = [];
    for (const { directory, rows } of groups) {
      for (const row of rows) {
        const count = results.counts[places.length]!;
        places.push({ directory, row });
        if (count < 0) continue;
        directory.setFile(row, results.ids.subarray(at * 32, (at + count) * 32), this.#reading.builder);
        at += count;
      }
    }
    for (const { file, stat } of results.changed)
      this.#overwrite(places[file]!.directory, places[file]!.row, stat);
    for (const { file, pairs } of results.runs) places[file]!.directory.runs.set(places[file]!.row, pairs);
    for (const { file, attributes } of results.xattrs)
      places[file]!.directory.xattrs.set(places[file]!.row, attributes);
    for (const problem of results.problems) this.#context.monitor.problem(problem);
    this.#tally.read(results.bytesRead);
  }

  /** What was read is recorded as it was read, and counted so. */
  #overwrite(directory: OpenDirectory, row: number, stat: ChangedStat): void {
    this.#tally.correct(stat.sizeBytes - directory.listing.sizes[row]!);
    directory.overwriteStat(row, stat);
  }

  async #readLarge(directory: OpenDirectory, row: number): Promise<void> {
    const { listing } = directory;
    const path = listing.path === '/' ? `/${listing.names[row]}` : `${listing.path}/${listing.names[row]}`;
    const opened = this.#request.source.open(
      path,
      { device: listing.devices[row]!, inode: listing.inodes[row]! },
      this.#context,
    );
    if (opened === undefined) return;
    const buffer = Buffer.allocUnsafeSlow(pieceLength);
    let content: ReturnType<typeof opened.finish>;
    try {
      const { ids } = await this.#reading.largeFile(async (sink) => {
        for (;;) {
          const length = opened.read(buffer);
          if (length === 0) return;
          const waiting = sink(buffer.subarray(0, length));
          if (waiting !== undefined) await waiting;
          this.#tally.read(length);
        }
      }, listing.sizes[row]!);
      content = opened.finish();
      if (content === undefined) return;
      directory.setFile(row, ids, this.#reading.builder);
    } finally {
      opened.close();
    }
    const stat = statIfOther(content, listing.sizes[row]!, listing.ctimes[row]!);
    if (stat !== undefined) this.#overwrite(directory, row, stat);
    if (content.extents !== undefined) {
      const pairs = Buffer.alloc(content.extents.length * 16);
      content.extents.forEach(({ offset, length }, index) => {
        pairs.writeBigUInt64LE(BigInt(offset), index * 16);
        pairs.writeBigUInt64LE(BigInt(length), index * 16 + 8);
      });
      directory.runs.set(row, pairs);
    }
    if (content.xattrs.length > 0) {
      directory.xattrs.set(
        row,
        content.xattrs.map((one) => [one.name, one.value] as const),
      );
    }
  }

  /** One of the things a directory waits for has come; with the last one it becomes a tree. */
  #finishOne(directory: OpenDirectory): void {
    directory.pending -= 1;
    if (directory.pending > 0) return;
    const content = this.#contentOf(directory);
    const { parent, rowInParent } = directory;
    if (parent === undefined) {
      this.#root = content;
      return;
    }
    parent.contents[rowInParent] = content;
    if (isSameDirectory(parent, rowInParent, content)) parent.unchanged += 1;
    this.#finishOne(parent);
  }

  #contentOf(directory: OpenDirectory): Uint8Array {
    if (this.#request.dryRun) return new Uint8Array(64);
    const { oldContent } = directory;
    if (directory.isUnchanged && oldContent !== undefined && this.#use(oldContent)) return oldContent;
    return directory.store(this.#reading.builder);
  }
}
