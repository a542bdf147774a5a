// The inventory of the keys in a snapshot: contents are read into memory, looked at and wiped. Nothing is written anywhere.

import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import { displayPath } from '../sources/files/system.ts';
import { type Inventory, type InventoryFile, inspect, mayBeKey } from '../sources/keys/inventory.ts';
import { cat, ls } from './browse.ts';

export async function inventoryOfSnapshot(
  snapshot: ListedSnapshot,
  repository: Repository,
  context: Context,
): Promise<Inventory> {
  const files: InventoryFile[] = [];
  for await (const { file, bytes } of keyFilesOf(snapshot, repository, context)) {
    const found = inspect(file, bytes, context);
    if (found !== undefined) files.push(found);
  }
  return { files, owners: snapshot.owners };
}

/** Every file of a snapshot that can be key material, with its bytes. Who takes them wipes them. */
export async function* keyFilesOf(
  snapshot: ListedSnapshot,
  repository: Repository,
  context: Context,
): AsyncGenerator<{
  readonly file: Omit<InventoryFile, 'items' | 'broken'>;
  readonly bytes: Uint8Array;
}> {
  await repository.loadIndex(context);
  for await (const { path, node } of ls({ snapshot, path: '/', recursive: true }, repository, context)) {
    context.monitor.count('entries', 1);
    if (node.kind !== 'file' || !mayBeKey(node.sizeBytes)) continue;
    const { mode, uid, gid, sizeBytes } = node;
    const bytes = await readFile(snapshot, path, sizeBytes, repository, context);
    if (bytes !== undefined) yield { file: { path, mode, uid, gid, sizeBytes }, bytes };
  }
}

/** A file that cannot be read any more is a problem; the others are looked at. */
async function readFile(
  snapshot: ListedSnapshot,
  path: string,
  sizeBytes: number,
  repository: Repository,
  context: Context,
): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(sizeBytes);
  let length = 0;
  try {
    for await (const piece of cat({ snapshot, path }, repository, context)) {
      bytes.set(piece.subarray(0, sizeBytes - length), length);
      length += piece.length;
      piece.fill(0);
    }
    return bytes;
  } catch (error) {
    if (!isFailure(error, 'corrupt')) throw error;
    bytes.fill(0);
    context.monitor.problem({ path: displayPath(path), code: error.code, message: error.message });
    return undefined;
  }
}
