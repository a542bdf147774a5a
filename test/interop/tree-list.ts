// What lies below a folder, as plain data that can be compared and kept in a file. Made with node:fs alone, so that it is a second
// opinion on what was restored.

import { createHash } from 'node:crypto';
import { lstatSync, lutimesSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface TreeEntry {
  /** Below the folder, one character a byte; empty for the folder itself. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Four octal digits; symbolic links have none worth comparing. */
  readonly mode?: string;
  readonly mtimeNs: string;
  readonly size?: number;
  readonly sha256?: string;
  readonly target?: string;
  /** The first path of the same inode, for files with several names. */
  readonly sameAs?: string;
}

/** Sorted by path, bytewise. Fifos, sockets and devices are left out. */
export function listTree(folder: string): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const inodes = new Map<bigint, string>();
  const visit = (place: Buffer, path: string) => {
    const stat = lstatSync(place, { bigint: true });
    const mode = (Number(stat.mode) & 0o7777).toString(8).padStart(4, '0');
    const mtimeNs = String(stat.mtimeNs);
    if (stat.isDirectory()) {
      entries.push({ path, kind: 'directory', mode, mtimeNs });
      const names = readdirSync(place, { encoding: 'buffer' }).sort(Buffer.compare);
      for (const name of names) {
        const child = Buffer.concat([place, Buffer.from('/'), name]);
        visit(child, path === '' ? name.toString('latin1') : `${path}/${name.toString('latin1')}`);
      }
    } else if (stat.isSymbolicLink()) {
      const target = readlinkSync(place, { encoding: 'buffer' }).toString('latin1');
      entries.push({ path, kind: 'symlink', mtimeNs, target });
    } else if (stat.isFile()) {
      const first = inodes.get(stat.ino);
      inodes.set(stat.ino, first ?? path);
      const sha256 = createHash('sha256').update(readFileSync(place)).digest('hex');
      const common = { path, kind: 'file', mode, mtimeNs, size: Number(stat.size), sha256 } as const;
      entries.push(first === undefined ? common : { ...common, sameAs: first });
    }
  };
  visit(Buffer.from(folder), '');
  return entries;
}

/** Half seconds survive Node's floats exactly, and the second reader has nothing better to set times with. */
export function setEvenTimes(folder: string, firstSecond = 1_600_000_000): void {
  let second = firstSecond;
  const visit = (place: Buffer) => {
    const isDirectory = lstatSync(place).isDirectory();
    const names = isDirectory ? readdirSync(place, { encoding: 'buffer' }).sort(Buffer.compare) : [];
    for (const name of names) visit(Buffer.concat([place, Buffer.from('/'), name]));
    second += 1;
    lutimesSync(place, second + 0.5, second + 0.5);
  };
  visit(Buffer.from(folder));
}

/** The first few differences in words; empty when the lists are equal. Cheap for long lists, unlike a deep comparison's report. */
export function differencesOf(found: readonly TreeEntry[], expected: readonly TreeEntry[]): string[] {
  const differences: string[] = [];
  for (let n = 0; n < Math.max(found.length, expected.length) && differences.length < 5; n += 1) {
    const [one, other] = [JSON.stringify(found[n]), JSON.stringify(expected[n])];
    if (one !== other) differences.push(`${one} instead of ${other}`);
  }
  return differences;
}
