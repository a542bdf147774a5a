// The catalog, for jobs that look through all of it. Jobs that do something for the catalog never open it: they tell, and others write.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { JobTools } from '../job.ts';

/** Fails with missing/CATALOG_NOT_AT_HAND. */
export async function catalogAtHand({ openers }: JobTools, context: Context): Promise<Catalog> {
  const catalog = await openers.catalog?.(context);
  if (catalog !== undefined) return catalog;
  throw new Failure('missing', 'CATALOG_NOT_AT_HAND', 'no catalog is at hand');
}
