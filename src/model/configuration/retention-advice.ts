// Rules of retention that hold together and yet may not do what was meant: "keep" rules and limits add up, so each keeps what the other would let
// go. What is kept is never less than each rule by itself says.

import type { RetentionPolicy } from '../retention.ts';

export interface RetentionAdvice {
  readonly rule: string;
  /** `beyond`: keeps longer, or more, than the limit says. `idle`: keeps nothing that the limit does not keep. */
  readonly code: 'beyond' | 'idle';
  /** Such as "retentionDays: 90". */
  readonly limit: string;
}

/** How far back a rule reaches in days for each it counts, where there is a recovery point each day. */
const daysEach = {
  keepHourly: 1 / 24,
  keepDaily: 1,
  keepWeekly: 7,
  keepMonthly: 28,
  keepYearly: 365,
} as const;

type CountRule = keyof typeof daysEach;

const countRules = Object.keys(daysEach) as CountRule[];

/** Of each rule that stands beside `retentionDays` or `maxBackups`; `keepLast` there is the least that stays, and meant so. */
export function retentionAdvice(policy: RetentionPolicy): RetentionAdvice[] {
  const { retentionDays, maxBackups } = policy;
  const rules = countRules.filter((rule) => (policy[rule] ?? 0) > 0);
  if (maxBackups !== undefined && rules.length > 0) {
    // However old: the number that was given as the most is not the most.
    const limit = `maxBackups: ${maxBackups}`;
    return rules.map((rule) => ({ rule, code: 'beyond', limit }));
  }
  if (retentionDays === undefined) return [];
  const limit = `retentionDays: ${retentionDays}`;
  return rules.map((rule) => {
    const reach = (policy[rule] ?? 0) * daysEach[rule];
    return { rule, code: reach > retentionDays ? 'beyond' : 'idle', limit };
  });
}
