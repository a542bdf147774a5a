// The entries of a snapshot, for an export.

import type { ArchiveEntry, OutgoingEntry } from '../../archives/archive.ts';
import type { Context } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { type ListedSnapshot, loadErasures } from '../../repository/chain.ts';
import { erasedIn } from '../../repository/erasures.ts';
import type { Repository } from '../../repository/repository.ts';
import { displayPath } from '../../sources/files/system.ts';
import { contentOf, type ListedEntry, ls } from '../browse.ts';
import { erasedPath } from '../restore/wanted.ts';
import { asPairs, byteString } from './of-folder.ts';

export interface Exported {
  readonly snapshot: ListedSnapshot;
  /** Byte string inside the snapshot: its content is the top of the archive; a file gives that one entry. */
  readonly path?: string;
}

export async function* snapshotEntries(
  { snapshot, path = '/' }: Exported,
  repository: Repository,
  context: Context,
): AsyncGenerator<OutgoingEntry> {
  const top = `/${path
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`;
  const isErased = erasedIn(snapshot, await loadErasures(repository, context));
  if (isErased?.(top) === true) throw erasedPath(top);
  const byId = (names: ReadonlyMap<number, string>) =>
    new Map([...names].map(([id, name]) => [id, byteString(name)]));
  const users = byId(snapshot.owners.users);
  const groups = byId(snapshot.owners.groups);
  const firstNames = new Map<string, string>();
  for await (const listed of ls({ snapshot, path: top, recursive: true }, repository, context)) {
    const { node } = listed;
    if (node.kind === 'implied' || node.kind === 'socket') continue;
    // A copy may still hold what was erased on purpose: it must not leave this way.
    if (isErased?.(listed.path) === true) continue;
    const isItself = listed.path === top;
    const name = isItself
      ? top.slice(top.lastIndexOf('/') + 1)
      : listed.path.slice(top === '/' ? 1 : top.length + 1);
    const isFile = node.kind === 'file';
    // Further names of what is no file are entries of their own: formats agree on links to files alone.
    const group = isFile ? node.link : undefined;
    const first = group === undefined ? undefined : firstNames.get(group);
    if (group !== undefined && first === undefined) firstNames.set(group, name);
    const xattrs = first === undefined && node.xattrs !== undefined ? asPairs(node.xattrs) : [];
    const entry: ArchiveEntry = {
      path: name,
      kind: first === undefined ? node.kind : 'hardlink',
      mode: node.mode,
      uid: node.uid,
      gid: node.gid,
      user: users.get(node.uid) ?? '',
      group: groups.get(node.gid) ?? '',
      mtimeNs: node.mtimeNs,
      sizeBytes: isFile ? listed.contentBytes : 0,
      ...(first !== undefined
        ? { target: first }
        : node.target === undefined
          ? {}
          : { target: Buffer.from(node.target).toString('latin1') }),
      ...(node.device === undefined ? {} : { device: node.device }),
      ...(xattrs.length === 0 ? {} : { xattrs }),
    };
    if (!isFile) {
      yield { entry };
      continue;
    }
    const content = await begin(listed, repository, context);
    if (content !== undefined) yield { entry, content: () => content };
    else if (group !== undefined && first === undefined) firstNames.delete(group);
  }
}

/**
 * The content with its first bytes read already, so that a file that the repository has lost is left out and told. What is found to be lost
 * only later is filled with zeros and told, because the archive has promised its length.
 */
async function begin(
  { path, place, contentBytes }: ListedEntry,
  repository: Repository,
  context: Context,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const report = (error: unknown, what: string) => {
    if (!isFailure(error, 'corrupt') && !isFailure(error, 'missing', 'OBJECT_MISSING')) throw error;
    const { code, message } = error;
    context.monitor.problem({ path: displayPath(path), code, message: `${what}: ${message}` });
  };
  const pieces = contentOf(place, repository, context);
  let step: IteratorResult<Uint8Array>;
  try {
    step = await pieces.next();
  } catch (error) {
    report(error, 'cannot be exported');
    return undefined;
  }
  return (async function* () {
    let at = 0;
    try {
      while (step.done !== true) {
        at += step.value.length;
        context.monitor.count('sourceBytes', step.value.length);
        // The repository may use its buffer again before the bytes are written.
        yield Uint8Array.from(step.value);
        step = await pieces.next();
      }
    } catch (error) {
      report(error, 'is filled with zeros from a lost part on');
      for (; at < contentBytes; at += 65_536) yield new Uint8Array(Math.min(65_536, contentBytes - at));
    } finally {
      await pieces.return(undefined);
    }
  })();
}
