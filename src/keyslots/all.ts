// The table of key slot kinds.

import keyFile from './key-file.ts';
import type { KeySlotKind } from './keyslot.ts';
import passphrase from './passphrase.ts';

export const keySlotKinds: Readonly<Record<string, KeySlotKind>> = { passphrase, 'key-file': keyFile };
export type SlotType = 'passphrase' | 'key-file';
