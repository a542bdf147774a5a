// The table of seals: what each is called and what its files end in; the code comes when it is asked for.

import { Failure } from '../../base/failure.ts';
import type { Seal } from './seal.ts';

export interface SealEntry {
  readonly name: string;
  readonly suffix: string;
  readonly load: () => Promise<Seal>;
}

export const sealTable: readonly SealEntry[] = [
  { name: 'aes-256-gcm', suffix: '.gcm', load: async () => (await import('./aes-256-gcm.ts')).aes256Gcm },
  { name: 'age', suffix: '.age', load: async () => (await import('./age.ts')).age },
  { name: 'fernet', suffix: '.fernet', load: async () => (await import('./fernet.ts')).fernet },
  { name: 'rsa', suffix: '.rsa', load: async () => (await import('./rsa.ts')).rsa },
  {
    name: 'rsa-hybrid',
    suffix: '.rsa-hybrid',
    load: async () => (await import('./rsa-hybrid.ts')).rsaHybrid,
  },
  { name: 'openssl', suffix: '.enc', load: async () => (await import('./openssl.ts')).openssl },
];

export const sealNames: readonly string[] = sealTable.map(({ name }) => name);

export async function sealOf(name: string): Promise<Seal> {
  const entry = sealTable.find((one) => one.name === name);
  if (entry === undefined) {
    throw new Failure('usage', 'SEAL_UNKNOWN', `"${name}" is no seal`, {
      hint: `Choose one of ${sealNames.join(', ')}.`,
    });
  }
  return entry.load();
}

/** The seals that the end of a file's name tells, outermost first, and the name without them. */
export function sealsInName(fileName: string): { readonly names: readonly string[]; readonly rest: string } {
  const names: string[] = [];
  let rest = fileName;
  for (;;) {
    const entry = sealTable.find(({ suffix }) => rest.endsWith(suffix));
    if (entry === undefined) return { names, rest };
    names.push(entry.name);
    rest = rest.slice(0, -entry.suffix.length);
  }
}
