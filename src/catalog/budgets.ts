// Budgets that all nodes share: so many at once, then one every so often. A budget is one number, the time until which its spending is paid
// for (GCRA), so it fills by itself and an unused one needs no row.

import type { Context } from '../base/context.ts';
import { type Access, type Catalog, read, type Unit, write, writeFleeting } from './catalog.ts';

export interface BudgetRule {
  /** What can be spent at once. */
  readonly burst: number;
  /** One comes back in so long. */
  readonly everyMs: number;
  /** Where a power cut may give back what was spent last: it keeps out haste, not attackers. */
  readonly isFleeting?: boolean;
}

export interface Spent {
  readonly isAllowed: boolean;
  /** What is left now. */
  readonly left: number;
  /** When refused: how long until it is allowed. */
  readonly waitMs: number;
}

/** Spends `cost`, or nothing when it is more than what is left. Refusing writes nothing, so refusals cost little. */
export async function spend(
  at: Catalog | Unit,
  key: string,
  rule: BudgetRule,
  context: Context,
  cost = 1,
): Promise<Spent> {
  const seen = await read(at, (access) => balance(access, key, rule, cost), context);
  if (!seen.isAllowed) return seen;
  const change = rule.isFleeting === true ? writeFleeting : write;
  return change(
    at,
    async (access) => {
      const { paidUntil, ...spent } = await balance(access, key, rule, cost);
      if (!spent.isAllowed) return spent;
      await access.db
        .insertInto('budgets')
        .values({ key, paid_until: paidUntil })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ paid_until: paidUntil }))
        .execute();
      return spent;
    },
    context,
  );
}

async function balance(
  access: Access,
  key: string,
  { burst, everyMs }: BudgetRule,
  cost: number,
): Promise<Spent & { readonly paidUntil: number }> {
  const now = await access.now();
  const row = await access.db
    .selectFrom('budgets')
    .select('paid_until')
    .where('key', '=', key)
    .executeTakeFirst();
  // A clock that went back, or a rule that was made smaller, must not shut anybody out for longer than the whole budget takes.
  const owed = Math.min(Math.max(0, (row?.paid_until ?? 0) - now), burst * everyMs);
  const after = owed + Math.ceil(cost * everyMs);
  const isAllowed = after <= burst * everyMs;
  return {
    isAllowed,
    left: Math.floor((burst * everyMs - (isAllowed ? after : owed)) / everyMs),
    waitMs: isAllowed ? 0 : after - burst * everyMs,
    paidUntil: now + after,
  };
}

/** One that was spent comes back at once. */
export async function giveBack(
  at: Catalog | Unit,
  key: string,
  { everyMs }: BudgetRule,
  context: Context,
): Promise<void> {
  await write(
    at,
    ({ db }) =>
      db
        .updateTable('budgets')
        .set(({ eb }) => ({ paid_until: eb('paid_until', '-', everyMs) }))
        .where('key', '=', key)
        .execute(),
    context,
  );
}

/** Full again. */
export async function refill(at: Catalog | Unit, key: string, context: Context): Promise<void> {
  await write(at, ({ db }) => db.deleteFrom('budgets').where('key', '=', key).execute(), context);
}

/** Rows of budgets that are full by now. */
export async function sweepBudgets(at: Catalog | Unit, context: Context): Promise<number> {
  return write(
    at,
    async (access) => {
      const gone = await access.db
        .deleteFrom('budgets')
        .where('paid_until', '<=', await access.now())
        .returning('key')
        .execute();
      return gone.length;
    },
    context,
  );
}
