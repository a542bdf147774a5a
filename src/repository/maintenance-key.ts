// Maintenance keys: who holds one can prune and look for damage, and can read no snapshot, tree or data, forget nothing and add nothing.
// The key file holds one secret; what it opens lies in the repository and follows when keys rotate. FORMAT.md §15.

import { createSecretKey } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import { decode, encode } from '../base/cbor.ts';
import { Failure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import { boxTypes, openEnvelope, sealEnvelope } from './box.ts';
import { type Bundle, decodeGenerations, decodeSigner, encodeGenerations, encodeSigner } from './bundle.ts';
import { chunkerParameters } from './chunker/chunker.ts';
import { asArray, asBytes, asCount, asMap } from './fields.ts';
import { derive, KeyRing } from './keys.ts';
import type { Maintainer } from './maintainers.ts';

const prefix = 'holdfast-maintenance-1:';
const shareMax = 1024 * 1024;

/** What a maintenance key file holds. */
export interface MaintenanceKey {
  readonly repositoryId: Uint8Array;
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** Opens what the repository holds for this key, 32 bytes. */
  readonly grantKey: Uint8Array;
}

/** One line of text: the content of a maintenance key file. */
export function encodeMaintenanceKey(key: MaintenanceKey): string {
  const item = new Map<number, unknown>([
    [1, key.repositoryId],
    [2, key.grantKey],
    [3, key.id],
  ]);
  return `${prefix}${Buffer.from(encode(item)).toString('base64url')}\n`;
}

/** Fails with usage/MAINTENANCE_KEY_INVALID; what was given is never quoted. */
export function decodeMaintenanceKey(secret: Secret): MaintenanceKey {
  const [line = ''] = Buffer.from(secret.reveal()).toString('latin1').split('\n');
  try {
    if (!line.startsWith(prefix)) throw new TypeError('not the beginning of a maintenance key');
    const item = asMap(decode(Buffer.from(line.slice(prefix.length).trim(), 'base64url')), 'maintenance key');
    return {
      repositoryId: asBytes(item.get(1), 'maintenance key', 16),
      grantKey: asBytes(item.get(2), 'maintenance key', 32),
      id: asBytes(item.get(3), 'maintenance key', 16),
    };
  } catch {
    throw new Failure('usage', 'MAINTENANCE_KEY_INVALID', 'the file given is no maintenance key', {
      hint: 'Make one with "holdfast maintainer add NAME --to FILE" where the repository can be opened in full.',
    });
  }
}

export function maintenanceShareName(id: Uint8Array, number: number | ''): string {
  return `keys/maintenance-${hex(id)}-${number}`;
}

/** What this bundle gives one maintenance key: no data key, no metadata key, nothing that signs or wraps. */
export function sealMaintenanceShare(
  repositoryId: Uint8Array,
  suite: number,
  bundle: Bundle,
  { grantKey }: Maintainer,
): Uint8Array {
  const domain = bundle.domains[0]!;
  return sealEnvelope(
    createSecretKey(derive(grantKey, 'maintenance')),
    { repositoryId, generation: 0, suite, type: boxTypes.maintenanceShare },
    new Map<number, unknown>([
      [1, 1],
      [2, bundle.number],
      [3, domain.id],
      [4, domain.idKey],
      [5, encodeGenerations(bundle.indexKeys.filter((one) => one.state !== 'destroyed'))],
      // Their names are of users and hosts.
      [6, bundle.signers.map((one) => encodeSigner({ ...one, name: '' }))],
    ]),
  );
}

/** The ring of the newest share of this key among the objects below `keys/`. */
export function maintenanceRing(
  key: MaintenanceKey,
  objects: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): KeyRing {
  const start = maintenanceShareName(key.id, '');
  const numberOf = (name: string): number => Number(name.slice(start.length));
  const found = objects
    .filter(({ name }) => name.startsWith(start) && /^[1-9][0-9]{0,8}$/.test(name.slice(start.length)))
    .sort((a, b) => numberOf(b.name) - numberOf(a.name))[0];
  if (found === undefined) {
    throw new Failure('denied', 'MAINTENANCE_KEY_REVOKED', 'the repository holds nothing for this key', {
      hint: 'It was taken back with "holdfast maintainer remove", or belongs to another copy. Ask for a new one.',
    });
  }
  const { name, bytes } = found;
  const secret = createSecretKey(derive(key.grantKey, 'maintenance'));
  const expected = { repositoryId: key.repositoryId, type: boxTypes.maintenanceShare, plainMax: shareMax };
  const item = asMap(
    openEnvelope(bytes, expected, (generation) => (generation === 0 ? secret : undefined), name),
    name,
  );
  const number = asCount(item.get(2), `${name} number`);
  if (number !== numberOf(name)) {
    throw new Failure('corrupt', 'BUNDLE_BROKEN', `"${name}" holds the share of number ${number}`, {
      hint: 'Copy the object back from another copy of the repository.',
    });
  }
  const bundle: Bundle = {
    number,
    domains: [
      {
        id: asBytes(item.get(3), `${name} domain`, 16),
        name: '',
        idKey: asBytes(item.get(4), `${name} id key`, 32),
        // Only for cutting files, which is not this key's work.
        chunkKey: new Uint8Array(32),
        chunker: chunkerParameters(undefined),
        generations: [],
      },
    ],
    indexKeys: decodeGenerations(item.get(5), name),
    metaKeys: [],
    signers: asArray(item.get(6), name).map((one) => decodeSigner(one, name)),
    maintainers: [],
  };
  return new KeyRing(key.repositoryId, bytes[8]!, bundle, { isMaintenance: true });
}
