// The job that looks through the whole audit trail for what was changed, taken out or put in.

import { verifyAudit } from '../../catalog/audit-verify.ts';
import type { JobKind } from '../job.ts';
import { catalogAtHand } from './catalog-at-hand.ts';
import { type CatalogOrder, catalogOrder } from './orders.ts';

/** A task keeps its result: of a trail that somebody wrote anew, the first places are enough to know. */
const findingsKept = 500;

export const job: JobKind<CatalogOrder> = {
  order: catalogOrder,
  async run({ publicKeys }, tools, context) {
    await using catalog = await catalogAtHand(tools, context);
    const wish = publicKeys === undefined ? {} : { trustedKeys: publicKeys };
    const { findings, ...counts } = await verifyAudit(catalog, wish, context);
    const found = findings.length;
    const first = findings.slice(0, findingsKept).map((one) => ({ ...one }));
    return {
      outcome: 'succeeded',
      counts: { ...counts, found },
      result: { ...counts, found, findings: first },
    };
  },
};
