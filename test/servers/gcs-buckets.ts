// What the double of Google Cloud Storage keeps, and the rules by which it changes: generations, preconditions, checksums, retention, holds,
// versions. Written from the reference of the JSON API; the checksum is that of Google's own library, not ours.

import { createHash } from 'node:crypto';
import { CRC32C } from '@google-cloud/storage';

export class GcsError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export type Json = Record<string, unknown>;

export interface StoredObject {
  readonly bytes: Buffer;
  /** The resource, as the API shows it. */
  readonly resource: Json & { readonly name: string; readonly generation: string; metageneration: string };
}

export interface Bucket {
  readonly settings: Json & { metageneration: string };
  readonly live: Map<string, StoredObject>;
  readonly old: StoredObject[];
}

interface Retention {
  readonly mode: 'Locked' | 'Unlocked';
  readonly retainUntilTime: string;
}

export class GcsBuckets {
  readonly buckets = new Map<string, Bucket>();
  #generation = 1_700_000_000_000_000;

  create(name: string, given: Json = {}): Bucket {
    if (this.buckets.has(name)) {
      throw new GcsError(409, 'conflict', 'Your previous request to create the named bucket succeeded.');
    }
    const settings = {
      kind: 'storage#bucket',
      name,
      location: 'EU',
      locationType: 'multi-region',
      storageClass: 'STANDARD',
      softDeletePolicy: { retentionDurationSeconds: '604800' },
      ...given,
      metageneration: '1',
    };
    const bucket = { settings, live: new Map(), old: [] };
    this.buckets.set(name, bucket);
    return bucket;
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw new GcsError(404, 'notFound', 'The specified bucket does not exist.');
    return bucket;
  }

  object(bucket: string, name: string): StoredObject {
    const found = this.bucket(bucket).live.get(name);
    if (found === undefined) throw new GcsError(404, 'notFound', `No such object: ${bucket}/${name}`);
    return found;
  }

  check(bucket: string, name: string, query: URLSearchParams, source = ''): void {
    const found = this.bucket(bucket).live.get(name)?.resource;
    const holds = (parameter: string, actual: string | undefined) => {
      const wanted = query.get(parameter);
      return wanted === null || wanted === (actual ?? '0');
    };
    const isMet =
      holds(`if${source}GenerationMatch`, found?.generation) &&
      holds(`if${source}MetagenerationMatch`, found?.metageneration);
    if (isMet) return;
    throw new GcsError(
      412,
      'conditionNotMet',
      'At least one of the pre-conditions you specified did not hold.',
    );
  }

  put(bucketName: string, name: string, bytes: Buffer, given: Json, query: URLSearchParams): StoredObject {
    const bucket = this.bucket(bucketName);
    this.check(bucketName, name, query);
    this.#requireFree(bucket, name);
    const crc32c = googleCrc32c(bytes);
    if (given.crc32c !== undefined && given.crc32c !== crc32c) {
      const told = `Provided CRC32C "${given.crc32c}" doesn't match calculated CRC32C "${crc32c}".`;
      throw new GcsError(400, 'invalid', told);
    }
    if (given.retention !== undefined) requireRetention(bucket);
    this.#generation += 1;
    const now = new Date().toISOString();
    const resource = {
      kind: 'storage#object',
      storageClass: bucket.settings.storageClass,
      ...given,
      name,
      bucket: bucketName,
      size: String(bytes.length),
      crc32c,
      md5Hash: createHash('md5').update(bytes).digest('base64'),
      generation: String(this.#generation),
      metageneration: '1',
      timeCreated: now,
      updated: now,
      ...expiryOf(bucket),
    };
    const replaced = bucket.live.get(name);
    if (replaced !== undefined && isVersioned(bucket)) bucket.old.push(replaced);
    const stored = { bytes: Buffer.from(bytes), resource };
    bucket.live.set(name, stored);
    return stored;
  }

  patch(bucketName: string, name: string, given: Json, query: URLSearchParams): StoredObject {
    const bucket = this.bucket(bucketName);
    const found = this.object(bucketName, name);
    this.check(bucketName, name, query);
    if (given.retention !== undefined) {
      requireRetention(bucket);
      const before = found.resource.retention as Retention | undefined;
      const after = given.retention as Retention | null;
      const isShorter =
        before !== undefined && (after === null || after.retainUntilTime < before.retainUntilTime);
      const isLoosened = before?.mode === 'Locked' && after?.mode !== 'Locked';
      const mayOverride = before?.mode === 'Unlocked' && query.get('overrideUnlockedRetention') === 'true';
      if ((isShorter || isLoosened) && !mayOverride) {
        throw new GcsError(
          403,
          'forbidden',
          `Object '${bucketName}/${name}' is under active object retention.`,
        );
      }
    }
    Object.assign(found.resource, given, {
      metageneration: String(Number(found.resource.metageneration) + 1),
    });
    return found;
  }

  delete(bucketName: string, name: string, query: URLSearchParams): void {
    const bucket = this.bucket(bucketName);
    const found = this.object(bucketName, name);
    this.check(bucketName, name, query);
    // With versions, the live one is only put aside, retained or not.
    if (isVersioned(bucket)) bucket.old.push(found);
    else this.#requireFree(bucket, name);
    bucket.live.delete(name);
  }

  #requireFree(bucket: Bucket, name: string): void {
    const resource = bucket.live.get(name)?.resource;
    if (resource === undefined) return;
    const path = `${bucket.settings.name}/${name}`;
    if (resource.temporaryHold === true) {
      throw new GcsError(403, 'objectUnderActiveHold', `Object '${path}' is under active Temporary hold.`);
    }
    const own = (resource.retention as Retention | undefined)?.retainUntilTime ?? '';
    const until = [own, String(resource.retentionExpirationTime ?? '')].sort().at(-1) ?? '';
    if (until > new Date().toISOString()) {
      const told = `Object '${path}' is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until ${until}`;
      throw new GcsError(403, 'retentionPolicyNotMet', told);
    }
  }
}

/** By the table of Google's library; its own loop is some ten times slower. */
export function googleCrc32c(bytes: Uint8Array): string {
  const table = CRC32C.CRC32C_EXTENSION_TABLE;
  let crc = -1;
  for (let at = 0; at < bytes.length; at += 1) crc = table[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  const text = Buffer.alloc(4);
  text.writeInt32BE(~crc);
  return text.toString('base64');
}

function isVersioned({ settings }: Bucket): boolean {
  return (settings.versioning as { enabled?: boolean } | undefined)?.enabled === true;
}

function requireRetention({ settings }: Bucket): void {
  if ((settings.objectRetention as { mode?: string } | undefined)?.mode === 'Enabled') return;
  throw new GcsError(400, 'invalid', 'Object Retention must be enabled on the bucket.');
}

function expiryOf({ settings }: Bucket): Json {
  const policy = settings.retentionPolicy as { retentionPeriod?: string } | undefined;
  if (policy?.retentionPeriod === undefined) return {};
  return {
    retentionExpirationTime: new Date(Date.now() + Number(policy.retentionPeriod) * 1000).toISOString(),
  };
}
