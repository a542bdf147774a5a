// Opens a catalog: a file of SQLite, or a database of a PostgreSQL server.

import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { makeFolders } from '../disk/folders.ts';
import { type Catalog, catalogOf } from './catalog.ts';
import { idMaker } from './ids.ts';
import { Memory } from './memory.ts';
import { type CatalogVersion, migrate, versionOf } from './migrate.ts';
import { migrations as ours } from './migrations/all.ts';
import type { DatabaseKind, Migration } from './migrations/migration.ts';
import { isPostgresAddress, parsePostgresAddress, postgresDialect, postgresMarks } from './postgres.ts';
import { openSqlite, SqliteDialect, sqliteMarks } from './sqlite-driver.ts';
import type { Tables } from './tables.ts';
import { asFailure, patiently } from './trouble.ts';

export interface CatalogPlace {
  /** The path of a file, or a URL as postgres://user@host/database. */
  readonly location: string;
  readonly password?: Secret;
}

export interface OpeningWish {
  /** Makes what is missing and brings an older catalog forward; otherwise both are refused. Default true. */
  readonly migrate?: boolean;
  /** For tests of the steps themselves. */
  readonly migrations?: readonly Migration[];
}

export interface Opened {
  readonly catalog: Catalog;
  /** As it was found. */
  readonly version: CatalogVersion;
}

export async function openCatalog(
  place: CatalogPlace,
  context: Context,
  wish: OpeningWish = {},
): Promise<Catalog> {
  return (await openWithVersion(place, context, wish)).catalog;
}

export async function openWithVersion(
  place: CatalogPlace,
  context: Context,
  { migrate: mayMigrate = true, migrations = ours }: OpeningWish = {},
): Promise<Opened> {
  const { location } = place;
  const kind: DatabaseKind = isPostgresAddress(location) ? 'postgres' : 'sqlite';
  let db: Kysely<Tables> | undefined;
  try {
    let readMark: () => Promise<string>;
    let setLasting: ((isLasting: boolean) => void) | undefined;
    if (kind === 'postgres') {
      db = new Kysely<Tables>({
        dialect: await postgresDialect(parsePostgresAddress(location), place.password),
      });
      readMark = postgresMarks(db);
    } else {
      const file = await openFile(location, mayMigrate, context);
      db = new Kysely<Tables>({ dialect: new SqliteDialect(file) });
      readMark = sqliteMarks(file);
      setLasting = (isLasting) => file.exec(`pragma synchronous = ${isLasting ? 'full' : 'normal'}`);
    }
    const version = mayMigrate
      ? await migrate(db, { kind, location, migrations }, context)
      : await versionOf(db, kind, migrations);
    if (!mayMigrate && version.found < version.known) throw older(version);
    const engine = {
      db,
      kind,
      location,
      newId: idMaker(),
      readMark,
      memory: new Memory(),
      ...(setLasting === undefined ? {} : { setLasting }),
    };
    return { catalog: catalogOf(engine), version };
  } catch (error) {
    await db?.destroy().catch(() => undefined);
    throw asFailure(error, location);
  }
}

function older({ found, known }: CatalogVersion): Failure {
  return new Failure(
    'conflict',
    'CATALOG_OLDER',
    `the catalog has version ${found}, this program wants ${known}`,
    {
      hint: 'Run "holdfast catalog migrate".',
      facts: { found, known },
    },
  );
}

async function openFile(path: string, mayCreate: boolean, context: Context): Promise<DatabaseSync> {
  if (!existsSync(path)) {
    if (!mayCreate) {
      throw new Failure('missing', 'CATALOG_MISSING', `there is no catalog "${path}"`, {
        hint: 'The first start of "holdfast up" makes it; or name another with --catalog.',
      });
    }
    // It holds hashes of tokens and names of files: for its owner alone. The files beside it get the same mode.
    try {
      makeFolders(dirname(path));
      closeSync(openSync(path, 'a', 0o600));
    } catch (cause) {
      throw new Failure('denied', 'CATALOG_DENIED', `the catalog "${path}" cannot be made`, {
        hint: 'Check who may write into its folder.',
        cause,
      });
    }
  }
  const database = openSqlite(path);
  try {
    await writeAhead(database, path, context);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Readers and the writer do not wait for each other. Turning it on needs the file for itself for a moment. */
async function writeAhead(database: DatabaseSync, path: string, context: Context): Promise<void> {
  const isAhead = async () => {
    const names = database.prepare('select name from sqlite_schema').all();
    const isForeign = names.length > 0 && !names.some(({ name }) => name === 'catalog_migrations');
    // Somebody else's file is refused later; it stays as it is.
    return isForeign || database.prepare('pragma journal_mode = wal').get()?.journal_mode === 'wal';
  };
  if (await patiently(isAhead, path, context)) return;
  throw new Failure('usage', 'CATALOG_NO_WAL', `"${path}" lies where SQLite cannot write ahead`, {
    hint: 'Put the catalog on a disk of this machine, or use PostgreSQL.',
  });
}
