// Metrics as one JSON object, for scripts that speak neither Prometheus nor OTLP: whole figures by name, and those of each policy under its name.

import { type FamilyName, families, policyFamilies, type Sample } from './families.ts';

export interface Statistics {
  readonly metrics: Readonly<Record<string, Figure>>;
  readonly policies: Readonly<Record<string, Readonly<Record<string, Figure>>>>;
}

/** A number, or where a metric has labels, a list of values with them. */
export type Figure = number | readonly Record<string, string | number>[];

export function statistics(samples: readonly Sample[]): Statistics {
  const metrics: Record<string, Figure> = {};
  const policies: Record<string, Record<string, Figure>> = Object.create(null);
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
  into: Record<string, Figure>,
  { name, value }: Sample,
  labels: Readonly<Record<string, string>>,
  labelsBeside: number,
): void {
  const key = shortName(name, labelsBeside === 1);
  if (families[name].labels.length === labelsBeside) {
    into[key] = value;
    return;
  }
  const list = (into[key] ?? []) as readonly Record<string, string | number>[];
  into[key] = [...list, { ...labels, value }];
}

function shortName(name: FamilyName, isOfPolicy: boolean): string {
  return name.slice(isOfPolicy ? 'holdfast_policy_'.length : 'holdfast_'.length);
}
