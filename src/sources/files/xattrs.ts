// Reading extended attributes one by one: what a snapshot keeps, and what an in-place restore remembers, read them alike.

import { errorCode } from './system-error.ts';

/**
 * Ascending by name. What the system refuses goes to `refused` and is left out: without a name when they cannot even be listed.
 * Any other error is thrown.
 */
export function* eachXattr(
  list: () => string[],
  get: (name: string) => Uint8Array,
  refused: (error: unknown, code: string, name?: string) => void,
): Generator<readonly [name: string, value: Uint8Array], void, undefined> {
  let names: string[] = [];
  try {
    names = list();
  } catch (error) {
    refused(error, codeOf(error));
  }
  for (const name of names.sort()) {
    let value: Uint8Array;
    try {
      value = get(name);
    } catch (error) {
      refused(error, codeOf(error), name);
      continue;
    }
    yield [name, value];
  }
}

function codeOf(error: unknown): string {
  const code = errorCode(error);
  if (code === undefined) throw error;
  return code;
}
