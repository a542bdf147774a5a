// A bucket of Google Cloud Storage. "ifGenerationMatch=0" lets exactly one writer make an object, and an answer means that it is stored:
// class A. Storage classes, retention and lifecycle are those of the service; no class of it has to be thawed.

import type { Readable } from 'node:stream';
import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import {
  type GcsObject,
  keptUntil,
  listedFields,
  makeBucket,
  pathOf,
  placeOf,
  seeBucket,
  statFields,
} from './gcs/bucket.ts';
import {
  connectGcs,
  type GcsCall,
  type GcsConfig,
  type GcsConnection,
  type GcsReply,
  gcsConfig,
  gcsFromUrl,
} from './gcs/client.ts';
import { crc32cText } from './gcs/crc32c.ts';
import { type GcsPlace, gcsAnswer, gcsFailure, isTaken } from './gcs/failure.ts';
import { gcsLifecycle } from './gcs/lifecycle.ts';
import { gcsPosture } from './gcs/posture.ts';
import { uploadObject } from './gcs/upload.ts';
import { differs, exists, readBody, throwIfAborted, tooShort } from './network/cloud-failure.ts';
import { requireEmpty } from './network/cloud-root.ts';
import { endpointCertificate } from './network/server-certificate.ts';
import type {
  CallOptions,
  GetOptions,
  Lifecycle,
  ObjectStat,
  PostureFinding,
  PutOptions,
  ServerCertificate,
  Storage,
  StorageKind,
} from './storage.ts';

const parallelCallsMax = 8;
const defaultPage = 1000;

const gcs: StorageKind<GcsConfig> = {
  scheme: 'gcs',
  title: 'Google Cloud Storage',
  config: gcsConfig,
  secretFields: [],
  fromUrl: gcsFromUrl,
  open: (config, context) => openGcs(config, context, defaultPage),
  async create(config, context) {
    const connection = await connectGcs(config, parallelCallsMax);
    try {
      await makeBucket(config, connection, context);
      const storage = await openBucket(config, connection, context, defaultPage);
      await requireEmpty(storage, context);
      return storage;
    } catch (error) {
      connection.agent.destroy();
      throw error;
    }
  },
};
export default gcs;

/** For tests too: with a page size of their own. */
export async function openGcs(config: GcsConfig, context: Context, pageSize: number): Promise<Storage> {
  const connection = await connectGcs(config, parallelCallsMax);
  try {
    return await openBucket(config, connection, context, pageSize);
  } catch (error) {
    connection.agent.destroy();
    throw error;
  }
}

/** One round trip; two where the account may use objects, but may not see the bucket's settings. */
async function openBucket(
  config: GcsConfig,
  connection: GcsConnection,
  context: Context,
  pageSize: number,
): Promise<GcsStorage> {
  const canRetain = await seeBucket(config, connection, context);
  return new GcsStorage(config, connection, canRetain, pageSize);
}

class GcsStorage implements Storage {
  readonly location: string;
  readonly features = {
    exclusivePut: true,
    isLocal: false,
    parallelCallsMax,
    durability: 'A',
    // Prices of reading in US dollars from the list (2024): for orientation.
    storageClasses: [
      { name: 'STANDARD', isFrozen: false, daysMin: 0 },
      { name: 'NEARLINE', isFrozen: false, daysMin: 30, readPricePerGib: 0.01 },
      { name: 'COLDLINE', isFrozen: false, daysMin: 90, readPricePerGib: 0.02 },
      { name: 'ARCHIVE', isFrozen: false, daysMin: 365, readPricePerGib: 0.05 },
    ],
  } as const;
  readonly lifecycle: Lifecycle;
  readonly retain?: NonNullable<Storage['retain']>;
  readonly #config: GcsConfig;
  readonly #connection: GcsConnection;
  readonly #place: GcsPlace;
  readonly #keyPrefix: string;
  readonly #pageSize: number;

  constructor(config: GcsConfig, connection: GcsConnection, canRetain: boolean, pageSize: number) {
    this.#config = config;
    this.#connection = connection;
    this.#place = placeOf(config);
    this.#pageSize = pageSize;
    this.location = this.#place.location;
    this.#keyPrefix = config.prefix === undefined ? '' : `${config.prefix}/`;
    this.lifecycle = gcsLifecycle((call) => this.#call(call), pathOf(config), this.#keyPrefix);
    if (canRetain) this.retain = (name, until, options) => this.#retain(name, until, options);
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    throwIfAborted(options);
    const { signal, retainUntil } = options;
    const storageClass = options.storageClass ?? this.#config.storageClass;
    try {
      await uploadObject(this.#connection, {
        bucket: this.#config.bucket,
        key: this.#keyPrefix + name,
        bytes,
        fields: {
          ...(storageClass === undefined ? {} : { storageClass }),
          ...(retainUntil === undefined || this.retain === undefined
            ? {}
            : { retention: this.#retention(retainUntil) }),
        },
        signal,
      });
    } catch (error) {
      if (signal.aborted || !isTaken(error)) throw gcsFailure(this.#place, error, options, name);
      if (options.ifAbsent === true) throw exists(name);
      await this.#compare(name, bytes, options);
      // What was there may be kept for less long than is asked for now.
      if (retainUntil !== undefined) await this.retain?.(name, retainUntil, options);
    }
  }

  async get(name: string, options: GetOptions): Promise<Uint8Array> {
    throwIfAborted(options);
    const { range, signal } = options;
    // The service knows no empty ranges.
    if (range?.length === 0) return this.#getNothing(name, range.offset, options);
    const asked = range === undefined ? 0 : range.offset + range.length;
    try {
      const { headers, data } = await this.#connection.call({
        method: 'GET',
        path: this.#path(name),
        query: { alt: 'media' },
        headers: {
          'accept-encoding': 'identity',
          ...(range === undefined ? {} : { range: `bytes=${range.offset}-${asked - 1}` }),
        },
        asStream: true,
        signal,
      });
      const length = Number(headers.get('content-length') ?? 'none');
      const size = Number(/\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] ?? length);
      if (range !== undefined && length !== range.length) {
        (data as Readable).destroy();
        throw tooShort(name, asked, size);
      }
      const bytes = await readBody(name, data as Readable, length);
      const expected = /crc32c=([^,\s]+)/.exec(headers.get('x-goog-hash') ?? '')?.[1];
      if (range === undefined && expected !== undefined && expected !== crc32cText(bytes))
        throw damaged(name);
      return bytes;
    } catch (error) {
      if (range !== undefined && gcsAnswer(error)?.status === 416) throw tooShort(name, asked);
      throw gcsFailure(this.#place, error, options, name);
    }
  }

  async stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    throwIfAborted(options);
    const object = await this.#find(name, options);
    if (object === undefined) return undefined;
    const retainedUntil = keptUntil(object);
    return { ...this.#statOf(object), ...(retainedUntil === undefined ? {} : { retainedUntil }) };
  }

  async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    let pageToken: string | undefined;
    do {
      throwIfAborted(options);
      const page = await this.#call({
        method: 'GET',
        path: `${pathOf(this.#config)}/o`,
        query: {
          prefix: this.#keyPrefix + prefix,
          maxResults: String(this.#pageSize),
          fields: `nextPageToken,items(${listedFields})`,
          ...(pageToken === undefined ? {} : { pageToken }),
        },
        signal: options.signal,
      });
      const { items, nextPageToken } = page.data as { items?: readonly GcsObject[]; nextPageToken?: string };
      for (const object of items ?? []) yield this.#statOf(object);
      pageToken = nextPageToken;
    } while (pageToken !== undefined);
  }

  async delete(name: string, options: CallOptions): Promise<void> {
    throwIfAborted(options);
    // With versions, the service would hide a retained object instead of refusing: the name would be gone, the cost not.
    if (this.retain !== undefined && !(await this.#requireFree(name, options))) return;
    try {
      await this.#call({ method: 'DELETE', path: this.#path(name), signal: options.signal }, name);
    } catch (error) {
      if (isFailure(error, 'missing', 'OBJECT_MISSING')) return;
      if (!isFailure(error, 'denied', 'OBJECT_RETAINED')) throw error;
      await this.#requireFree(name, options);
      throw error;
    }
  }

  /** By writing it anew in the other class, which large objects take several calls for. */
  async transition(name: string, storageClass: string, options: CallOptions): Promise<void> {
    throwIfAborted(options);
    const object = await this.#find(name, options);
    if (object === undefined) throw missing(name);
    if (object.storageClass === storageClass) return;
    const target = `/b/${encodeURIComponent(this.#config.bucket)}/o/${encodeURIComponent(this.#keyPrefix + name)}`;
    let rewriteToken: string | undefined;
    do {
      throwIfAborted(options);
      const reply = await this.#call(
        {
          method: 'POST',
          path: `${this.#path(name)}/rewriteTo${target}`,
          // Neither end may have changed: what is written is what was read.
          query: {
            ifGenerationMatch: object.generation,
            ifSourceGenerationMatch: object.generation,
            ...(rewriteToken === undefined ? {} : { rewriteToken }),
          },
          json: { storageClass, contentType: 'application/octet-stream' },
          signal: options.signal,
        },
        name,
      );
      const { done, rewriteToken: next } = reply.data as { done?: boolean; rewriteToken?: string };
      rewriteToken = done === true ? undefined : next;
    } while (rewriteToken !== undefined);
  }

  async posture(options: CallOptions): Promise<readonly PostureFinding[]> {
    throwIfAborted(options);
    return gcsPosture(
      (call) => this.#call(call),
      pathOf(this.#config),
      this.#connection.endpoint,
      this.#keyPrefix,
      options,
    );
  }

  /** That of the cloud itself is its owner's business. */
  async certificate(options: CallOptions): Promise<ServerCertificate | undefined> {
    return this.#config.endpoint === undefined
      ? undefined
      : endpointCertificate(this.#config.endpoint, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.agent.destroy();
  }

  async #compare(name: string, bytes: Uint8Array, options: CallOptions): Promise<void> {
    const object = await this.#find(name, options);
    if (object === undefined) {
      throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', `object "${name}" vanished while it was put`, {
        hint: 'Try again later.',
      });
    }
    const isEqual =
      Number(object.size) === bytes.length && Buffer.compare(await this.get(name, options), bytes) === 0;
    if (!isEqual) throw differs(name);
  }

  async #getNothing(name: string, offset: number, options: CallOptions): Promise<Uint8Array> {
    const object = await this.#find(name, options);
    if (object === undefined) throw missing(name);
    if (offset > Number(object.size)) throw tooShort(name, offset, Number(object.size));
    return new Uint8Array(0);
  }

  async #find(
    name: string,
    options: CallOptions,
  ): Promise<(GcsObject & { readonly now: Instant }) | undefined> {
    try {
      const { data, headers } = await this.#call(
        { method: 'GET', path: this.#path(name), query: { fields: statFields }, signal: options.signal },
        name,
      );
      return { ...(data as GcsObject), now: Date.parse(headers.get('date') ?? '') };
    } catch (error) {
      if (isFailure(error, 'missing', 'OBJECT_MISSING')) return undefined;
      throw error;
    }
  }

  /** False when there is nothing to delete. */
  async #requireFree(name: string, options: CallOptions): Promise<boolean> {
    const object = await this.#find(name, options);
    if (object === undefined) return false;
    const until = keptUntil(object);
    const isHeld = object.temporaryHold === true || object.eventBasedHold === true;
    // By the clock of the service, which is the one that counts.
    if (!isHeld && (until === undefined || until <= object.now)) return true;
    throw new Failure(
      'denied',
      'OBJECT_RETAINED',
      `object "${name}" is kept by ${isHeld ? 'a hold' : 'a retention policy'}`,
      {
        hint: 'It can be removed once its date has passed or the hold is released.',
        ...(until === undefined ? {} : { facts: { until: new Date(until).toISOString() } }),
      },
    );
  }

  async #retain(name: string, until: Instant, options: CallOptions): Promise<void> {
    throwIfAborted(options);
    const object = await this.#find(name, options);
    if (object === undefined) throw missing(name);
    const found = Date.parse(object.retention?.retainUntilTime ?? '');
    const isLocked = object.retention?.mode === 'Locked';
    if (found >= until && (isLocked || this.#config.retention !== 'Locked')) return;
    await this.#call(
      {
        method: 'PATCH',
        path: this.#path(name),
        // Another writer may have lengthened it meanwhile; then the call fails for a time, and is repeated on what is there.
        query: { ifMetagenerationMatch: object.metageneration },
        json: { retention: this.#retention(Math.max(until, found || until), isLocked) },
        signal: options.signal,
      },
      name,
    );
  }

  #retention(until: Instant, isLocked = false): object {
    const mode = isLocked ? 'Locked' : (this.#config.retention ?? 'Unlocked');
    return { mode, retainUntilTime: new Date(until).toISOString() };
  }

  #statOf(object: GcsObject): ObjectStat {
    return {
      name: object.name.slice(this.#keyPrefix.length),
      sizeBytes: Number(object.size),
      modifiedAt: Date.parse(object.timeCreated),
      ...(object.storageClass === undefined ? {} : { storageClass: object.storageClass }),
    };
  }

  #path(name: string): string {
    return `${pathOf(this.#config)}/o/${encodeURIComponent(this.#keyPrefix + name)}`;
  }

  async #call(call: GcsCall, name?: string): Promise<GcsReply> {
    try {
      return await this.#connection.call(call);
    } catch (error) {
      throw gcsFailure(this.#place, error, call, name);
    }
  }
}

function missing(name: string): Failure {
  return new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
}

function damaged(name: string): Failure {
  return new Failure(
    'unavailable',
    'STORAGE_UNAVAILABLE',
    `object "${name}" came with another checksum than it has`,
    {
      hint: 'It was damaged on the way. Try again later.',
    },
  );
}
