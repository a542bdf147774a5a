// Sends what a witness of the audit trail is to hear through a channel. The lines are whole and signed: kept, they go into a file for
// `holdfast catalog audit verify --earlier`.

import { z } from 'zod';
import { channelSchema } from '../../model/configuration/places.ts';
import type { JobKind } from '../job.ts';

const orderSchema = z.strictObject({
  channel: channelSchema,
  lines: z.array(z.string()).min(1),
  node: z.string(),
  language: z.enum(['en', 'de']),
});
type WitnessOrder = z.output<typeof orderSchema>;

const titles = {
  en: 'Audit trail of {node}: checkpoint',
  de: 'Audit-Protokoll von {node}: Prüfpunkt',
} as const;

export const job: JobKind<WitnessOrder> = {
  order: orderSchema,
  async run({ channel: rules, lines, node, language }, { openers }, context) {
    await using channel = await openers.channel(rules, context);
    const text = lines.join('\n');
    await channel.send(
      {
        severity: 'INFO',
        title: titles[language].replace('{node}', node),
        text,
        facts: { node },
        links: [],
        language,
        dedupeKey: `audit:${node}`,
        at: context.clock.now(),
      },
      context,
    );
    return { outcome: 'succeeded', counts: {}, result: null };
  },
};
