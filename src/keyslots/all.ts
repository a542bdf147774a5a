// The table of key slot kinds: one lazy line per kind, so that a kind costs nothing until a slot of it is met.

import type { KeySlotKind } from './keyslot.ts';

export const keySlotKinds = {
  passphrase: () => import('./passphrase.ts'),
  'key-file': () => import('./key-file.ts'),
  rsa: () => import('./rsa.ts'),
  x25519: () => import('./x25519.ts'),
  'mlkem768-x25519': () => import('./mlkem768-x25519.ts'),
  age: () => import('./age.ts'),
  pkcs11: () => import('./pkcs11.ts'),
  kms: () => import('./kms.ts'),
  shamir: () => import('./shamir.ts'),
} as const satisfies Readonly<Record<string, () => Promise<{ readonly default: KeySlotKind }>>>;

export type SlotType = keyof typeof keySlotKinds;

/** Undefined for a type that this version does not know: slots of it are listed, and open nothing. */
export async function keySlotKind(type: string): Promise<KeySlotKind | undefined> {
  return isSlotType(type) ? (await keySlotKinds[type]()).default : undefined;
}

export function isSlotType(type: string): type is SlotType {
  return Object.hasOwn(keySlotKinds, type);
}
