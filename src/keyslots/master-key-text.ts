// The master key itself as text, for the recovery kit: it needs no slot, and neither changing nor removing slots takes it back.

import { Secret } from '../base/secret.ts';

/** The `slotType` of a secret that is a master key. */
export const masterKeyType = 'master-key';

const line = /^HOLDFAST-MASTER-KEY ([0-9a-f]{64})$/m;

export function masterKeyText(masterKey: Uint8Array, repositoryId: string): Buffer {
  const remark = `# Master key of the Holdfast repository ${repositoryId}. Whoever has it reads everything.`;
  return Buffer.from(`${remark}\nHOLDFAST-MASTER-KEY ${masterKey.toHex()}\n`, 'latin1');
}

/** Undefined for any other text. */
export function readMasterKey(secret: Secret): Uint8Array | undefined {
  const found = line.exec(Buffer.from(secret.reveal()).toString('latin1').replaceAll('\r', ''));
  return found === null ? undefined : Uint8Array.fromHex(found[1]!);
}

/** The same text as a secret that is tried on no slot. */
export function masterKeySecret(secret: Secret): Secret {
  return new Secret(secret.reveal(), masterKeyType);
}
