// Whether the database under a catalog is sound: all pages and references on SQLite; on PostgreSQL, which checks its own, that all tables answer.

import { sql } from 'kysely';
import type { Context } from '../base/context.ts';
import { type Catalog, read } from './catalog.ts';

const troublesMax = 100;

/** Lines for people; none when all is well. */
export async function checkCatalog(catalog: Catalog, context: Context): Promise<readonly string[]> {
  return read(
    catalog,
    async ({ db, kind }) => {
      if (kind === 'postgres') {
        await sql`select (select count(*) from policies), (select count(*) from tasks), (select max(seq) from audit_entries)`.execute(
          db,
        );
        return [];
      }
      const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
      const pages = rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
      const references = await sql<{ table: string; parent: string }>`pragma foreign_key_check`.execute(db);
      const lost = references.rows.map(({ table, parent }) => `a row of ${table} names none of ${parent}`);
      return [...pages, ...lost].slice(0, troublesMax);
    },
    context,
  );
}
