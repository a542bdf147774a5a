// Snapshot and tombstone objects: their fields, their signature, their place in the writer's chain. FORMAT.md §11.

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { compareBytes, hex } from '../base/bytes.ts';
import { encode } from '../base/cbor.ts';
import type { Instant } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { boxTypes, openEnvelope, sealEnvelope } from './box.ts';
import { decodeErasures, type Erasure, encodeErasure } from './erasures.ts';
import {
  asArray,
  asBytes,
  asCount,
  asInstant,
  asMap,
  asText,
  type Item,
  malformed,
  splitIds,
} from './fields.ts';
import type { Gap } from './gaps.ts';
import type { KeyRing } from './keys.ts';

const plainMax = 1024 * 1024;

/** What a writer decides; the rest of a snapshot follows from its chain and its session. */
export interface SnapshotDraft {
  readonly host: string;
  readonly user: string;
  /** Absolute byte strings. */
  readonly paths: readonly string[];
  readonly tags: readonly string[];
  readonly time: Instant;
  readonly durationMs: number;
  readonly outcome: 'succeeded' | 'partial';
  readonly stats: SnapshotStats;
  /** Tree and skeleton id of the root, 32 bytes each. */
  readonly root: Uint8Array;
  readonly skeleton: Uint8Array;
  readonly owners: Owners;
  readonly sourceKind: string;
  readonly tool: string;
  readonly parent?: string;
  readonly original?: string;
  readonly replaces?: string;
  readonly retainUntil?: Instant;
}

export interface SnapshotStats {
  readonly entries: number;
  readonly bytes: number;
  readonly problems: number;
  readonly newBlobs: number;
  readonly storedBytes: number;
}

export interface Owners {
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
}

/** What every entry of a writer's chain has. */
export interface ChainEntry {
  readonly writerId: string;
  readonly seq: number;
  /** Names of the objects before it in the chain, hex. */
  readonly prev: readonly string[];
  readonly time: Instant;
}

export interface SnapshotObject extends SnapshotDraft, ChainEntry {
  /** 32 hex. */
  readonly id: string;
  readonly sessionId: string;
}

export interface Forgotten {
  readonly name: string;
  readonly id: string;
  readonly writerId: string;
  readonly seq: number;
  readonly rule: string;
  /** What the forgotten entry named as before it: absent in tombstones of older programs. */
  readonly prev?: readonly string[];
  /** Of a forgotten copy: so that copies of the same original elsewhere can follow. */
  readonly original?: string;
  /** What stands in its place, and so has its place in retention: the id, and when the forgotten one had arrived. */
  readonly successor?: { readonly id: string; readonly arrivedAt: Instant };
}

export interface Tombstone extends ChainEntry {
  readonly forgotten: readonly Forgotten[];
  readonly run: string;
  /** Places of chains that are gone, nobody knows what from. */
  readonly givenUp?: readonly Gap[];
  /** What was erased out of snapshots, for those that still hold it. */
  readonly erasures?: readonly Erasure[];
}

/** Who signs: the writer's own key, never stored in the repository. */
export interface Signature {
  readonly keyId: Uint8Array;
  readonly privateKey: KeyObject;
}

export function sealSnapshot(ring: KeyRing, snapshot: SnapshotObject, signature: Signature): Uint8Array {
  const item = chainItem(snapshot);
  item.set(10, bytes(snapshot.id));
  item.set(11, ring.domain.id);
  item.set(12, snapshot.host);
  item.set(13, snapshot.user);
  item.set(
    14,
    snapshot.paths.map((path) => Buffer.from(path, 'latin1')),
  );
  item.set(15, [snapshot.root]);
  item.set(16, [snapshot.skeleton]);
  const stats = snapshot.stats;
  item.set(
    17,
    new Map([
      [1, stats.entries],
      [2, stats.bytes],
      [3, stats.problems],
      [4, stats.newBlobs],
      [5, stats.storedBytes],
    ]),
  );
  item.set(18, snapshot.outcome === 'succeeded' ? 0 : 1);
  item.set(19, bytes(snapshot.sessionId));
  item.set(20, snapshot.tool);
  item.set(21, [...snapshot.tags]);
  if (snapshot.parent !== undefined) item.set(22, bytes(snapshot.parent));
  item.set(
    23,
    new Map([
      [1, ascending(snapshot.owners.users)],
      [2, ascending(snapshot.owners.groups)],
    ]),
  );
  item.set(24, snapshot.sourceKind);
  if (snapshot.original !== undefined) item.set(25, bytes(snapshot.original));
  if (snapshot.retainUntil !== undefined) item.set(26, snapshot.retainUntil);
  item.set(27, Math.max(0, Math.round(snapshot.durationMs)));
  if (snapshot.replaces !== undefined) item.set(28, bytes(snapshot.replaces));
  return sealSigned(ring, boxTypes.snapshot, item, signature);
}

export function sealTombstone(ring: KeyRing, tombstone: Tombstone, signature: Signature): Uint8Array {
  const item = chainItem(tombstone);
  item.set(
    10,
    tombstone.forgotten.map(
      (one) =>
        new Map<number, unknown>([
          [1, bytes(one.name)],
          [2, bytes(one.id)],
          [3, bytes(one.writerId)],
          [4, one.seq],
          [5, one.rule],
          ...(one.prev === undefined ? [] : [[6, joined(one.prev)] as const]),
          ...(one.original === undefined ? [] : [[7, bytes(one.original)] as const]),
          ...(one.successor === undefined
            ? []
            : ([
                [8, bytes(one.successor.id)],
                [9, one.successor.arrivedAt],
              ] as const)),
        ]),
    ),
  );
  item.set(11, tombstone.run);
  const givenUp = tombstone.givenUp ?? [];
  if (givenUp.length > 0) {
    item.set(
      12,
      givenUp.map(
        ({ writerId, from, to }) =>
          new Map<number, unknown>([
            [1, bytes(writerId)],
            [2, from],
            [3, to],
          ]),
      ),
    );
  }
  const erasures = tombstone.erasures ?? [];
  if (erasures.length > 0) item.set(13, erasures.map(encodeErasure));
  return sealSigned(ring, boxTypes.tombstone, item, signature);
}

/** Opens, checks the signature against the signers of the bundle and parses. `name` is the object's name. */
export function openSnapshot(ring: KeyRing, object: Uint8Array, name: string): SnapshotObject {
  const item = openSigned(ring, boxTypes.snapshot, object, name);
  const stats = asMap(item.get(17), `${name} stats`);
  const owners = asMap(item.get(23), `${name} owners`);
  const roots = asArray(item.get(15), `${name} roots`);
  const skeletons = asArray(item.get(16), `${name} skeletons`);
  const optionalId = (key: number): string | undefined =>
    item.has(key) ? hex(asBytes(item.get(key), `${name} reference`, 16)) : undefined;
  const parent = optionalId(22);
  const original = optionalId(25);
  const replaces = optionalId(28);
  return {
    ...chainOf(item, name),
    id: hex(asBytes(item.get(10), `${name} id`, 16)),
    host: asText(item.get(12), `${name} host`),
    user: asText(item.get(13), `${name} user`),
    paths: asArray(item.get(14), `${name} paths`).map((path) =>
      Buffer.from(asBytes(path, `${name} path`)).toString('latin1'),
    ),
    root: asBytes(roots[0], `${name} root`, 32),
    skeleton: asBytes(skeletons[0], `${name} skeleton`, 32),
    stats: {
      entries: asCount(stats.get(1), `${name} entries`),
      bytes: asCount(stats.get(2), `${name} bytes`),
      problems: asCount(stats.get(3), `${name} problems`),
      newBlobs: asCount(stats.get(4), `${name} new blobs`),
      storedBytes: asCount(stats.get(5), `${name} stored bytes`),
    },
    outcome: item.get(18) === 0 ? 'succeeded' : 'partial',
    sessionId: hex(asBytes(item.get(19), `${name} session`, 16)),
    tool: asText(item.get(20), `${name} tool`),
    tags: asArray(item.get(21), `${name} tags`).map((tag) => asText(tag, `${name} tag`)),
    owners: { users: namesOf(owners.get(1), name), groups: namesOf(owners.get(2), name) },
    sourceKind: asText(item.get(24), `${name} source`),
    durationMs: asCount(item.get(27), `${name} duration`),
    ...(parent === undefined ? {} : { parent }),
    ...(original === undefined ? {} : { original }),
    ...(replaces === undefined ? {} : { replaces }),
    ...(item.has(26) ? { retainUntil: asInstant(item.get(26), `${name} retention`) } : {}),
  };
}

export function openTombstone(ring: KeyRing, object: Uint8Array, name: string): Tombstone {
  const item = openSigned(ring, boxTypes.tombstone, object, name);
  return {
    ...chainOf(item, name),
    run: asText(item.get(11), `${name} run`),
    forgotten: asArray(item.get(10), `${name} forgotten`).map((value) => {
      const one = asMap(value, `${name} forgotten`);
      return {
        name: hex(asBytes(one.get(1), `${name} forgotten name`, 32)),
        id: hex(asBytes(one.get(2), `${name} forgotten id`, 16)),
        writerId: hex(asBytes(one.get(3), `${name} forgotten writer`, 16)),
        seq: asCount(one.get(4), `${name} forgotten position`),
        rule: asText(one.get(5), `${name} rule`),
        ...(one.has(6) ? { prev: namesBefore(one.get(6), name) } : {}),
        ...(one.has(8) ? { successor: successorOf(one, name) } : {}),
        ...(one.has(7) ? { original: hex(asBytes(one.get(7), `${name} forgotten original`, 16)) } : {}),
      };
    }),
    ...(item.has(12) ? { givenUp: asArray(item.get(12), `${name} given up`).map(gapOf) } : {}),
    ...(item.has(13) ? { erasures: decodeErasures(item.get(13), name) } : {}),
  };
}

function successorOf(one: Item, name: string): { id: string; arrivedAt: Instant } {
  return {
    id: hex(asBytes(one.get(8), `${name} successor`, 16)),
    arrivedAt: asInstant(one.get(9), `${name} arrival`),
  };
}

function gapOf(value: unknown): Gap {
  const one = asMap(value, 'places given up');
  const from = asCount(one.get(2), 'first place given up');
  const to = asCount(one.get(3), 'last place given up');
  if (to < from) throw malformed('places given up', 'in ascending order');
  return { writerId: hex(asBytes(one.get(1), 'writer of places given up', 16)), from, to };
}

function chainItem(entry: ChainEntry): Map<number, unknown> {
  return new Map<number, unknown>([
    [1, 1],
    [2, bytes(entry.writerId)],
    [3, entry.seq],
    [4, joined(entry.prev)],
    [5, entry.time],
  ]);
}

function chainOf(item: Item, name: string): ChainEntry {
  return {
    writerId: hex(asBytes(item.get(2), `${name} writer`, 16)),
    seq: asCount(item.get(3), `${name} position`),
    prev: namesBefore(item.get(4), name),
    time: asInstant(item.get(5), `${name} time`),
  };
}

function joined(names: readonly string[]): Buffer {
  return Buffer.concat(names.map(bytes).sort(compareBytes));
}

function namesBefore(value: unknown, name: string): string[] {
  return splitIds(asBytes(value, `${name} chain`), `${name} chain`).map(hex);
}

const signatureKey = 99;

function sealSigned(
  ring: KeyRing,
  type: number,
  item: Map<number, unknown>,
  signature: Signature,
): Uint8Array {
  const digest = createHash('sha256').update(encode(item)).digest();
  item.set(signatureKey, [
    new Map<number, unknown>([
      [1, 1],
      [2, signature.keyId],
      [3, sign(null, digest, signature.privateKey)],
    ]),
  ]);
  const generation = ring.metaGeneration;
  return sealEnvelope(
    ring.meta(generation)!,
    { repositoryId: ring.repositoryId, generation, suite: ring.suite, type },
    item,
  );
}

function openSigned(ring: KeyRing, type: number, object: Uint8Array, name: string): Item {
  const item = asMap(
    openEnvelope(object, { repositoryId: ring.repositoryId, type, plainMax }, (g) => ring.meta(g), name),
    name,
  );
  const unsigned = new Map(item);
  unsigned.delete(signatureKey);
  const digest = createHash('sha256').update(encode(unsigned)).digest();
  const writerId = asBytes(item.get(2), `${name} writer`, 16);
  for (const value of asArray(item.get(signatureKey), `${name} signatures`)) {
    const one = asMap(value, `${name} signature`);
    if (one.get(1) !== 1) continue;
    const keyId = asBytes(one.get(2), `${name} signer`, 16);
    const signer = ring.bundle.signers.find((candidate) => compareBytes(candidate.keyId, keyId) === 0);
    if (signer === undefined || compareBytes(signer.writerId, writerId) !== 0) continue;
    if (!signer.roles.includes(type === boxTypes.tombstone ? 'forgetter' : 'writer')) continue;
    const key = publicKeyOf(signer.publicKey);
    if (verify(null, digest, key, asBytes(one.get(3), `${name} signature`, 64))) return item;
  }
  throw new Failure(
    'corrupt',
    'SIGNATURE_WRONG',
    `"${name}" is not signed by a writer this repository knows`,
    {
      hint: 'Somebody who holds the repository key, but is no registered writer, made it. Run "holdfast check".',
    },
  );
}

// DER prefix of an Ed25519 public key (RFC 8410).
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

function ascending(map: ReadonlyMap<number, string>): Map<number, string> {
  return new Map([...map].sort(([a], [b]) => a - b));
}

function namesOf(value: unknown, name: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const [id, text] of asMap(value, `${name} owners`)) {
    names.set(asCount(id, `${name} owner`, 0xffffffff), asText(text, `${name} owner name`));
  }
  return names;
}

function bytes(hexText: string): Buffer {
  return Buffer.from(hexText, 'hex');
}
