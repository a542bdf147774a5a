// Large objects, sent in parts: what one broken connection costs is one part. The object appears with the last request, which is
// conditional; parts of an upload that failed are thrown away.

import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Instant } from '../../base/context.ts';
import type { CallOptions } from '../storage.ts';
import { callS3, customerKey, type S3Wire } from './client.ts';
import { digest } from './digest.ts';

/** At least 5 MiB, says S3. */
const partBytes = 16 * 1024 * 1024;
const partsAtOnce = 3;
const abortMs = 15_000;

export async function putInParts(
  wire: S3Wire,
  name: string,
  bytes: Uint8Array,
  headers: object,
  signal: AbortSignal,
): Promise<void> {
  const { place, client } = wire;
  const about = { Bucket: place.bucket, Key: place.base + name };
  const start = new CreateMultipartUploadCommand({
    ...about,
    ContentType: 'application/octet-stream',
    ...(place.isAws ? { ChecksumAlgorithm: 'SHA256' } : {}),
    ...headers,
  });
  const { UploadId } = await patiently(signal, (patient) =>
    callS3(wire, 'put', name, patient, (own) => client.send(start, own)),
  );
  const upload = { ...about, UploadId };
  try {
    const parts = await sendParts(wire, name, upload, bytes, signal);
    const complete = new CompleteMultipartUploadCommand({
      ...upload,
      MultipartUpload: { Parts: parts },
      ...(place.isExclusive ? { IfNoneMatch: '*' } : {}),
      ...customerKey(place.config),
    });
    await callS3(wire, 'put', name, signal, (own) => client.send(complete, own));
  } catch (error) {
    // Also when canceled: parts that nobody completes or aborts are paid for without ever being listed. What stays is swept.
    await client
      .send(new AbortMultipartUploadCommand(upload), { abortSignal: AbortSignal.timeout(abortMs) })
      .catch(() => undefined);
    throw error;
  }
}

/** A call that goes on for a while when it is canceled: an upload whose id never arrives is one that nobody can abort. */
async function patiently<Result>(
  signal: AbortSignal,
  call: (patient: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (signal.aborted) return call(signal);
  const later = new AbortController();
  const wait = () => {
    AbortSignal.timeout(abortMs).addEventListener('abort', () => later.abort(signal.reason));
  };
  signal.addEventListener('abort', wait);
  try {
    return await call(later.signal);
  } finally {
    signal.removeEventListener('abort', wait);
  }
}

async function sendParts(
  wire: S3Wire,
  name: string,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<CompletedPart[]> {
  const { place, client } = wire;
  const count = Math.ceil(bytes.length / partBytes);
  const parts: CompletedPart[] = [];
  const rest = Array.from({ length: count }, (_, index) => index).values();
  // One that fails stops the others, so that nothing is sent after the upload was aborted.
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const work = async () => {
    for (const index of rest) {
      const part = bytes.subarray(index * partBytes, (index + 1) * partBytes);
      const sum = place.isAws
        ? { ChecksumSHA256: digest('sha256', part) }
        : { ContentMD5: digest('md5', part) };
      const command = new UploadPartCommand({
        ...upload,
        PartNumber: index + 1,
        Body: part,
        ContentLength: part.length,
        ...sum,
        ...customerKey(place.config),
      });
      const { ETag } = await callS3(wire, 'put', name, either, (own) => client.send(command, own));
      parts[index] = {
        PartNumber: index + 1,
        ETag,
        ...(place.isAws ? { ChecksumSHA256: sum.ChecksumSHA256 } : {}),
      };
    }
  };
  const workers = Array.from({ length: Math.min(partsAtOnce, count) }, () =>
    work().catch((error: unknown) => {
      const isFirst = !stop.signal.aborted;
      stop.abort();
      return isFirst ? { error } : undefined;
    }),
  );
  const failed = (await Promise.all(workers)).find((end) => end !== undefined);
  if (failed !== undefined) throw failed.error;
  return parts;
}

/** Aborts uploads that began before an instant and never came to an end. */
export async function sweepParts(wire: S3Wire, before: Instant, { signal }: CallOptions): Promise<number> {
  const { place, client } = wire;
  let count = 0;
  let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (next !== undefined) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: place.bucket,
      Prefix: place.base,
      ...next,
    });
    const page = await callS3(wire, 'sweep', undefined, signal, (own) => client.send(command, own));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Initiated === undefined || Initiated.getTime() >= before) continue;
      const abort = new AbortMultipartUploadCommand({ Bucket: place.bucket, Key, UploadId });
      await callS3(wire, 'sweep', undefined, signal, (own) => client.send(abort, own));
      count += 1;
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    next =
      IsTruncated === true && NextKeyMarker !== undefined && NextUploadIdMarker !== undefined
        ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
        : undefined;
  }
  return count;
}
