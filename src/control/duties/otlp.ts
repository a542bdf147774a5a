// Pushes metrics to an OTLP receiver, where the configuration names one. What could not be sent is not sent later: the next figures say more.

import type { JsonValue } from '../../base/jcs.ts';
import type { Duty } from '../duty.ts';

const whenNoneMs = 60_000;

export const duty: Duty = {
  scope: 'cluster',
  async run({ catalog, configuration, node, runner, version = 'unknown' }, context) {
    const { otlp, policyLimit } = (await configuration(context)).metrics;
    const now = context.clock.now();
    if (otlp === undefined) return now + whenNoneMs;
    const { collectMetrics } = await import('../metrics/collect.ts');
    const { otlpRequest } = await import('../metrics/otlp.ts');
    const samples = await collectMetrics(catalog, { version, policyLimit }, context);
    const { endpoint, headers, allowNetworks } = otlp;
    const order: JsonValue = {
      endpoint,
      headers,
      allowNetworks,
      request: JSON.stringify(otlpRequest(samples, { version, node }, now)),
    };
    const silent = { counts: () => undefined, phase: () => undefined, problems: () => undefined };
    const { failure } = await runner.run('otlp', order, silent, context);
    if (failure !== undefined) {
      const { code, message } = failure;
      context.log.warn(`the metrics could not be pushed: ${message}`, { code });
    }
    return now + otlp.interval;
  },
};
