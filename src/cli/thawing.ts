// The option --thaw of restore, copy and sync, and what they say of packs that are frozen.

import { formatBytes, formatCount, formatNumber } from '../base/text.ts';
import { type FrozenPacks, type ThawMode, thawModes } from '../operations/thaw.ts';
import type { OptionSpec } from './command.ts';
import type { Options } from './options.ts';
import type { Texts } from './texts/texts.ts';

export const thawOption: OptionSpec = { flags: '--thaw <mode>', choices: thawModes };

export function thawMode(options: Options): ThawMode {
  return thawModes.find((mode) => mode === options.text('thaw')) ?? 'refuse';
}

/** What has to be thawed first, how long that takes, and about what it costs. */
export function frozenLines(frozen: FrozenPacks | undefined, texts: Texts): string[] {
  if (frozen === undefined) return [];
  const { language } = texts;
  return [
    texts.say('restore.frozen', {
      packs: formatCount(frozen.names.length, language),
      bytes: formatBytes(frozen.bytes, language),
      hours: formatCount(frozen.hours, language),
      price: formatNumber(frozen.price, 2, language),
    }),
  ];
}
