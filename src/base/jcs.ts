// Canonical JSON (RFC 8785) for our subset: strings, integers within 2^53, booleans, null, arrays, objects. Strict both ways: the
// decoder refuses what the encoder would not write.

import { Failure } from './failure.ts';

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function encodeJcs(value: unknown): Uint8Array {
  return new TextEncoder().encode(write(value));
}

/** Objects come back without a prototype. Fails with corrupt/JSON_INVALID. */
export function decodeJcs(bytes: Uint8Array): JsonValue {
  let value: unknown;
  let text: string;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw invalid('is not JSON', error);
  }
  const plain = bare(value, 0);
  if (write(plain) !== text) throw invalid('is not in canonical form');
  return plain;
}

function write(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw invalid(`holds the number ${value}`);
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value !== 'object') throw invalid(`holds a ${typeof value}`);
  // RFC 8785 sorts by UTF-16 code units, which is what comparing strings does.
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${write(one)}`).join(',')}}`;
}

function bare(value: unknown, depth: number): JsonValue {
  if (depth > 16) throw invalid('is nested too deeply');
  if (Array.isArray(value)) return value.map((one) => bare(one, depth + 1));
  if (value === null || typeof value !== 'object') return value as JsonValue;
  const copy: Record<string, JsonValue> = Object.create(null);
  for (const [key, one] of Object.entries(value)) copy[key] = bare(one, depth + 1);
  return copy;
}

function invalid(why: string, cause?: unknown): Failure {
  return new Failure('corrupt', 'JSON_INVALID', `a document ${why}`, { cause });
}
