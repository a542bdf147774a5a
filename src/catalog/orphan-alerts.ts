// Alerts of what is no more: nobody will ever find that their trouble is over, so they end with what they were about. An attack stays told: who deletes
// a policy must not hush what was seen in it.

import type { Context, Instant } from '../base/context.ts';
import { type Catalog, type Unit, write } from './catalog.ts';

export interface Known {
  /** By their names in the configuration. */
  readonly repositories: readonly string[];
  readonly channels: readonly string[];
  /** At work now. */
  readonly nodes: readonly string[];
  /** What was raised since then may be of something that comes back. */
  readonly raisedBefore: Instant;
}

/** How many are over now. */
export async function resolveOrphans(
  at: Catalog | Unit,
  { repositories, channels, nodes, raisedBefore }: Known,
  context: Context,
): Promise<number> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const open = await db
        .selectFrom('alerts')
        .leftJoin('policies', 'policies.id', 'alerts.policy_id')
        .select(['alerts.id', 'key', 'severity', 'state', 'last_at', 'policies.deleted_at'])
        .where('state', '<>', 'resolved')
        .execute();
      const isOver = (alert: (typeof open)[number]): boolean => {
        const [topic = '', ...rest] = alert.key.split(':');
        const isSeen = alert.state === 'acknowledged' || alert.severity !== 'critical';
        const isLong = alert.last_at < raisedBefore;
        switch (topic) {
          case 'brake':
            return false;
          case 'anomaly':
            return alert.deleted_at !== null && isSeen;
          case 'check':
            return isLong && !repositories.includes(rest.join(':'));
          case 'channel':
            return !channels.includes(rest.join(':'));
          case 'configuration':
            return isLong && rest.length > 1 && !nodes.includes(rest.slice(1).join(':'));
          default:
            return alert.deleted_at !== null;
        }
      };
      const ids = open.filter(isOver).map(({ id }) => id);
      const now = await access.now();
      for (const id of ids) {
        await db
          .updateTable('alerts')
          .set({ state: 'resolved', resolved_at: now })
          .where('id', '=', id)
          .execute();
      }
      return ids.length;
    },
    context,
  );
}
