// The whole catalog as lines of JSON: the same for both databases, so that one can be saved by a policy like anything else, brought back, and
// moved from a file to PostgreSQL and the other way round. It is read as of one moment, and nobody waits for it.

import { CompiledQuery, type Kysely, sql } from 'kysely';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { type Catalog, engineOf } from './catalog.ts';
import { migrations } from './migrations/all.ts';
import { openSqlite } from './sqlite-driver.ts';
import type { Tables } from './tables.ts';

type Row = Readonly<Record<string, string | number | null>>;

/** The first line; the rows follow as `["table",{…}]`, those first that others refer to, and `{"rows":n}` ends it. */
interface Head {
  readonly holdfastCatalog: 1;
  /** Of the tables. */
  readonly version: number;
}

export interface DumpOutcome {
  readonly version: number;
  readonly rows: number;
}

/** What one database says of its tables, and their rows as of one moment. */
interface Reading {
  readonly tables: readonly string[];
  /** Pairs of a table and one that it refers to. */
  readonly references: readonly (readonly [from: string, to: string])[];
  rows(table: string): AsyncIterable<Row> | Iterable<Row>;
}

/** Tables that every new catalog has filled by itself, or that one kind of database alone has. */
const ownTables: ReadonlySet<string> = new Set([
  'catalog_migrations',
  'counters',
  'gate_tasks',
  'gate_audit',
]);
const fetchedAtOnce = 500;
const insertedAtOnce = 200;
const lineBytesMax = 16 * 1024 * 1024;
/** What was claimed while the catalog was away must not look newer than what is claimed from now on. */
const fenceLeap = 1_000_000;

/** `emit` gets one line at a time, without its end. Lines hold hashes of passwords and tokens, and sealed secrets. */
export async function exportCatalog(
  catalog: Catalog,
  emit: (line: string) => Promise<void> | void,
  context: Context,
): Promise<DumpOutcome> {
  return reading(catalog, async (read, version) => {
    const head: Head = { holdfastCatalog: 1, version };
    await emit(JSON.stringify(head));
    let rows = 0;
    for (const table of inOrder(read)) {
      for await (const row of read.rows(table)) {
        context.signal.throwIfAborted();
        await emit(JSON.stringify([table, row]));
        rows += 1;
      }
    }
    await emit(JSON.stringify({ rows }));
    return { version, rows };
  });
}

async function reading<Result>(
  catalog: Catalog,
  work: (read: Reading, version: number) => Promise<Result>,
): Promise<Result> {
  const { kind, location, db } = engineOf(catalog);
  if (kind === 'postgres') return db.connection().execute((one) => readPostgres(one, work));
  // A connection of its own: a long look must hold up neither writers nor other readers.
  const database = openSqlite(location);
  try {
    database.exec('begin');
    const all = (text: string) => database.prepare(text).all() as Record<string, string>[];
    const tables = all(
      "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
    ).map(({ name }) => name!);
    const references = tables.flatMap((table) =>
      all(`pragma foreign_key_list("${table}")`).map((one) => [table, one['table']!] as const),
    );
    const version = database.prepare('select max(number) as version from catalog_migrations').get();
    const rows = (table: string) => database.prepare(`select * from "${table}"`).iterate() as Iterable<Row>;
    return await work({ tables, references, rows }, Number(version?.['version']));
  } finally {
    database.close();
  }
}

async function readPostgres<Result>(
  db: Kysely<Tables>,
  work: (read: Reading, version: number) => Promise<Result>,
): Promise<Result> {
  const run = (text: string) => db.executeQuery<Row>(CompiledQuery.raw(text));
  await run('begin isolation level repeatable read read only');
  try {
    const { rows: tables } = await sql<{ name: string }>`select relname as name from pg_class
      where relkind in ('r', 'p') and relnamespace = current_schema()::regnamespace`.execute(db);
    const { rows: references } = await sql<{ child: string; parent: string }>`
      select c.relname as child, p.relname as parent from pg_constraint k
      join pg_class c on c.oid = k.conrelid join pg_class p on p.oid = k.confrelid
      where k.contype = 'f' and k.connamespace = current_schema()::regnamespace`.execute(db);
    const { rows: found } = await run('select max(number) as version from catalog_migrations');
    return await work(
      {
        tables: tables.map(({ name }) => name),
        references: references.map(({ child, parent }) => [child, parent]),
        async *rows(table) {
          await run(`declare dump no scroll cursor for select * from "${table}"`);
          for (;;) {
            const { rows } = await run(`fetch ${fetchedAtOnce} from dump`);
            yield* rows;
            if (rows.length < fetchedAtOnce) break;
          }
          await run('close dump');
        },
      },
      Number(found[0]?.['version']),
    );
  } finally {
    await run('rollback').catch(() => undefined);
  }
}

/** Each table after those that its rows refer to. */
function inOrder({ tables, references }: Reading): string[] {
  const waiting = new Set(tables.filter((table) => !ownTables.has(table)).sort());
  const ordered: string[] = [];
  while (waiting.size > 0) {
    const free = [...waiting].filter(
      (table) => !references.some(([from, to]) => from === table && to !== table && waiting.has(to)),
    );
    if (free.length === 0)
      throw new Failure('bug', 'ASSERTION_FAILED', 'tables refer to each other in a ring');
    for (const table of free) {
      ordered.push(table);
      waiting.delete(table);
    }
  }
  return ordered;
}

/**
 * Fills a catalog that remembers nothing yet; all of it or nothing. conflict/CATALOG_NOT_EMPTY, CATALOG_EXPORT_OTHER_VERSION;
 * corrupt/CATALOG_EXPORT_BROKEN for what is cut off or no export.
 */
export async function importCatalog(
  catalog: Catalog,
  lines: AsyncIterable<string>,
  context: Context,
): Promise<DumpOutcome> {
  const { db, kind } = engineOf(catalog);
  const transaction =
    kind === 'sqlite' ? db.transaction() : db.transaction().setIsolationLevel('serializable');
  return transaction.execute(async (trx) => {
    const columns = await columnsOf(trx);
    await refuseUnlessEmpty(trx, columns);
    const filling = new Filling(trx, columns);
    let version: number | undefined;
    let rows = 0;
    let end: number | undefined;
    for await (const line of lines) {
      context.signal.throwIfAborted();
      if (line === '') continue;
      if (end !== undefined) throw broken('it goes on behind its end');
      const value = parsed(line);
      if (version === undefined) version = versionIn(value);
      else if (Array.isArray(value)) {
        await filling.add(value[0], value[1]);
        rows += 1;
      } else end = Number((value as { rows?: unknown })?.rows);
    }
    if (version === undefined) throw broken('it is empty');
    if (end === undefined) throw broken('its end is missing');
    if (end !== rows) throw broken(`it has ${rows} rows, and says ${end}`);
    await filling.flush();
    await leapFences(trx, kind);
    return { version, rows };
  });
}

/** Columns of each table that takes rows. */
async function columnsOf(db: Kysely<Tables>): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const tables = await db.introspection.getTables();
  return new Map(
    tables
      .filter(({ name }) => !ownTables.has(name))
      .map(({ name, columns }) => [name, new Set(columns.map((column) => column.name))]),
  );
}

/** Rows that a new catalog begins with go, so that those of the export take their place. */
async function refuseUnlessEmpty(
  db: Kysely<Tables>,
  columns: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> {
  for (const table of ['policies', 'runs', 'recovery_points', 'users', 'audit_entries', 'tasks'] as const) {
    const row = await db.selectFrom(table).select(sql`1`.as('one')).limit(1).executeTakeFirst();
    if (row === undefined) continue;
    throw new Failure('conflict', 'CATALOG_NOT_EMPTY', `the catalog has ${table} already`, {
      hint: 'Name a place for a new catalog; what is in this one would be mixed up with what is brought back.',
    });
  }
  for (const table of columns.keys()) await sql`delete from ${sql.table(table)}`.execute(db);
}

class Filling {
  readonly #db: Kysely<Tables>;
  readonly #columns: ReadonlyMap<string, ReadonlySet<string>>;
  #table = '';
  #rows: Row[] = [];

  constructor(db: Kysely<Tables>, columns: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#db = db;
    this.#columns = columns;
  }

  async add(table: unknown, row: unknown): Promise<void> {
    const known = typeof table === 'string' ? this.#columns.get(table) : undefined;
    if (known === undefined || typeof row !== 'object' || row === null)
      throw broken('it has a row of no table');
    if (Object.keys(row).some((column) => !known.has(column))) throw broken('it has a column of no table');
    if (this.#table !== table || this.#rows.length === insertedAtOnce) await this.flush();
    this.#table = table as string;
    this.#rows.push(row as Row);
  }

  async flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    await this.#db
      .insertInto(this.#table as keyof Tables)
      .values(this.#rows as never)
      .execute();
    this.#rows = [];
  }
}

/** Above all fences that rows name. */
async function leapFences(db: Kysely<Tables>, kind: 'sqlite' | 'postgres'): Promise<void> {
  const highest = await sql<{ fence: number | null }>`select max(fence) as fence from
    (select fence from leases union all select fence from tasks union all select fence from runs) as f`.execute(
    db,
  );
  const next = Number(highest.rows[0]?.fence ?? 0) + fenceLeap;
  if (kind === 'postgres') await sql`select setval('fences', ${next})`.execute(db);
  else await db.updateTable('counters').set({ value: next }).where('name', '=', 'fence').execute();
}

function versionIn(value: unknown): number {
  const { holdfastCatalog, version } = (value ?? {}) as Partial<Head>;
  if (holdfastCatalog !== 1 || typeof version !== 'number') throw broken('it does not begin as one');
  if (version !== migrations.length) {
    throw new Failure(
      'conflict',
      'CATALOG_EXPORT_OTHER_VERSION',
      `the export has version ${version}, this program writes ${migrations.length}`,
      {
        hint: 'Import it with the version of Holdfast that made it; then let this one bring the catalog forward.',
        facts: { found: version, known: migrations.length },
      },
    );
  }
  return version;
}

function parsed(line: string): unknown {
  if (line.length > lineBytesMax) throw broken('a line is too long');
  try {
    return JSON.parse(line);
  } catch {
    throw broken('a line is no JSON');
  }
}

function broken(why: string): Failure {
  return new Failure('corrupt', 'CATALOG_EXPORT_BROKEN', `this is no whole export of a catalog: ${why}`, {
    hint: 'Nothing was changed. Take another copy of the export.',
  });
}
