// Object lock. A plain delete in such a bucket only hides the object behind a marker and frees nothing, so here deleting means all versions
// of a name, and is refused while one is retained.

import {
  DeleteObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import type { Instant } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import type { CallOptions } from '../storage.ts';
import { callS3, customerKey, type S3Wire } from './client.ts';
import { bucketMissing, codeOf, statusOf } from './failure.ts';

export interface S3Lock {
  readonly mode: 'COMPLIANCE' | 'GOVERNANCE';
  /** Whether the bucket retains every new object by itself. */
  readonly isDefault: boolean;
}

/**
 * The one question that opening asks. Unlike one for the bucket itself it is answered with words, so that a wrong key, a wrong region
 * and a missing bucket can be told apart.
 */
export async function findLock(wire: S3Wire, signal: AbortSignal): Promise<S3Lock | undefined> {
  const { place, client } = wire;
  const wanted = place.config.lockMode?.toUpperCase() as S3Lock['mode'] | undefined;
  const command = new GetObjectLockConfigurationCommand({ Bucket: place.bucket });
  try {
    const answer = await callS3(wire, 'opening', undefined, signal, (own) => client.send(command, own));
    const found = answer.ObjectLockConfiguration;
    if (found?.ObjectLockEnabled === 'Enabled') {
      const byDefault = found.Rule?.DefaultRetention?.Mode;
      return { mode: wanted ?? byDefault ?? 'COMPLIANCE', isDefault: byDefault !== undefined };
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const code = codeOf(error.cause);
    if (code === 'NoSuchBucket') throw bucketMissing(place, error.cause);
    // A writer needs no right to see this setting: what it was told to use it uses.
    if (code === 'AccessDenied') return wanted && { mode: wanted, isDefault: false };
    const hasNone =
      error.code === 'STORAGE_UNSUPPORTED' || (statusOf(error.cause) === 404 && /ObjectLock/.test(code));
    if (!hasNone) throw error;
  }
  if (wanted === undefined) return undefined;
  throw new Failure('usage', 'STORAGE_CONFIG_INVALID', `bucket "${place.bucket}" has no object lock`, {
    hint: 'Object lock is switched on when a bucket is made. Choose another one, or leave out "lock-mode".',
  });
}

/** Headers that retain a new object. Servers keep whole seconds, so it is rounded up. */
export function lockOf(lock: S3Lock | undefined, until: Instant | undefined) {
  if (lock === undefined || until === undefined) return {};
  return { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: wholeSeconds(until) };
}

export async function retainObject(
  wire: S3Wire,
  lock: S3Lock,
  name: string,
  until: Instant,
  { signal }: CallOptions,
): Promise<void> {
  const { place, client } = wire;
  if (((await retention(wire, name, undefined, signal)) ?? 0) >= until) return;
  const command = new PutObjectRetentionCommand({
    Bucket: place.bucket,
    Key: place.base + name,
    Retention: { Mode: lock.mode, RetainUntilDate: wholeSeconds(until) },
  });
  try {
    await callS3(wire, 'retain', name, signal, (own) => client.send(command, own));
  } catch (error) {
    // Somebody else may have extended it further meanwhile, which the server must not shorten.
    if (!isFailure(error, 'denied')) throw error;
    if (((await retention(wire, name, undefined, signal)) ?? 0) < until) throw error;
  }
}

/**
 * All versions and markers of the name, the oldest first, because what lies under a deleted version would come to light. So a refusal leaves
 * what readers see as it was. The server's clock decides about the end of a retention; ours is not asked.
 */
export async function deleteVersions(wire: S3Wire, name: string, { signal }: CallOptions): Promise<void> {
  const { place, client } = wire;
  const versions = await versionsOf(wire, name, signal);
  for (const { id, isMarker } of versions.toReversed()) {
    const command = new DeleteObjectCommand({ Bucket: place.bucket, Key: place.base + name, VersionId: id });
    try {
      await callS3(wire, 'delete', name, signal, (own) => client.send(command, own));
    } catch (error) {
      if (isFailure(error, 'missing', 'OBJECT_MISSING')) continue;
      throw isFailure(error, 'denied') && !isMarker ? await refusal(wire, name, id, signal, error) : error;
    }
  }
}

interface Version {
  readonly id: string;
  readonly isMarker: boolean;
}

/** The newest first, as the server lists them. */
async function versionsOf(wire: S3Wire, name: string, signal: AbortSignal): Promise<Version[]> {
  const { place, client } = wire;
  const key = place.base + name;
  const found: (Version & { readonly isLatest: boolean; readonly modifiedAt: Instant })[] = [];
  let next: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (next !== undefined) {
    const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({
      Bucket: place.bucket,
      Prefix: key,
      ...next,
    });
    const page = await callS3(wire, 'delete', name, signal, (own) => client.send(command, own));
    const take = (entries: readonly VersionEntry[] | undefined, isMarker: boolean) => {
      for (const { Key, VersionId: id, IsLatest, LastModified } of entries ?? []) {
        if (Key !== key || id === undefined) continue;
        found.push({ id, isMarker, isLatest: IsLatest === true, modifiedAt: LastModified?.getTime() ?? 0 });
      }
    };
    take(page.Versions, false);
    take(page.DeleteMarkers, true);
    // Keys come in order, so that a longer one that begins alike ends the search.
    const isLast = page.IsTruncated !== true || page.NextKeyMarker === undefined || page.NextKeyMarker > key;
    next = isLast
      ? undefined
      : {
          KeyMarker: page.NextKeyMarker ?? key,
          ...(page.NextVersionIdMarker === undefined ? {} : { VersionIdMarker: page.NextVersionIdMarker }),
        };
  }
  return found.sort((a, b) => Number(b.isLatest) - Number(a.isLatest) || b.modifiedAt - a.modifiedAt);
}

interface VersionEntry {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly IsLatest?: boolean | undefined;
  readonly LastModified?: Date | undefined;
}

/** A legal hold has no end, and stays a refusal like any other. */
async function refusal(wire: S3Wire, name: string, version: string, signal: AbortSignal, denied: Failure) {
  const until = await retention(wire, name, version, signal);
  if (until === undefined) return denied;
  const shown = new Date(until).toISOString();
  return new Failure('denied', 'OBJECT_RETAINED', `object "${name}" is retained until "${shown}"`, {
    hint: 'Nobody can delete it before. Run "holdfast prune" again then.',
    facts: { until: shown },
    cause: denied,
  });
}

async function retention(
  wire: S3Wire,
  name: string,
  version: string | undefined,
  signal: AbortSignal,
): Promise<Instant | undefined> {
  const { place, client } = wire;
  const command = new HeadObjectCommand({
    Bucket: place.bucket,
    Key: place.base + name,
    ...(version === undefined ? {} : { VersionId: version }),
    ...customerKey(place.config),
  });
  const head = await callS3(wire, 'stat', name, signal, (own) => client.send(command, own));
  return head.ObjectLockRetainUntilDate?.getTime();
}

function wholeSeconds(until: Instant): Date {
  return new Date(Math.ceil(until / 1000) * 1000);
}
