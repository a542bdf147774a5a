// What was read stays true as long as nobody has written: a mark tells whether anybody has, in any process and on any node. Reading it costs
// a few microseconds in SQLite and one short question to PostgreSQL, where what it saves may cost a thousand times as much.

import type { Context } from '../base/context.ts';
import { type Catalog, engineOf, inside, type Unit } from './catalog.ts';
import { patiently } from './trouble.ts';

/** Two marks of one process are equal only when all that was committed before the second could be seen at the first. */
export async function markOf(catalog: Catalog, context: Context): Promise<string> {
  const { readMark, location } = engineOf(catalog);
  return patiently(async () => readMark(), location, context);
}

/**
 * What `make` answered last for this key, or its answer now when anything was written since. It must depend on the key and what the catalog
 * holds, on nothing else: neither on the time nor on who asks.
 */
export async function whileUnchanged<Result>(
  at: Catalog | Unit,
  key: string,
  make: () => Promise<Result>,
  context: Context,
): Promise<Result> {
  // Within a unit others see nothing of what it wrote.
  if (!isCatalog(at)) return make();
  // Asked for first: what is written while it is read makes the answer newer than its mark, never older.
  return sinceMark(at, await markOf(at, context), key, make);
}

/** The same for who has read the mark already, after it was asked. An answer that is good for a while only is made anew when it is not. */
export function sinceMark<Result>(
  catalog: Catalog,
  mark: string,
  key: string,
  make: () => Promise<Result>,
  isGood?: (result: Result) => boolean,
): Promise<Result> {
  return engineOf(catalog).memory.recall(mark, key, make, isGood);
}

function isCatalog(at: Catalog | Unit): at is Catalog {
  return 'readMark' in (at[inside] as object);
}
