// Lets a witness behind a channel hear how far the audit trail of a node goes. What it hears was signed there; any node may pass it on.

import { z } from 'zod';
import { noteHeard } from '../../catalog/audit-checkpoints.ts';
import { asFailure } from '../jobs/failure.ts';
import type { TaskKind } from '../task.ts';
import { witnessName } from '../witnesses.ts';
import { readPayload } from './orders.ts';

const payloadSchema = z.strictObject({
  channel: z.string(),
  node: z.string(),
  lines: z.array(z.string()).min(1),
  heard: z.strictObject({ lastSeq: z.int(), rootSeq: z.int(), at: z.int() }),
});

export const task: TaskKind = {
  async run({ task: { payload } }, { catalog, configuration, runner }, context) {
    const { channel: name, node, lines, heard } = readPayload(payloadSchema, 'witness', payload);
    const { channels, language } = await configuration(context);
    const channel = channels[name];
    // It was taken out of the configuration since.
    if (channel === undefined) return { told: false };
    const order = { channel, lines, node, language: channel.language ?? language };
    const end = await runner.run(
      'witness',
      JSON.parse(JSON.stringify(order)),
      { counts: () => undefined, phase: () => undefined, problems: () => undefined },
      context,
    );
    if (end.failure !== undefined) throw asFailure(end.failure);
    await noteHeard(catalog, witnessName({ channel: name }), node, heard, context);
    return { told: true };
  },
};
