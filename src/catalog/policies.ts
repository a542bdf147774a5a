// Policies as configured, each with a revision that grows with every change, and what was last heard of them.

import type { Context, Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { JsonValue } from '../base/jcs.ts';
import type { Outcome } from '../model/outcome.ts';
import { type Access, type Catalog, read, storable, type Unit, unitOf, write } from './catalog.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf, type Within } from './page.ts';
import { lookAtPlans } from './plans.ts';
import { toStored } from './stored-json.ts';

/** `file`: stands in the configuration file, and goes when it is taken out there. `api`: made by hand, and stays. */
export type PolicyOrigin = 'file' | 'api';

export interface Policy {
  readonly id: string;
  readonly name: string;
  /** From 1. */
  readonly revision: number;
  readonly config: JsonValue;
  readonly enabled: boolean;
  readonly origin: PolicyOrigin;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly lastRunId?: string;
  readonly lastOutcome?: Outcome;
  readonly lastEndedAt?: Instant;
  readonly lastSucceededAt?: Instant;
}

export interface PolicyWish {
  readonly name: string;
  readonly config: JsonValue;
  readonly enabled: boolean;
  /** When absent, it stays what it was; a new one is of the API. */
  readonly origin?: PolicyOrigin;
}

/**
 * Makes it, or changes the one of this name; without a difference nothing happens. With `revision`, fails with conflict/POLICY_CHANGED
 * when somebody else has changed it since.
 */
export async function savePolicy(
  at: Catalog | Unit,
  { name, config, enabled, origin: wished }: PolicyWish,
  context: Context,
  revision?: number,
): Promise<{ readonly id: string; readonly revision: number; readonly changed: boolean }> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const text = toStored(config);
      const known = await db
        .selectFrom('policies')
        .select(['id', 'revision', 'config', 'enabled', 'origin'])
        .where('name', '=', name)
        .where('deleted_at', 'is', null)
        .executeTakeFirst();
      if (revision !== undefined && revision !== (known?.revision ?? 0)) throw changedSince(name);
      const now = await access.now();
      const origin = wished ?? known?.origin ?? 'api';
      const values = { config: text, enabled: enabled ? 1 : 0, origin, updated_at: now };
      if (known === undefined) {
        const id = access.newId(now);
        await db
          .insertInto('policies')
          .values({ id, name: storable(name), revision: 1, ...values, created_at: now, deleted_at: null })
          .execute();
        await db
          .insertInto('policy_states')
          .values({
            policy_id: id,
            last_run_id: null,
            last_outcome: null,
            last_ended_at: null,
            last_succeeded_at: null,
          })
          .execute();
        await noteChange(access);
        await lookAtPlans(unitOf(access), id, now, context);
        return { id, revision: 1, changed: true };
      }
      if (known.config === text && known.enabled === values.enabled && known.origin === origin) {
        return { id: known.id, revision: known.revision, changed: false };
      }
      const next = known.revision + 1;
      await db
        .updateTable('policies')
        .set({ ...values, revision: next })
        .where('id', '=', known.id)
        .execute();
      await noteChange(access);
      await lookAtPlans(unitOf(access), known.id, now, context);
      return { id: known.id, revision: next, changed: true };
    },
    context,
  );
}

/** Its runs and recovery points stay. Tells whether there was one. */
export async function deletePolicy(at: Catalog | Unit, name: string, context: Context): Promise<boolean> {
  return write(
    at,
    async (access) => {
      const row = await access.db
        .updateTable('policies')
        .set({ deleted_at: await access.now() })
        .where('name', '=', name)
        .where('deleted_at', 'is', null)
        .returning('id')
        .executeTakeFirst();
      if (row !== undefined) await noteChange(access);
      return row !== undefined;
    },
    context,
  );
}

/** Every change of the configuration or a policy moves the count that `configurationRevision` tells. */
export async function noteChange({ db }: Access): Promise<void> {
  await db
    .updateTable('configuration_changes')
    .set(({ eb }) => ({ count: eb('count', '+', 1) }))
    .where('id', '=', 1)
    .execute();
}

export async function policyNamed(
  at: Catalog | Unit,
  name: string,
  context: Context,
): Promise<Policy | undefined> {
  return (await select(at, { name, limit: 1 }, context)).items[0];
}

/** Undefined for one that was deleted. */
export async function policyById(
  at: Catalog | Unit,
  id: string,
  context: Context,
): Promise<Policy | undefined> {
  return (await select(at, { id, limit: 1 }, context)).items[0];
}

/** By name. */
export async function listPolicies(
  at: Catalog | Unit,
  filter: PageWish & { readonly enabled?: boolean; readonly within?: Within },
  context: Context,
): Promise<Page<Policy>> {
  return select(at, filter, context);
}

async function select(
  at: Catalog | Unit,
  filter: PageWish & {
    readonly enabled?: boolean;
    readonly name?: string;
    readonly id?: string;
    readonly within?: Within;
  },
  context: Context,
): Promise<Page<Policy>> {
  const limit = limitOf(filter);
  const key = keyAfter(filter, 'string');
  return read(
    at,
    async ({ db }) => {
      let query = db
        .selectFrom('policies')
        .innerJoin('policy_states', 'policy_states.policy_id', 'policies.id')
        .selectAll()
        .where('deleted_at', 'is', null);
      if (filter.id !== undefined) query = query.where('id', '=', filter.id);
      if (filter.name !== undefined) query = query.where('name', '=', filter.name);
      if (filter.enabled !== undefined) query = query.where('enabled', '=', filter.enabled ? 1 : 0);
      if (filter.within !== undefined) query = query.where('id', 'in', [...filter.within.policies, '']);
      if (key !== undefined) query = query.where('name', '>', key[0]);
      const rows = await query
        .orderBy('name')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, policyOf, ({ name }) => [name]);
    },
    context,
  );
}

interface PolicyFields {
  readonly id: string;
  readonly name: string;
  readonly revision: number;
  readonly config: string;
  readonly enabled: number;
  readonly origin: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly last_run_id: string | null;
  readonly last_outcome: string | null;
  readonly last_ended_at: number | null;
  readonly last_succeeded_at: number | null;
}

function policyOf(row: PolicyFields): Policy {
  return {
    id: row.id,
    name: row.name,
    revision: row.revision,
    config: JSON.parse(row.config),
    enabled: row.enabled === 1,
    origin: row.origin === 'file' ? 'file' : 'api',
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.last_run_id === null ? {} : { lastRunId: row.last_run_id }),
    ...(row.last_outcome === null ? {} : { lastOutcome: row.last_outcome as Outcome }),
    ...(row.last_ended_at === null ? {} : { lastEndedAt: row.last_ended_at }),
    ...(row.last_succeeded_at === null ? {} : { lastSucceededAt: row.last_succeeded_at }),
  };
}

function changedSince(name: string): Failure {
  return new Failure('conflict', 'POLICY_CHANGED', `the policy "${name}" was changed by somebody else`, {
    hint: 'Look at it again, then repeat the change.',
  });
}
