// Makes the place: the bucket where it is missing, and proof that the endpoint keeps the promise that everything rests on: that a name
// which is taken is not given twice.

import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { Failure, isFailure } from '../../base/failure.ts';
import { callS3, demandSealed, type S3Wire, sealing } from './client.ts';
import { codeOf } from './failure.ts';
import { getObject, requireBucket } from './objects.ts';

export async function makeBucket(wire: S3Wire, signal: AbortSignal): Promise<void> {
  try {
    await requireBucket(wire, signal);
    return;
  } catch (error) {
    if (!isFailure(error, 'missing', 'STORAGE_MISSING')) throw error;
  }
  const { place, client } = wire;
  const region = await client.config.region();
  // Amazon's first region has no name here, and others know no names.
  const isNamed = place.isAws && region !== 'us-east-1';
  const command = new CreateBucketCommand({
    Bucket: place.bucket,
    ...(isNamed ? { CreateBucketConfiguration: { LocationConstraint: region as 'EU' } } : {}),
    ...(place.config.lockMode === undefined ? {} : { ObjectLockEnabledForBucket: true }),
  });
  try {
    await callS3(wire, 'making the bucket', undefined, signal, (own) => client.send(command, own));
  } catch (error) {
    const code = error instanceof Failure ? codeOf(error.cause) : '';
    if (code === 'BucketAlreadyOwnedByYou') return;
    if (code !== 'BucketAlreadyExists') throw error;
    throw new Failure('denied', 'STORAGE_DENIED', `bucket "${place.bucket}" belongs to somebody else`, {
      hint: 'Names of buckets are unique in the whole service. Choose another one.',
      cause: error,
    });
  }
}

export async function requireEmpty(wire: S3Wire, signal: AbortSignal): Promise<void> {
  const { place, client } = wire;
  const command = new ListObjectsV2Command({ Bucket: place.bucket, Prefix: place.base, MaxKeys: 2 });
  const page = await callS3(wire, 'list', undefined, signal, (own) => client.send(command, own));
  // Consoles make folders as empty objects.
  if ((page.Contents ?? []).every(({ Key }) => Key === place.base)) return;
  throw new Failure('conflict', 'STORAGE_NOT_EMPTY', `"${place.location}" is not empty`, {
    hint: 'Choose another bucket, or a folder in it: s3://bucket/folder.',
  });
}

/** Writes a small object twice, and reads a part of it. */
export async function probe(wire: S3Wire, signal: AbortSignal): Promise<void> {
  const { place, client } = wire;
  const name = `probe-${randomBytes(8).toString('hex')}`;
  const put = (content: string) => {
    const command = new PutObjectCommand({
      Bucket: place.bucket,
      Key: place.base + name,
      Body: Buffer.from(content),
      ...(place.isExclusive ? { IfNoneMatch: '*' } : {}),
      ...sealing(place),
    });
    return callS3(wire, 'put', name, signal, (own) => client.send(command, own));
  };
  try {
    demandSealed(place, await putFirst(() => put('first'), place.location));
    if (place.isExclusive) {
      const isTaken = await put('other').then(
        () => false,
        (error: unknown) => {
          if (isFailure(error, 'conflict', 'OBJECT_EXISTS')) return true;
          throw error;
        },
      );
      if (!isTaken) throw notExclusive(place.location);
    }
    const read = await getObject(wire, name, { signal, range: { offset: 1, length: 3 } });
    if (Buffer.from(read).toString() !== 'irs') {
      throw new Failure(
        'corrupt',
        'STORAGE_UNFAITHFUL',
        `"${place.location}" gives other bytes than were put`,
      );
    }
  } finally {
    // Where objects are retained by default it stays, hidden.
    const command = new DeleteObjectCommand({ Bucket: place.bucket, Key: place.base + name });
    await callS3(wire, 'delete', name, signal, (own) => client.send(command, own)).catch(() => undefined);
  }
}

/** Some servers say that they do not know the condition, instead of passing over it. */
async function putFirst<Answer>(put: () => Promise<Answer>, location: string): Promise<Answer> {
  try {
    return await put();
  } catch (error) {
    throw isFailure(error, 'usage', 'STORAGE_UNSUPPORTED') ? notExclusive(location, error) : error;
  }
}

function notExclusive(location: string, cause?: unknown): Failure {
  return new Failure('usage', 'STORAGE_NOT_EXCLUSIVE', `"${location}" does not honour "If-None-Match: *"`, {
    hint: 'Add exclusive=false to go on with a weaker promise: see docs/guides/storage-s3.md.',
    cause,
  });
}
