// Log files that were put aside: how they are named, compressed, and swept away when there are too many.

import {
  createReadStream,
  createWriteStream,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Instant } from '../../base/context.ts';

/** `monitor.log.20261121T190736.120Z`, with a number behind it where that is taken. */
export function putAsideName(path: string, at: Instant): string {
  const stamp = new Date(at).toISOString().replace(/[-:]/g, '');
  for (let number = 0; ; number += 1) {
    const name = `${path}.${stamp}${number === 0 ? '' : `-${number}`}`;
    if (!existsSync(name) && !existsSync(`${name}.gz`)) return name;
  }
}

const pattern = /^\.\d{8}T\d{6}\.\d{3}Z(?:-\d+)?(?:\.gz)?$/;

/** Paths, oldest first, without the one that is being written. */
export function putAside(path: string): string[] {
  const name = basename(path);
  let names: string[];
  try {
    names = readdirSync(dirname(path));
  } catch {
    return [];
  }
  return names
    .filter((one) => one.startsWith(name) && pattern.test(one.slice(name.length)))
    .map((one) => join(dirname(path), one))
    .sort(byStamp);
}

function byStamp(left: string, right: string): number {
  const bare = (path: string) => path.replace(/\.gz$/, '');
  return bare(left).localeCompare(bare(right), 'en', { numeric: true });
}

/** All but the newest are compressed, those beyond `keep` removed. */
export async function compressOld(path: string, keep: number, at: Instant): Promise<void> {
  const found = putAside(path);
  const surplus = found.slice(0, Math.max(0, found.length - keep));
  for (const one of surplus) rmSync(one, { force: true });
  for (const one of found.slice(surplus.length, -1)) {
    if (!one.endsWith('.gz')) await compress(one, at);
  }
}

const abandonedMs = 3_600_000;

async function compress(path: string, at: Instant): Promise<void> {
  const partial = `${path}.partial`;
  const other = statSync(partial, { throwIfNoEntry: false });
  if (other !== undefined) {
    // Another process is at it, or died over it.
    if (at - other.mtimeMs < abandonedMs) return;
    rmSync(partial, { force: true });
  }
  const mode = statSync(path).mode & 0o777;
  const target = createWriteStream(partial, { mode, flags: 'wx' });
  try {
    await pipeline(createReadStream(path), createGzip(), target);
    renameSync(partial, `${path}.gz`);
    rmSync(path, { force: true });
  } catch (error) {
    // What another one has begun in the meantime is not ours.
    if (!target.pending) rmSync(partial, { force: true });
    throw error;
  }
}
