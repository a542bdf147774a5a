// Whether a trouble is open, for who must not go on while it is.

import type { Context } from '../base/context.ts';
import { type Catalog, read, type Unit } from './catalog.ts';

/** An acknowledged alert is still open: somebody knows of it, and it is not over. */
export async function isAlertOpen(at: Catalog | Unit, key: string, context: Context): Promise<boolean> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('alerts')
        .select('id')
        .where('key', '=', key)
        .where('state', '<>', 'resolved')
        .executeTakeFirst();
      return row !== undefined;
    },
    context,
  );
}
