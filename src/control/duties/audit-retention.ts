// Once an hour: words of the audit trail that are older than the configuration keeps them go; their hashes stay.

import { thinAudit } from '../../catalog/audit-retention.ts';
import type { Duty } from '../duty.ts';
import { ownStreams } from '../witnesses.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const duty: Duty = {
  scope: 'node',
  async run(tools, context) {
    const { catalog, configuration } = tools;
    const { audit } = await configuration(context);
    const before = context.clock.now() - audit.keepDays * dayMs;
    for (const node of ownStreams(tools)) {
      const entries = await thinAudit(catalog, { node, before }, context);
      if (entries > 0) context.log.info('old audit entries were thinned', { entries });
    }
    return context.clock.now() + hourMs;
  },
};
