// Extends the retention of what a new snapshot needs and did not bring itself, before it is published (security.md §2.18). What it brings
// is put with retention at once (storage/with/retention.ts).

import { mapAhead } from '../../base/ahead.ts';
import type { Context, Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { packObjectName } from '../../repository/pack-catalog.ts';
import type { Session } from '../../repository/session.ts';

/** Of what a backup puts, all that must stay. Marks of sessions must go when they end. */
export function isRetained(name: string): boolean {
  return /^(packs|meta|index|snapshots|tombstones)\//.test(name);
}

/** What cannot be extended is one problem: the snapshot is then `partial`, because it may lose its protection too early. */
export async function extendRetention(session: Session, until: Instant, context: Context): Promise<void> {
  const { storage, indexNames } = session.repository;
  if (storage.retain === undefined) {
    context.log.warn('this storage cannot refuse deletion: the retention binds "forget" only', {
      location: storage.location,
    });
    return;
  }
  const names = [...session.borrowed.map(packObjectName), ...[...indexNames].map((name) => `index/${name}`)];
  // Without them nothing opens; they are few.
  for (const prefix of ['config/', 'keys/']) {
    for await (const { name } of storage.list(prefix, context)) names.push(name);
  }
  const failed: { name: string; message: string }[] = [];
  const extend = async (name: string) => {
    try {
      await storage.retain?.(name, until, context);
    } catch (error) {
      // Superseded indexes go while we work, and nobody needs them.
      if (isFailure(error, 'missing') && name.startsWith('index/')) return;
      if (!isFailure(error, 'denied') && !isFailure(error, 'missing') && !isFailure(error, 'unavailable'))
        throw error;
      failed.push({ name, message: error.message });
    }
  };
  context.monitor.phase('extending retention');
  for await (const _ of mapAhead(names, storage.features.parallelCallsMax, extend));
  if (failed.length === 0) return;
  context.monitor.problem({
    path: failed[0]!.name,
    code: 'RETENTION_FAILED',
    message: `the retention of ${failed.length} of ${names.length} objects could not be extended: ${failed[0]!.message}`,
  });
}
