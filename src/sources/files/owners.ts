// Names of users and groups, from the local tables. What they do not know stays a number.

import { readFileSync } from 'node:fs';

/** Number to name, from a file in the form of passwd(5) or group(5). */
export function readNames(path: '/etc/passwd' | '/etc/group'): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return names;
  }
  for (const line of text.split('\n')) {
    const [name, , number] = line.split(':');
    if (name === undefined || number === undefined || !/^[0-9]+$/.test(number)) continue;
    if (!names.has(Number(number))) names.set(Number(number), name);
  }
  return names;
}
