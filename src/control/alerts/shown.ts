// Foreign text made fit for people: names of files, policies and hosts end up in mails, chats and web pages, and some are made to do harm there.

import type { Instant } from '../../base/context.ts';
import { escapeForTerminal } from '../../base/text.ts';
import type { Zone } from '../../model/schedule/zone.ts';
import type { ControlTexts, DateParts } from '../texts/texts.ts';

/** One line in which nothing is hidden, ends a header or turns the reading direction. */
export function shown(text: string, charactersMax = 200): string {
  const line = escapeForTerminal(text.toWellFormed()).trim();
  const characters = [...line];
  return characters.length <= charactersMax ? line : `${characters.slice(0, charactersMax - 1).join('')}…`;
}

/** For HTML, between tags and in quoted attributes. */
export function markup(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function partsOf(at: Instant, zone: Zone): DateParts {
  const wall = new Date(at + zone.offsetAt(at));
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth(),
    day: wall.getUTCDate(),
    weekday: wall.getUTCDay(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
  };
}

/** Day and time on the clock of the zone. */
export function dateTime(at: Instant, zone: Zone, texts: ControlTexts): string {
  const parts = partsOf(at, zone);
  return `${texts.date(parts)}, ${texts.time(parts)}`;
}
