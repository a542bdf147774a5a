// Keeps objects, and ranges of objects, in a local folder, so that they are fetched once. It may be deleted at any time, by anybody: what
// is absent, damaged or cannot be written is fetched from the storage, as if there were no cache. Only immutable objects may be cached:
// an object that another machine deleted is still served here until the next complete list of its prefix.

import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { makeFolders } from '../../disk/folders.ts';
import type { ByteRange, CallOptions, ObjectStat, Storage } from '../storage.ts';
import { forwarding } from './forwarding.ts';

export interface CacheOptions {
  /** For this repository alone: the caller keys it. It is made when it is needed, readable to its owner only. */
  readonly folder: string;
  /** Of objects that are kept whole, such as "index/"; each ends with a slash. */
  readonly wholePrefixes: readonly string[];
  /** Of objects of which ranges are kept, such as "meta/". */
  readonly rangePrefixes: readonly string[];
}

/** SHA-256 of the file's name and the content, then the length of the content. */
const headerBytes = 32 + 8;

export function withCache(inner: Storage, cache: CacheOptions): Storage {
  const isWhole = (name: string) => cache.wholePrefixes.some((prefix) => name.startsWith(prefix));
  const isRanged = (name: string) => cache.rangePrefixes.some((prefix) => name.startsWith(prefix));
  const fileOf = (name: string, range?: ByteRange) => {
    const { folder, rest } = split(name);
    return join(cache.folder, folder, range === undefined ? rest : `${rest}@${range.offset}+${range.length}`);
  };
  const throughFile = async (path: string, fetch: () => Promise<Uint8Array>): Promise<Uint8Array> => {
    const kept = await readKept(path);
    if (kept !== undefined) return kept;
    const bytes = await fetch();
    await keep(path, bytes);
    return bytes;
  };

  return forwarding(inner, {
    async put(name, bytes, options) {
      await inner.put(name, bytes, options);
      if (isWhole(name)) await keep(fileOf(name), bytes);
    },
    async get(name, options) {
      const { range, signal } = options;
      if (!isWhole(name) && !(range !== undefined && isRanged(name))) return inner.get(name, options);
      if (signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
      if (range === undefined) return throughFile(fileOf(name), () => inner.get(name, options));
      if (isRanged(name)) return throughFile(fileOf(name, range), () => inner.get(name, options));
      const whole = await readKept(fileOf(name));
      if (whole === undefined || range.offset + range.length > whole.length) return inner.get(name, options);
      return whole.subarray(range.offset, range.offset + range.length);
    },
    async *list(prefix, options) {
      if (![...cache.wholePrefixes, ...cache.rangePrefixes].includes(prefix)) {
        yield* inner.list(prefix, options);
        return;
      }
      yield* listAndForget(inner, cache.folder, prefix, options);
    },
    async delete(name, options) {
      await inner.delete(name, options);
      if (isWhole(name)) await removeQuietly(fileOf(name));
      if (isRanged(name)) await forgetRanges(cache.folder, name);
    },
  });
}

/** Lists, and at the end drops what is kept of objects that are no more. */
async function* listAndForget(
  inner: Storage,
  cacheFolder: string,
  prefix: string,
  options: CallOptions,
): AsyncIterable<ObjectStat> {
  const { folder } = split(`${prefix}x`);
  // Read before the list: what is kept later is newer than the list, and stays.
  const keptFiles = await namesIn(join(cacheFolder, folder));
  const present = new Set<string>();
  for await (const object of inner.list(prefix, options)) {
    if (keptFiles.length > 0) present.add(split(object.name).rest);
    yield object;
  }
  for (const file of keptFiles) {
    if (!present.has(file.replace(/@.*$/, ''))) await removeQuietly(join(cacheFolder, folder, file));
  }
}

/** "meta/ab/abcd" lies in the folder "meta" as "ab=abcd": no character of it occurs in names, so no two collide. */
function split(name: string): { readonly folder: string; readonly rest: string } {
  const slash = name.indexOf('/');
  return { folder: name.slice(0, slash), rest: name.slice(slash + 1).replaceAll('/', '=') };
}

async function readKept(path: string): Promise<Uint8Array | undefined> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch {
    return undefined;
  }
  const bytes = file.subarray(headerBytes);
  if (file.length >= headerBytes && headerOf(path, bytes).equals(file.subarray(0, headerBytes))) return bytes;
  await removeQuietly(path);
  return undefined;
}

async function keep(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.tmp-${randomBytes(12).toString('hex')}`);
  try {
    makeFolders(dirname(path));
    await writeFile(temporary, Buffer.concat([headerOf(path, bytes), bytes]), { flag: 'wx', mode: 0o600 });
    // Without fsync: what a power cut tears does not match its hash.
    await rename(temporary, path);
  } catch {
    await removeQuietly(temporary);
  }
}

function headerOf(path: string, bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([
    createHash('sha256')
      .update(`${basename(path)}\0`)
      .update(bytes)
      .digest(),
    length,
  ]);
}

async function forgetRanges(cacheFolder: string, name: string): Promise<void> {
  const { folder, rest } = split(name);
  for (const file of await namesIn(join(cacheFolder, folder))) {
    if (file.startsWith(`${rest}@`)) await removeQuietly(join(cacheFolder, folder, file));
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch {
    // What cannot be removed is verified at its next reading.
  }
}
