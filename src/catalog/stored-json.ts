// JSON as rows keep it: one text for one value whatever the order of its keys, so that texts can be compared; any finite number (RFC 8785). The
// documents of a repository are stricter (base/jcs.ts).

import { Failure } from '../base/failure.ts';
import type { JsonValue } from '../base/jcs.ts';
import { storable } from './catalog.ts';

/** Fields that are undefined are left out. */
export function toStored(value: unknown): string {
  return storable(textOf(value));
}

export function fromStored(text: string): JsonValue {
  return JSON.parse(text) as JsonValue;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${textOf(one)}`).join(',')}}`;
  }
  const isPlain = value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
  if (isPlain) return JSON.stringify(value);
  throw new Failure(
    'bug',
    'ASSERTION_FAILED',
    `a row cannot hold a ${typeof value} such as ${String(value)}`,
  );
}
