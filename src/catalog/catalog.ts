// What we remember, in one database that many processes use at once. Above this room nobody sees the database: a catalog or a unit is handed
// to the functions of the nouns (runs.ts, policies.ts …). Memory, not truth: all of it but the audit trail can be rebuilt or done again.

import { type Kysely, sql } from 'kysely';
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
}

interface Engine {
  readonly db: Kysely<Tables>;
  readonly kind: DatabaseKind;
  readonly location: string;
  readonly newId: MakeId;
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
  return engine.db
    .transaction()
    .setIsolationLevel('serializable')
    .execute(async (db) => {
      // LOCK TABLE takes no snapshot: who waited here sees all that was done before, and so does not collide.
      if (gate === 'tasks') await sql`lock table gate_tasks in exclusive mode`.execute(db);
      if (gate === 'audit') await sql`lock table gate_audit in exclusive mode`.execute(db);
      return work(accessOf(engine, db, context));
    });
}

function accessOf(engine: Engine, db: Kysely<Tables>, context: Context): Access {
  return {
    db,
    kind: engine.kind,
    newId: engine.newId,
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
