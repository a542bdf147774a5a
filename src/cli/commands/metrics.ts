// `holdfast metrics`: the figures of this moment, for Prometheus or as JSON.

import type { Command, Ending, Invocation } from '../command.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { version } from '../version.ts';

const formats = ['prometheus', 'json'] as const;

export const command: Command = {
  name: 'metrics',
  options: [
    { flags: '--format <format>', text: 'option.metricsFormat', choices: formats },
    ...controlOptions,
  ],
  examples: ['metrics', 'metrics --format json', 'metrics --json'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { context, options, output } = invocation;
  await using catalog = await openCatalogOf(invocation);
  const { metricRules } = await import('../../control/metrics/rules.ts');
  const { collectMetrics } = await import('../../control/metrics/collect.ts');
  const { statistics } = await import('../../control/metrics/statistics.ts');
  const { policyLimit } = await metricRules(catalog, context);
  const samples = await collectMetrics(catalog, { version, policyLimit }, context);
  const figures = statistics(samples);
  if (options.text('format') === 'json') {
    output.line(JSON.stringify(figures));
  } else if (!output.isJson) {
    const { exposition } = await import('../../control/metrics/exposition.ts');
    // Escapes of Prometheus are its own; what else could move a cursor is escaped when it is printed.
    for (const line of (await exposition(samples)).trimEnd().split('\n')) output.line(line);
  }
  return { result: { ...figures } };
}
