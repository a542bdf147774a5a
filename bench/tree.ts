// What a restore must bring back: every path of a tree with kind, mode, time, size and content, and the comparison of two such lists.

import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Per path one line of text that is equal when the entries are. */
export type Manifest = ReadonlyMap<string, string>;

export function scan(root: string): Manifest {
  const found = new Map<string, string>();
  const buffer = Buffer.allocUnsafe(1 << 20);
  const pending = [''];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const name of readdirSync(join(root, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const stat = lstatSync(join(root, path), { bigint: true });
      const mode = (stat.mode & 0o7777n).toString(8);
      if (stat.isDirectory()) {
        found.set(path, `folder ${mode} ${stat.mtimeNs}`);
        pending.push(path);
      } else if (stat.isSymbolicLink()) found.set(path, `link ${readlinkSync(join(root, path))}`);
      else
        found.set(path, `file ${mode} ${stat.mtimeNs} ${stat.size} ${contentHash(join(root, path), buffer)}`);
    }
  }
  return found;
}

function contentHash(path: string, buffer: Buffer): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const length = readSync(file, buffer);
      if (length === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

/** How many paths are missing, too many, or other than they should be. */
export function differences(wanted: Manifest, found: Manifest): number {
  let count = 0;
  for (const [path, line] of wanted) if (found.get(path) !== line) count += 1;
  for (const path of found.keys()) if (!wanted.has(path)) count += 1;
  return count;
}

export function sizeOf(root: string): number {
  let bytes = 0;
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += lstatSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
