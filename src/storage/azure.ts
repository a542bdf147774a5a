// A container of Azure Blob Storage. "If-None-Match: *" lets exactly one writer make a blob, and an answer of 201 means that it is stored:
// class A. Tiers, thawing and immutability policies are those of the service.

import type { Readable } from 'node:stream';
import type { BlockBlobClient, ContainerClient, ContainerGetPropertiesResponse } from '@azure/storage-blob';
import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import {
  type AzureConfig,
  type AzureConnection,
  azureConfig,
  azureFromUrl,
  connectAzure,
} from './azure/client.ts';
import { type AzurePlace, azureCode, azureFailure, isTaken } from './azure/failure.ts';
import { azurePosture } from './azure/posture.ts';
import { md5, sendBlob } from './azure/upload.ts';
import { differs, exists, readBody, throwIfAborted, tooShort } from './network/cloud-failure.ts';
import { requireEmpty } from './network/cloud-root.ts';
import { endpointCertificate } from './network/server-certificate.ts';
import type {
  CallOptions,
  GetOptions,
  ObjectStat,
  PostureFinding,
  PutOptions,
  ServerCertificate,
  Storage,
  StorageKind,
} from './storage.ts';

const parallelCallsMax = 8;
const defaultPage = 1000;

const azure: StorageKind<AzureConfig> = {
  scheme: 'azure',
  title: 'Azure Blob Storage',
  config: azureConfig,
  secretFields: ['accountKey', 'sasToken', 'connectionString'],
  fromUrl: azureFromUrl,
  open: (config, context) => openAzure(config, context, defaultPage),
  async create(config, context) {
    const connection = await connectAzure(config, parallelCallsMax);
    try {
      await makeContainer(placeOf(config), connection.client, context);
      const storage = await openContainer(config, connection, context, defaultPage);
      await requireEmpty(storage, context);
      return storage;
    } catch (error) {
      connection.agent.destroy();
      throw error;
    }
  },
};
export default azure;

/** For tests too: with a page size of their own, as lists of thousands take long to make. */
export async function openAzure(config: AzureConfig, context: Context, pageSize: number): Promise<Storage> {
  const connection = await connectAzure(config, parallelCallsMax);
  try {
    return await openContainer(config, connection, context, pageSize);
  } catch (error) {
    connection.agent.destroy();
    throw error;
  }
}

function placeOf(config: AzureConfig): AzurePlace {
  const prefix = config.prefix === undefined ? '' : `/${config.prefix}`;
  return {
    location: `azure://${config.account}/${config.container}${prefix}`,
    account: config.account,
    container: config.container,
  };
}

/** One round trip; two where these credentials may not see the container's properties, as with most SAS tokens. */
async function openContainer(
  config: AzureConfig,
  connection: AzureConnection,
  context: Context,
  pageSize: number,
): Promise<AzureStorage> {
  const place = placeOf(config);
  throwIfAborted(context);
  let properties: ContainerGetPropertiesResponse | undefined;
  try {
    properties = await connection.client.getProperties({ abortSignal: context.signal });
  } catch (error) {
    const failure = azureFailure(place, error, context);
    if (!isFailure(failure, 'denied', 'STORAGE_DENIED')) throw failure;
    try {
      await connection.client
        .listBlobsFlat({ abortSignal: context.signal })
        .byPage({ maxPageSize: 1 })
        .next();
    } catch (second) {
      throw azureFailure(place, second, context);
    }
  }
  const canRetain = properties?.isImmutableStorageWithVersioningEnabled === true;
  return new AzureStorage(config, connection, canRetain, pageSize);
}

async function makeContainer(place: AzurePlace, client: ContainerClient, context: Context): Promise<void> {
  throwIfAborted(context);
  try {
    await client.create({ abortSignal: context.signal });
  } catch (error) {
    if (azureCode(error) === 'ContainerAlreadyExists') return;
    const failure = azureFailure(place, error, context);
    // Who may not make containers may still use one that is there; opening it will tell.
    if (!isFailure(failure, 'denied', 'STORAGE_DENIED')) throw failure;
  }
}

class AzureStorage implements Storage {
  readonly location: string;
  readonly features = {
    exclusivePut: true,
    isLocal: false,
    parallelCallsMax,
    durability: 'A',
    // Prices of reading in US dollars from the list (2024): for orientation.
    storageClasses: [
      { name: 'Hot', isFrozen: false, daysMin: 0 },
      { name: 'Cool', isFrozen: false, daysMin: 30, readPricePerGib: 0.01 },
      { name: 'Cold', isFrozen: false, daysMin: 90, readPricePerGib: 0.03 },
      { name: 'Archive', isFrozen: true, daysMin: 180, thawHours: 15, readPricePerGib: 0.02 },
    ],
  } as const;
  readonly retain?: NonNullable<Storage['retain']>;
  readonly #config: AzureConfig;
  readonly #connection: AzureConnection;
  readonly #place: AzurePlace;
  readonly #keyPrefix: string;
  readonly #pageSize: number;

  constructor(config: AzureConfig, connection: AzureConnection, canRetain: boolean, pageSize: number) {
    this.#pageSize = pageSize;
    this.#config = config;
    this.#connection = connection;
    this.#place = placeOf(config);
    this.location = this.#place.location;
    this.#keyPrefix = config.prefix === undefined ? '' : `${config.prefix}/`;
    if (canRetain) this.retain = (name, until, options) => this.#retain(name, until, options);
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    throwIfAborted(options);
    const { retain } = this;
    try {
      await this.#send(name, bytes, options);
    } catch (error) {
      if (options.signal.aborted || !isTaken(error)) throw azureFailure(this.#place, error, options, name);
      if (options.ifAbsent === true) throw exists(name);
      await this.#compare(name, bytes, options);
      // What was there may be kept for less long than is asked for now.
      if (options.retainUntil !== undefined) await retain?.(name, options.retainUntil, options);
    }
  }

  async get(name: string, options: GetOptions): Promise<Uint8Array> {
    throwIfAborted(options);
    const { range } = options;
    // The service knows no empty ranges.
    if (range?.length === 0) return this.#getNothing(name, range.offset, options);
    const asked = range === undefined ? 0 : range.offset + range.length;
    try {
      const answer = await this.#blob(name).download(range?.offset ?? 0, range?.length, {
        abortSignal: options.signal,
        maxRetryRequests: 0,
      });
      const body = answer.readableStreamBody as Readable;
      const length = answer.contentLength ?? -1;
      if (range !== undefined && length !== range.length) {
        body.destroy();
        throw tooShort(name, asked, Number(/\/(\d+)$/.exec(answer.contentRange ?? '')?.[1] ?? length));
      }
      const bytes = await readBody(name, body, length);
      if (range === undefined && answer.contentMD5 !== undefined) checkMd5(name, bytes, answer.contentMD5);
      return bytes;
    } catch (error) {
      if (range !== undefined && azureCode(error) === 'InvalidRange') throw tooShort(name, asked);
      throw azureFailure(this.#place, error, options, name);
    }
  }

  async stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    throwIfAborted(options);
    const properties = await this.#properties(name, options);
    if (properties === undefined) return undefined;
    return {
      name,
      sizeBytes: properties.contentLength ?? 0,
      modifiedAt: properties.createdOn?.getTime() ?? properties.lastModified?.getTime() ?? 0,
      ...(properties.immutabilityPolicyExpiresOn === undefined
        ? {}
        : { retainedUntil: properties.immutabilityPolicyExpiresOn.getTime() }),
      ...(properties.accessTier === undefined ? {} : { storageClass: properties.accessTier }),
    };
  }

  async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    throwIfAborted(options);
    const pages = this.#connection.client
      .listBlobsFlat({ prefix: this.#keyPrefix + prefix, abortSignal: options.signal })
      .byPage({ maxPageSize: this.#pageSize });
    for (;;) {
      throwIfAborted(options);
      const page = await pages.next().catch((error: unknown) => {
        throw azureFailure(this.#place, error, options);
      });
      if (page.done === true) return;
      for (const { name, properties } of page.value.segment.blobItems) {
        yield {
          name: name.slice(this.#keyPrefix.length),
          sizeBytes: properties.contentLength ?? 0,
          modifiedAt: (properties.createdOn ?? properties.lastModified).getTime(),
          ...(properties.accessTier === undefined ? {} : { storageClass: properties.accessTier }),
        };
      }
    }
  }

  async delete(name: string, options: CallOptions): Promise<void> {
    throwIfAborted(options);
    // With versions, the service would hide a retained blob instead of refusing: the name would be gone, the cost not.
    if (this.retain !== undefined && !(await this.#requireFree(name, options))) return;
    try {
      await this.#blob(name).delete({ abortSignal: options.signal, deleteSnapshots: 'include' });
    } catch (error) {
      const failure = azureFailure(this.#place, error, options, name);
      if (!isFailure(failure, 'missing', 'OBJECT_MISSING')) throw failure;
    }
  }

  async transition(name: string, storageClass: string, options: CallOptions): Promise<void> {
    throwIfAborted(options);
    try {
      await this.#blob(name).setAccessTier(storageClass, { abortSignal: options.signal });
    } catch (error) {
      // It is on its way already.
      if (azureCode(error) === 'BlobBeingRehydrated') return;
      throw azureFailure(this.#place, error, options, name);
    }
  }

  async thaw(names: readonly string[], options: CallOptions): Promise<readonly string[]> {
    const frozenNames: string[] = [];
    const rest = names.values();
    const worker = async () => {
      for (const name of rest) if (await this.#isFrozen(name, options)) frozenNames.push(name);
    };
    await Promise.all(Array.from({ length: parallelCallsMax }, worker));
    return frozenNames;
  }

  async posture(options: CallOptions): Promise<readonly PostureFinding[]> {
    throwIfAborted(options);
    return azurePosture(this.#connection, this.#place, options);
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

  async #send(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    const tier = options.storageClass ?? this.#config.tier;
    await sendBlob(this.#blob(name), bytes, {
      abortSignal: options.signal,
      conditions: { ifNoneMatch: '*' },
      ...(tier === undefined ? {} : { tier }),
      ...(options.retainUntil === undefined || this.retain === undefined
        ? {}
        : { immutabilityPolicy: this.#policy(options.retainUntil) }),
    });
  }

  /** An archived blob cannot be read; its checksum, which the service verified, stands for it. */
  async #compare(name: string, bytes: Uint8Array, options: CallOptions): Promise<void> {
    const properties = await this.#properties(name, options);
    if (properties === undefined) {
      throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', `object "${name}" vanished while it was put`);
    }
    const isSameSize = properties.contentLength === bytes.length;
    const isEqual =
      isSameSize &&
      (properties.accessTier === 'Archive'
        ? properties.contentMD5 !== undefined && md5(bytes).equals(properties.contentMD5)
        : Buffer.compare(await this.get(name, options), bytes) === 0);
    if (!isEqual) throw differs(name);
  }

  async #getNothing(name: string, offset: number, options: CallOptions): Promise<Uint8Array> {
    const properties = await this.#properties(name, options);
    if (properties === undefined)
      throw new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
    if (offset > (properties.contentLength ?? 0)) throw tooShort(name, offset, properties.contentLength);
    return new Uint8Array(0);
  }

  async #properties(name: string, options: CallOptions) {
    try {
      return await this.#blob(name).getProperties({ abortSignal: options.signal });
    } catch (error) {
      const failure = azureFailure(this.#place, error, options, name);
      if (isFailure(failure, 'missing', 'OBJECT_MISSING')) return undefined;
      throw failure;
    }
  }

  /** False when there is nothing to delete. */
  async #requireFree(name: string, options: CallOptions): Promise<boolean> {
    const properties = await this.#properties(name, options);
    if (properties === undefined) return false;
    const until = properties.immutabilityPolicyExpiresOn;
    // By the clock of the service, which is the one that counts.
    const isKept = until !== undefined && !(properties.date !== undefined && until <= properties.date);
    if (!isKept && properties.legalHold !== true) return true;
    throw new Failure('denied', 'OBJECT_RETAINED', `object "${name}" is kept by an immutability policy`, {
      hint: 'It can be removed once the policy has expired or the legal hold is lifted.',
      ...(until === undefined ? {} : { facts: { until: until.toISOString() } }),
    });
  }

  async #retain(name: string, until: Instant, options: CallOptions): Promise<void> {
    throwIfAborted(options);
    const properties = await this.#properties(name, options);
    if (properties === undefined)
      throw new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
    const found = properties.immutabilityPolicyExpiresOn?.getTime() ?? Number.NEGATIVE_INFINITY;
    const isLocked = properties.immutabilityPolicyMode?.toLowerCase() === 'locked';
    if (found >= until && (isLocked || this.#config.retention !== 'Locked')) return;
    try {
      await this.#blob(name).setImmutabilityPolicy(this.#policy(Math.max(until, found), isLocked), {
        abortSignal: options.signal,
      });
    } catch (error) {
      throw azureFailure(this.#place, error, options, name);
    }
  }

  #policy(until: Instant, isLocked = false) {
    const policyMode = isLocked ? 'Locked' : (this.#config.retention ?? 'Unlocked');
    // The service counts whole seconds.
    return { expiriesOn: new Date(Math.ceil(until / 1000) * 1000), policyMode } as const;
  }

  async #isFrozen(name: string, options: CallOptions): Promise<boolean> {
    throwIfAborted(options);
    const properties = await this.#properties(name, options);
    if (properties === undefined)
      throw new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
    if (properties.accessTier !== 'Archive') return false;
    if (properties.archiveStatus !== undefined) return true;
    await this.transition(name, this.#config.tier ?? 'Hot', options);
    return true;
  }

  #blob(name: string): BlockBlobClient {
    return this.#connection.client.getBlockBlobClient(this.#keyPrefix + name);
  }
}

function checkMd5(name: string, bytes: Uint8Array, expected: Uint8Array): void {
  if (md5(bytes).equals(expected)) return;
  throw new Failure(
    'unavailable',
    'STORAGE_UNAVAILABLE',
    `object "${name}" came with another checksum than it has`,
    {
      hint: 'It was damaged on the way. Try again later.',
    },
  );
}
