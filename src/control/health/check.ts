// A check of health: looks at one sort of thing and says how it is. It raises no alerts and keeps nothing; the round does (round.ts).

import type { Context } from '../../base/context.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { HealthRecord, HealthResult } from '../../catalog/health.ts';
import type { Configuration } from '../../model/configuration/configuration.ts';
import type { Patience } from '../../model/health.ts';
import type { Machine } from './machine.ts';

/** A kind of check, in a file of its own and a line of health/all.ts. Its name is that of the line. */
export interface HealthCheck {
  /** `node`: each machine for itself. `cluster`: the same for all, so one machine looks. */
  readonly scope: 'node' | 'cluster';
  /** The usual one when left out. */
  readonly patience?: Patience;
  run(tools: HealthTools, context: Context): Promise<readonly CheckResult[]>;
}

/** What is well need not be named one by one: an object that is not named any more is well or gone. */
export type CheckResult = Omit<HealthResult, 'name'>;

export interface HealthTools {
  readonly catalog: Catalog;
  readonly configuration: Configuration;
  readonly node: string;
  readonly machine: Machine;
  /** What this check found on this machine the last time. */
  readonly known: readonly HealthRecord[];
}
