// Write-only writers: a host that holds such a key can add snapshots, and can neither read one nor delete. The key file names the
// repository and holds two secrets of this writer alone; what else it needs lies in the repository, sealed for it, and follows when keys
// rotate. FORMAT.md §14.

import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import { decode, encode } from '../base/cbor.ts';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import type { Secret } from '../base/secret.ts';
import type { Storage } from '../storage/storage.ts';
import { boxTypes, openEnvelope, sealEnvelope } from './box.ts';
import {
  type Bundle,
  type Domain,
  decodeDomain,
  decodeGenerations,
  decodeSigner,
  encodeDomain,
  encodeGenerations,
  encodeSigner,
  type Grant,
  type KeyGeneration,
  type Signer,
  signerKeyId,
} from './bundle.ts';
import { asArray, asBytes, asCount, asMap } from './fields.ts';
import { derive } from './keys.ts';
import { maintenanceShareName, sealMaintenanceShare } from './maintenance-key.ts';
import { decodeRecipient, encodeRecipient, type SealingPair } from './sealing-pair.ts';
import type { WriterIdentity } from './state.ts';

const prefix = 'holdfast-writer-1:';
const grantMax = 1024 * 1024;
// DER prefix of an Ed25519 private key (RFC 8410).
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/** What a writer key file holds. */
export interface WriterKey {
  readonly repositoryId: Uint8Array;
  readonly identity: WriterIdentity;
  /** Opens what the repository holds for this writer, 32 bytes. */
  readonly grantKey: Uint8Array;
}

/** One line of text: the content of a writer key file. */
export function encodeWriterKey(key: {
  readonly repositoryId: Uint8Array;
  /** 32 hex. */
  readonly writerId: string;
  readonly grantKey: Uint8Array;
  /** The private key of Ed25519, 32 bytes. */
  readonly seed: Uint8Array;
}): string {
  const item = new Map<number, unknown>([
    [1, key.repositoryId],
    [2, key.grantKey],
    [3, Buffer.from(key.writerId, 'hex')],
    [4, key.seed],
  ]);
  return `${prefix}${Buffer.from(encode(item)).toString('base64url')}\n`;
}

/** Fails with usage/WRITER_KEY_INVALID; what was given is never quoted. */
export function decodeWriterKey(secret: Secret): WriterKey {
  const [line = ''] = Buffer.from(secret.reveal()).toString('latin1').split('\n');
  try {
    if (!line.startsWith(prefix)) throw new TypeError('not the beginning of a writer key');
    const item = asMap(decode(Buffer.from(line.slice(prefix.length).trim(), 'base64url')), 'writer key');
    const seed = asBytes(item.get(4), 'writer key', 32);
    return {
      repositoryId: asBytes(item.get(1), 'writer key', 16),
      grantKey: asBytes(item.get(2), 'writer key', 32),
      identity: identityOf(hex(asBytes(item.get(3), 'writer key', 16)), seed),
    };
  } catch {
    throw new Failure('usage', 'WRITER_KEY_INVALID', 'the file given is no writer key', {
      hint: 'Make one with "holdfast writer add NAME --to FILE" where the repository can be opened in full.',
    });
  }
}

function identityOf(writerId: string, seed: Uint8Array): WriterIdentity {
  const der = Buffer.concat([pkcs8Prefix, seed]);
  const privateKey: KeyObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const publicKey = new Uint8Array(spki.subarray(spki.length - 32));
  return { writerId, privateKey, publicKey, keyId: signerKeyId(publicKey) };
}

/** What a repository holds for one writer: no data key, no metadata key, no private key. */
export interface WriterShare {
  readonly number: number;
  readonly domain: Omit<Domain, 'generations'>;
  readonly indexKeys: readonly KeyGeneration[];
  readonly recipient: Pick<SealingPair, 'kem' | 'publicKey'>;
  /** Whose indexes the writer may trust. */
  readonly signers: readonly Signer[];
}

function shareName(keyId: Uint8Array, number: number): string {
  return `keys/writer-${hex(keyId)}-${number}`;
}

/**
 * Stores what each write-only writer and each maintenance key needs of this bundle, unless it is there; `present` are the names below `keys/`. Older ones stay, as
 * older bundles do.
 */
export async function putShares(
  parts: {
    readonly storage: Storage;
    readonly repositoryId: Uint8Array;
    readonly suite: number;
    readonly bundle: Bundle;
  },
  present: ReadonlySet<string>,
  context: Context,
): Promise<void> {
  const { storage, bundle } = parts;
  const { signal } = context;
  const { repositoryId, suite } = parts;
  const shares = [
    ...(bundle.grants ?? []).map((grant) => ({
      name: shareName(grant.keyId, bundle.number),
      seal: () => sealShare(repositoryId, suite, bundle, grant),
    })),
    ...(bundle.maintainers ?? []).map((one) => ({
      name: maintenanceShareName(one.id, bundle.number),
      seal: () => sealMaintenanceShare(repositoryId, suite, bundle, one),
    })),
  ];
  for (const { name, seal } of shares) {
    if (present.has(name)) continue;
    const bytes = seal();
    try {
      await storage.put(name, bytes, { ifAbsent: true, signal });
    } catch (error) {
      if (!isFailure(error, 'conflict', 'OBJECT_EXISTS')) throw error;
    }
  }
}

function sealShare(repositoryId: Uint8Array, suite: number, bundle: Bundle, grant: Grant): Uint8Array {
  const { sealing } = bundle;
  if (sealing === undefined) throw new Failure('corrupt', 'BUNDLE_BROKEN', 'a grant without a sealing key');
  return sealEnvelope(
    createSecretKey(derive(grant.key, 'writer')),
    { repositoryId, generation: 0, suite, type: boxTypes.writerShare },
    new Map<number, unknown>([
      [1, 1],
      [2, bundle.number],
      [3, encodeDomain(bundle.domains[0]!)],
      [4, encodeGenerations(bundle.indexKeys.filter((one) => one.state !== 'destroyed'))],
      [5, encodeRecipient(sealing)],
      [6, bundle.signers.map(encodeSigner)],
    ]),
  );
}

/** The newest share of this writer among the objects below `keys/`, with the suite that new objects are to be sealed with. */
export function newestShare(
  key: WriterKey,
  objects: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): { readonly share: WriterShare; readonly suite: number } {
  const start = shareName(key.identity.keyId, 0).slice(0, -1);
  const found = objects
    .filter(({ name }) => name.startsWith(start) && /^[1-9][0-9]{0,8}$/.test(name.slice(start.length)))
    .sort((a, b) => Number(b.name.slice(start.length)) - Number(a.name.slice(start.length)))[0];
  if (found === undefined) {
    throw new Failure('denied', 'WRITER_REVOKED', 'the repository holds nothing for this writer key', {
      hint: 'It was taken back with "holdfast writer remove", or belongs to another copy. Ask for a new one.',
    });
  }
  const { name, bytes } = found;
  const secret = createSecretKey(derive(key.grantKey, 'writer'));
  const item = asMap(
    openEnvelope(
      bytes,
      { repositoryId: key.repositoryId, type: boxTypes.writerShare, plainMax: grantMax },
      (generation) => (generation === 0 ? secret : undefined),
      name,
    ),
    name,
  );
  const share: WriterShare = {
    number: asCount(item.get(2), `${name} number`),
    domain: decodeDomain(item.get(3), name),
    indexKeys: decodeGenerations(item.get(4), name),
    recipient: decodeRecipient(item.get(5), `${name} sealing key`),
    signers: asArray(item.get(6), name).map((one) => decodeSigner(one, name)),
  };
  if (name !== shareName(key.identity.keyId, share.number)) {
    throw new Failure('corrupt', 'BUNDLE_BROKEN', `"${name}" holds the share of number ${share.number}`, {
      hint: 'Copy the object back from another copy of the repository.',
    });
  }
  return { share, suite: bytes[8]! };
}
