// Catalogs for tests: on both databases, with a clock of the catalog that only moves when told, and nodes whose own clocks are wrong.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, type TestContext as Test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { DatabaseKind } from '../../src/catalog/migrations/migration.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { savePolicy } from '../../src/catalog/policies.ts';
import { findPostgres, type Postgres, postgresPackages, startPostgres } from '../servers/postgres.ts';
import { scratch, testContext } from '../world.ts';

export const startOfTime = 1_700_000_000_000;

export interface Place extends AsyncDisposable {
  readonly kind: DatabaseKind;
  readonly location: string;
  /** Opened as by one more process, whose own clock is wrong by `skewMs`; SQLite's processes share the clock of their host. */
  open(skewMs?: number): Promise<{ readonly catalog: Catalog; readonly context: Context }>;
  now(): number;
  advance(durationMs: number): Promise<void>;
  /** As somebody with a way around the program. */
  tamper(...statements: readonly string[]): Promise<Record<string, unknown>[]>;
}

/** Runs the test on SQLite, and on PostgreSQL where it is installed, as it must be in CI. */
export async function onBoth(t: Test, work: (place: Place) => Promise<void>): Promise<void> {
  await t.test('sqlite', async () => {
    await using place = await sqlitePlace();
    await work(place);
  });
  await t.test('postgres', async (inner) => {
    if (!postgresOrSkip(inner)) return;
    await using place = await postgresPlace(await sharedServer());
    await work(place);
  });
}

let server: Promise<Postgres> | undefined;

/** One for the whole file; each test has a database of its own. */
export function sharedServer(): Promise<Postgres> {
  server ??= startPostgres();
  return server;
}

after(async () => {
  if (server !== undefined) await (await server)[Symbol.asyncDispose]();
});

export function postgresOrSkip(t: Test): boolean {
  if (findPostgres() !== undefined) return true;
  const line = `PostgreSQL missing: apt-get install ${postgresPackages}`;
  if (process.env.CI !== undefined) throw new Error(line);
  t.skip(line);
  return false;
}

export async function sqlitePlace(): Promise<Place> {
  const folder = scratch();
  const location = join(folder.path, 'catalog');
  let now = startOfTime;
  const opened: Catalog[] = [];
  return {
    kind: 'sqlite',
    location,
    now: () => now,
    async advance(durationMs) {
      now += durationMs;
    },
    async open() {
      const context = contextAt(() => now);
      const catalog = await openCatalog({ location }, context);
      opened.push(catalog);
      return { catalog, context };
    },
    async tamper(...statements) {
      const database = new DatabaseSync(location);
      try {
        return statements
          .map((statement) => database.prepare(statement).all() as Record<string, unknown>[])
          .at(-1)!;
      } finally {
        database.close();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const catalog of opened) await catalog.close();
      folder[Symbol.dispose]();
    },
  };
}

/** Its clock is a sequence: what sets it is seen by all transactions at once, as time is. */
export async function postgresPlace(server: Postgres): Promise<Place> {
  const location = await server.newDatabase();
  let now = startOfTime;
  const opened: Catalog[] = [];
  const context = contextAt(() => now);
  await (await openCatalog({ location }, context)).close();
  await server.run(
    location,
    'create sequence fake_clock minvalue 0',
    `select setval('fake_clock', ${now})`,
    "create or replace function catalog_now() returns bigint language sql volatile as 'select last_value from fake_clock'",
  );
  return {
    kind: 'postgres',
    location,
    now: () => now,
    async advance(durationMs) {
      now += durationMs;
      await server.run(location, `select setval('fake_clock', ${now})`);
    },
    async open(skewMs = 0) {
      const skewed = contextAt(() => now + skewMs);
      const catalog = await openCatalog({ location }, skewed);
      opened.push(catalog);
      return { catalog, context: skewed };
    },
    tamper: (...statements) => server.run(location, ...statements),
    async [Symbol.asyncDispose]() {
      for (const catalog of opened) await catalog.close().catch(() => undefined);
    },
  };
}

/** Sleeping yields, so that somebody else may go on. */
function contextAt(now: () => number): Context {
  const base = testContext();
  return {
    ...base,
    clock: { now, elapsed: now, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
  };
}

export async function policy(catalog: Catalog, context: Context, name = 'files'): Promise<string> {
  return (await savePolicy(catalog, { name, config: { sources: ['/srv'] }, enabled: true }, context)).id;
}
