// Whether a kind of work goes well again, from the tasks that the queue still remembers.

import type { Context, Instant } from '../base/context.ts';
import { type Catalog, read, type Unit } from './catalog.ts';

const looked = 50;

/** Whether one of this kind and source was done since then, and did not end with a failure. */
export async function hasSucceededSince(
  at: Catalog | Unit,
  { kind, source, since }: { readonly kind: string; readonly source?: string; readonly since: Instant },
  context: Context,
): Promise<boolean> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('tasks')
        .select('result')
        .where('kind', '=', kind)
        .where('source', source === undefined ? 'is' : '=', source ?? null)
        .where('state', '=', 'done')
        .where('done_at', '>', since)
        .where('canceled_at', 'is', null)
        .orderBy('done_at', 'desc')
        .limit(looked)
        .execute();
      return rows.some(({ result }) => {
        const read = JSON.parse(result ?? 'null') as { readonly failure?: unknown } | null;
        return read?.failure === undefined;
      });
    },
    context,
  );
}
