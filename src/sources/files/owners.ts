// Names of users and groups, from the local tables. What they do not know stays a number.

import { readFileSync } from 'node:fs';
import type { OwnerNames } from '../source.ts';
import { mapAclIds } from './acl.ts';
import type { Attributes } from './placing.ts';

type Table = '/etc/passwd' | '/etc/group';

/** Number to name, from a file in the form of passwd(5) or group(5). */
export function readNames(path: Table): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of readTable(path)) if (!names.has(number)) names.set(number, name);
  return names;
}

function readTable(path: Table): (readonly [string, number])[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const rows: (readonly [string, number])[] = [];
  for (const line of text.split('\n')) {
    const [name, , number] = line.split(':');
    if (name === undefined || number === undefined || !/^[0-9]+$/.test(number)) continue;
    rows.push([name, Number(number)]);
  }
  return rows;
}

export type OwnerMapping = <Kind extends Attributes>(attributes: Kind) => Kind;

/** Numbers as they were recorded. */
export const byNumber: OwnerMapping = (attributes) => attributes;

/**
 * Who is known here by the recorded name gets what was theirs, also in access control lists; everybody else stays a number, and so does 0,
 * whatever its name. A snapshot knows the names of owners, not of those whom only a list names.
 */
export function byName(recorded: OwnerNames): OwnerMapping {
  const users = otherNumbers(recorded.users, readTable('/etc/passwd'));
  const groups = otherNumbers(recorded.groups, readTable('/etc/group'));
  if (users.size === 0 && groups.size === 0) return byNumber;
  const user = (id: number) => users.get(id) ?? id;
  const group = (id: number) => groups.get(id) ?? id;
  return (attributes) => ({
    ...attributes,
    uid: user(attributes.uid),
    gid: group(attributes.gid),
    xattrs: attributes.xattrs.map(
      ([name, value]) =>
        [name, mapAclIds(name, value, (kind, id) => (kind === 'user' ? user(id) : group(id)))] as const,
    ),
  });
}

/** Recorded number to the number here, where they differ. */
function otherNumbers(
  recorded: ReadonlyMap<number, string>,
  here: readonly (readonly [string, number])[],
): ReadonlyMap<number, number> {
  const numbers = new Map<string, number>();
  for (const [name, number] of here) if (!numbers.has(name)) numbers.set(name, number);
  const others = new Map<number, number>();
  for (const [id, name] of recorded) {
    const number = numbers.get(name);
    if (id !== 0 && number !== undefined && number !== id) others.set(id, number);
  }
  return others;
}
