// Acts that could not be written into the catalog when they happened, or whose program was killed: taken in later, each once.

import type { Context } from '../base/context.ts';
import { type AuditAct, appendAudit } from './audit.ts';
import { type Catalog, together, type Unit, write } from './catalog.ts';

/** False when the act of this id has been taken in before: nothing is written then. */
export async function takeAct(at: Catalog, id: string, act: AuditAct, context: Context): Promise<boolean> {
  return together(
    at,
    async (unit) => {
      if (!(await isNew(unit, id, context))) return false;
      await appendAudit(unit, act, context);
      return true;
    },
    context,
    'audit',
  );
}

async function isNew(unit: Unit, id: string, context: Context): Promise<boolean> {
  return write(
    unit,
    async (access) => {
      const { numInsertedOrUpdatedRows } = await access.db
        .insertInto('audit_taken')
        .values({ id, at: await access.now() })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .executeTakeFirst();
      return (numInsertedOrUpdatedRows ?? 0n) > 0n;
    },
    context,
  );
}
