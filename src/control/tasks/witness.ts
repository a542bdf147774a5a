// Lets a witness behind a channel hear how far the audit trail of a node goes. What it hears was signed there; any node may pass it on.

import { z } from 'zod';
import { noteHeard } from '../../catalog/audit-checkpoints.ts';
import { asFailure } from '../jobs/failure.ts';
import type { TaskKind } from '../task.ts';
import { witnessName } from '../witnesses.ts';
import { boundedJob } from './job-end.ts';
import { readPayload } from './orders.ts';

const payloadSchema = z.strictObject({
  channel: z.string(),
  node: z.string(),
  lines: z.array(z.string()).min(1),
  heard: z.strictObject({ lastSeq: z.int(), rootSeq: z.int(), at: z.int() }),
});

const longestMs = 5 * 60_000;

export const task: TaskKind = {
  async run({ task: { payload } }, tools, context) {
    const { catalog, configuration } = tools;
    const { channel: name, node, lines, heard } = readPayload(payloadSchema, 'witness', payload);
    const { channels, language } = await configuration(context);
    const channel = channels[name];
    // It was taken out of the configuration since.
    if (channel === undefined) return { told: false };
    const order = { channel, lines, node, language: channel.language ?? language };
    const wish = { kind: 'witness', order: JSON.parse(JSON.stringify(order)), longestMs };
    const end = await boundedJob(wish, tools, context);
    if (end.failure !== undefined) throw asFailure(end.failure);
    await noteHeard(catalog, witnessName({ channel: name }), node, heard, context);
    return { told: true };
  },
};
