// What was answered to a request that named itself: the same request, sent again because the answer was lost, gets that answer and has no
// second effect. Kept for a day.

import type { Context } from '../base/context.ts';
import { type Catalog, storable, type Unit, write } from './catalog.ts';

export interface RequestName {
  /** Who asks: keys of different callers never meet. */
  readonly caller: string;
  readonly key: string;
}

export interface RememberedAnswer {
  /** Of all that was asked: another request with the same key is a mistake of the caller. */
  readonly digest: string;
  readonly status: number;
  /** Absent where it held a secret. */
  readonly answer?: string;
  readonly headers: Readonly<Record<string, string>>;
}

export const rememberedMs = 24 * 3_600_000;

export async function recallAnswer(
  at: Catalog | Unit,
  { caller, key }: RequestName,
  context: Context,
): Promise<RememberedAnswer | undefined> {
  return write(
    at,
    async (access) => {
      const row = await access.db
        .selectFrom('repeatable_requests')
        .selectAll()
        .where('caller', '=', caller)
        .where('key', '=', key)
        .where('created_at', '>', (await access.now()) - rememberedMs)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return {
        digest: row.digest,
        status: row.status,
        headers: JSON.parse(row.headers),
        ...(row.answer === null ? {} : { answer: row.answer }),
      };
    },
    context,
  );
}

/** Must share the unit of the effect. */
export async function rememberAnswer(
  at: Unit,
  { caller, key }: RequestName,
  { digest, status, answer, headers }: RememberedAnswer,
  context: Context,
): Promise<void> {
  await write(
    at,
    async (access) => {
      const now = await access.now();
      await access.db
        .deleteFrom('repeatable_requests')
        .where('created_at', '<=', now - rememberedMs)
        .execute();
      await access.db
        .insertInto('repeatable_requests')
        .values({
          caller,
          key,
          digest,
          status,
          answer: answer === undefined ? null : storable(answer),
          headers: JSON.stringify(headers),
          created_at: now,
        })
        .execute();
    },
    context,
  );
}
