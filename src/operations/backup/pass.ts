// One walk over the source of a backup: what is as the previous snapshot has it is taken over, what is not goes to be read, and every
// directory becomes a tree as soon as all its entries are known.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import { boxTypes } from '../../repository/box.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';
import type { Compression } from '../../repository/frame-builder.ts';
import { readDirectory } from '../../repository/read-tree.ts';
import type { Repository } from '../../repository/repository.ts';
import type { Session } from '../../repository/session.ts';
import { decodeSkeleton, nodeKinds, type TreeColumns } from '../../repository/tree.ts';
import type { SourceKindName } from '../../sources/all.ts';
import type { Source, WalkEvent } from '../../sources/source.ts';
import { isSameDirectory, isSameNode, oldContentOf, rowOf } from './compare.ts';
import { bytesPerFile, type FileResults, fileColumns, statIfOther } from './content-reader.ts';
import { type ChangedStat, OpenDirectory } from './directory.ts';
import { Reading } from './reading.ts';
import { ContentSampler } from './sampler.ts';
import type { Tally } from './tally.ts';

export interface PassRequest {
  readonly source: Source;
  /** How a worker thread opens the same source. */
  readonly sourceSpec: { readonly kind: SourceKindName; readonly config: unknown };
  readonly dryRun: boolean;
  /** Worker threads; 0 keeps everything on the main thread. */
  readonly workers: number;
  readonly compression: Compression;
  /** Lets samples and what is measured choose codec and level; those of `compression` are where it begins. */
  readonly autoLevel?: boolean;
}

/** Files above this are read by the main thread and shared out in pieces. */
const largeFileMin = 8 * 1024 * 1024;
/** Files are handed over in jobs of about this many bytes. */
const jobBytes = 1024 * 1024;
const jobFilesMax = 512;

/** Files of one directory that are read together. */
interface FileGroup {
  readonly directory: OpenDirectory;
  readonly rows: number[];
}

/** One walk over the source. */
export class Pass implements AsyncDisposable {
  readonly #request: PassRequest;
  readonly #repository: Repository;
  readonly #parent: ListedSnapshot | undefined;
  readonly #tally: Tally;
  readonly #context: Context;
  readonly #reading: Reading;
  readonly #devices = new Map<number, number>();
  readonly #sampler = new ContentSampler();
  #root: Uint8Array | undefined;
  #batch: { groups: FileGroup[]; files: number; bytes: number } = { groups: [], files: 0, bytes: 0 };

  constructor(
    request: PassRequest,
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
        onFrame: (frame) => tally.frame(frame),
        source: request.source,
        sourceSpec: request.sourceSpec,
        workers: request.dryRun ? 0 : request.workers,
        isFirst: parent === undefined,
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
    const { observer } = this.#tally;
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
      if (match >= 0) observer.matched();
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
      observer.file(listing, row, match >= 0, isSame);
      if (isSame && (await this.#reuse(directory, row, old!, match))) {
        directory.unchanged += 1;
        if (kind === nodeKinds.file) this.#tally.unchangedFile();
      } else if (kind === nodeKinds.file) {
        this.#tally.freshFile(match >= 0);
        if (match < 0) observer.newFile(listing, row, old?.names);
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
      this.#tally.observer.lostTree();
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
    this.#tally.observer.judged(results.observed);
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
    let content: ReturnType<typeof opened.finish>;
    try {
      let isFirst = true;
      const { ids } = await this.#reading.largeFile((into) => {
        const length = opened.read(into);
        if (isFirst) this.#sampler.judge(path, into.subarray(0, length));
        isFirst = false;
        this.#tally.read(length);
        return length;
      }, listing.sizes[row]!);
      content = opened.finish();
      if (content === undefined) return;
      directory.setFile(row, ids, this.#reading.builder);
      this.#tally.observer.judged(this.#sampler.take());
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
