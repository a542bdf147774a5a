// Maintenance keys as the bundle lists them: who may give space back and look for damage, and read nothing. FORMAT.md §15.

import { asArray, asBytes, asInstant, asMap, asText } from './fields.ts';

/** One maintenance key: what it is given is sealed with a key that only it and the bundle have. It signs nothing. */
export interface Maintainer {
  /** 16 random bytes. */
  readonly id: Uint8Array;
  /** 32 bytes. */
  readonly grantKey: Uint8Array;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
}

export function encodeMaintainers(all: readonly Maintainer[]): Map<number, unknown>[] {
  return all.map(
    ({ id, grantKey, name, from }) =>
      new Map<number, unknown>([
        [1, id],
        [2, grantKey],
        [3, name],
        [4, from],
      ]),
  );
}

export function decodeMaintainers(value: unknown, name: string): Maintainer[] {
  return asArray(value, name).map((one) => {
    const map = asMap(one, name);
    return {
      id: asBytes(map.get(1), `${name} maintenance key`, 16),
      grantKey: asBytes(map.get(2), `${name} maintenance grant`, 32),
      name: asText(map.get(3), `${name} maintenance name`),
      from: asInstant(map.get(4), `${name} maintenance from`),
    };
  });
}
