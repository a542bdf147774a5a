// The configuration file that each node read last, beside the one that was applied last, by the digests of what they say: two nodes whose files
// differ are told from each other here.

import { createHash } from 'node:crypto';
import type { Context, Instant } from '../base/context.ts';
import type { ConfigurationInput } from '../model/configuration/configuration.ts';
import { type Catalog, read, storable, type Unit, write } from './catalog.ts';
import { toStored } from './stored-json.ts';

export interface NodeFile {
  readonly node: string;
  readonly path: string;
  readonly digest: string;
  readonly readAt: Instant;
}

/** What belongs to one machine alone may differ: its name, and its way to the catalog. */
export function fileDigest(input: ConfigurationInput): string {
  const { node: _node, catalog: _catalog, ...shared } = input;
  return createHash('sha256').update(toStored(shared)).digest('hex');
}

export async function noteNodeFile(
  at: Catalog | Unit,
  { node, path, digest }: Omit<NodeFile, 'readAt'>,
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      const row = { path: storable(path), digest, read_at: await access.now() };
      await access.db
        .insertInto('node_files')
        .values({ node: storable(node), ...row })
        .onConflict((conflict) => conflict.column('node').doUpdateSet(row))
        .execute();
    },
    context,
  );
}

/** `applied` is absent in a catalog of an older version, until somebody applies something. */
export async function nodeFiles(
  at: Catalog | Unit,
  context: Context,
): Promise<{ readonly files: readonly NodeFile[]; readonly applied?: string }> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db.selectFrom('node_files').selectAll().orderBy('node').execute();
      const holding = await db
        .selectFrom('configuration_changes')
        .select('applied_digest')
        .where('id', '=', 1)
        .executeTakeFirst();
      const applied = holding?.applied_digest ?? undefined;
      const files = rows.map(({ node, path, digest, read_at: readAt }) => ({ node, path, digest, readAt }));
      return { files, ...(applied === undefined ? {} : { applied }) };
    },
    context,
  );
}
