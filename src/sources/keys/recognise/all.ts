// The table of recognisers, tried in this order; the first that knows the file tells what is in it.

import type { KeyFile, Recogniser, Recognition } from '../key-item.ts';
import { age } from './age.ts';
import { der } from './asymmetric.ts';
import { agentKey, keybox } from './gnupg.ts';
import { jwk } from './jwk.ts';
import { javaKeystore, pkcs12 } from './keystores.ts';
import { keytab } from './keytab.ts';
import { openpgp } from './openpgp.ts';
import { opensshPublic } from './openssh.ts';
import { pem } from './pem.ts';
import { secretFile } from './secret-files.ts';
import { holdfastKeyFile, wireGuardConfig, wireGuardKey } from './single-keys.ts';

/** Larger files are no keys: they are not read. */
export const keyFileBytesMax = 4 * 1024 * 1024;

export const recognisers: Readonly<Record<string, Recogniser>> = {
  // Before PEM: these hold PEM blocks inside.
  secretFile,
  pem,
  opensshPublic,
  keybox,
  agentKey,
  javaKeystore,
  pkcs12,
  der,
  openpgp,
  keytab,
  age,
  jwk,
  wireGuardConfig,
  holdfastKeyFile,
  wireGuardKey,
};

/** Undefined: no key material that we know. `path` is a byte string. */
export function recognise(path: string, bytes: Uint8Array): Recognition | undefined {
  if (bytes.length === 0 || bytes.length > keyFileBytesMax) return undefined;
  const parts = path.split('/');
  const file: KeyFile = {
    name: parts.at(-1) ?? '',
    folder: parts.at(-2) ?? '',
    bytes,
    text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'),
  };
  for (const recogniser of Object.values(recognisers)) {
    const found = recogniser(file);
    if (found !== undefined) return found;
  }
  return undefined;
}
