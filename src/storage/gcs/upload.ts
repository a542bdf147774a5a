// How bytes become an object: small ones in one call with their description, large ones in chunks of a session. Either way only if there is
// none of that name, and only if the service finds the checksum that was sent along.

import { randomBytes } from 'node:crypto';
import { Failure } from '../../base/failure.ts';
import type { GcsConnection, GcsReply } from './client.ts';
import { crc32cText } from './crc32c.ts';

/** Up to here an object is copied once into the body of its call. */
const singlePutMax = 8 * 1024 * 1024;
/** A multiple of 256 KiB, as the service demands. */
const chunkBytes = 16 * 1024 * 1024;

export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Fields of the object beside its name and checksum. */
  readonly fields: object;
  readonly signal: AbortSignal;
}

export async function uploadObject(connection: GcsConnection, upload: Upload): Promise<void> {
  const { bucket, key, bytes, fields } = upload;
  const path = `/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`;
  const object = {
    ...fields,
    name: key,
    contentType: 'application/octet-stream',
    crc32c: crc32cText(bytes),
  };
  if (bytes.length <= singlePutMax) await uploadAtOnce(connection, path, object, upload);
  else await uploadInChunks(connection, path, object, upload);
}

async function uploadAtOnce(
  connection: GcsConnection,
  path: string,
  object: object,
  { bytes, signal }: Upload,
): Promise<void> {
  const boundary = randomBytes(16).toString('hex');
  const part = (type: string) => `--${boundary}\r\ncontent-type: ${type}\r\n\r\n`;
  const body = Buffer.concat([
    Buffer.from(
      `${part('application/json')}${JSON.stringify(object)}\r\n${part('application/octet-stream')}`,
    ),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  await connection.call({
    method: 'POST',
    path,
    query: { uploadType: 'multipart', ifGenerationMatch: '0' },
    headers: { 'content-type': `multipart/related; boundary=${boundary}` },
    body,
    signal,
  });
}

/** A session that is left behind costs nothing, and is removed by the service after a week. */
async function uploadInChunks(
  connection: GcsConnection,
  path: string,
  object: object,
  { key, bytes, signal }: Upload,
): Promise<void> {
  const begun = await connection.call({
    method: 'POST',
    path,
    query: { uploadType: 'resumable', ifGenerationMatch: '0' },
    headers: { 'x-upload-content-length': String(bytes.length) },
    json: object,
    signal,
  });
  const session = begun.headers.get('location');
  if (session === null) throw brokenSession(key);
  for (let offset = 0; offset < bytes.length; ) {
    const end = Math.min(offset + chunkBytes, bytes.length);
    const reply = await connection.call({
      method: 'PUT',
      path: session,
      headers: { 'content-range': `bytes ${offset}-${end - 1}/${bytes.length}` },
      body: Buffer.from(bytes.buffer, bytes.byteOffset + offset, end - offset),
      signal,
    });
    // Every answer but 308 ends the session.
    if (reply.status !== 308) {
      if (end === bytes.length) return;
      throw brokenSession(key);
    }
    const stored = storedBytes(reply);
    // The service may keep less than it was sent, but never nothing at all, or this would not end.
    if (stored <= offset || stored > end || stored === bytes.length) throw brokenSession(key);
    offset = stored;
  }
}

function storedBytes(reply: GcsReply): number {
  const last = /^bytes=0-(\d+)$/.exec(reply.headers.get('range') ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

function brokenSession(key: string): Failure {
  return new Failure(
    'unavailable',
    'STORAGE_UNAVAILABLE',
    `the upload of "${key}" was answered out of order`,
    {
      hint: 'Try again later.',
    },
  );
}
