// How bytes become a blob: in one call, or in blocks that one call turns into a blob. Either way it is there whole or not at all, and the
// service checks what arrives.

import { createHash, randomBytes } from 'node:crypto';
import type { BlockBlobClient, BlockBlobUploadOptions } from '@azure/storage-blob';

/** Above, a blob is sent in blocks, so that a broken connection costs one of them. */
const singlePutMax = 64 * 1024 * 1024;
const blockBytes = 16 * 1024 * 1024;
const blocksAtOnce = 2;

export type SendOptions = Pick<BlockBlobUploadOptions, 'conditions' | 'tier' | 'immutabilityPolicy'> & {
  readonly abortSignal: AbortSignal;
};

export async function sendBlob(
  blob: BlockBlobClient,
  bytes: Uint8Array,
  options: SendOptions,
): Promise<void> {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (body.length <= singlePutMax) {
    // Checked by the service, which also keeps it with the blob.
    await blob.upload(body, body.length, { ...options, transactionalContentMD5: md5(body) });
    return;
  }
  const blocks = await sendBlocks(blob, body, options.abortSignal);
  await blob.commitBlockList(blocks, { ...options, blobHTTPHeaders: { blobContentMD5: md5(body) } });
}

/** Blocks have names that no other writer of the same blob uses; those never committed are removed by the service after a week. */
async function sendBlocks(blob: BlockBlobClient, body: Buffer, signal: AbortSignal): Promise<string[]> {
  const writer = randomBytes(8).toString('hex');
  const count = Math.ceil(body.length / blockBytes);
  const blocks = Array.from({ length: count }, (_, index) =>
    Buffer.from(`${writer}-${String(index).padStart(5, '0')}`).toString('base64'),
  );
  const rest = blocks.entries();
  // A block that fails takes the others along, or they would be sent for nothing.
  const stop = new AbortController();
  const abortSignal = AbortSignal.any([signal, stop.signal]);
  const worker = async () => {
    for (const [index, id] of rest) {
      const block = body.subarray(index * blockBytes, (index + 1) * blockBytes);
      await blob.stageBlock(id, block, block.length, {
        abortSignal,
        transactionalContentMD5: md5(block),
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: blocksAtOnce }, worker));
  } catch (error) {
    stop.abort();
    throw error;
  }
  return blocks;
}

/** Against accidents on the way only: what an object is worth is told by the repository. */
export function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}
