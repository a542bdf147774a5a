// The job that tells which recovery points a repository holds: from it a catalog is rebuilt.

import type { JsonValue } from '../../base/jcs.ts';
import { loadChain } from '../../repository/chain.ts';
import { displayPath } from '../../sources/files/system.ts';
import type { JobKind } from '../job.ts';
import { type ListOrder, type ListResult, listOrder } from './orders.ts';

export const job: JobKind<ListOrder> = {
  order: listOrder,
  async run(order, tools, context) {
    await using repository = await tools.openers.repository(order.repository.rules, 'read', context);
    const { snapshots } = await loadChain(repository, context);
    const result: ListResult = {
      storage: repository.storage.location,
      snapshots: snapshots
        .filter(({ confirmed }) => confirmed)
        .map((one) => ({
          id: one.id,
          takenAt: one.time,
          arrivedAt: one.arrivedAt,
          host: one.host,
          source: one.paths.map(displayPath).join(', ').slice(0, 1000),
          tags: [...one.tags],
          outcome: one.outcome === 'partial' ? 'partial' : 'succeeded',
          entries: one.stats.entries,
          bytes: one.stats.bytes,
          ...(one.original === undefined ? {} : { original: one.original }),
        })),
    };
    return {
      outcome: 'succeeded',
      counts: { snapshots: result.snapshots.length },
      result: result as JsonValue,
    };
  },
};
