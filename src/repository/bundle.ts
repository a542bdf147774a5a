// The bundle: every key below the master key, and who signs, as one sealed object. FORMAT.md §5.

import { createHash, createSecretKey, randomBytes } from 'node:crypto';
import { Failure, isFailure } from '../base/failure.ts';
import { boxTypes, openEnvelope, sealEnvelope } from './box.ts';
import type { ChunkerParameters } from './chunker/chunker.ts';
import { asArray, asBytes, asCount, asInstant, asMap, asText, malformed } from './fields.ts';
import { derive } from './keys.ts';
import { decodeMaintainers, encodeMaintainers, type Maintainer } from './maintainers.ts';
import { framePlainMax } from './pack.ts';
import { decodeSealingPair, encodeSealingPair, type SealingPair } from './sealing-pair.ts';
import { decodeShred, encodeShred, type ShredRecord } from './shred.ts';
import type { WriterIdentity } from './state.ts';

export type GenerationState = 'active' | 'decrypt-only' | 'destroyed';
const states: readonly GenerationState[] = ['active', 'decrypt-only', 'destroyed'];

export interface KeyGeneration {
  readonly generation: number;
  readonly key: Uint8Array;
  readonly state: GenerationState;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** The unit of deduplication, of access and of shredding. */
export interface Domain {
  readonly id: Uint8Array;
  readonly name: string;
  readonly idKey: Uint8Array;
  readonly chunkKey: Uint8Array;
  readonly chunker: ChunkerParameters;
  readonly generations: readonly KeyGeneration[];
  /** Present when the data keys need a shred key besides. */
  readonly shred?: ShredRecord;
}

export interface Signer {
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly roles: readonly ('writer' | 'forgetter')[];
  readonly name: string;
  readonly from: number;
  readonly until?: number;
  readonly writerId: Uint8Array;
}

export interface Bundle {
  readonly number: number;
  readonly domains: readonly Domain[];
  readonly indexKeys: readonly KeyGeneration[];
  readonly metaKeys: readonly KeyGeneration[];
  readonly signers: readonly Signer[];
  /** Absent while there has never been a write-only writer. */
  readonly sealing?: SealingPair;
  /** Write-only writers that are given the keys they need, and go on being given them when keys rotate. */
  readonly grants?: readonly Grant[];
  /** While the master key is being replaced, the one that goes: whoever finishes that must know which slots and objects are its. */
  readonly outgoing?: Uint8Array;
  /** Absent while there has never been a maintenance key; empty when all were removed, for what they knew stays known. */
  readonly maintainers?: readonly Maintainer[];
}

/** One write-only writer: what it is given is sealed with a key that only it and the bundle have. */
export interface Grant {
  /** Of its signing key, 16 bytes. */
  readonly keyId: Uint8Array;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

const bundleMax = 1024 * 1024;

export function createBundle(chunker: ChunkerParameters, now: number): Bundle {
  const first = (): KeyGeneration => ({
    generation: 1,
    key: randomBytes(32),
    state: 'active',
    createdAt: now,
  });
  return {
    number: 1,
    domains: [
      {
        id: randomBytes(16),
        name: 'default',
        idKey: randomBytes(32),
        chunkKey: randomBytes(32),
        chunker,
        generations: [first()],
      },
    ],
    indexKeys: [first()],
    metaKeys: [first()],
    signers: [],
  };
}

/** A bundle with a new active generation of every kind of key; older ones still open what they sealed. */
export function rotateBundle(bundle: Bundle, now: number): Bundle {
  const rotate = (all: readonly KeyGeneration[]): KeyGeneration[] => [
    ...all.map((one) => (one.state === 'active' ? { ...one, state: 'decrypt-only' as const } : one)),
    {
      generation: Math.max(...all.map((one) => one.generation)) + 1,
      key: randomBytes(32),
      state: 'active',
      createdAt: now,
    },
  ];
  return {
    ...bundle,
    number: bundle.number + 1,
    domains: bundle.domains.map((one) =>
      one.shred?.destroyedAt === undefined ? { ...one, generations: rotate(one.generations) } : one,
    ),
    indexKeys: rotate(bundle.indexKeys),
    metaKeys: rotate(bundle.metaKeys),
  };
}

/** Roles of newer formats are dropped: they allow nothing here. */
const signerRoles: ReadonlyMap<unknown, Signer['roles'][number]> = new Map([
  [1, 'writer'],
  [2, 'forgetter'],
]);

export function signerKeyId(publicKey: Uint8Array): Uint8Array {
  return createHash('sha256').update(publicKey).digest().subarray(0, 16);
}

export function sealBundle(
  masterKey: Uint8Array,
  repositoryId: Uint8Array,
  suite: number,
  bundle: Bundle,
): Uint8Array {
  return sealEnvelope(
    createSecretKey(derive(masterKey, 'bundle')),
    { repositoryId, generation: 0, suite, type: boxTypes.bundle },
    encodeBundle(bundle),
  );
}

export interface OpenedBundle {
  readonly bundle: Bundle;
  /** In which new objects are sealed. */
  readonly suite: number;
}

/** Opens a bundle object and tells the suite it was sealed with. An older bundle under a newer name is refused. */
export function openBundle(
  masterKey: Uint8Array,
  repositoryId: Uint8Array,
  bytes: Uint8Array,
  name: string,
): OpenedBundle {
  const bundle = readBundle(masterKey, repositoryId, bytes, name);
  if (name !== `keys/bundle-${bundle.number}`) {
    throw new Failure(
      'corrupt',
      'BUNDLE_BROKEN',
      `"${name}" holds the key bundle of number ${bundle.number}`,
      { hint: bundleHint },
    );
  }
  return { bundle, suite: bytes[8]! };
}

// What others advise, check and repair, would have to open the bundle first.
const bundleHint = 'Copy the object back from another copy of the repository.';

function readBundle(
  masterKey: Uint8Array,
  repositoryId: Uint8Array,
  bytes: Uint8Array,
  name: string,
): Bundle {
  const key = createSecretKey(derive(masterKey, 'bundle'));
  const meaning = { repositoryId, type: boxTypes.bundle, plainMax: bundleMax };
  try {
    return decodeBundle(
      openEnvelope(bytes, meaning, (generation) => (generation === 0 ? key : undefined), name),
      name,
    );
  } catch (error) {
    if (!isFailure(error, 'corrupt')) throw error;
    throw new Failure('corrupt', error.code, error.message, {
      facts: error.facts,
      hint: bundleHint,
      cause: error,
    });
  }
}

function encodeBundle(bundle: Bundle): unknown {
  const item = new Map<number, unknown>([
    [1, 1],
    [2, bundle.number],
    [
      3,
      bundle.domains.map(
        (domain) =>
          new Map<number, unknown>([
            ...encodeDomain(domain),
            [6, encodeGenerations(domain.generations)],
            ...(domain.shred === undefined ? [] : [[7, encodeShred(domain.shred)] as const]),
          ]),
      ),
    ],
    [4, encodeGenerations(bundle.indexKeys)],
    [5, encodeGenerations(bundle.metaKeys)],
    [6, bundle.signers.map(encodeSigner)],
  ]);
  if (bundle.sealing !== undefined) item.set(7, encodeSealingPair(bundle.sealing));
  if (bundle.maintainers !== undefined) item.set(9, encodeMaintainers(bundle.maintainers));
  if (bundle.grants !== undefined && bundle.grants.length > 0) {
    item.set(
      8,
      bundle.grants.map(
        ({ keyId, key }) =>
          new Map([
            [1, keyId],
            [2, key],
          ]),
      ),
    );
  }
  if (bundle.outgoing !== undefined) item.set(10, bundle.outgoing);
  return item;
}

/** All of a domain but its data keys. */
export function encodeDomain(domain: Omit<Domain, 'generations'>): Map<number, unknown> {
  return new Map<number, unknown>([
    [1, domain.id],
    [2, domain.name],
    [3, domain.idKey],
    [4, domain.chunkKey],
    [5, encodeChunker(domain.chunker)],
  ]);
}

export function encodeGenerations(all: readonly KeyGeneration[]): Map<number, unknown>[] {
  return all.map(
    (one) =>
      new Map<number, unknown>([
        [1, one.generation],
        [2, one.key],
        [3, states.indexOf(one.state)],
        [4, one.createdAt],
      ]),
  );
}

export function encodeSigner(signer: Signer): Map<number, unknown> {
  const item = new Map<number, unknown>([
    [1, signer.keyId],
    [2, 1],
    [3, signer.publicKey],
    [4, signer.roles.map((role) => (role === 'writer' ? 1 : 2))],
    [5, signer.name],
    [6, signer.from],
    [8, signer.writerId],
  ]);
  if (signer.until !== undefined) item.set(7, signer.until);
  return item;
}

function encodeChunker(parameters: ChunkerParameters): Map<number, unknown> {
  return new Map<number, unknown>([
    [1, 1],
    [2, parameters.minBytes],
    [3, parameters.normalBytes],
    [4, parameters.maxBytes],
    [5, parameters.strictMask],
    [6, parameters.looseMask],
  ]);
}

function decodeBundle(value: unknown, name: string): Bundle {
  const item = asMap(value, name);
  const sealing = item.get(7);
  const grants = item.get(8);
  const outgoing = item.get(10);
  const maintainers = item.get(9);
  return {
    number: asCount(item.get(2), `${name} number`),
    domains: asArray(item.get(3), name).map((one) => ({
      ...decodeDomain(one, name),
      generations: decodeGenerations(asMap(one, name).get(6), name),
    })),
    indexKeys: decodeGenerations(item.get(4), name),
    metaKeys: decodeGenerations(item.get(5), name),
    signers: asArray(item.get(6), name).map((one) => decodeSigner(one, name)),
    ...(sealing === undefined ? {} : { sealing: decodeSealingPair(sealing, `${name} sealing key`) }),
    ...(maintainers === undefined ? {} : { maintainers: decodeMaintainers(maintainers, name) }),
    ...(grants === undefined
      ? {}
      : {
          grants: asArray(grants, name).map((one) => {
            const map = asMap(one, name);
            return {
              keyId: asBytes(map.get(1), `${name} writer`, 16),
              key: asBytes(map.get(2), `${name} writer's key`, 32),
            };
          }),
        }),
    ...(outgoing === undefined ? {} : { outgoing: asBytes(outgoing, `${name} outgoing key`, 32) }),
  };
}

export function decodeDomain(value: unknown, name: string): Omit<Domain, 'generations'> {
  const map = asMap(value, name);
  return {
    id: asBytes(map.get(1), `${name} domain`, 16),
    name: asText(map.get(2), `${name} domain name`),
    idKey: asBytes(map.get(3), `${name} id key`, 32),
    chunkKey: asBytes(map.get(4), `${name} chunk key`, 32),
    chunker: decodeChunker(map.get(5), name),
    ...(map.has(7) ? { shred: decodeShred(map.get(7), name) } : {}),
  };
}

export function decodeGenerations(all: unknown, name: string): KeyGeneration[] {
  return asArray(all, name).map((one) => {
    const map = asMap(one, name);
    return {
      generation: asCount(map.get(1), `${name} generation`, 0xffffffff),
      key: asBytes(map.get(2), `${name} key`, 32),
      state: states[asCount(map.get(3), `${name} state`, 2)]!,
      createdAt: asInstant(map.get(4), `${name} created`),
    };
  });
}

export function decodeSigner(value: unknown, name: string): Signer {
  const map = asMap(value, name);
  const until = map.get(7);
  return {
    keyId: asBytes(map.get(1), `${name} signer`, 16),
    publicKey: asBytes(map.get(3), `${name} public key`, 32),
    roles: asArray(map.get(4), name).flatMap((role) => signerRoles.get(role) ?? []),
    name: asText(map.get(5), `${name} signer name`),
    from: asInstant(map.get(6), `${name} signer from`),
    writerId: asBytes(map.get(8), `${name} writer`, 16),
    ...(until === undefined ? {} : { until: asInstant(until, `${name} signer until`) }),
  };
}

function decodeChunker(value: unknown, name: string): ChunkerParameters {
  const map = asMap(value, `${name} chunker`);
  if (map.get(1) !== 1) {
    throw new Failure('usage', 'FORMAT_TOO_NEW', `the repository uses chunker kind ${map.get(1)}`, {
      hint: 'Update Holdfast to the newest version.',
    });
  }
  const parameters = {
    minBytes: asCount(map.get(2), `${name} chunker minimum`),
    normalBytes: asCount(map.get(3), `${name} chunker normal size`),
    maxBytes: asCount(map.get(4), `${name} chunker maximum`, framePlainMax),
    strictMask: asMask(map.get(5), `${name} chunker strict mask`),
    looseMask: asMask(map.get(6), `${name} chunker loose mask`),
  };
  const { minBytes, normalBytes, maxBytes } = parameters;
  if (minBytes === 0 || minBytes > normalBytes || normalBytes > maxBytes)
    throw malformed(`${name} chunker`, 'sizes that ascend from 1');
  return parameters;
}

function asMask(value: unknown, what: string): bigint {
  const mask = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof mask !== 'bigint' || mask < 0n || mask >= 2n ** 64n)
    throw malformed(what, 'a number of 64 bits');
  return mask;
}

/** With one more host that may do everything. */
export function withSigner(bundle: Bundle, writer: WriterIdentity, name: string, now: number): Bundle {
  return {
    ...bundle,
    number: bundle.number + 1,
    signers: [
      ...bundle.signers,
      {
        keyId: writer.keyId,
        publicKey: writer.publicKey,
        roles: ['writer', 'forgetter'],
        name,
        from: now,
        writerId: Buffer.from(writer.writerId, 'hex'),
      },
    ],
  };
}
