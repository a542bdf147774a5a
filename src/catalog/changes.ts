// What goes on: runs on their way and alerts that are not over, and those that ended lately. For who watches and asks again and again.

import type { Context, Instant } from '../base/context.ts';
import { type Alert, alertOf } from './alerts.ts';
import { type Catalog, read, type Unit } from './catalog.ts';
import { type Run, runOf } from './runs.ts';

export interface Goings {
  /** When it was looked at, by the catalog's clock. */
  readonly at: Instant;
  readonly runs: readonly Run[];
  readonly alerts: readonly Alert[];
}

/** More than that at once nobody can watch. */
const most = 500;

/** All that is open, and what ended at `since` or later. */
export async function goingsSince(at: Catalog | Unit, since: Instant, context: Context): Promise<Goings> {
  return read(
    at,
    async (access) => {
      const { db } = access;
      // First: what happens while the rest is read is found again by the next look.
      const now = await access.now();
      const running = db
        .selectFrom('runs')
        .selectAll()
        .where('state', '=', 'running')
        .orderBy('id')
        .limit(most);
      const ended = db
        .selectFrom('runs')
        .selectAll()
        .where('ended_at', '>=', since)
        .orderBy('ended_at', 'desc')
        .limit(most);
      const open = db
        .selectFrom('alerts')
        .selectAll()
        .where('state', '<>', 'resolved')
        .orderBy('id', 'desc')
        .limit(most);
      const resolved = db
        .selectFrom('alerts')
        .selectAll()
        .where('resolved_at', '>=', since)
        .orderBy('resolved_at', 'desc')
        .limit(most);
      return {
        at: now,
        runs: [...(await ended.execute()).reverse(), ...(await running.execute())].map(runOf),
        alerts: [...(await resolved.execute()).reverse(), ...(await open.execute())].map(alertOf),
      };
    },
    context,
  );
}

/** Names of policies by their ids, also of those that are deleted. */
export async function policyNames(
  at: Catalog | Unit,
  ids: readonly string[],
  context: Context,
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  return read(
    at,
    async ({ db }) => {
      const rows = await db.selectFrom('policies').select(['id', 'name']).where('id', 'in', wanted).execute();
      return new Map(rows.map(({ id, name }) => [id, name]));
    },
    context,
  );
}
