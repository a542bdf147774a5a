// The key hierarchy below the master key: FORMAT.md §2 (derive) and §5 (bundle). One purpose a key.

import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { equalBytes } from '../base/bytes.ts';
import { Failure } from '../base/failure.ts';
import { BlobIds } from './blob-id.ts';
import { boxTypes } from './box.ts';
import type { Bundle, Domain, KeyGeneration } from './bundle.ts';
import { noDataKey, whyNoData } from './shred.ts';

/** HKDF with the purpose as info: 32 bytes. */
export function derive(secret: Uint8Array | KeyObject, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), `bkp1/${purpose}\0`, 32));
}

/** Keys that no bundle holds. */
export interface KeysBeside {
  /** Of sealed sessions, as far as they could be opened. */
  readonly sessions?: readonly KeyGeneration[];
  /** Of the domain, 32 bytes, where it has one outside the repository. */
  readonly shredKey?: Uint8Array;
  /** Whoever has this ring is a write-only writer and signs with this key. */
  readonly writeOnlyKeyId?: Uint8Array;
  /** Whoever has this ring has a maintenance key: no data key, no metadata key. */
  readonly isMaintenance?: boolean;
}

/** All keys of one opened repository, ready for use. Lives in memory only. */
export class KeyRing {
  readonly repositoryId: Uint8Array;
  readonly suite: number;
  readonly bundle: Bundle;
  readonly domain: Domain;
  readonly idKey: KeyObject;
  readonly #data = new Map<number, KeyObject>();
  readonly #index = new Map<number, KeyObject>();
  readonly #meta = new Map<number, KeyObject>();
  readonly #packHead = new Map<number, KeyObject>();
  readonly dataGeneration: number;
  readonly indexGeneration: number;
  readonly metaGeneration: number;
  readonly #blobIds: BlobIds;
  readonly #beside: KeysBeside;
  readonly #noData: 'missing' | 'destroyed' | undefined;
  readonly isMaintenance: boolean;

  /** Without the shred key of a domain that has one, data and trees stay closed. */
  constructor(repositoryId: Uint8Array, suite: number, bundle: Bundle, beside: KeysBeside = {}) {
    const domain = bundle.domains[0];
    if (domain === undefined) throw new Failure('corrupt', 'BUNDLE_BROKEN', 'the key bundle has no domain');
    this.repositoryId = repositoryId;
    this.suite = suite;
    this.bundle = bundle;
    this.domain = domain;
    this.#beside = beside;
    const { sessions = [] } = beside;
    this.idKey = createSecretKey(domain.idKey);
    this.#blobIds = new BlobIds(this.idKey);
    this.isMaintenance = beside.isMaintenance === true;
    this.#noData = whyNoData(beside.shredKey, repositoryId, domain);
    const salt = (domain.shred === undefined ? undefined : beside.shredKey) ?? new Uint8Array(32);
    // Sealed sessions are of domains without a shred key.
    const data = this.#noData === undefined ? [...domain.generations, ...sessions] : [];
    for (const one of usable(data)) {
      this.#data.set(one.generation, createSecretKey(createHmac('sha256', salt).update(one.key).digest()));
    }
    for (const one of usable(bundle.indexKeys)) {
      this.#index.set(one.generation, createSecretKey(one.key));
      this.#packHead.set(one.generation, createSecretKey(derive(one.key, 'pack-head')));
    }
    for (const one of usable([...bundle.metaKeys, ...sessions.map(sealedMetaKey)]))
      this.#meta.set(one.generation, createSecretKey(one.key));
    const hasData = this.#noData !== 'destroyed' && !this.isMaintenance;
    this.dataGeneration = hasData ? activeOf(domain.generations, 'data') : 0;
    this.indexGeneration = activeOf(bundle.indexKeys, 'index');
    this.metaGeneration = this.isMaintenance ? 0 : activeOf(bundle.metaKeys, 'meta');
  }

  /** Then the index key is in hands that cannot read, and not everybody's word is enough to borrow. */
  get needsVouching(): boolean {
    const { sealing, maintainers } = this.bundle;
    return sealing !== undefined || maintainers !== undefined || this.#beside.writeOnlyKeyId !== undefined;
  }

  /** Whether this ring is that of the write-only writer with this key. */
  isOwn(keyId: Uint8Array): boolean {
    const own = this.#beside.writeOnlyKeyId;
    return own !== undefined && equalBytes(keyId, own);
  }

  /** Fails with what is lacking when no data key can be made: that is no damage, and must not look like it. */
  requireData(): void {
    if (this.isMaintenance) throw maintenanceOnly();
    if (this.#noData !== undefined) throw noDataKey(this.#noData);
  }

  data(generation: number): KeyObject | undefined {
    this.requireData();
    return this.#data.get(generation);
  }
  index(generation: number): KeyObject | undefined {
    return this.#index.get(generation);
  }
  meta(generation: number): KeyObject | undefined {
    if (this.isMaintenance) throw maintenanceOnly();
    return this.#meta.get(generation);
  }
  packHead(generation: number): KeyObject | undefined {
    return this.#packHead.get(generation);
  }

  /** The key and generation that seal new frames of a blob type. */
  forNewFrames(type: number): { key: KeyObject; generation: number } {
    const isSkeleton = type === boxTypes.skeleton;
    const generation = isSkeleton ? this.indexGeneration : this.dataGeneration;
    const key = isSkeleton ? this.index(generation) : this.data(generation);
    if (key === undefined)
      throw new Failure('bug', 'ASSERTION_FAILED', 'the active key generation is missing');
    return { key, generation };
  }

  frameKey(type: number, generation: number): KeyObject | undefined {
    return type === boxTypes.skeleton ? this.index(generation) : this.data(generation);
  }

  /** HMAC over type and plain bytes: the blob's id, 32 bytes. */
  blobId(type: number, plain: Uint8Array): Buffer {
    return this.#blobIds.of(type, plain);
  }

  /** The same ring in another thread. */
  static of({ repositoryId, suite, bundle, beside }: KeyRingExport): KeyRing {
    return new KeyRing(repositoryId, suite, bundle, beside);
  }

  /** What a worker thread needs to build the same ring. */
  export(): KeyRingExport {
    if (!this.isMaintenance) this.requireData();
    return { repositoryId: this.repositoryId, suite: this.suite, bundle: this.bundle, beside: this.#beside };
  }
}

export interface KeyRingExport {
  readonly repositoryId: Uint8Array;
  readonly suite: number;
  readonly bundle: Bundle;
  readonly beside: KeysBeside;
}

export function maintenanceOnly(): Failure {
  return new Failure(
    'denied',
    'MAINTENANCE_ONLY',
    'a maintenance key can prune and check, and do nothing else',
    {
      hint: 'Open the repository with a passphrase or key file for this.',
    },
  );
}

/** The key for the snapshot of a sealed session, beside the one for its data. */
export function sealedMetaKey(session: KeyGeneration): KeyGeneration {
  return { ...session, key: derive(session.key, 'sealed-meta') };
}

/** A destroyed generation opens nothing any more, even where its key is still written down. */
function usable(all: readonly KeyGeneration[]): readonly KeyGeneration[] {
  return all.filter((one) => one.state !== 'destroyed');
}

function activeOf(generations: readonly KeyGeneration[], what: string): number {
  const active = generations.filter((one) => one.state === 'active');
  if (active.length !== 1) {
    throw new Failure('corrupt', 'BUNDLE_BROKEN', `the key bundle has ${active.length} active ${what} keys`);
  }
  return active[0]!.generation;
}
