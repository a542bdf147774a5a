// A bucket and its objects as the JSON API shows them.

import type { Context, Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { throwIfAborted } from '../network/cloud-failure.ts';
import type { GcsConfig, GcsConnection } from './client.ts';
import { type GcsPlace, gcsAnswer, gcsFailure } from './failure.ts';

export function placeOf({ bucket, prefix }: GcsConfig): GcsPlace {
  return { location: `gcs://${bucket}${prefix === undefined ? '' : `/${prefix}`}`, bucket };
}

export function pathOf({ bucket }: GcsConfig): string {
  return `/storage/v1/b/${encodeURIComponent(bucket)}`;
}

/**
 * Whether its objects can be kept until a date. One round trip; two where the account may use objects, but may not see the bucket's
 * settings.
 */
export async function seeBucket(
  config: GcsConfig,
  connection: GcsConnection,
  context: Context,
): Promise<boolean> {
  const place = placeOf(config);
  const { signal } = context;
  throwIfAborted(context);
  const ask = async (path: string, query: Readonly<Record<string, string>>) => {
    try {
      return (await connection.call({ method: 'GET', path, query, signal })).data;
    } catch (error) {
      throw gcsFailure(place, error, context);
    }
  };
  let settings: { readonly objectRetention?: { readonly mode?: string } } = {};
  try {
    settings = (await ask(pathOf(config), { fields: 'objectRetention' })) as typeof settings;
  } catch (error) {
    if (!isFailure(error, 'denied', 'STORAGE_DENIED')) throw error;
    await ask(`${pathOf(config)}/o`, { maxResults: '1', fields: 'nextPageToken' });
  }
  return settings.objectRetention?.mode === 'Enabled';
}

/** Without a project there is nobody to own a new bucket, so it must be there. */
export async function makeBucket(
  config: GcsConfig,
  connection: GcsConnection,
  context: Context,
): Promise<void> {
  if (config.project === undefined) return;
  throwIfAborted(context);
  try {
    await connection.call({
      method: 'POST',
      path: '/storage/v1/b',
      query: { project: config.project },
      json: {
        name: config.bucket,
        ...(config.location === undefined ? {} : { location: config.location }),
        iamConfiguration: {
          uniformBucketLevelAccess: { enabled: true },
          publicAccessPrevention: 'enforced',
        },
      },
      signal: context.signal,
    });
  } catch (error) {
    // It is there, ours or not; opening it will tell.
    if (gcsAnswer(error)?.status === 409) return;
    const failure = gcsFailure(placeOf(config), error, context);
    if (!isFailure(failure, 'denied', 'STORAGE_DENIED')) throw failure;
  }
}

/** The fields that we ask for. Numbers of 64 bits come as text. */
export interface GcsObject {
  readonly name: string;
  readonly size: string;
  readonly timeCreated: string;
  readonly storageClass?: string;
  readonly generation: string;
  readonly metageneration: string;
  readonly retention?: { readonly mode?: string; readonly retainUntilTime?: string };
  readonly retentionExpirationTime?: string;
  readonly temporaryHold?: boolean;
  readonly eventBasedHold?: boolean;
}
export const listedFields = 'name,size,timeCreated,storageClass';
export const statFields = `${listedFields},generation,metageneration,retention,retentionExpirationTime,temporaryHold,eventBasedHold`;

/** By a date of its own, by the policy of the bucket, or by both. */
export function keptUntil({ retention, retentionExpirationTime }: GcsObject): Instant | undefined {
  const dates = [retention?.retainUntilTime, retentionExpirationTime].flatMap((text) =>
    text === undefined ? [] : [Date.parse(text)],
  );
  return dates.length === 0 ? undefined : Math.max(...dates);
}
