// How long the words of the audit trail are kept. Of older entries only the hash is left, so that chain and signed roots go on proving that
// none was changed, taken out or put in; an entry of its own says what was thinned.

import type { Context, Instant } from '../base/context.ts';
import { type AuditAct, appendAudit } from './audit.ts';
import { type Catalog, unitOf, write } from './catalog.ts';

export const thinningAction = 'audit:thin';

const atOnce = 1000;

/** Thins what is older than `before` and stands under a signed root; tells how many entries. */
export async function thinAudit(
  catalog: Catalog,
  { node, before }: { readonly node: string; readonly before: Instant },
  context: Context,
): Promise<number> {
  let thinned = 0;
  for (;;) {
    const some = await thinSome(catalog, node, before, context);
    thinned += some;
    if (some < atOnce) return thinned;
    context.signal.throwIfAborted();
  }
}

async function thinSome(catalog: Catalog, node: string, before: Instant, context: Context): Promise<number> {
  return write(
    catalog,
    async (access) => {
      const { db } = access;
      const root = await db
        .selectFrom('audit_roots')
        .select(({ fn }) => fn.max('last_seq').as('last'))
        .where('stream', '=', node)
        .executeTakeFirst();
      const rows = await db
        .selectFrom('audit_entries')
        .select(['seq', 'at', 'action'])
        .where('stream', '=', node)
        .where('seq', '<=', root?.last ?? 0)
        .where('entry', '<>', '')
        .orderBy('seq')
        .limit(atOnce)
        .execute();
      // Up to the first that is to be kept: what is gone is then always one stretch from the beginning.
      const end = rows.findIndex(({ at }) => at >= before);
      const some = end < 0 ? rows : rows.slice(0, end);
      const last = some.at(-1)?.seq;
      if (last === undefined) return 0;
      await db
        .updateTable('audit_entries')
        .set({ entry: '', actor: '', action: '' })
        .where('stream', '=', node)
        .where('seq', '<=', last)
        .where('entry', '<>', '')
        .execute();
      const act: AuditAct = {
        node,
        actor: 'holdfast',
        method: 'retention',
        action: thinningAction,
        object: node,
        outcome: 'succeeded',
        facts: { last, entries: some.length },
      };
      await appendAudit(unitOf(access), act, context);
      return some.length;
    },
    context,
    'audit',
  );
}
