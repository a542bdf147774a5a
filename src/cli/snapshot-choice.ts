// Which snapshot a person means: `latest`, an id or the start of one, filtered by host, tag, path and time.

import { Failure } from '../base/failure.ts';
import type { ListedSnapshot } from '../repository/chain.ts';
import type { Repository } from '../repository/repository.ts';
import type { Invocation, OptionSpec } from './command.ts';
import { parseTime } from './values.ts';

const idLengthMin = 4;

export interface SnapshotFilter {
  readonly hosts: readonly string[];
  readonly tags: readonly string[];
  /** Byte strings. */
  readonly paths: readonly string[];
  /** The newest at or before it. */
  readonly at?: number;
}

export const filterOptions: readonly OptionSpec[] = [
  { flags: '--host <host>', repeat: true, text: 'option.filterHost' },
  { flags: '--tag <tag>', repeat: true, text: 'option.filterTag' },
  { flags: '--path <path>', repeat: true, text: 'option.filterPath' },
];

export function readFilter(invocation: Invocation): SnapshotFilter {
  const { options, ambient } = invocation;
  const at = options.text('at');
  return {
    hosts: options.list('host'),
    tags: options.list('tag'),
    paths: options.list('path').map((path) => ambient.argumentBytes(path)),
    ...(at === undefined ? {} : { at: parseTime(at, timeBase(invocation)) }),
  };
}

export function timeBase({ ambient }: Invocation) {
  return { now: ambient.clock.now(), zoneOffsetMinutes: ambient.zoneOffsetMinutes };
}

/** All recovery points, oldest first; what cannot be read is told as a warning. */
export async function loadSnapshots(repository: Repository, { context }: Invocation): Promise<readonly ListedSnapshot[]> {
  const { loadChain } = await import('../repository/chain.ts');
  const chain = await loadChain(repository, context);
  for (const { name, failure } of chain.broken) {
    context.log.warn(`snapshot object "${name}" cannot be used: ${failure.message}`, { code: failure.code });
  }
  return chain.snapshots;
}

export function filterSnapshots(
  snapshots: readonly ListedSnapshot[],
  filter: SnapshotFilter,
): readonly ListedSnapshot[] {
  return snapshots.filter(
    (one) =>
      (filter.hosts.length === 0 || filter.hosts.includes(one.host)) &&
      filter.tags.every((tag) => one.tags.includes(tag)) &&
      filter.paths.every((path) => one.paths.includes(path)) &&
      (filter.at === undefined || one.time <= filter.at),
  );
}

/** Finds what `name` means: `latest`, a full id or at least four digits of one. */
export function chooseSnapshot(
  name: string,
  snapshots: readonly ListedSnapshot[],
  filter: SnapshotFilter,
): ListedSnapshot {
  if (name === 'latest') {
    // The claimed time is what people mean; among equals the later arrival wins.
    const newest = filterSnapshots(snapshots, filter).reduce<ListedSnapshot | undefined>(
      (best, one) => (best === undefined || one.time >= best.time ? one : best),
      undefined,
    );
    if (newest !== undefined) return newest;
    throw new Failure('missing', 'SNAPSHOT_UNKNOWN', 'no snapshot fits what was asked for', {
      facts: { snapshots: snapshots.length },
    });
  }
  const wanted = name.toLowerCase();
  if (!/^[0-9a-f]+$/.test(wanted) || wanted.length < idLengthMin || wanted.length > 32) throw unknown(name);
  const found = snapshots.filter((one) => one.id.startsWith(wanted));
  const [only] = found;
  if (only === undefined) throw unknown(name);
  if (found.length > 1) {
    const ids = found.slice(0, 8).map((one) => one.id.slice(0, Math.max(12, wanted.length + 4)));
    throw new Failure('usage', 'SNAPSHOT_AMBIGUOUS', `"${name}" fits ${found.length} snapshots: ${ids.join(', ')}`, {
      facts: { name, count: found.length },
    });
  }
  return only;
}

function unknown(name: string): Failure {
  return new Failure('missing', 'SNAPSHOT_UNKNOWN', `there is no snapshot "${name}"`, { facts: { name } });
}

/** `SNAPSHOT[:PATH]`; the path is a byte string. */
export function splitSnapshotPath(text: string, invocation: Invocation): { name: string; path?: string } {
  const colon = text.indexOf(':');
  if (colon < 0) return { name: text };
  const path = invocation.ambient.argumentBytes(text);
  return { name: text.slice(0, colon), path: path.slice(path.indexOf(':') + 1) };
}

/** The snapshots a command is about: those named, or all that fit the filter. */
export async function snapshotsOf(
  repository: Repository,
  names: readonly string[],
  invocation: Invocation,
): Promise<readonly ListedSnapshot[]> {
  const all = await loadSnapshots(repository, invocation);
  const filter = readFilter(invocation);
  if (names.length === 0) return filterSnapshots(all, filter);
  return [...new Set(names.map((name) => chooseSnapshot(name, all, filter)))];
}

export function shortId(id: string): string {
  return id.slice(0, 12);
}
