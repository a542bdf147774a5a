// Brings the tables of a catalog forward, under a lock, so that many processes may start at once; never backward.

import { type Kysely, sql } from 'kysely';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { DatabaseKind, Migration } from './migrations/migration.ts';
import type { Tables } from './tables.ts';
import { patiently } from './trouble.ts';

/** Any number will do, if only nobody else takes it. */
const advisoryLock = 4_847_663_271;

export interface CatalogVersion {
  /** 0: an empty database. */
  readonly found: number;
  readonly known: number;
}

/** Fails with conflict/CATALOG_NEWER, and with usage/CATALOG_FOREIGN where somebody else's tables lie. */
export async function versionOf(
  db: Kysely<Tables>,
  kind: DatabaseKind,
  migrations: readonly Migration[],
): Promise<CatalogVersion> {
  const known = migrations.length;
  const names = await tableNames(db, kind);
  if (!names.includes('catalog_migrations')) {
    if (names.length === 0) return { found: 0, known };
    throw new Failure('usage', 'CATALOG_FOREIGN', 'the database holds tables of another program', {
      hint: 'Give the catalog a database or file of its own.',
    });
  }
  const row = await db
    .selectFrom('catalog_migrations')
    .select(({ fn }) => fn.max('number').as('number'))
    .executeTakeFirst();
  const found = row?.number ?? 0;
  if (found > known) {
    throw new Failure(
      'conflict',
      'CATALOG_NEWER',
      `the catalog has version ${found}, this program knows ${known}`,
      {
        hint: 'Update Holdfast on this machine; a catalog never goes back to an older version.',
        facts: { found, known },
      },
    );
  }
  return { found, known };
}

export interface MigrationWish {
  readonly kind: DatabaseKind;
  readonly location: string;
  readonly migrations: readonly Migration[];
}

/** All missing steps in one transaction: a crash leaves the version that was. */
export async function migrate(
  db: Kysely<Tables>,
  { kind, location, migrations }: MigrationWish,
  context: Context,
): Promise<CatalogVersion> {
  const before = await versionOf(db, kind, migrations);
  if (before.found === before.known) return before;
  const steps = async (trx: Kysely<Tables>): Promise<CatalogVersion> => {
    if (kind === 'postgres') {
      await sql`set local lock_timeout = 0`.execute(trx);
      await sql`set local statement_timeout = 0`.execute(trx);
      await sql`select pg_advisory_xact_lock(${advisoryLock})`.execute(trx);
    }
    // Somebody else may have done it while we waited.
    const { found, known } = await versionOf(trx, kind, migrations);
    if (found === 0) {
      await sql`create table catalog_migrations (number integer primary key, name text not null, applied_at bigint not null)`.execute(
        trx,
      );
    }
    for (const migration of migrations.slice(found)) {
      for (const statement of migration.statements(kind)) await sql.raw(statement).execute(trx);
      const { number, name } = migration;
      await trx
        .insertInto('catalog_migrations')
        .values({ number, name, applied_at: context.clock.now() })
        .execute();
      context.log.debug('catalog step taken', { number, name });
    }
    return { found, known };
  };
  const transaction =
    kind === 'sqlite'
      ? db.transaction()
      : // Who waited for the lock must see what the one before it has done.
        db.transaction().setIsolationLevel('read committed');
  const version = await patiently(() => transaction.execute(steps), location, context);
  const { found, known } = version;
  if (found === 0) context.log.info('catalog made', { version: known });
  else if (found < known) context.log.info('catalog migrated', { from: found, to: known });
  return version;
}

async function tableNames(db: Kysely<Tables>, kind: DatabaseKind): Promise<string[]> {
  const { rows } =
    kind === 'sqlite'
      ? await sql<{ name: string }>`select name from sqlite_schema where name not like 'sqlite_%'`.execute(db)
      : await sql<{ name: string }>`select relname as name from pg_class
          where relkind in ('r', 'p', 'v') and relnamespace = current_schema()::regnamespace`.execute(db);
  return rows.map(({ name }) => name);
}
