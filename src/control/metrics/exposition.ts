// Metrics in the text format of Prometheus, for its scrapes and for the text-file collector of node_exporter.

import { Gauge, Registry } from 'prom-client';
import { type FamilyName, families, type Sample } from './families.ts';

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/** Families without a sample are left out. */
export async function exposition(samples: readonly Sample[]): Promise<string> {
  const registry = new Registry();
  const gauges = new Map<FamilyName, Gauge>();
  for (const { name, labels, value } of samples) {
    let gauge = gauges.get(name);
    if (gauge === undefined) {
      const { help, labels: labelNames } = families[name];
      gauge = new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
      gauges.set(name, gauge);
    }
    gauge.set(labels, value);
  }
  return registry.metrics();
}
