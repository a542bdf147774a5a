// A configuration as single values, each with its path and in the words in which it would be written: for showing and comparing.

import type { z } from 'zod';
import { type Duration, formatDurationText } from '../time.ts';
import type { Configuration } from './configuration.ts';
import { duration, size, span } from './fields.ts';
import { schemasAt } from './issues.ts';

export type Path = readonly (string | number)[];

export interface Value {
  readonly path: Path;
  /** As JSON, but texts without quotes where they need none. */
  readonly text: string;
}

/** In the order of the schema; what is empty or not set is left out. */
export function valuesOf(configuration: Configuration): Value[] {
  return within(configuration, []);
}

function within(value: unknown, path: Path): Value[] {
  if (value === undefined) return [];
  const isInner = typeof value === 'object' && value !== null && !schemasAt(path).includes(duration as never);
  if (!isInner) return [{ path, text: textOf(value, path) }];
  if (Array.isArray(value)) {
    const isPlain = value.every((one) => typeof one !== 'object');
    if (!isPlain) return value.flatMap((one, i) => within(one, [...path, i]));
    return value.length === 0 ? [] : [{ path, text: `[${value.map(plain).join(', ')}]` }];
  }
  return Object.entries(value).flatMap(([key, one]) => within(one, [...path, key]));
}

function textOf(value: unknown, path: Path): string {
  const schemas = schemasAt(path);
  const is = (schema: z.ZodType) => schemas.includes(schema as never);
  if (typeof value === 'number' && is(span)) return spanText(value);
  if (typeof value === 'number' && is(size)) return sizeText(value);
  if (is(duration) && typeof value === 'object') return formatDurationText(value as Duration);
  return plain(value);
}

function plain(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[\w./@:*?+=&%~ -]*$/.test(value) && value.trim() === value && value !== ''
    ? value
    : JSON.stringify(value);
}

/** What `span` reads as the same. */
export function spanText(milliseconds: number): string {
  const days = Math.floor(milliseconds / 86_400_000);
  const hours = Math.floor(milliseconds / 3_600_000) % 24;
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const seconds = Math.floor(milliseconds / 1000) % 60;
  // "26h" says more than "1d2h".
  if (days < 4 && hours > 0) {
    return formatDurationText({ years: 0, months: 0, days: 0, hours: days * 24 + hours, minutes, seconds });
  }
  return formatDurationText({ years: 0, months: 0, days, hours, minutes, seconds });
}

function sizeText(bytes: number): string {
  const units = ['', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let amount = bytes;
  while (amount > 0 && amount % 1024 === 0 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${amount}${units[unit]}`;
}

export interface Difference {
  readonly path: Path;
  /** Absent where it was not set. */
  readonly before?: string;
  readonly after?: string;
}

/** What would change, by path. What was made or is gone as a whole (a policy, a repository, a channel) is one difference. */
export function differencesBetween(before: Configuration, after: Configuration): Difference[] {
  const [old, young] = [textsOf(before), textsOf(after)];
  const found: Difference[] = [];
  const told = new Set<string>();
  for (const key of new Set([...old.keys(), ...young.keys()])) {
    const [was, is] = [old.get(key), young.get(key)];
    if (was?.text === is?.text) continue;
    const path = (was ?? is)!.path;
    const [section, name] = path;
    const isNamed = section === 'policies' || section === 'repositories' || section === 'channels';
    if (isNamed && typeof name === 'string') {
      const [had, has] = [Object.hasOwn(before[section], name), Object.hasOwn(after[section], name)];
      if (had !== has) {
        const whole = JSON.stringify([section, name]);
        if (!told.has(whole))
          found.push({ path: [section, name], ...(had ? { before: name } : { after: name }) });
        told.add(whole);
        continue;
      }
    }
    found.push({
      path,
      ...(was === undefined ? {} : { before: was.text }),
      ...(is === undefined ? {} : { after: is.text }),
    });
  }
  return found;
}

function textsOf(configuration: Configuration): Map<string, Value> {
  return new Map(valuesOf(configuration).map((value) => [JSON.stringify(value.path), value]));
}
