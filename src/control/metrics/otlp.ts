// Metrics as OTLP sends them over HTTP: the JSON form of ExportMetricsServiceRequest (opentelemetry-proto 1.x).

import type { Instant } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { type FamilyName, families, type Sample } from './families.ts';

export interface OtlpResource {
  readonly version: string;
  readonly node: string;
}

export function otlpRequest(
  samples: readonly Sample[],
  { version, node }: OtlpResource,
  at: Instant,
): JsonValue {
  // Nanoseconds exceed what JSON numbers hold, so OTLP writes them as text.
  const timeUnixNano = `${Math.round(at)}000000`;
  const points = new Map<FamilyName, JsonValue[]>();
  for (const { name, labels, value } of samples) {
    const list = points.get(name) ?? [];
    list.push({ timeUnixNano, asDouble: value, attributes: attributesOf(labels) });
    points.set(name, list);
  }
  const metrics = [...points].map(([name, dataPoints]) => ({
    name,
    description: families[name].help,
    unit: families[name].unit,
    gauge: { dataPoints },
  }));
  const resource = attributesOf({
    'service.name': 'holdfast',
    'service.version': version,
    'service.instance.id': node,
  });
  return {
    resourceMetrics: [
      {
        resource: { attributes: resource },
        scopeMetrics: [{ scope: { name: 'holdfast', version }, metrics }],
      },
    ],
  };
}

function attributesOf(labels: Readonly<Record<string, string>>): JsonValue[] {
  return Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}
