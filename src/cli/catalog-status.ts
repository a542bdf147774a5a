// `holdfast status` for all that is configured: is everything saved, and is it proven.

import { formatCount, formatDuration } from '../base/text.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { CatalogStatus } from '../catalog/status.ts';
import type { Ending, Invocation } from './command.ts';
import { isoTime, localTime } from './show.ts';

export async function tellCatalogStatus(catalog: Catalog, invocation: Invocation): Promise<Ending> {
  const { context, output, texts, ambient } = invocation;
  const { language } = texts;
  const { catalogStatus } = await import('../catalog/status.ts');
  const { isBrakeOn } = await import('../catalog/brake.ts');
  const { liveNodes } = await import('./control/nodes.ts');
  const status = await catalogStatus(catalog, context);
  const isBraked = await isBrakeOn(catalog, context);
  const nodes = await liveNodes(catalog, context);
  const isSaved = isAllSaved(status);
  const count = (value: number) => formatCount(value, language);
  const { lastOutcomes: last, openAlerts, queue } = status;
  output.line(texts.say(isSaved ? 'status.allSaved' : 'status.notAllSaved'));
  output.line(
    texts.say('status.policies', {
      policies: count(status.policies),
      succeeded: count(last.succeeded),
      partial: count(last.partial),
      failed: count(last.failed + last.canceled),
      never: count(last.never),
      paused: count(status.disabled),
    }),
  );
  if (status.oldestSuccess !== undefined) {
    const { policy, at } = status.oldestSuccess;
    const age = formatDuration(Math.max(0, context.clock.now() - at), language);
    output.line(texts.say('status.oldest', { policy, time: localTime(at, ambient.zoneOffsetMinutes), age }));
  }
  const { critical = 0, warning = 0, info = 0 } = openAlerts;
  output.line(
    texts.say('status.alerts', { critical: count(critical), warning: count(warning), info: count(info) }),
  );
  const { running } = status;
  // What is planned for later waits for nothing.
  output.line(texts.say('status.work', { running: count(running), waiting: count(queue.due) }));
  if (isBraked) output.line(texts.say('status.braked'));
  const names = nodes.map(({ name }) => name);
  output.line(
    names.length === 0 ? texts.say('status.noNode') : texts.say('status.nodes', { nodes: names.join(', ') }),
  );
  const { oldestSuccess, ...rest } = status;
  return {
    outcome: isSaved ? 'succeeded' : 'partial',
    result: {
      ...rest,
      ...(oldestSuccess === undefined
        ? {}
        : { oldestSuccess: { policy: oldestSuccess.policy, at: isoTime(oldestSuccess.at) } }),
      isSaved,
      isBraked,
      nodes: names,
      location: catalog.location,
    },
  };
}

/** Each policy that is on ended well, and nothing critical is open. A catalog without policies saves nothing. */
function isAllSaved({ policies, disabled, lastOutcomes: last, openAlerts }: CatalogStatus): boolean {
  const isGood = last.partial + last.failed + last.canceled + last.never === 0;
  return policies - disabled > 0 && isGood && (openAlerts.critical ?? 0) === 0;
}
