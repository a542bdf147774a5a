// Which snapshot a person means: `latest`, an id or the start of one, filtered by host, tag, path and time.

import { posix } from 'node:path';
import { filterSnapshots, resolveSnapshot, type SnapshotFilter } from '../model/snapshot-selection.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import type { Invocation, OptionSpec } from './command.ts';
import { timeOption } from './values.ts';

export const filterOptions: readonly OptionSpec[] = [
  { flags: '--host <host>', text: 'option.filterHost' },
  { flags: '--tag <tag>', repeat: true, text: 'option.filterTag' },
  { flags: '--path <path>', text: 'option.filterPath' },
];

export function readFilter(invocation: Invocation): SnapshotFilter {
  const { options, ambient } = invocation;
  const host = options.text('host');
  const path = options.text('path');
  const at = timeOption('at', 'end', invocation);
  return {
    ...(host === undefined ? {} : { host }),
    tags: options.list('tag'),
    ...(path === undefined
      ? {}
      : { path: posix.resolve(ambient.workingDirectory, ambient.argumentBytes(path)) }),
    ...(at === undefined ? {} : { at }),
  };
}

/** All recovery points, oldest first; what cannot be read or is missing is told as a warning. */
export async function loadSnapshots(
  repository: Repository,
  { context }: Invocation,
): Promise<readonly ListedSnapshot[]> {
  const { listSnapshots } = await import('../repository/snapshots.ts');
  return await listSnapshots(repository, context);
}

/** `SNAPSHOT[:PATH]`; the path is a byte string. */
export function splitSnapshotPath(text: string, invocation: Invocation): { name: string; path?: string } {
  const colon = text.indexOf(':');
  if (colon < 0) return { name: text };
  const path = invocation.ambient.argumentBytes(text);
  return { name: text.slice(0, colon), path: path.slice(path.indexOf(':') + 1) };
}

/** The snapshots a command is about, oldest first: those named, or all that fit the filter. */
export async function snapshotsOf(
  repository: Repository,
  names: readonly string[],
  invocation: Invocation,
): Promise<readonly ListedSnapshot[]> {
  const filter = readFilter(invocation);
  const all = await loadSnapshots(repository, invocation);
  if (names.length === 0) return filterSnapshots(all, filter).reverse();
  return [...new Set(names.map((name) => resolveSnapshot(all, name, filter)))];
}

export function shortId(id: string): string {
  return id.slice(0, 12);
}
