// Brings what was spooled into the audit trail, and the audit trail into its readable log.

import { copyAudit } from '../../catalog/audit-copy.ts';
import type { Duty } from '../duty.ts';
import { ownStreams } from '../witnesses.ts';

const everyMs = 10_000;

export const duty: Duty = {
  scope: 'node',
  async run(tools, context) {
    const { audit, catalog } = tools;
    if (audit === undefined) return context.clock.now() + 60_000;
    await audit.takeSpool(catalog, context);
    for (const node of ownStreams(tools)) await copyAudit(catalog, { node, log: audit.log }, context);
    return context.clock.now() + everyMs;
  },
};
