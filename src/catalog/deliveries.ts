// Deliveries: what was, or is to be, told of an alert to a channel. Those that still matter for what is told next are open; the rest is history.

import type { Context, Instant } from '../base/context.ts';
import type { NewsPlan, NewsReason, Told } from '../model/alerting/news.ts';
import { type Alert, type AlertFields, alertOf } from './alerts.ts';
import { type Catalog, read, type Unit, write } from './catalog.ts';
import { idAt } from './ids.ts';

export interface AlertNews {
  /** One for each key: the unresolved one, else the last of which somebody has heard. */
  readonly alerts: readonly (Alert & { readonly policy?: string })[];
  /** Open ones in the order of telling. */
  readonly told: readonly Told[];
  /** How often what somebody has heard of was raised since `since`. */
  readonly times: ReadonlyMap<string, number>;
}

/** Cheap: whether there may be anything to tell at all. */
export async function hasNews(at: Catalog | Unit, context: Context): Promise<boolean> {
  return read(
    at,
    async ({ db }) => {
      const unresolved = db.selectFrom('alerts').select('id').where('state', '<>', 'resolved').limit(1);
      if ((await unresolved.executeTakeFirst()) !== undefined) return true;
      const open = db.selectFrom('deliveries').select('id').where('is_open', '=', 1).limit(1);
      if ((await open.executeTakeFirst()) !== undefined) return true;
      const waiting = db.selectFrom('messages').select('id').where('state', '=', 'waiting').limit(1);
      return (await waiting.executeTakeFirst()) !== undefined;
    },
    context,
  );
}

export async function alertNews(at: Catalog | Unit, since: Instant, context: Context): Promise<AlertNews> {
  return read(
    at,
    async ({ db }) => {
      const openKeys = db.selectFrom('deliveries').select('alert_key').where('is_open', '=', 1);
      const alerts = db
        .selectFrom('alerts')
        .leftJoin('policies', 'policies.id', 'alerts.policy_id')
        .selectAll('alerts')
        .select('policies.name as policy');
      const unresolved = await alerts.where('alerts.state', '<>', 'resolved').orderBy('alerts.id').execute();
      const heardOf = await alerts
        .where('alerts.id', 'in', ({ selectFrom }) =>
          selectFrom('alerts as last')
            .select(({ fn }) => fn.max('last.id').as('id'))
            .where('last.key', 'in', openKeys)
            .groupBy('last.key'),
        )
        .orderBy('alerts.id')
        .execute();
      const told = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('is_open', '=', 1)
        .orderBy('id')
        .execute();
      const times = await db
        .selectFrom('alerts')
        .select(({ fn }) => ['key', fn.countAll<number>().as('count')])
        .where('key', 'in', openKeys)
        .where('id', '>', idAt(since))
        .groupBy('key')
        .execute();
      const byKey = new Map([...heardOf, ...unresolved].map((row) => [row.key, row]));
      return {
        alerts: [...byKey.values()].map((row) => ({
          ...alertOf(row as AlertFields),
          ...(row.policy === null ? {} : { policy: row.policy }),
        })),
        told: told.map(toldOf),
        times: new Map(times.map(({ key, count }) => [key, count])),
      };
    },
    context,
  );
}

/** Alerts by id, of deliveries whose key has got another since. */
export async function alertsById(
  at: Catalog | Unit,
  ids: readonly string[],
  context: Context,
): Promise<ReadonlyMap<string, Alert & { readonly policy?: string }>> {
  return read(
    at,
    async ({ db }) => {
      const found = new Map<string, Alert & { readonly policy?: string }>();
      for (const some of inChunks(ids)) {
        const rows = await db
          .selectFrom('alerts')
          .leftJoin('policies', 'policies.id', 'alerts.policy_id')
          .selectAll('alerts')
          .select('policies.name as policy')
          .where('alerts.id', 'in', some)
          .execute();
        for (const row of rows) {
          found.set(row.id, { ...alertOf(row), ...(row.policy === null ? {} : { policy: row.policy }) });
        }
      }
      return found;
    },
    context,
  );
}

/** What was added, as it now waits. */
export async function applyNews(
  at: Catalog | Unit,
  plan: NewsPlan,
  context: Context,
): Promise<readonly Told[]> {
  if (plan.add.length + plan.drop.length + plan.close.length === 0) return [];
  return write(
    at,
    async (access) => {
      const { db } = access;
      const now = await access.now();
      for (const ids of inChunks(plan.drop)) {
        await db
          .updateTable('deliveries')
          .set({ state: 'dropped', is_open: 0, ended_at: now })
          .where('id', 'in', ids)
          .execute();
      }
      for (const ids of inChunks(plan.close)) {
        await db.updateTable('deliveries').set({ is_open: 0 }).where('id', 'in', ids).execute();
      }
      const added = plan.add.map(
        (tidings): Told => ({ ...tidings, id: access.newId(now), state: 'waiting', at: now }),
      );
      for (const some of inChunks(added)) {
        const rows = some.map((told) => ({
          id: told.id,
          alert_id: told.alertId,
          alert_key: told.key,
          news: told.news,
          channel: told.channel,
          reason: told.reason,
          severity: told.severity,
          state: 'waiting',
          message_id: null,
          is_open: 1,
          created_at: now,
          ended_at: null,
        }));
        await db.insertInto('deliveries').values(rows).execute();
      }
      return added;
    },
    context,
  );
}

/** Those that cannot be delivered any more: their channel is gone, or they waited too long. */
export async function giveUpDeliveries(
  at: Catalog | Unit,
  ids: readonly string[],
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      const now = await access.now();
      for (const some of inChunks(ids)) {
        await access.db
          .updateTable('deliveries')
          .set({ state: 'given-up', is_open: 0, ended_at: now })
          .where('id', 'in', some)
          .execute();
      }
    },
    context,
  );
}

export interface Delivery extends Omit<Told, 'state'> {
  readonly state: 'waiting' | 'sent' | 'refused' | 'given-up' | 'dropped';
  readonly endedAt?: Instant;
  readonly messageId?: string;
}

/** Who was told of an alert, oldest first, 500 at most. */
export async function deliveriesOf(
  at: Catalog | Unit,
  alertId: string,
  context: Context,
): Promise<readonly Delivery[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('deliveries')
        .selectAll()
        .where('alert_id', '=', alertId)
        .orderBy('id')
        .limit(500)
        .execute();
      return rows.map((row) => ({
        ...toldOf(row),
        state: row.state as Delivery['state'],
        ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
        ...(row.message_id === null ? {} : { messageId: row.message_id }),
      }));
    },
    context,
  );
}

function toldOf(row: {
  readonly id: string;
  readonly alert_id: string;
  readonly alert_key: string;
  readonly news: number;
  readonly channel: string;
  readonly reason: string;
  readonly severity: string;
  readonly state: string;
  readonly message_id: string | null;
  readonly created_at: number;
}): Told {
  const isWaiting = row.state === 'waiting';
  return {
    id: row.id,
    key: row.alert_key,
    alertId: row.alert_id,
    news: row.news,
    channel: row.channel,
    reason: row.reason as NewsReason,
    severity: row.severity as Told['severity'],
    state: !isWaiting ? 'told' : row.message_id === null ? 'waiting' : 'sending',
    at: row.created_at,
  };
}

/** Few enough for the parameters of one statement. */
export function inChunks<Item>(items: readonly Item[]): Item[][] {
  const chunks: Item[][] = [];
  for (let from = 0; from < items.length; from += 500) chunks.push(items.slice(from, from + 500));
  return chunks;
}
