// Compares what a snapshot has with what is on the disk, and says what has to be made anew, moved away, or given other attributes. Reads
// names and attributes, no content; touches nothing.

import type { Context } from '../../base/context.ts';
import { nodeKinds } from '../../repository/tree.ts';
import { isStagingName } from '../../sources/files/exclusions.ts';
import type { Handles } from '../../sources/files/handles.ts';
import { type Attributes, putsBack } from '../../sources/files/placing.ts';
import { displayPath, type FileStat, type System, sys } from '../../sources/files/system.ts';
import { errorCode, kindOfType } from '../../sources/files/system-error.ts';
import { placeOf, type Saved, xattrsAsText } from './journal.ts';
import { emptyPlan, type Plan } from './plan.ts';

export type Overwrite = 'if-changed' | 'always' | 'never';

export interface ChangeRules {
  readonly overwrite: Overwrite;
  /** Every path that the snapshot has, when what it does not have is to go. */
  readonly seen?: ReadonlySet<string>;
  /** Byte-string paths below the base as the snapshot sees them. */
  readonly select: (path: string, isDirectory: boolean) => boolean;
  readonly owners: boolean;
  readonly devices: boolean;
  /** Absolute byte-string paths that something is mounted on. */
  readonly mounts: ReadonlySet<string>;
  /** Folders that must stay where they are: the repository, our own state. */
  readonly keep: readonly { readonly device: number; readonly inode: bigint }[];
}

export interface ChangeCounts {
  /** Entries of the snapshot that are not on the disk. */
  create: number;
  /** Entries on the disk whose place another one takes. */
  replace: number;
  /** Entries on the disk that the snapshot does not have, with all below them. */
  delete: number;
  /** Folders whose attributes differ. */
  attributes: number;
  unchanged: number;
}

export interface Changes {
  readonly counts: ChangeCounts;
  /** Topmost paths that are made or replaced, with the inode found there: whatever is below comes with them. */
  readonly switched: ReadonlyMap<string, bigint | undefined>;
  readonly deleted: string[];
  /** Folders that stay and whose entries or attributes change. Absent value: only the time moves, by itself. */
  readonly directories: Map<string, Saved | undefined>;
  /** What has to be restored to the staging folder, with the folders on the way as implied ones. */
  readonly staged: Plan;
}

type Item = Plan['files'][number] | Plan['symlinks'][number] | Plan['specials'][number];
/** `inside`: below something that is made anew. `blocked`: cannot be touched, or shall not. */
type State = 'create' | 'replace' | 'inside' | 'same' | 'blocked';

export function compareWithDisk(
  plan: Plan,
  root: Attributes | undefined,
  base: string,
  handles: Handles,
  rules: ChangeRules,
  context: Context,
): Changes {
  return new Comparing(plan, base, handles, rules, context).run(root);
}

class Comparing {
  readonly #plan: Plan;
  readonly #base: string;
  readonly #handles: Handles;
  readonly #rules: ChangeRules;
  readonly #context: Context;
  readonly #device: number;
  /** Folders of the plan: there already, made anew, or not to be touched. */
  readonly #folders = new Map<string, 'here' | 'made' | 'blocked'>([['', 'here']]);
  readonly #counts: ChangeCounts = { create: 0, replace: 0, delete: 0, attributes: 0, unchanged: 0 };
  readonly #switched = new Map<string, bigint | undefined>();
  readonly #deleted: string[] = [];
  /** Folders that the plan has something in. */
  readonly #holding: ReadonlySet<string>;
  readonly #wanted = new Map<string, Attributes>();
  readonly #differing = new Set<string>();

  constructor(plan: Plan, base: string, handles: Handles, rules: ChangeRules, context: Context) {
    this.#plan = plan;
    this.#base = base;
    this.#handles = handles;
    this.#rules = rules;
    this.#context = context;
    const { directories, files, links, symlinks, specials } = plan;
    this.#holding = new Set(
      [directories, files, links, symlinks, specials].flatMap((list) =>
        list.map(({ path }) => parentOf(path)),
      ),
    );
    this.#device = handles.system.statFd(handles.root).device;
  }

  run(root: Attributes | undefined): Changes {
    const { overwrite, select } = this.#rules;
    if (root !== undefined) this.#compareFolder('', root, this.#handles.system.statFd(this.#handles.root));
    for (const folder of this.#plan.directories) this.#folder(folder);
    const staged = emptyPlan();
    const groups = new Map<string, string[]>();
    for (const { path, existing } of [...this.#plan.links, ...this.#plan.lateLinks]) {
      const group = groups.get(existing);
      if (group === undefined) groups.set(existing, [path]);
      else group.push(path);
    }
    const take = <Kind extends Item>(
      items: readonly Kind[],
      into: Kind[],
      kindOf: (item: Kind) => number,
    ) => {
      for (const item of items) {
        const members = this.#group(item, kindOf(item), groups.get(item.path) ?? []);
        const [first, ...rest] = members;
        if (first === undefined) continue;
        into.push(first === item.path ? item : { ...item, path: first });
        const kind = kindOf(item);
        const isDevice = kind === nodeKinds.characterDevice || kind === nodeKinds.blockDevice;
        for (const path of rest) {
          if (kind === nodeKinds.file) staged.links.push({ path, existing: first });
          else staged.lateLinks.push({ path, existing: first, isDevice });
        }
      }
    };
    take(this.#plan.files, staged.files, () => nodeKinds.file);
    take(this.#plan.symlinks, staged.symlinks, () => nodeKinds.symlink);
    const specials = this.#plan.specials.filter((one) => one.kind === nodeKinds.fifo || this.#rules.devices);
    take(specials, staged.specials, (one) => one.kind);
    staged.bytes = staged.files.reduce((sum, file) => sum + file.sizeBytes, 0);
    staged.sockets = this.#plan.sockets + this.#plan.specials.length - specials.length;
    this.#findDeleted();
    this.#addFolders(staged);
    const directories = new Map<string, Saved | undefined>();
    const parents = [...this.#switched.keys(), ...this.#deleted].map(parentOf);
    for (const path of new Set(['', ...parents, ...this.#differing])) {
      const wanted = overwrite === 'never' || !select(path, true) ? undefined : this.#wanted.get(path);
      directories.set(path, wanted === undefined ? undefined : this.#savedOf(path, wanted));
    }
    return {
      counts: this.#counts,
      switched: this.#switched,
      deleted: this.#deleted,
      directories,
      staged,
    };
  }

  #folder(folder: Plan['directories'][number]): void {
    const { path } = folder;
    const above = this.#folders.get(parentOf(path)) ?? 'here';
    if (above !== 'here') {
      this.#folders.set(path, above);
      if (above === 'made') this.#counts.create += 1;
      return;
    }
    const stat = this.#handles.statIfAny(path);
    if (stat === undefined) {
      this.#counts.create += 1;
      this.#switched.set(path, undefined);
      this.#folders.set(path, 'made');
    } else if (kindOf(stat) === nodeKinds.directory) {
      const isHere = !this.#isKept(stat) && !this.#isElsewhere(path, stat);
      this.#folders.set(path, isHere ? 'here' : 'blocked');
      if (isHere && !folder.implied) this.#compareFolder(path, folder, stat);
    } else if (this.#rules.overwrite === 'never') {
      this.#counts.unchanged += 1;
      this.#folders.set(path, 'blocked');
    } else {
      this.#counts.replace += 1;
      this.#switched.set(path, stat.inode);
      this.#folders.set(path, 'made');
    }
  }

  #compareFolder(path: string, wanted: Attributes, stat: FileStat): void {
    this.#wanted.set(path, wanted);
    if (this.#rules.overwrite !== 'never' && this.#rules.select(path, true)) {
      if (!this.#sameAttributes(path, wanted, stat)) {
        this.#counts.attributes += 1;
        this.#differing.add(path);
        return;
      }
    }
    this.#counts.unchanged += 1;
  }

  /** The names of one inode: they change all together, so that they stay one file. Returns those to be made, first name first. */
  #group(item: Item, kind: number, links: readonly string[]): string[] {
    const { overwrite } = this.#rules;
    const paths = [item.path, ...links];
    const first =
      this.#folders.get(parentOf(item.path)) === 'here' ? this.#handles.statIfAny(item.path) : undefined;
    const states = paths.map((path): State => {
      const above = this.#folders.get(parentOf(path)) ?? 'here';
      if (above === 'blocked') return 'blocked';
      if (above === 'made') return 'inside';
      const stat = path === item.path ? first : this.#handles.statIfAny(path);
      if (stat === undefined) return 'create';
      if (overwrite === 'never') return 'same';
      const isOne = links.length === 0 || (stat.inode === first?.inode && stat.device === first.device);
      const mayStay = overwrite !== 'always' || kind !== nodeKinds.file;
      return mayStay && isOne && this.#isSame(path, item, kind, stat) ? 'same' : this.#replaced(path, stat);
    });
    const changes = states.some((state) => state === 'create' || state === 'replace' || state === 'inside');
    return paths.filter((path, number) => {
      const before = states[number]!;
      const state = changes && before === 'same' && overwrite !== 'never' ? 'replace' : before;
      if (state === 'same') this.#counts.unchanged += 1;
      else if (state === 'create' || state === 'inside') this.#counts.create += 1;
      else if (state === 'replace') this.#counts.replace += 1;
      if (state === 'create' || state === 'replace') {
        this.#switched.set(path, this.#handles.statIfAny(path)?.inode);
      }
      return state !== 'same' && state !== 'blocked';
    });
  }

  /** A folder that another entry shall replace goes away as a whole, so nothing in it may be bound to its place. */
  #replaced(path: string, stat: FileStat): State {
    if (kindOf(stat) !== nodeKinds.directory) return 'replace';
    for (const entry of this.#handles.below(path))
      if (this.#isBound(entry.path, entry.stat)) return 'blocked';
    return 'replace';
  }

  #isSame(path: string, wanted: Item, kind: number, stat: FileStat): boolean {
    if (kindOf(stat) !== kind || !this.#sameAttributes(path, wanted, stat)) return false;
    if ('sizeBytes' in wanted) return stat.sizeBytes === wanted.sizeBytes;
    if ('target' in wanted) {
      const [parent, name] = this.#handles.parent(path);
      return this.#handles.system.readlinkAt(parent, name) === wanted.target;
    }
    return stat.rdevMajor === wanted.major && stat.rdevMinor === wanted.minor;
  }

  #sameAttributes(path: string, wanted: Attributes, stat: FileStat): boolean {
    const { owners } = this.#rules;
    const { system } = this.#handles;
    if (owners && (stat.uid !== wanted.uid || stat.gid !== wanted.gid)) return false;
    const mask = owners ? 0o7777 : 0o777;
    if (kindOf(stat) !== nodeKinds.symlink && (stat.mode & mask) !== (wanted.mode & mask)) return false;
    // Where times are set by node:fs, they are cut to microseconds.
    const unit = system.capabilities.native ? 1n : 1000n;
    if (stat.mtimeNs / unit !== wanted.mtimeNs / unit) return false;
    const found = xattrsAt(system, this.#handles, path);
    if (found === undefined) return true;
    const counted = (all: readonly (readonly [string, string])[]) =>
      JSON.stringify(all.filter(([name]) => putsBack(this.#rules, name)));
    return counted(found) === counted(xattrsOf(wanted));
  }

  #savedOf(path: string, wanted: Attributes): Saved {
    const { mode, uid, gid } = this.#handles.statIfAny(path)!;
    const { owners } = this.#rules;
    return {
      mode: owners ? wanted.mode & 0o7777 : (mode & 0o7000) | (wanted.mode & 0o777),
      uid: owners ? wanted.uid : uid,
      gid: owners ? wanted.gid : gid,
      mtimeNs: wanted.mtimeNs.toString(),
      xattrs: xattrsOf(wanted),
    };
  }

  #findDeleted(): void {
    const { seen } = this.#rules;
    if (seen === undefined) return;
    const complete = [...this.#folders].filter(([path, state]) => state === 'here' && this.#wanted.has(path));
    for (const [folder] of complete) {
      for (const name of this.#handles.system.listNames(this.#handles.directory(folder)).sort()) {
        const path = folder === '' ? name : `${folder}/${name}`;
        if (!seen.has(path)) this.#delete(path);
      }
    }
  }

  /** As a whole when everything in it is selected and free to go, else entry by entry. */
  #delete(top: string): void {
    const staying = new Set<string>();
    const free: string[] = [];
    let bound: string | undefined;
    for (const { path, stat } of this.#handles.below(top)) {
      if (bound !== undefined && path.startsWith(`${bound}/`)) continue;
      const isFolder = kindOf(stat) === nodeKinds.directory;
      const isBound = this.#isBound(path, stat);
      if (!isBound && this.#rules.select(path, isFolder)) {
        free.push(path);
        continue;
      }
      if (isBound) bound = path;
      for (let at = path; at.length >= top.length && !staying.has(at); at = parentOf(at)) staying.add(at);
    }
    let gone: string | undefined;
    for (const path of free) {
      if (staying.has(path)) continue;
      this.#counts.delete += 1;
      if (gone !== undefined && path.startsWith(`${gone}/`)) continue;
      gone = path;
      this.#deleted.push(path);
    }
  }

  #isBound(path: string, stat: FileStat): boolean {
    if (isStagingName(path.slice(path.lastIndexOf('/') + 1))) return true;
    if (this.#isKept(stat)) return true;
    return this.#isOtherFileSystem(path, stat);
  }

  #isKept(stat: FileStat): boolean {
    return this.#rules.keep.some((one) => one.inode === stat.inode && one.device === stat.device);
  }

  /** Another file system, where nothing can be exchanged: told only where the snapshot has something for it. */
  #isElsewhere(path: string, stat: FileStat): boolean {
    if (stat.device === this.#device && !this.#isMount(path)) return false;
    return this.#holding.has(path) ? this.#isOtherFileSystem(path, stat) : true;
  }

  #isOtherFileSystem(path: string, stat: FileStat): boolean {
    if (stat.device === this.#device && !this.#isMount(path)) return false;
    this.#context.monitor.problem({
      path: displayPath(placeOf(this.#base, path)),
      code: 'TARGET_OTHER_FILE_SYSTEM',
      message: 'is another file system: nothing there was changed; restore it by its own path',
    });
    return true;
  }

  #isMount(path: string): boolean {
    return this.#rules.mounts.has(placeOf(this.#base, path));
  }

  /** Folders that are made, and as mere steps those that lead to something new. */
  #addFolders(staged: Plan): void {
    const steps = new Set<string>();
    for (const path of this.#switched.keys()) {
      for (let at = parentOf(path); at !== '' && !steps.has(at); at = parentOf(at)) steps.add(at);
    }
    for (const folder of this.#plan.directories) {
      if (this.#folders.get(folder.path) === 'made') staged.directories.push(folder);
      else if (steps.has(folder.path)) staged.directories.push({ ...folder, implied: true });
    }
  }
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

function kindOf(stat: FileStat): number {
  return kindOfType[(stat.mode & sys.typeMask) >>> 12]!;
}

function xattrsOf({ xattrs }: Attributes): (readonly [string, string])[] {
  return xattrs
    .map(
      ([name, value]) =>
        [Buffer.from(name).toString('latin1'), Buffer.from(value).toString('base64')] as const,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function xattrsAt(
  system: System,
  handles: Handles,
  path: string,
): readonly (readonly [string, string])[] | undefined {
  if (path === '') {
    return xattrsAsText(
      () => system.listXattrsFd(handles.root),
      (name) => system.getXattrFd(handles.root, name),
    );
  }
  const [parent, name] = handles.parent(path);
  try {
    return xattrsAsText(
      () => system.listXattrsAt(parent, name),
      (attribute) => system.getXattrAt(parent, name, attribute),
    );
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
