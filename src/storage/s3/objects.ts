// The five verbs on S3. A put is one conditional request that the server makes visible at once or not at all; a name that is taken is
// compared, never replaced.

import { addAbortSignal, type Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { Failure, isFailure } from '../../base/failure.ts';
import type { CallOptions, GetOptions, ObjectStat, PutOptions } from '../storage.ts';
import { callS3, customerKey, demandSealed, type S3Wire, sealing } from './client.ts';
import { digest } from './digest.ts';
import { bucketMissing, notS3, objectMissing, objectTooShort, statusOf } from './failure.ts';
import { deleteVersions, lockOf, retainObject, type S3Lock } from './lock.ts';
import { putInParts } from './parts.ts';

export async function putObject(
  wire: S3Wire,
  lock: S3Lock | undefined,
  name: string,
  bytes: Uint8Array,
  options: PutOptions,
): Promise<void> {
  const { place } = wire;
  const { signal } = options;
  const inParts = bytes.length > place.multipartAboveBytes;
  // In parts the condition comes last, and megabytes early; without a condition a look is all there is.
  const isTaken = (inParts || !place.isExclusive) && (await headObject(wire, name, signal)) !== undefined;
  if (!isTaken) {
    const headers = { ...sealing(place), ...classOf(wire, options), ...lockOf(lock, options.retainUntil) };
    try {
      if (inParts) await putInParts(wire, name, bytes, headers, signal);
      else await putWhole(wire, name, bytes, headers, signal);
      return;
    } catch (error) {
      if (!isFailure(error, 'conflict', 'OBJECT_EXISTS')) throw error;
    }
  }
  if (options.ifAbsent === true) {
    throw new Failure('conflict', 'OBJECT_EXISTS', `object "${name}" exists already`);
  }
  await compare(wire, name, bytes, signal);
  if (lock !== undefined && options.retainUntil !== undefined) {
    await retainObject(wire, lock, name, options.retainUntil, options);
  }
}

async function putWhole(
  wire: S3Wire,
  name: string,
  bytes: Uint8Array,
  headers: object,
  signal: AbortSignal,
): Promise<void> {
  const { place, client } = wire;
  // Amazon keeps a SHA-256 with the object; what other servers check is the MD5.
  const sha256 = place.isAws ? digest('sha256', bytes) : undefined;
  const md5 = place.isAws ? undefined : digest('md5', bytes);
  const command = new PutObjectCommand({
    Bucket: place.bucket,
    Key: place.base + name,
    Body: bytes,
    ContentLength: bytes.length,
    ContentType: 'application/octet-stream',
    ...(place.isExclusive ? { IfNoneMatch: '*' } : {}),
    ...(sha256 === undefined ? {} : { ChecksumSHA256: sha256 }),
    ...(md5 === undefined ? {} : { ContentMD5: md5 }),
    ...headers,
  });
  const stored = await callS3(wire, 'put', name, signal, (own) => client.send(command, own));
  // What every S3 answers, and nothing else does.
  if (stored.ETag === undefined) throw notS3(place, `put of "${name}"`);
  demandSealed(place, stored);
  if (sha256 !== undefined && (stored.ChecksumSHA256 ?? sha256) !== sha256) {
    throw unfaithful(`object "${name}" was stored with another checksum`);
  }
  if (md5 === undefined || stored.ServerSideEncryption !== undefined || place.config.sse !== undefined)
    return;
  // A plain object's tag is its MD5. Where it is something else, what is stored is looked at.
  const tag = Buffer.from(md5, 'base64').toString('hex');
  if (stored.ETag.replaceAll('"', '') !== tag) await compare(wire, name, bytes, signal);
}

/** Fails unless the object that is there has these bytes. */
async function compare(wire: S3Wire, name: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const head = await headObject(wire, name, signal);
  // Deleted since: nothing is known, and a repetition will tell.
  if (head === undefined) {
    throw new Failure('unavailable', 'STORAGE_UNAVAILABLE', `object "${name}" was there and is gone again`);
  }
  let isEqual = head.ContentLength === bytes.length;
  const isKnown = head.ChecksumSHA256 !== undefined && head.ChecksumType !== 'COMPOSITE';
  if (isEqual && isKnown) isEqual = head.ChecksumSHA256 === digest('sha256', bytes);
  else if (isEqual) isEqual = Buffer.compare(await getObject(wire, name, { signal }), bytes) === 0;
  if (isEqual) return;
  throw new Failure('corrupt', 'OBJECT_DIFFERS', `object "${name}" exists with other content`, {
    hint: 'Run "holdfast check --read-data", then "holdfast repair".',
  });
}

export async function getObject(wire: S3Wire, name: string, options: GetOptions): Promise<Uint8Array> {
  const { signal, range } = options;
  const { place, client } = wire;
  // HTTP has no empty range.
  if (range?.length === 0) {
    const size = (await headObject(wire, name, signal))?.ContentLength;
    if (size === undefined) throw objectMissing(name);
    if (range.offset > size) throw objectTooShort(name, range.offset, size);
    return new Uint8Array(0);
  }
  const asked = range && `${range.offset}-${range.offset + range.length - 1}`;
  const command = new GetObjectCommand({
    Bucket: place.bucket,
    Key: place.base + name,
    ...(asked === undefined ? {} : { Range: `bytes=${asked}` }),
    ...customerKey(place.config),
  });
  return callS3(wire, 'get', name, signal, async (own) => {
    const answer = await client.send(command, own);
    const body = answer.Body as Readable;
    try {
      const { ContentLength: length, ContentRange: sent } = answer;
      if (length === undefined) throw unfaithful(`object "${name}" came without a length`);
      if (range !== undefined && length < range.length) {
        throw objectTooShort(name, range.offset + range.length, range.offset + length);
      }
      if (asked !== undefined && !sent?.startsWith(`bytes ${asked}/`)) {
        throw unfaithful(`object "${name}" came with range "${sent ?? 'none'}" instead of "${asked}"`);
      }
      return await collect(name, addAbortSignal(own.abortSignal, body), length);
    } finally {
      body.destroy();
    }
  });
}

/** Into the memory that is needed and no more. */
async function collect(name: string, body: Readable, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (filled + chunk.length > length) throw unfaithful(`object "${name}" came longer than announced`);
    filled += chunk.copy(bytes, filled);
  }
  if (filled === length) return bytes;
  throw new Failure(
    'unavailable',
    'STORAGE_UNAVAILABLE',
    `object "${name}" broke off at ${filled} of ${length} bytes`,
  );
}

/** Undefined only where the object is missing and the bucket is not. */
export async function headObject(
  wire: S3Wire,
  name: string,
  signal: AbortSignal,
): Promise<HeadObjectCommandOutput | undefined> {
  const { place, client } = wire;
  const command = new HeadObjectCommand({
    Bucket: place.bucket,
    Key: place.base + name,
    ...(place.isAws ? { ChecksumMode: 'ENABLED' } : {}),
    ...customerKey(place.config),
  });
  try {
    return await callS3(wire, 'stat', name, signal, (own) => client.send(command, own));
  } catch (error) {
    if (!isFailure(error, 'missing')) throw error;
  }
  await requireBucket(wire, signal);
  return undefined;
}

/** An answer to HEAD has no body, so that a missing bucket looks like a missing object. */
export async function requireBucket(wire: S3Wire, signal: AbortSignal): Promise<void> {
  const { place, client } = wire;
  try {
    const command = new HeadBucketCommand({ Bucket: place.bucket });
    await callS3(wire, 'look', undefined, signal, (own) => client.send(command, own));
  } catch (error) {
    if (isFailure(error, 'missing')) throw bucketMissing(place, error);
    // Who may not ask for the bucket was told about the object by a bucket that is there.
    if (!(error instanceof Failure && statusOf(error.cause) === 403)) throw error;
  }
}

export async function statObject(
  wire: S3Wire,
  lock: S3Lock | undefined,
  name: string,
  options: CallOptions,
): Promise<ObjectStat | undefined> {
  const head = await headObject(wire, name, options.signal);
  if (head === undefined) return undefined;
  const until = head.ObjectLockRetainUntilDate?.getTime();
  return {
    name,
    sizeBytes: head.ContentLength ?? 0,
    modifiedAt: head.LastModified?.getTime() ?? 0,
    ...(lock === undefined || until === undefined ? {} : { retainedUntil: until }),
    ...shownClass(wire, head.StorageClass),
  };
}

export async function* listObjects(
  wire: S3Wire,
  prefix: string,
  options: CallOptions,
): AsyncGenerator<ObjectStat> {
  const { place, client } = wire;
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: place.bucket,
      Prefix: place.base + prefix,
      // Somebody else's object may have a name that XML cannot carry.
      EncodingType: 'url',
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await callS3(wire, `list of "${prefix}"`, undefined, options.signal, (own) =>
      client.send(command, own),
    );
    for (const {
      Key: key,
      Size: size,
      LastModified: modified,
      StorageClass: storageClass,
    } of page.Contents ?? []) {
      if (key === undefined || size === undefined)
        throw unfaithfulList(prefix, 'an entry without name or size');
      const whole = page.EncodingType === 'url' ? decodeKey(key) : key;
      if (!whole.startsWith(place.base)) throw unfaithfulList(prefix, `"${whole}"`);
      yield {
        name: whole.slice(place.base.length),
        sizeBytes: size,
        modifiedAt: modified?.getTime() ?? 0,
        ...shownClass(wire, storageClass),
      };
    }
    // A page of something else, such as of a proxy that asks for a password, would read as an empty list.
    if (page.IsTruncated === undefined) throw unfaithfulList(prefix, 'nothing that S3 would');
    const next = page.NextContinuationToken;
    // Never to be taken for the end, nor to be asked for ever.
    if (page.IsTruncated && (next === undefined || next === token)) {
      throw unfaithfulList(prefix, 'no next page');
    }
    token = page.IsTruncated ? next : undefined;
  } while (token !== undefined);
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

export async function deleteObject(
  wire: S3Wire,
  lock: S3Lock | undefined,
  name: string,
  options: CallOptions,
): Promise<void> {
  if (lock !== undefined) return deleteVersions(wire, name, options);
  const { place, client } = wire;
  const command = new DeleteObjectCommand({ Bucket: place.bucket, Key: place.base + name });
  try {
    await callS3(wire, 'delete', name, options.signal, (own) => client.send(command, own));
  } catch (error) {
    if (!isFailure(error, 'missing', 'OBJECT_MISSING')) throw error;
  }
}

/** The warmest is not told by the server. */
function shownClass({ place }: S3Wire, told: string | undefined) {
  return place.hasClasses ? { storageClass: told ?? 'STANDARD' } : {};
}

function classOf({ place }: S3Wire, options: PutOptions) {
  const storageClass = options.storageClass ?? place.config.storageClass;
  return storageClass === undefined ? {} : { StorageClass: storageClass as 'STANDARD' };
}

function unfaithful(what: string): Failure {
  return new Failure('corrupt', 'STORAGE_UNFAITHFUL', `the storage breaks a promise: ${what}`);
}

function unfaithfulList(prefix: string, what: string): Failure {
  return new Failure('unavailable', 'STORAGE_LIST_INVALID', `a list of "${prefix}" names ${what}`, {
    hint: 'The storage answers wrongly. Nothing was changed; ask who runs it.',
  });
}
