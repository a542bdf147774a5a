// The re-delete ledger: which paths were erased on purpose, as salted hashes inside tombstones. FORMAT.md §11. Copies that still hold
// such a path, on locked storage or brought back later, are restored without it. Nothing here can be read back into a name.

import { createHmac } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Instant } from '../base/context.ts';
import { asArray, asBytes, asInstant, asMap, asText, malformed, splitIds } from './fields.ts';

export interface Erasure {
  /** 32 hex; shared by all erasures of one repository, so that a path is hashed once. */
  readonly salt: string;
  /** Snapshots that claim a later time are not meant: the path may be in use again. */
  readonly until: Instant;
  /** 64 hex each. */
  readonly hashes: readonly string[];
  /** Only these are meant, by the id of their original; absent: all. */
  readonly snapshots?: readonly string[];
  readonly reason: string;
}

/** So many fit into a tombstone with room to spare. */
export const erasureHashesMax = 16_384;

/** `path` is an absolute byte string; the host is part of it, because every host has its own /etc. */
export function erasureHash(salt: string, host: string, path: string): string {
  return createHmac('sha256', Buffer.from(salt, 'hex'))
    .update(`${host}\0`)
    .update(path, 'latin1')
    .digest('hex');
}

interface Meant {
  readonly id: string;
  readonly original?: string;
  readonly host: string;
  readonly time: Instant;
}

export function isMeant(erasure: Erasure, snapshot: Meant): boolean {
  const { snapshots } = erasure;
  if (snapshots !== undefined) return snapshots.includes(snapshot.original ?? snapshot.id);
  return snapshot.time <= erasure.until;
}

/** Tells of absolute paths whether they, or a folder above them, were erased; undefined where the ledger has nothing on this snapshot. */
export function erasedIn(
  snapshot: Meant,
  ledger: readonly Erasure[],
): ((path: string) => boolean) | undefined {
  const bySalt = new Map<string, Set<string>>();
  for (const erasure of ledger) {
    if (!isMeant(erasure, snapshot)) continue;
    const hashes = bySalt.get(erasure.salt) ?? new Set();
    bySalt.set(erasure.salt, hashes);
    for (const hash of erasure.hashes) hashes.add(hash);
  }
  if (bySalt.size === 0) return undefined;
  const folders = new Map<string, boolean>([['', false]]);
  const isErased = (path: string): boolean => {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    let isBelow = folders.get(parent);
    if (isBelow === undefined) {
      isBelow = isErased(parent);
      folders.set(parent, isBelow);
    }
    if (isBelow) return true;
    for (const [salt, hashes] of bySalt) if (hashes.has(erasureHash(salt, snapshot.host, path))) return true;
    return false;
  };
  return isErased;
}

/** What of `wanted` the ledger does not say yet, at least for snapshots up to `enough`. */
export function notYetIn(ledger: readonly Erasure[], wanted: Erasure, enough = wanted.until): Erasure {
  const scope = (one: Erasure) => one.snapshots?.join();
  const known = new Set<string>();
  for (const one of ledger) {
    const covers =
      one.snapshots === undefined && wanted.snapshots === undefined
        ? one.until >= enough
        : scope(one) === scope(wanted);
    if (one.salt === wanted.salt && covers) for (const hash of one.hashes) known.add(hash);
  }
  return { ...wanted, hashes: wanted.hashes.filter((hash) => !known.has(hash)) };
}

export function encodeErasure({ salt, until, hashes, snapshots, reason }: Erasure): Map<number, unknown> {
  const joined = (all: readonly string[]) => Buffer.from([...all].sort().join(''), 'hex');
  return new Map<number, unknown>([
    [1, Buffer.from(salt, 'hex')],
    [2, until],
    [3, joined(hashes)],
    ...(snapshots === undefined ? [] : [[4, joined(snapshots)] as const]),
    [5, reason],
  ]);
}

export function decodeErasures(value: unknown, name: string): Erasure[] {
  return asArray(value, `${name} erasures`).map((item) => {
    const one = asMap(item, `${name} erasure`);
    return {
      salt: hex(asBytes(one.get(1), `${name} salt`, 16)),
      until: asInstant(one.get(2), `${name} end`),
      hashes: splitIds(asBytes(one.get(3), `${name} hashes`), `${name} hashes`).map(hex),
      ...(one.has(4) ? { snapshots: idsOf(asBytes(one.get(4), `${name} snapshots`), name) } : {}),
      reason: asText(one.get(5), `${name} reason`),
    };
  });
}

function idsOf(joined: Uint8Array, name: string): string[] {
  if (joined.length % 16 !== 0) throw malformed(`${name} snapshots`, 'a multiple of 16 bytes');
  const ids: string[] = [];
  for (let at = 0; at < joined.length; at += 16) ids.push(hex(joined.subarray(at, at + 16)));
  return ids;
}
