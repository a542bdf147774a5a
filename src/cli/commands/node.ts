// `holdfast node`: the machines whose control planes work on this catalog now.

import { formatDuration } from '../../base/text.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { liveNodes } from '../control/nodes.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { isoTime, tableLines } from '../show.ts';

export const command: Command = {
  name: 'node',
  subcommands: [{ name: 'list', options: controlOptions, run: list }],
  examples: ['node list'],
};

async function list(invocation: Invocation): Promise<Ending> {
  const { context, output, texts } = invocation;
  await using catalog = await openCatalogOf(invocation);
  const nodes = await liveNodes(catalog, context);
  const now = context.clock.now();
  const rows = nodes.map(({ name, heldUntil }) => [
    name,
    formatDuration(Math.max(0, heldUntil - now), texts.language),
  ]);
  if (rows.length === 0) output.line(texts.say('node.none'));
  else for (const line of tableLines([texts.say('node.head').split('|'), ...rows], [1])) output.line(line);
  const shown = nodes.map(({ name, heldUntil }) => ({ name, heldUntil: isoTime(heldUntil) }));
  return { result: { nodes: shown } };
}
