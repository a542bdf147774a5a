// Alerts: one trouble is one alert until it is over, however often it is raised; who acknowledges it says until when.

import type { Context, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { type Catalog, read, storable, type Unit, write } from './catalog.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf, type Within } from './page.ts';

export type Severity = 'info' | 'warning' | 'critical';

export interface Alert {
  readonly id: string;
  /** What the trouble is, the same each time: "policy:files:failed". */
  readonly key: string;
  readonly severity: Severity;
  readonly state: 'open' | 'acknowledged' | 'resolved';
  readonly policyId?: string;
  readonly title: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  /** How often it was raised. */
  readonly count: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly acknowledged?: { readonly actor: string; readonly until: Instant };
  readonly resolvedAt?: Instant;
  /** From 1; grows each time that people are to be told of it as of something new, last at `newsAt`. */
  readonly news: number;
  readonly newsAt: Instant;
}

export type AlertWish = Pick<Alert, 'key' | 'severity' | 'title' | 'facts' | 'policyId'>;

const ranks: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };

/**
 * `isNews` says whether people are to be told: it is new, worse than before, or an acknowledgement has run out, which opens it again.
 */
export async function raiseAlert(
  at: Catalog | Unit,
  wish: AlertWish,
  context: Context,
): Promise<{ readonly id: string; readonly isNews: boolean }> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const now = await access.now();
      const told = {
        severity: wish.severity,
        title: storable(wish.title),
        facts: storable(JSON.stringify(wish.facts)),
        last_at: now,
      };
      const known = await db
        .selectFrom('alerts')
        .selectAll()
        .where('key', '=', wish.key)
        .where('state', '<>', 'resolved')
        .executeTakeFirst();
      if (known === undefined) {
        const id = access.newId(now);
        await db
          .insertInto('alerts')
          .values({
            id,
            key: wish.key,
            state: 'open',
            policy_id: wish.policyId ?? null,
            ...told,
            count: 1,
            first_at: now,
            news_at: now,
            acknowledged_by: null,
            acknowledged_until: null,
            resolved_at: null,
          })
          .execute();
        return { id, isNews: true };
      }
      const isWorse = ranks[wish.severity] > ranks[known.severity as Severity];
      const ranOut = known.acknowledged_until !== null && known.acknowledged_until < now;
      const isNews = isWorse || ranOut;
      await db
        .updateTable('alerts')
        .set({
          ...told,
          count: known.count + 1,
          ...(isNews
            ? {
                state: 'open',
                acknowledged_by: null,
                acknowledged_until: null,
                news: known.news + 1,
                news_at: now,
              }
            : {}),
        })
        .where('id', '=', known.id)
        .execute();
      return { id: known.id, isNews };
    },
    context,
  );
}

/** Fails with missing/ALERT_UNKNOWN when it is over. */
export async function acknowledgeAlert(
  at: Catalog | Unit,
  id: string,
  { actor, until }: { readonly actor: string; readonly until: Instant },
  context: Context,
): Promise<void> {
  await write(
    at,
    async ({ db }) => {
      const row = await db
        .updateTable('alerts')
        .set({ state: 'acknowledged', acknowledged_by: storable(actor), acknowledged_until: until })
        .where('id', '=', id)
        .where('state', '<>', 'resolved')
        .returning('id')
        .executeTakeFirst();
      if (row !== undefined) return;
      throw new Failure('missing', 'ALERT_UNKNOWN', `there is no alert "${id}" that waits for anybody`, {
        hint: 'Look at the list of alerts; this one may be over.',
      });
    },
    context,
  );
}

/** Opens what nobody acknowledges any more: it is news again. How many. */
export async function reopenAlerts(at: Catalog | Unit, context: Context): Promise<number> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const rows = await access.db
        .updateTable('alerts')
        .set(({ eb }) => ({
          state: 'open',
          acknowledged_by: null,
          acknowledged_until: null,
          news: eb('news', '+', 1),
          news_at: now,
        }))
        .where('state', '=', 'acknowledged')
        .where('acknowledged_until', '<', now)
        .returning('id')
        .execute();
      return rows.length;
    },
    context,
  );
}

/** The alert that is now over, for the message of recovery; undefined when there was none. */
export async function resolveAlert(
  at: Catalog | Unit,
  key: string,
  context: Context,
): Promise<Alert | undefined> {
  return write(
    at,
    async (access) => {
      const row = await access.db
        .updateTable('alerts')
        .set({ state: 'resolved', resolved_at: await access.now() })
        .where('key', '=', key)
        .where('state', '<>', 'resolved')
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? undefined : alertOf(row);
    },
    context,
  );
}

/** The one of that key that is not over. */
export async function unresolvedAlert(
  at: Catalog | Unit,
  key: string,
  context: Context,
): Promise<Alert | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('alerts')
        .selectAll()
        .where('key', '=', key)
        .where('state', '<>', 'resolved')
        .executeTakeFirst();
      return row === undefined ? undefined : alertOf(row);
    },
    context,
  );
}

/** Newest first. */
export async function listAlerts(
  at: Catalog | Unit,
  filter: PageWish & { readonly state?: Alert['state']; readonly within?: Within },
  context: Context,
): Promise<Page<Alert>> {
  const limit = limitOf(filter);
  const key = keyAfter(filter, 'string');
  return read(
    at,
    async ({ db }) => {
      let query = db.selectFrom('alerts').selectAll();
      if (filter.state !== undefined) query = query.where('state', '=', filter.state);
      if (filter.within !== undefined) {
        query = query.where('policy_id', 'in', [...filter.within.policies, '']);
      }
      if (key !== undefined) query = query.where('id', '<', key[0]);
      const rows = await query
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, alertOf, ({ id }) => [id]);
    },
    context,
  );
}

export async function alertById(
  at: Catalog | Unit,
  id: string,
  context: Context,
): Promise<Alert | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : alertOf(row);
    },
    context,
  );
}

export interface AlertFields {
  readonly id: string;
  readonly key: string;
  readonly severity: string;
  readonly state: string;
  readonly policy_id: string | null;
  readonly title: string;
  readonly facts: string;
  readonly count: number;
  readonly first_at: number;
  readonly last_at: number;
  readonly acknowledged_by: string | null;
  readonly acknowledged_until: number | null;
  readonly resolved_at: number | null;
  readonly news: number;
  readonly news_at: number;
}

export function alertOf(row: AlertFields): Alert {
  const { acknowledged_by: actor, acknowledged_until: until } = row;
  return {
    id: row.id,
    key: row.key,
    severity: row.severity as Severity,
    state: row.state as Alert['state'],
    title: row.title,
    facts: JSON.parse(row.facts),
    count: row.count,
    firstAt: row.first_at,
    lastAt: row.last_at,
    news: row.news,
    newsAt: row.news_at,
    ...(row.policy_id === null ? {} : { policyId: row.policy_id }),
    ...(actor === null || until === null ? {} : { acknowledged: { actor, until } }),
    ...(row.resolved_at === null ? {} : { resolvedAt: row.resolved_at }),
  };
}
