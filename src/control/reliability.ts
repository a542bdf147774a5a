// The figures of reliability, measured from what the catalog holds, of each policy and of all together. For reports, metrics and the API; a
// status answer does not ask for them, as they cost more the more there is.

import type { Context, Instant } from '../base/context.ts';
import type { Catalog, Unit } from '../catalog/catalog.ts';
import { policyAges } from '../catalog/health-facts.ts';
import { dueCounts, lifetimesSince, pointGaps, restoreTimesSince } from '../catalog/reliability.ts';
import type { Configuration } from '../model/configuration/configuration.ts';
import {
  coveredShare,
  type ReliabilityWindow,
  type RestoreFigures,
  reliabilityWindows,
  restoreFigures,
} from '../model/reliability.ts';

export interface Figures extends RestoreFigures {
  /** Due times that were tried. */
  readonly due: number;
  readonly effective: number;
  readonly complete: number;
  /** 0 to 1; absent where nothing was due. */
  readonly successRate?: number;
  /** At the worst moment so much would have been lost. */
  readonly worstRpoMs?: number;
  readonly averageGapMs?: number;
}

export interface PolicyFigures extends Figures {
  readonly policy: string;
  readonly rpoMs: number;
  readonly rtoMs: number;
  /** Absent where nothing is known. */
  readonly keepsRpo?: boolean;
  readonly keepsRto?: boolean;
}

export interface Reliability {
  readonly window: ReliabilityWindow;
  readonly from: Instant;
  readonly until: Instant;
  readonly overall: Figures & {
    /** 0 to 1: for how much of the time at least one node watched. */
    readonly availability?: number;
    /** Policies that kept their promise, of those of which something is known. */
    readonly keepingRpo: number;
    readonly knownRpo: number;
  };
  /** By name. */
  readonly policies: readonly PolicyFigures[];
}

export async function measureReliability(
  at: Catalog | Unit,
  { configuration, window }: { readonly configuration: Configuration; readonly window: ReliabilityWindow },
  context: Context,
): Promise<Reliability> {
  const until = context.clock.now();
  const from = until - reliabilityWindows[window];
  const names = await policyAges(at, context);
  const counts = new Map((await dueCounts(at, from, context)).map((one) => [one.policyId, one]));
  const wish = { since: from, now: until };
  const gaps = new Map((await pointGaps(at, wish, context)).map((one) => [one.policyId, one]));
  // What failed took no time that anybody could count on.
  const restores = (await restoreTimesSince(at, from, context)).filter(
    ({ outcome }) => outcome === 'succeeded' || outcome === 'partial',
  );
  const policies: PolicyFigures[] = [];
  for (const { id, name, newestAt } of names) {
    const rules = configuration.policies[name];
    if (rules === undefined) continue;
    const times = restoreFigures(restores.filter(({ policyId }) => policyId === id));
    // Without a moment in the window, the last one before it is how old what is saved has become.
    const gap = gaps.get(id) ?? (newestAt === undefined ? undefined : { worstMs: until - newestAt });
    const keepsRpo = rules.schedule === 'manual' ? undefined : keeps(gap?.worstMs, rules.rpo);
    const keepsRto = keeps(times.worstMs, rules.rto);
    policies.push({
      policy: name,
      ...times,
      ...rateOf(counts.get(id)),
      ...gapFigures(gap),
      rpoMs: rules.rpo,
      rtoMs: rules.rto,
      ...(keepsRpo === undefined ? {} : { keepsRpo }),
      ...(keepsRto === undefined ? {} : { keepsRto }),
    });
  }
  const known = policies.filter(({ keepsRpo }) => keepsRpo !== undefined);
  const worst = Math.max(0, ...known.map(({ worstRpoMs = 0 }) => worstRpoMs));
  const availability = coveredShare(await lifetimesSince(at, from, context), { from, until });
  const sum = (field: 'due' | 'effective' | 'complete') => policies.reduce((all, one) => all + one[field], 0);
  return {
    window,
    from,
    until,
    overall: {
      ...restoreFigures(restores),
      ...rateOf({ due: sum('due'), effective: sum('effective'), complete: sum('complete') }),
      ...(known.length === 0 ? {} : { worstRpoMs: worst }),
      ...(availability === undefined ? {} : { availability }),
      keepingRpo: known.filter(({ keepsRpo }) => keepsRpo).length,
      knownRpo: known.length,
    },
    policies,
  };
}

function rateOf(
  counts: Pick<Figures, 'due' | 'effective' | 'complete'> | undefined,
): Pick<Figures, 'due' | 'effective' | 'complete' | 'successRate'> {
  const { due = 0, effective = 0, complete = 0 } = counts ?? {};
  return { due, effective, complete, ...(due === 0 ? {} : { successRate: effective / due }) };
}

function gapFigures(
  gap: { readonly worstMs: number; readonly averageMs?: number } | undefined,
): Pick<Figures, 'worstRpoMs' | 'averageGapMs'> {
  if (gap === undefined) return {};
  const { worstMs, averageMs } = gap;
  return { worstRpoMs: worstMs, ...(averageMs === undefined ? {} : { averageGapMs: averageMs }) };
}

function keeps(measured: number | undefined, wanted: number): boolean | undefined {
  return measured === undefined ? undefined : measured <= wanted;
}
