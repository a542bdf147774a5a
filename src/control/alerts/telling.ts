// What every duty that tells people needs: the configuration, both languages, and the clock that people go by.

import type { Configuration } from '../../model/configuration/configuration.ts';
import { createZone, type Zone } from '../../model/schedule/zone.ts';
import type { TaskTools } from '../task.ts';
import { textsIn } from '../texts/texts.ts';
import type { Telling } from './tell.ts';

export async function tellingOf(
  configuration: Configuration,
  { node }: Pick<TaskTools, 'node'>,
): Promise<Telling> {
  const texts = { en: await textsIn('en'), de: await textsIn('de') };
  return { configuration, zone: zoneOf(configuration), node, texts };
}

/** Of the configuration; the machine's where it names none. */
export function zoneOf({ zone }: Pick<Configuration, 'zone'>): Zone {
  return createZone(zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC');
}
