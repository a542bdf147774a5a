// How often somebody may ask: so many requests a minute for each caller and each address, together over all nodes. A node takes them from
// the catalog in small lots and hands them out itself, so that reading costs no write each time.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { spend } from '../catalog/budgets.ts';
import type { Catalog } from '../catalog/catalog.ts';

export interface Budgets {
  /** The headers that tell what is left. Fails with exhausted/TOO_MANY_REQUESTS. */
  spend(key: string, context: Context): Promise<Readonly<Record<string, string>>>;
}

/** What two nodes have in their hands and do not use is then at most 5 % of what is shared. */
const lotShare = 40;
const keysMost = 10_000;

export function budgetsOf(perMinute: number, catalog: Catalog): Budgets {
  const lots = new Map<string, { left: number; readonly until: number; readonly shared: number }>();
  const refusals = new Map<string, number>();
  const lot = Math.max(1, Math.floor(perMinute / lotShare));
  const rule = { burst: perMinute, everyMs: 60_000 / perMinute, isFleeting: true };
  const headers = (left: number) => ({
    'ratelimit-policy': `"minute";q=${perMinute};w=60`,
    ratelimit: `"minute";r=${left}`,
  });
  return {
    async spend(key, context) {
      const now = context.clock.elapsed();
      const own = lots.get(key);
      if (own !== undefined && own.left > 0 && now < own.until) {
        own.left -= 1;
        return headers(own.shared + own.left);
      }
      // Who was refused asks the catalog no more until the time has come: a flood costs nearly nothing.
      const refusedUntil = refusals.get(key) ?? 0;
      if (now < refusedUntil) throw tooMany(refusedUntil - now);
      const { isAllowed, left, waitMs } = await spend(catalog, `api:${key}`, rule, context, lot);
      if (lots.size >= keysMost) lots.clear();
      if (refusals.size >= keysMost) refusals.clear();
      if (!isAllowed) {
        refusals.set(key, now + waitMs);
        throw tooMany(waitMs);
      }
      refusals.delete(key);
      lots.set(key, { left: lot - 1, until: now + 60_000, shared: left });
      return headers(left + lot - 1);
    },
  };
}

function tooMany(waitMs: number): Failure {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new Failure('exhausted', 'TOO_MANY_REQUESTS', 'there were too many requests', {
    hint: `Wait ${seconds} seconds.`,
    facts: { retryAfterSeconds: seconds },
  });
}
