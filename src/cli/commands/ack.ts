// `holdfast ack`: says that somebody takes care of an alert, until when at most.

import type { Instant } from '../../base/context.ts';
import { addDuration, parseDuration, parseTime } from '../../model/time.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { controlOptions, openCatalogOf } from '../control/places.ts';
import { invalidOption } from '../options.ts';
import { isoTime, localTime } from '../show.ts';

export const command: Command = {
  name: 'ack',
  arguments: [{ name: 'alert', required: true }],
  options: [{ flags: '--until <time>', text: 'option.ackUntil' }, ...controlOptions],
  examples: ['ack 0199c0de', 'ack 0199c0de --until 3d', 'ack 0199c0de --until 2026-12-24'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { ambient, context, output, texts } = invocation;
  const [id = ''] = invocation.arguments;
  const until = untilOption(invocation);
  await using catalog = await openCatalogOf(invocation);
  const { acknowledgeAlert } = await import('../../catalog/alerts.ts');
  const { appendAudit } = await import('../../catalog/audit.ts');
  const { together } = await import('../../catalog/catalog.ts');
  const actor = ambient.userName;
  await together(
    catalog,
    async (unit) => {
      await acknowledgeAlert(unit, id, { actor, until }, context);
      const act = { node: ambient.hostName, actor, method: 'local', outcome: 'succeeded' } as const;
      const facts = { until: isoTime(until) };
      await appendAudit(unit, { ...act, action: 'alert:acknowledge', object: id, facts }, context);
    },
    context,
    'audit',
  );
  output.line(texts.say('ack.done', { id, until: localTime(until, ambient.zoneOffsetMinutes) }));
  return { result: { id, actor, until: isoTime(until) } };
}

/** A span from now, such as "3d", or a moment; a day when left out. */
function untilOption({ options, ambient }: Invocation): Instant {
  const now = ambient.clock.now();
  const text = options.text('until') ?? '1d';
  if (/^(?:\d+[a-z]+)+$/i.test(text))
    return addDuration(now, parseDuration(text), 1, ambient.zoneOffsetMinutes);
  const at = parseTime(text, { now, zoneOffset: ambient.zoneOffsetMinutes, edge: 'end' });
  if (at === 'latest' || at <= now)
    throw invalidOption('--until', text, 'a span such as 3d, or a moment to come');
  return at;
}
