// What the tests of archives share: entries of every kind, whole archives in memory, and readers of them.

import { fileFormats, levelOf, openArchive, writeArchive } from '../../src/archives/all.ts';
import type { ArchiveEntry, OutgoingEntry, ReadLimits } from '../../src/archives/archive.ts';
import { testContext } from '../world.ts';

export const limits: ReadLimits = { entriesMax: 10_000, bytesMax: 1e12, ratioMax: 200 };

export const attributes = {
  mode: 0o644,
  uid: 1000,
  gid: 100,
  user: 'anna',
  group: 'users',
  mtimeNs: 1_700_000_000_123_456_789n,
  sizeBytes: 0,
} as const;

export function fileOf(path: string, content: Uint8Array, more: Partial<ArchiveEntry> = {}): OutgoingEntry {
  return {
    entry: { ...attributes, path, kind: 'file', sizeBytes: content.length, ...more },
    content: async function* () {
      // In odd pieces, so that no reader may rely on where they end.
      for (let at = 0; at < content.length; at += 99_991) yield content.subarray(at, at + 99_991);
    },
  };
}

export function other(
  path: string,
  kind: ArchiveEntry['kind'],
  more: Partial<ArchiveEntry> = {},
): OutgoingEntry {
  return { entry: { ...attributes, path, kind, ...more } };
}

export async function archiveOf(
  entries: readonly OutgoingEntry[],
  name: string,
  level?: number,
): Promise<Buffer> {
  const format = fileFormats.find((one) => one.name === name)!;
  async function* each() {
    yield* entries;
  }
  const parts: Uint8Array[] = [];
  for await (const part of writeArchive(each(), format, levelOf(format, level), testContext()))
    parts.push(Uint8Array.from(part));
  return Buffer.concat(parts);
}

export interface Read {
  readonly entry: ArchiveEntry;
  readonly content: Buffer;
}

export async function readAll(bytes: Uint8Array, more: Partial<ReadLimits> = {}): Promise<Read[]> {
  const context = testContext();
  const source = async function* () {
    for (let at = 0; at < bytes.length; at += 10_007) yield bytes.subarray(at, at + 10_007);
  };
  const archive = await openArchive(source, { ...limits, ...more }, context);
  const found: Read[] = [];
  for await (const { entry, content } of archive.entries(context)) {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(Uint8Array.from(part));
    found.push({ entry, content: Buffer.concat(parts) });
  }
  return found;
}
