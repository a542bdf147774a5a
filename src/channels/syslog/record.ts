// One record of RFC 5424: header, structured data, and the message as one line of UTF-8.

import type { Message } from '../channel.ts';
import { fitText, oneLine } from '../fit.ts';

export const facilities = {
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  cron: 9,
  authpriv: 10,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;
export type Facility = keyof typeof facilities;

export interface SyslogNames {
  readonly facility: Facility;
  readonly hostname: string;
  readonly appName: string;
  readonly processId: string;
}

const levels = { INFO: 6, WARNING: 4, CRITICAL: 2 } as const;
/** 32473 is the number that RFC 5612 leaves to everybody who has none of their own. */
const dataId = 'holdfast@32473';
const dataBytesMax = 900;
const valueCharactersMax = 200;

/** Ends within `bytesMax`; the title comes first, so it is the text that is cut. */
export function syslogRecord(message: Message, names: SyslogNames, bytesMax: number): Buffer {
  const { severity, title, text, at, language, beat } = message;
  const priority = facilities[names.facility] * 8 + levels[severity];
  const header = [
    `<${priority}>1`,
    new Date(at).toISOString(),
    names.hostname,
    names.appName,
    names.processId,
    beat ?? 'alert',
  ].join(' ');
  const head = `${header} ${structuredData(message)} `;
  const line = oneLine(`${title}: ${lines(text)}`, Number.POSITIVE_INFINITY);
  // A byte order mark says that it is UTF-8.
  const body = `\ufeff${oneLine(fitText(line, bytesMax - Buffer.byteLength(head) - 3, language), Number.POSITIVE_INFINITY)}`;
  return Buffer.from(head + body);
}

function lines(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join(' | ');
}

/** As many facts as there is room for. */
function structuredData({ severity, dedupeKey, facts }: Message): string {
  let data = `[${dataId} severity="${severity}" dedupeKey="${value(dedupeKey)}"`;
  for (const [name, fact] of Object.entries(facts)) {
    const part = ` ${name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 32)}="${value(String(fact))}"`;
    if (Buffer.byteLength(data) + Buffer.byteLength(part) < dataBytesMax) data += part;
  }
  return `${data}]`;
}

function value(text: string): string {
  return oneLine(text, valueCharactersMax).replace(/["\\\]]/g, '\\$&');
}
