// Metrics as one JSON object, for scripts that speak neither Prometheus nor OTLP: whole figures by name, and those of each policy under its name.

import type { JsonValue } from '../../base/jcs.ts';
import { type FamilyName, families, policyFamilies, type Sample } from './families.ts';

export interface Statistics {
  /** A number, or where a metric has labels, a list of values with them. */
  readonly metrics: Readonly<Record<string, JsonValue>>;
  readonly policies: Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;
}

export function statistics(samples: readonly Sample[]): Statistics {
  const metrics: Record<string, JsonValue> = {};
  const policies: Record<string, Record<string, JsonValue>> = Object.create(null);
  for (const sample of samples) {
    const { policy, ...others } = sample.labels;
    if (!(sample.name in policyFamilies) || policy === undefined) put(metrics, sample, sample.labels, 0);
    else {
      policies[policy] ??= {};
      put(policies[policy], sample, others, 1);
    }
  }
  return { metrics, policies };
}

function put(
  into: Record<string, JsonValue>,
  { name, value }: Sample,
  labels: Readonly<Record<string, string>>,
  labelsBeside: number,
): void {
  const key = shortName(name, labelsBeside === 1);
  if (families[name].labels.length === labelsBeside) {
    into[key] = value;
    return;
  }
  const list = (into[key] ?? []) as JsonValue[];
  into[key] = [...list, { ...labels, value }];
}

function shortName(name: FamilyName, isOfPolicy: boolean): string {
  return name.slice(isOfPolicy ? 'holdfast_policy_'.length : 'holdfast_'.length);
}
