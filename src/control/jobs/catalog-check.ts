// The job that proves that the database under the catalog is sound.

import { checkCatalog } from '../../catalog/check.ts';
import type { JobKind } from '../job.ts';
import { catalogAtHand } from './catalog-at-hand.ts';
import { type CatalogOrder, catalogOrder } from './orders.ts';

export const job: JobKind<CatalogOrder> = {
  order: catalogOrder,
  async run(_, tools, context) {
    await using catalog = await catalogAtHand(tools, context);
    const troubles = [...(await checkCatalog(catalog, context))];
    const counts = { troubles: troubles.length };
    return { outcome: 'succeeded', counts, result: { kind: catalog.kind, troubles } };
  },
};
