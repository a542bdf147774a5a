// Which snapshot a person means: "latest", an id, or the beginning of one, among those that a filter leaves.

import type { Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { escapeForTerminal } from '../base/text.ts';
import { formatInstantUtc } from './time.ts';

export interface SelectableSnapshot {
  /** 32 hex. */
  readonly id: string;
  /** When it was taken, as its writer claims: what people see in lists and mean by a time. */
  readonly time: Instant;
  readonly arrivedAt: Instant;
  readonly host: string;
  readonly tags: readonly string[];
  readonly paths: readonly string[];
}

export interface SnapshotFilter {
  readonly host?: string;
  /** All of them must be there. */
  readonly tags?: readonly string[];
  /** One of the snapshot's own paths, in the form in which the snapshot holds them. */
  readonly path?: string;
  /** Only those taken at or before. */
  readonly at?: Instant;
}

export const shortIdMin = 4;

/** Those that match all of the filter, newest first. */
export function filterSnapshots<Snapshot extends SelectableSnapshot>(
  snapshots: readonly Snapshot[],
  filter: SnapshotFilter,
): Snapshot[] {
  return snapshots
    .filter(
      (snapshot) =>
        (filter.host === undefined || snapshot.host === filter.host) &&
        (filter.tags ?? []).every((tag) => snapshot.tags.includes(tag)) &&
        (filter.path === undefined || snapshot.paths.includes(filter.path)) &&
        (filter.at === undefined || snapshot.time <= filter.at),
    )
    .sort((a, b) => b.time - a.time || b.arrivedAt - a.arrivedAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
}

/**
 * The one snapshot that `reference` names: "latest" (newest that the filter leaves), an id, or its first digits, at least
 * four. missing/SNAPSHOT_UNKNOWN when there is none, usage/SNAPSHOT_AMBIGUOUS with the candidates when there are several.
 */
export function resolveSnapshot<Snapshot extends SelectableSnapshot>(
  snapshots: readonly Snapshot[],
  reference: string,
  filter: SnapshotFilter = {},
): Snapshot {
  const candidates = filterSnapshots(snapshots, filter);
  if (reference === 'latest') {
    const newest = candidates[0];
    if (newest === undefined) throw unknown(reference, snapshots.length, filter);
    return newest;
  }
  const prefix = reference.toLowerCase();
  if (!/^[0-9a-f]{4,32}$/.test(prefix)) throw unknown(reference, snapshots.length, filter);
  const found = candidates.filter((snapshot) => snapshot.id.startsWith(prefix));
  const [first] = found;
  if (first === undefined) throw unknown(reference, snapshots.length, filter);
  if (found.length > 1) throw ambiguous(reference, found);
  return first;
}

function ambiguous(reference: string, found: readonly SelectableSnapshot[]): Failure {
  const listed = found.slice(0, 5).map((one) => `"${one.id}" (${formatInstantUtc(one.time)})`);
  const more = found.length > listed.length ? ` and ${found.length - listed.length} more` : '';
  return new Failure(
    'usage',
    'SNAPSHOT_AMBIGUOUS',
    `snapshot "${reference}" may be ${listed.join(', ')}${more}`,
    { facts: { reference, candidates: found.length }, hint: 'Give more digits of the id.' },
  );
}

function unknown(reference: string, count: number, filter: SnapshotFilter): Failure {
  const shown = escapeForTerminal(reference.slice(0, 100));
  const conditions = describeFilter(filter);
  const message =
    reference === 'latest' && count === 0
      ? 'there is no snapshot yet'
      : `there is no snapshot "${shown}"${conditions === '' ? '' : ` with ${conditions}`}`;
  const isTooShort = /^[0-9a-fA-F]{1,3}$/.test(reference);
  return new Failure('missing', 'SNAPSHOT_UNKNOWN', message, {
    facts: { reference: shown, snapshots: count },
    hint: isTooShort
      ? `Give at least ${shortIdMin} digits of the id; "holdfast snapshots" lists all ids.`
      : 'Run "holdfast snapshots" to list all snapshots.',
  });
}

function describeFilter(filter: SnapshotFilter): string {
  const parts = [
    filter.host === undefined ? '' : `host "${escapeForTerminal(filter.host)}"`,
    filter.tags?.length ? `tags "${escapeForTerminal(filter.tags.join(' '))}"` : '',
    filter.path === undefined ? '' : `path "${escapeForTerminal(filter.path)}"`,
    filter.at === undefined ? '' : `a time at or before "${formatInstantUtc(filter.at)}"`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}
