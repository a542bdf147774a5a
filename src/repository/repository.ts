// An opened repository: keys, loaded index, reading of blobs. Writing goes through session.ts; check, prune and repair are
// functions beside it.

import { createHash, timingSafeEqual } from 'node:crypto';
import { hex } from '../base/bytes.ts';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { codecOf } from '../codecs/all.ts';
import { release } from '../codecs/release.ts';
import type { Storage } from '../storage/storage.ts';
import { boxTypes, openBox, openEnvelope } from './box.ts';
import type { Config } from './config.ts';
import type { Erasure } from './erasures.ts';
import { asArray, asBytes, asCount, asMap, splitIds } from './fields.ts';
import { FrameReader } from './frame-reader.ts';
import { IndexTable } from './index-table.ts';
import { type KeyRing, maintenanceOnly } from './keys.ts';
import { type Directory, decodeDirectory } from './pack.ts';
import { type FrameRecord, PackCatalog } from './pack-catalog.ts';
import { listed, readAll, readObjects } from './read-all.ts';
import type { SealedWriter } from './sealed-writer.ts';
import type { RepositoryState, WriterIdentity } from './state.ts';
import { vouching, vouchingOf } from './vouching.ts';

/** Tells which process a session belongs to, and whether that process is provably gone. */
export interface SessionOwner {
  /** The machine, for people. */
  readonly node: string;
  /** Boot, process and its start: unique for one run of one process. */
  readonly incarnation: string;
  /** True only when it is proven that the process cannot act any more. */
  isDead(node: string, incarnation: string): boolean;
}

export interface RepositoryParts {
  readonly storage: Storage;
  readonly config: Config;
  readonly ring: KeyRing;
  readonly state: RepositoryState;
  readonly owner: SessionOwner;
  /** The unwrapped master key: needed only to change slots and the bundle. Absent for a write-only writer. */
  readonly masterKey?: Uint8Array;
  /** Present for a write-only writer, which then has an identity that its key file gives. */
  readonly sealed?: SealedWriter;
  /** In place of this host's own, which is then not made. */
  readonly identity?: WriterIdentity;
}

const indexPlainMax = 64 * 1024 * 1024;
const frameCacheBytes = 12 * 1024 * 1024;

export class Repository implements AsyncDisposable {
  readonly storage: Storage;
  readonly config: Config;
  readonly ring: KeyRing;
  readonly state: RepositoryState;
  readonly owner: SessionOwner;
  readonly sealed: SealedWriter | undefined;
  readonly #masterKey: Uint8Array | undefined;
  #index = new IndexTable();
  #catalog = new PackCatalog();
  #indexNames = new Set<string>();
  #condemned = new Set<string>();
  #disputed: ReadonlyMap<string, readonly string[]> = new Map();
  #erasures: readonly Erasure[] | undefined;
  #frames = new Map<number, Uint8Array>();
  #framesBytes = 0;
  readonly #boxes: FrameReader;
  #writer: WriterIdentity | undefined;

  constructor(parts: RepositoryParts) {
    this.storage = parts.storage;
    this.#boxes = new FrameReader(parts.storage);
    this.config = parts.config;
    this.ring = parts.ring;
    this.state = parts.state;
    this.owner = parts.owner;
    this.#masterKey = parts.masterKey;
    this.sealed = parts.sealed;
    this.#writer = parts.sealed?.identity ?? parts.identity;
  }

  get id(): string {
    return this.config.repoId;
  }
  /** Made when it is first asked for: who only reads may do so on a full or strange disk. */
  get writer(): WriterIdentity {
    this.#writer ??= this.state.writer();
    return this.#writer;
  }
  /** Fails with denied where the repository was opened with a key that can only add backups, or only prune and check. */
  get masterKey(): Uint8Array {
    if (this.ring.isMaintenance) throw maintenanceOnly();
    if (this.#masterKey === undefined) throw writeOnly();
    return this.#masterKey;
  }
  get index(): IndexTable {
    return this.#index;
  }
  get catalog(): PackCatalog {
    return this.#catalog;
  }
  /** Names of the indexes that were loaded. */
  get indexNames(): ReadonlySet<string> {
    return this.#indexNames;
  }
  /** Pack names (hex) that nobody may borrow any more. */
  get condemned(): ReadonlySet<string> {
    return this.#condemned;
  }

  /** Packs of which indexes that nobody with a full key confirmed say different things, with the names of those indexes. */
  get disputed(): ReadonlyMap<string, readonly string[]> {
    return this.#disputed;
  }

  /** The re-delete ledger as the chain last told it; undefined before anybody looked. */
  get erasures(): readonly Erasure[] | undefined {
    return this.#erasures;
  }
  noteErasures(erasures: readonly Erasure[]): void {
    this.#erasures = erasures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#frames.clear();
    await this.storage[Symbol.asyncDispose]();
  }

  /** Reads all indexes and condemned lists anew. Readers list snapshots before they call this, writers put their session. */
  async loadIndex(context: Context): Promise<void> {
    this.#index = new IndexTable();
    this.#catalog = new PackCatalog();
    this.#frames.clear();
    this.#framesBytes = 0;
    this.#boxes.forget();
    // In any order: whoever relies on a pack looks for its condemnation once more after announcing that.
    const [condemned, indexes] = await Promise.all([this.listCondemned(context), this.#readIndexes(context)]);
    this.#condemned = condemned;
    const superseded = new Set<string>();
    for (const index of indexes.values()) for (const name of index.supersedes) superseded.add(name);
    this.#indexNames = new Set(indexes.keys());
    // Of two that name one pack the better one is believed: the other might give it other content, or another session.
    const ranked = [...indexes].sort(([, a], [, b]) => rankOf(a) - rankOf(b));
    const disputed = new Map<string, readonly string[]>();
    const claims = new Map<
      string,
      { readonly rank: number; readonly index: string; readonly claim: string }
    >();
    const packs: [Parameters<PackCatalog['add']>[0], Directory][] = [];
    let blobs = 0;
    for (const [name, index] of ranked) {
      if (superseded.has(name)) continue;
      for (const pack of index.packs) {
        const short = hex(pack.name);
        const rank = rankOf(index);
        const before = claims.get(short);
        if (before === undefined)
          claims.set(short, { rank, index: name, claim: rank < 2 ? '' : claimOf(pack) });
        else if (before.rank === 2 && before.claim !== claimOf(pack))
          disputed.set(short, [...(disputed.get(short) ?? [before.index]), name]);
        const directory = decodeDirectory(pack.directoryBytes, `index/${name}`);
        for (const frame of directory.frames) blobs += frame.ids.length / 32;
        const condemned = this.#condemned.has(short);
        packs.push([{ ...pack, sessionId: index.sessionId, condemned, ...vouching(index) }, directory]);
      }
    }
    this.#disputed = disputed;
    // One table of the right size: growing step by step would leave a handful to be searched.
    this.#index.reserve(blobs);
    for (const [pack, directory] of packs) this.#catalog.add(pack, directory, this.#index);
  }

  // A pruner puts an index in the place of others and then deletes those. Who lists meanwhile may miss the new one and find the old ones
  // gone, so the list is read until it names nothing new and nothing of it is gone. The next list begins when one has ended, not when all of
  // it is read: that would be a round trip more at every opening.
  async #readIndexes(context: Context): Promise<Map<string, IndexObject>> {
    const indexes = new Map<string, IndexObject>();
    const seen = new Set<string>();
    const list = () =>
      Array.fromAsync(
        listed(this.storage, 'index/', context, {
          wanted: (name) => !seen.has(name) && seen.add(name) !== undefined,
        }),
      );
    let fresh = await list();
    while (fresh.length > 0) {
      const listing = list();
      listing.catch(() => undefined);
      let read = 0;
      for await (const { name, bytes } of readObjects(this.storage, fresh, context)) {
        indexes.set(name.slice('index/'.length), openIndex(this.ring, bytes, name));
        read += 1;
      }
      const next = await listing;
      fresh = next.length === 0 && read < fresh.length ? await list() : next;
    }
    return indexes;
  }

  /** Pack names in all condemned objects. */
  async listCondemned(context: Context): Promise<Set<string>> {
    const condemned = new Set<string>();
    for await (const { packs } of this.condemnations(context)) for (const name of packs) condemned.add(name);
    return condemned;
  }

  /** One by one, with the time that the storage gave each. */
  async *condemnations(
    context: Context,
  ): AsyncGenerator<{ readonly packs: readonly string[]; readonly at: number }> {
    for await (const { name, bytes, modifiedAt } of readAll(this.storage, 'condemned/', context)) {
      const item = asMap(
        openEnvelope(
          bytes,
          { repositoryId: this.ring.repositoryId, type: boxTypes.condemned, plainMax: indexPlainMax },
          (generation) => this.ring.index(generation),
          name,
        ),
        name,
      );
      yield { packs: splitIds(asBytes(item.get(1), name), name).map(hex), at: modifiedAt };
    }
  }

  /** Records that packs were condemned since the index was loaded. */
  noteCondemned(names: Iterable<string>): void {
    const fresh = new Set<string>();
    for (const name of names) {
      this.#condemned.add(name);
      const pack = this.#catalog.byName(name);
      if (pack !== undefined && !pack.condemned) {
        pack.condemned = true;
        fresh.add(name);
      }
    }
    if (fresh.size === 0) return;
    for (let row = 0; row < this.#index.size; row += 1) {
      const frame = this.#index.frameOf(row);
      if (frame < this.#catalog.frameCount && fresh.has(this.#catalog.packOfFrame(frame).name)) {
        this.#index.condemn(row);
      }
    }
  }

  /** Where a blob lies, or undefined. */
  locate(
    id: Uint8Array,
    offset = 0,
  ): { frame: FrameRecord; number: number; offset: number; length: number } | undefined {
    const row = this.#index.findForReading(id, offset);
    if (row < 0) return undefined;
    const number = this.#index.frameOf(row);
    if (number >= this.#catalog.frameCount) return undefined;
    return {
      frame: this.#catalog.frame(number),
      number,
      offset: this.#index.offsetOf(row),
      length: this.#index.lengthOf(row),
    };
  }

  /** A blob's plain bytes, proven by its id. The result is only valid until the next read: copy what you keep. */
  async readBlob(type: number, id: Uint8Array, context: Context): Promise<Uint8Array> {
    const found = this.locate(id);
    if (found === undefined) throw missingBlob(id);
    if (found.frame.type !== type) throw wrongBlob(id, found.frame);
    const plain = await this.readFrame(found.number, context);
    const blob = plain.subarray(found.offset, found.offset + found.length);
    verifyBlob(this.ring, type, id, blob, found.frame);
    return blob;
  }

  /** A frame's plain bytes; frames of trees stay in a small cache because their blobs are read one by one. */
  async readFrame(number: number, context: Context): Promise<Uint8Array> {
    const cached = this.#frames.get(number);
    if (cached !== undefined) {
      this.#frames.delete(number);
      this.#frames.set(number, cached);
      return cached;
    }
    const frame = this.#catalog.frame(number);
    const box = await this.#boxes.read(number, this.#catalog, context);
    const plain = openFrame(this.ring, frame, box);
    this.#frames.set(number, plain);
    this.#framesBytes += plain.length;
    for (const [oldest, bytes] of this.#frames) {
      if (this.#framesBytes <= frameCacheBytes || oldest === number) break;
      this.#frames.delete(oldest);
      this.#framesBytes -= bytes.length;
    }
    return plain;
  }
}

/** Decrypts and decompresses a frame. Blob ids are checked by whoever takes blobs out of it. */
export function openFrame(
  ring: KeyRing,
  frame: Pick<FrameRecord, 'type' | 'comp' | 'plainLength' | 'generation'> & {
    readonly pack: { readonly name: string; readonly suite: number };
  },
  box: Uint8Array,
): Uint8Array {
  const what = `frame in pack ${frame.pack.name}`;
  const key = ring.frameKey(frame.type, frame.generation);
  if (key === undefined) {
    throw new Failure(
      'corrupt',
      'KEY_GENERATION_UNKNOWN',
      `${what} is sealed with unknown key generation ${frame.generation}`,
    );
  }
  const payload = openBox(
    key,
    {
      repositoryId: ring.repositoryId,
      domainId: ring.domain.id,
      generation: frame.generation,
      suite: frame.pack.suite,
      type: frame.type,
      comp: frame.comp,
      plainLength: frame.plainLength,
    },
    box,
    what,
  );
  const plain = codecOf(frame.comp).decompress(payload, frame.plainLength);
  if (plain.buffer !== payload.buffer) release(payload);
  return plain;
}

/** Rule: a reader gives bytes to nobody before their id was computed and compared. */
export function verifyBlob(
  ring: KeyRing,
  type: number,
  id: Uint8Array,
  plain: Uint8Array,
  frame: { readonly pack: { readonly name: string } },
): void {
  if (!timingSafeEqual(ring.blobId(type, plain), id.subarray(0, 32))) throw wrongBlob(id, frame);
}

export interface IndexObject {
  readonly packs: readonly {
    readonly name: Uint8Array;
    readonly sizeBytes: number;
    readonly isMetadata: boolean;
    readonly directoryBytes: Uint8Array;
  }[];
  readonly supersedes: readonly string[];
  /** 32 hex. */
  readonly sessionId: string;
  /** Whether what it names may be borrowed: by the word of somebody who can also read. */
  readonly trusted: boolean;
  /** The write-only writer that vouches for it, hex of its signing key's id. */
  readonly voucher?: string;
  readonly isPassedOn?: true;
}

export function openIndex(ring: KeyRing, bytes: Uint8Array, name: string): IndexObject {
  const item = asMap(
    openEnvelope(
      bytes,
      { repositoryId: ring.repositoryId, type: boxTypes.index, plainMax: indexPlainMax },
      (generation) => ring.index(generation),
      name,
    ),
    name,
  );
  const word = vouchingOf(ring, item);
  const supersedes = splitIds(
    Buffer.concat(asArray(item.get(2), name).map((one) => asBytes(one, `${name} supersedes`, 32))),
    name,
  ).map(hex);
  return {
    packs: asArray(item.get(1), name).map((value) => {
      const row = asArray(value, name);
      return {
        name: asBytes(row[0], `${name} pack name`, 32),
        sizeBytes: asCount(row[1], `${name} pack size`),
        isMetadata: row[2] === true,
        directoryBytes: asBytes(row[3], `${name} directory`),
      };
    }),
    // Who is not believed takes nothing away either: packs in no index are deleted.
    supersedes: word.trusted && word.voucher === undefined ? supersedes : [],
    sessionId: hex(asBytes(item.get(3), `${name} session`, 16)),
    ...word,
  };
}

/** What an index says of a pack; two say the same when this is the same. */
export function claimOf(
  pack: Pick<IndexObject['packs'][number], 'sizeBytes' | 'isMetadata' | 'directoryBytes'>,
): string {
  const hash = createHash('sha256').update(pack.directoryBytes).digest('hex');
  return `${pack.sizeBytes} ${pack.isMetadata} ${hash}`;
}

/** 0: by somebody who can read; 1: passed on by such a one; 2: neither. */
function rankOf({ trusted, isPassedOn }: IndexObject): number {
  return trusted ? 0 : isPassedOn === true ? 1 : 2;
}

export function writeOnly(): Failure {
  return new Failure('denied', 'WRITE_ONLY', 'this key can add backups and do nothing else', {
    hint: 'Open the repository with a passphrase or key file for this.',
  });
}

export function missingBlob(id: Uint8Array): Failure {
  return new Failure(
    'corrupt',
    'BLOB_MISSING',
    `blob "${hex(id.subarray(0, 8))}…" is in no pack of this repository`,
    {
      hint: 'Run "holdfast repair": it heals from a second copy, or from the source at the next backup.',
    },
  );
}

function wrongBlob(id: Uint8Array, frame: { readonly pack: { readonly name: string } }): Failure {
  return new Failure(
    'corrupt',
    'BLOB_WRONG',
    `blob "${hex(id.subarray(0, 8))}…" in pack "${frame.pack.name}" is not what its id says`,
    { hint: 'Run "holdfast check --read-data", then "holdfast repair".' },
  );
}
