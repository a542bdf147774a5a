// What tries to get in cost: budgets in the catalog, so that all nodes share them. An address has one, and an account has one for all
// addresses from which its person has not come before: strangers can use that up without shutting out the person. The last administrator's
// account has none of its own: the budget of each address must do.

import type { Context } from '../base/context.ts';
import { type BudgetRule, giveBack, refill, type Spent, spend } from '../catalog/budgets.ts';
import type { Catalog } from '../catalog/catalog.ts';

const minute = 60_000;

export const tryRules = {
  address: { burst: 10, everyMs: 3 * minute },
  account: { burst: 10, everyMs: 3 * minute },
  /** From an address where the person was before. */
  known: { burst: 10, everyMs: minute },
  /** Of codes, by who knows the password: six digits must not be tried for long. */
  code: { burst: 5, everyMs: 2 * minute },
  /** Of the password by who has a session. */
  proof: { burst: 5, everyMs: minute },
  /** Refused tries are written down once in so long for an address or a name, so that nobody fills the audit trail. */
  told: { burst: 1, everyMs: minute },
} as const satisfies Readonly<Record<string, BudgetRule>>;

export const knownForMs = 30 * 24 * 60 * minute;

export function spendTry(
  catalog: Catalog,
  kind: keyof typeof tryRules,
  whose: string,
  context: Context,
): Promise<Spent> {
  return spend(catalog, keyOf(kind, whose), tryRules[kind], context);
}

/** It was a right one: costs nothing, so that a household may log in one after the other. Wrong ones before it stay counted. */
export function returnTry(
  catalog: Catalog,
  kind: keyof typeof tryRules,
  whose: string,
  context: Context,
): Promise<void> {
  return giveBack(catalog, keyOf(kind, whose), tryRules[kind], context);
}

export function forgiveTries(
  catalog: Catalog,
  kind: keyof typeof tryRules,
  whose: string,
  context: Context,
): Promise<void> {
  return refill(catalog, keyOf(kind, whose), context);
}

function keyOf(kind: string, whose: string): string {
  return `try:${kind}:${whose}`;
}

/** Whose budget an address shares: IPv6 networks of 64 bits are one household. */
export function addressKey(address: string | undefined): string {
  if (address === undefined) return 'here';
  const plain = address.toLowerCase().replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const between = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  const groups = [...first, ...(tail === undefined ? [] : between), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
