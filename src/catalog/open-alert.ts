// Whether a trouble is open, for who must not go on while it is.

import type { Context, Instant } from '../base/context.ts';
import { type Catalog, read, type Unit } from './catalog.ts';

export async function isAlertOpen(at: Catalog | Unit, key: string, context: Context): Promise<boolean> {
  return (await openAlert(at, key, context)) !== undefined;
}

/** An acknowledged alert is still open: somebody knows of it, and it is not over. */
export async function openAlert(
  at: Catalog | Unit,
  key: string,
  context: Context,
): Promise<
  | { readonly lastAt: Instant; readonly facts: Readonly<Record<string, string | number | boolean>> }
  | undefined
> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('alerts')
        .select(['last_at', 'facts'])
        .where('key', '=', key)
        .where('state', '<>', 'resolved')
        .executeTakeFirst();
      return row === undefined ? undefined : { lastAt: row.last_at, facts: JSON.parse(row.facts) };
    },
    context,
  );
}
