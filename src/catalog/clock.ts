// What time it is for the catalog: the clock by which its rows are written, whatever the hosts believe.

import type { Context, Instant } from '../base/context.ts';
import { type Catalog, read, type Unit } from './catalog.ts';

export async function catalogTime(at: Catalog | Unit, context: Context): Promise<Instant> {
  return read(at, (access) => access.now(), context);
}
