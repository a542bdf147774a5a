// What was configured for metrics, read from the catalog without the rest of the configuration.

import type { Context } from '../../base/context.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { currentInput } from '../../catalog/configurations.ts';
import { metricsSchema } from '../../model/configuration/watching.ts';

export async function metricRules(catalog: Catalog, context: Context) {
  const read = metricsSchema.safeParse((await currentInput(catalog, context)).metrics ?? {});
  return read.success ? read.data : metricsSchema.parse({});
}
