// Storage classes: what Amazon's promise, moving objects between them, and thawing those that are frozen.

import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type HeadObjectCommandOutput,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { Failure, isFailure } from '../../base/failure.ts';
import type { CallOptions, StorageClass } from '../storage.ts';
import { callS3, customerKey, type S3Wire, s3CallsMax, sealing } from './client.ts';
import type { S3Place } from './config.ts';
import { codeOf, objectMissing } from './failure.ts';
import type { S3Lock } from './lock.ts';
import { headObject } from './objects.ts';

interface AmazonClass {
  readonly name: string;
  readonly daysMin: number;
  /** For classes that are read at once. */
  readonly readPricePerGib?: number;
  /** Of a thaw in each tier. */
  readonly thaw?: Readonly<Record<ThawTier, { readonly hours: number; readonly pricePerGib: number }>>;
}
type ThawTier = 'expedited' | 'standard' | 'bulk';

/** Least days, hours, and prices of reading in US dollars from Amazon's list for us-east-1 (2024): for orientation, not for an invoice. */
const amazonClasses: readonly AmazonClass[] = [
  { name: 'STANDARD', daysMin: 0 },
  { name: 'INTELLIGENT_TIERING', daysMin: 0 },
  { name: 'STANDARD_IA', daysMin: 30, readPricePerGib: 0.01 },
  { name: 'ONEZONE_IA', daysMin: 30, readPricePerGib: 0.01 },
  { name: 'GLACIER_IR', daysMin: 90, readPricePerGib: 0.03 },
  {
    name: 'GLACIER',
    daysMin: 90,
    thaw: {
      expedited: { hours: 1, pricePerGib: 0.03 },
      standard: { hours: 5, pricePerGib: 0.01 },
      bulk: { hours: 12, pricePerGib: 0 },
    },
  },
  {
    name: 'DEEP_ARCHIVE',
    daysMin: 180,
    thaw: {
      // There is no such tier here: the next faster one is asked for.
      expedited: { hours: 12, pricePerGib: 0.02 },
      standard: { hours: 12, pricePerGib: 0.02 },
      bulk: { hours: 48, pricePerGib: 0.0025 },
    },
  },
];

export function isFrozenClass(name: string | undefined): boolean {
  return name === 'GLACIER' || name === 'DEEP_ARCHIVE';
}

/** Another provider's are only known by their names, which mean what Amazon's mean. */
export function classesOf({ config, isAws }: S3Place): readonly StorageClass[] | undefined {
  const tier = config.thawTier ?? 'standard';
  const known = amazonClasses.map(({ name, daysMin, readPricePerGib, thaw }): StorageClass => {
    const price = thaw?.[tier].pricePerGib ?? readPricePerGib;
    return {
      name,
      isFrozen: isFrozenClass(name),
      daysMin,
      ...(thaw === undefined ? {} : { thawHours: thaw[tier].hours }),
      ...(price === undefined ? {} : { readPricePerGib: price }),
    };
  });
  if (isAws) return known;
  return config.storageClasses?.map(
    (name) => known.find((one) => one.name === name) ?? { name, isFrozen: false, daysMin: 0 },
  );
}

/**
 * Copies the object onto itself. In a versioned bucket that makes a new version: the old one is deleted, or stays unseen until its own
 * retention ends.
 */
export async function moveToClass(
  wire: S3Wire,
  lock: S3Lock | undefined,
  name: string,
  storageClass: string,
  { signal }: CallOptions,
): Promise<void> {
  const { place, client } = wire;
  if (classesOf(place)?.every((one) => one.name !== storageClass) ?? true) {
    throw new Failure(
      'usage',
      'STORAGE_CONFIG_INVALID',
      `"${place.location}" has no class "${storageClass}"`,
      {
        hint: `Known there: ${
          classesOf(place)
            ?.map((one) => one.name)
            .join(', ') ?? 'none'
        }.`,
      },
    );
  }
  const head = await headObject(wire, name, signal);
  if (head === undefined) throw objectMissing(name);
  if ((head.StorageClass ?? 'STANDARD') === storageClass) return;
  const copy = new CopyObjectCommand({
    Bucket: place.bucket,
    Key: place.base + name,
    CopySource: `${place.bucket}/${encodeURIComponent(place.base + name).replaceAll('%2F', '/')}`,
    // Never another object than the one that was looked at.
    CopySourceIfMatch: head.ETag,
    MetadataDirective: 'COPY',
    StorageClass: storageClass as 'STANDARD',
    ...sealing(place),
    ...copyKey(place),
    ...retentionOf(lock, head),
  });
  try {
    await callS3(wire, 'transition', name, signal, (own) => client.send(copy, own));
  } catch (error) {
    // The condition failed: somebody else was here.
    if (!isFailure(error, 'conflict', 'OBJECT_EXISTS')) throw error;
    throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', `object "${name}" changed while it was moved`, {
      cause: error,
    });
  }
  if (head.VersionId === undefined || head.VersionId === 'null') return;
  const old = new DeleteObjectCommand({
    Bucket: place.bucket,
    Key: place.base + name,
    VersionId: head.VersionId,
  });
  try {
    await callS3(wire, 'transition', name, signal, (own) => client.send(old, own));
  } catch (error) {
    if (!isFailure(error, 'denied')) throw error;
  }
}

function copyKey({ config }: S3Place) {
  const { SSECustomerKey } = customerKey(config) as { SSECustomerKey?: string };
  if (SSECustomerKey === undefined) return {};
  return { CopySourceSSECustomerAlgorithm: 'AES256', CopySourceSSECustomerKey: SSECustomerKey };
}

/** A copy is retained as long as what it was made of. */
function retentionOf(lock: S3Lock | undefined, head: HeadObjectCommandOutput) {
  if (lock === undefined || head.ObjectLockRetainUntilDate === undefined) return {};
  return {
    ObjectLockMode: head.ObjectLockMode ?? lock.mode,
    ObjectLockRetainUntilDate: head.ObjectLockRetainUntilDate,
  };
}

/** Asks for every object that is frozen and not yet asked for; returns the names of those that cannot be read yet. */
export async function thawObjects(
  wire: S3Wire,
  names: readonly string[],
  { signal }: CallOptions,
): Promise<readonly string[]> {
  const frozen: string[] = [];
  const rest = names.values();
  const work = async () => {
    for (const name of rest) if (!(await thawObject(wire, name, signal))) frozen.push(name);
  };
  await Promise.all(Array.from({ length: Math.min(s3CallsMax, names.length) }, work));
  return frozen.sort();
}

/** True once the object can be read. */
async function thawObject(wire: S3Wire, name: string, signal: AbortSignal): Promise<boolean> {
  const { place, client } = wire;
  const head = await headObject(wire, name, signal);
  if (head === undefined) throw objectMissing(name);
  const isTiered = head.ArchiveStatus !== undefined;
  if (!isFrozenClass(head.StorageClass) && !isTiered) return true;
  if (head.Restore?.includes('ongoing-request="true"') === true) return false;
  if (head.Restore?.includes('ongoing-request="false"') === true) return true;
  const tier = place.config.thawTier ?? 'standard';
  const command = new RestoreObjectCommand({
    Bucket: place.bucket,
    Key: place.base + name,
    RestoreRequest: {
      // What intelligent tiering thaws it keeps warm.
      ...(isTiered ? {} : { Days: place.config.thawDays ?? 7 }),
      GlacierJobParameters: { Tier: tierNames[tier] },
    },
  });
  try {
    await callS3(wire, 'thaw', name, signal, (own) => client.send(command, own));
    return false;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (codeOf(error.cause) === 'RestoreAlreadyInProgress') return false;
    // Servers that know no freezing may still call a class so: what counts is whether it can be read.
    if (error.code === 'STORAGE_UNSUPPORTED' && (await isReadable(wire, name, signal))) return true;
    throw error;
  }
}

const tierNames = { expedited: 'Expedited', standard: 'Standard', bulk: 'Bulk' } as const;

async function isReadable(wire: S3Wire, name: string, signal: AbortSignal): Promise<boolean> {
  const { place, client } = wire;
  const command = new GetObjectCommand({
    Bucket: place.bucket,
    Key: place.base + name,
    ...customerKey(place.config),
  });
  try {
    await callS3(wire, 'get', name, signal, async (own) => {
      const { Body: body } = await client.send(command, own);
      (body as { destroy?: () => void } | undefined)?.destroy?.();
    });
    return true;
  } catch (error) {
    if (isFailure(error, 'conflict', 'OBJECT_FROZEN')) return false;
    throw error;
  }
}
