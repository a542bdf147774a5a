// How a campaign hands over its figures. `npm run prove` names a file in HOLDFAST_PROOFS and makes its table from what is appended there;
// without it nothing is written. A campaign reports once, at its end: one that failed is known by its test.

import { appendFileSync } from 'node:fs';

export interface CampaignResult {
  /** The number of the test plan, such as "T-01". */
  readonly campaign: string;
  readonly tried: number;
  /** Recovery points that were reported as succeeded and are not there, or do not restore, any more. */
  readonly lost: number;
  /** Results that were not what went in, or damage that was not noticed. */
  readonly wrong: number;
  /** Cases that needed more than running the same command again. */
  readonly manual: number;
}

export function report(result: CampaignResult): void {
  const file = process.env.HOLDFAST_PROOFS;
  if (file === undefined) return;
  const { campaign, tried, lost, wrong, manual } = result;
  // One write of one short line: test files run beside each other.
  appendFileSync(file, `${JSON.stringify({ campaign, tried, lost, wrong, manual })}\n`);
}

/** A budget of a campaign from the environment; `quick` is what every test run can afford. */
export function budgetOf(name: string, quick: number): number {
  const given = process.env[name];
  if (given === undefined) return quick;
  const budget = Number(given);
  if (!Number.isSafeInteger(budget) || budget < 1)
    throw new Error(`${name}="${given}" is no number of tries`);
  return budget;
}
