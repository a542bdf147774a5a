// What we remember, in one database that many processes use at once. Above this room nobody sees the database: a catalog or a unit is handed
// to the functions of the nouns (runs.ts, policies.ts …). Memory, not truth: all of it but the audit trail can be rebuilt or done again.

import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Context, Instant } from '../base/context.ts';
import type { MakeId } from './ids.ts';
import type { Memory } from './memory.ts';
import type { DatabaseKind } from './migrations/migration.ts';
import type { Tables } from './tables.ts';
import { patiently } from './trouble.ts';

export const inside: unique symbol = Symbol('inside');

export interface Catalog extends AsyncDisposable {
  readonly kind: DatabaseKind;
  /** For people: a path, or a URL without its password. */
  readonly location: string;
  readonly [inside]: unknown;
  close(): Promise<void>;
}

/** Writes of several functions that happen together or not at all. */
export interface Unit {
  readonly [inside]: unknown;
}

/** What the functions of this room work with. */
export interface Access {
  readonly db: Kysely<Tables>;
  readonly kind: DatabaseKind;
  readonly newId: MakeId;
  /** PostgreSQL's clock, so that hosts may disagree; with SQLite all processes are on one host and its clock decides. */
  now(): Promise<Instant>;
  /** The same as a part of a statement, which saves a question to PostgreSQL. */
  readonly nowWithin: RawBuilder<Instant>;
}

interface Engine {
  readonly db: Kysely<Tables>;
  readonly kind: DatabaseKind;
  readonly location: string;
  readonly newId: MakeId;
  /** Whether a commit waits for the disk; for SQLite alone, see writeFleeting. */
  readonly setLasting?: (isLasting: boolean) => void;
  /** See unchanged.ts. */
  readonly readMark: () => Promise<string>;
  readonly memory: Memory;
}

/** What stands in line: one writer at a time, where transactions would only undo each other. */
export type Gate = 'tasks' | 'audit';

export function catalogOf(engine: Engine): Catalog {
  const close = () => engine.db.destroy();
  return {
    kind: engine.kind,
    location: engine.location,
    [inside]: engine,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Several writes as one. `work` may be run again, so it must do nothing but work with the unit. */
export async function together<Result>(
  catalog: Catalog,
  work: (unit: Unit) => Promise<Result>,
  context: Context,
  gate?: Gate,
): Promise<Result> {
  return transact(engineOf(catalog), (access) => work(unitOf(access)), context, gate);
}

/** A transaction of its own, or a part of the unit. */
export async function write<Result>(
  at: Catalog | Unit,
  work: (access: Access) => Promise<Result>,
  context: Context,
  gate?: Gate,
): Promise<Result> {
  const within = at[inside] as Access | Engine;
  return 'now' in within ? work(within) : transact(within, work, context, gate);
}

/** One statement that writes: a transaction by itself, in one question to PostgreSQL instead of three. */
export const writeAtOnce: typeof read = read;

/**
 * For what means nothing after a power cut: that somebody lives, how far they are, when they were seen. A crash of ours loses none of it. In
 * SQLite it does not wait for the disk, as the cut ends all that share the file; with PostgreSQL others live on, so there it lasts as well.
 */
export async function writeFleeting<Result>(
  at: Catalog | Unit,
  work: (access: Access) => Promise<Result>,
  context: Context,
): Promise<Result> {
  const engine = at[inside] as Access | Engine;
  if ('now' in engine || engine.setLasting === undefined) return write(at, work, context);
  const { setLasting } = engine;
  const once = () =>
    engine.db.connection().execute(async (db) => {
      // Not within a transaction: so, and as nobody else has the connection now, it is of this one alone.
      setLasting(false);
      try {
        return await db.transaction().execute((own) => work(accessOf(engine, own, context)));
      } finally {
        setLasting(true);
      }
    });
  return patiently(once, engine.location, context);
}

/** One statement, or several that need not agree. */
export async function read<Result>(
  at: Catalog | Unit,
  work: (access: Access) => Promise<Result>,
  context: Context,
): Promise<Result> {
  const within = at[inside] as Access | Engine;
  if ('now' in within) return work(within);
  return patiently(() => work(accessOf(within, within.db, context)), within.location, context);
}

export function engineOf(catalog: Catalog): Engine {
  return catalog[inside] as Engine;
}

async function transact<Result>(
  engine: Engine,
  work: (access: Access) => Promise<Result>,
  context: Context,
  gate: Gate | undefined,
): Promise<Result> {
  return patiently(() => attempt(engine, work, context, gate), engine.location, context);
}

async function attempt<Result>(
  engine: Engine,
  work: (access: Access) => Promise<Result>,
  context: Context,
  gate: Gate | undefined,
): Promise<Result> {
  if (engine.kind === 'sqlite') {
    return engine.db.transaction().execute((db) => work(accessOf(engine, db, context)));
  }
  // LOCK TABLE takes no snapshot: who waited here sees all that was done before, and so does not collide. In one message with the beginning.
  const opening = `start transaction isolation level serializable${gate === undefined ? '' : `; lock table gate_${gate} in exclusive mode`}`;
  return engine.db.connection().execute(async (db) => {
    try {
      await sql.raw(opening).execute(db);
      const result = await work(accessOf(engine, db, context));
      await sql`commit`.execute(db);
      return result;
    } catch (error) {
      await sql`rollback`.execute(db).catch(() => undefined);
      throw error;
    }
  });
}

function accessOf(engine: Engine, db: Kysely<Tables>, context: Context): Access {
  return {
    db,
    kind: engine.kind,
    newId: engine.newId,
    nowWithin:
      engine.kind === 'sqlite' ? sql<number>`${context.clock.now()}` : sql<number>`(select catalog_now())`,
    now: async () => {
      if (engine.kind === 'sqlite') return context.clock.now();
      const { rows } = await sql<{ now: number }>`select catalog_now() as now`.execute(db);
      return rows[0]!.now;
    },
  };
}

/** PostgreSQL cannot hold NUL in texts, and no database half a surrogate pair. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** For functions of this room that call each other within one transaction. */
export function unitOf(access: Access): Unit {
  return { [inside]: access };
}
