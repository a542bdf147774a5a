// Kysely on Node's own SQLite: one connection, whose writers begin by taking the write lock, so that no transaction fails half-way because
// another process wrote in between.

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/** The thread stands still while SQLite waits for another process, so it hardly does: who calls us waits (see trouble.ts). */
const busyMs = 20;
/** Statements of this room are few; the limit is for filters that put together their own. */
const statementsKept = 200;

export function openSqlite(path: string): DatabaseSync {
  const database = new DatabaseSync(path, {
    timeout: busyMs,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
    allowExtension: false,
  });
  try {
    // A hostile file must not run its own functions through views and triggers.
    database.exec('pragma trusted_schema = off');
    database.exec('pragma synchronous = full');
    database.exec('pragma cell_size_check = on');
    database.exec('pragma cache_size = -16000');
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** For unchanged.ts: one number grows with what other connections commit, the other with every row that this one writes. */
export function sqliteMarks(database: DatabaseSync): () => Promise<string> {
  let statement: StatementSync | undefined;
  return async () => {
    statement ??= database.prepare(
      'select total_changes() as own, data_version as others from pragma_data_version',
    );
    const { own, others } = statement.get() as { readonly own: number; readonly others: number };
    return `${own} ${others}`;
  };
}

export class SqliteDialect implements Dialect {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  createAdapter() {
    return new SqliteAdapter();
  }

  createDriver(): Driver {
    return new SqliteDriver(this.#database);
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }

  createQueryCompiler() {
    return new SqliteQueryCompiler();
  }
}

/** Kysely itself hands the one connection to one user at a time, as the adapter asks. */
class SqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: SqliteConnection;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#connection = new SqliteConnection(database);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // SQLite ends a transaction itself when the disk is full or fails.
    if (this.#database.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const statement = this.#statement(sql);
    const values = parameters as readonly SQLInputValue[];
    if (statement.columns().length > 0) return { rows: statement.all(...values) as Row[] };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  // biome-ignore lint/correctness/useYield: the room reads pages, never streams.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('this driver does not stream');
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#database.prepare(sql);
    const oldest = this.#statements.keys().next();
    if (this.#statements.size >= statementsKept && !oldest.done) this.#statements.delete(oldest.value);
    this.#statements.set(sql, made);
    return made;
  }
}
