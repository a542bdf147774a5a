// The job behind looking into a recovery point: one folder, what fits a pattern, or what is otherwise than in an older one, a page at a time.

import type { JsonValue } from '../../base/jcs.ts';
import type { Node } from '../../model/node.ts';
import { createMatcher } from '../../model/selection.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import { diff, find, ls } from '../../operations/browse.ts';
import { listSnapshots } from '../../repository/snapshots.ts';
import { displayPath } from '../../sources/files/system.ts';
import type { JobKind } from '../job.ts';
import { type BrowseOrder, browseOrder } from './orders.ts';

type Entry = { readonly [field: string]: JsonValue };

export const job: JobKind<BrowseOrder> = {
  order: browseOrder,
  async run(order, tools, context) {
    await using repository = await tools.openers.repository(order.repository.rules, 'read', context);
    await repository.loadIndex(context);
    const snapshots = await listSnapshots(repository, context);
    const snapshot = resolveSnapshot(snapshots, order.snapshot);
    const { limit } = order;
    const after = order.after === undefined ? undefined : Buffer.from(order.after).toString('latin1');
    const entries: Entry[] = [];
    let hasMore = false;
    const take = (path: string, entry: () => Entry) => {
      if (after !== undefined && path <= after) return true;
      hasMore = entries.length === limit;
      if (!hasMore) entries.push(entry());
      return !hasMore;
    };
    const path = order.path === undefined ? '/' : Buffer.from(order.path).toString('latin1');
    if (order.older !== undefined) {
      const left = resolveSnapshot(snapshots, order.older);
      const request = { left, right: snapshot, path, metadata: true };
      for await (const one of diff(request, repository, context)) {
        const { change, bytes } = one;
        if (!take(one.path, () => ({ path: displayPath(one.path), change, bytes }))) break;
      }
    } else if (order.find === undefined) {
      for await (const one of ls({ snapshot, path, recursive: false }, repository, context)) {
        if (!take(one.path, () => entryOf(one.path, one.node))) break;
      }
    } else {
      const matcher = createMatcher(order.find);
      const matches = (path: string, isDirectory: boolean) => matcher.matches(displayPath(path), isDirectory);
      for await (const one of find({ matches, snapshots: [snapshot] }, repository, context)) {
        const newest = one.versions.at(-1);
        if (newest !== undefined && !take(one.path, () => entryOf(one.path, newest.node))) break;
      }
    }
    return {
      outcome: 'succeeded',
      counts: { entries: entries.length },
      result: { snapshot: snapshot.id, entries, hasMore },
    };
  },
};

function entryOf(path: string, node: Node): Entry {
  const { target } = node;
  return {
    path: displayPath(path),
    kind: node.kind,
    sizeBytes: node.sizeBytes,
    mtime: Number(node.mtimeNs / 1_000_000n),
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    ...(target === undefined ? {} : { target: Buffer.from(target).toString() }),
  };
}
