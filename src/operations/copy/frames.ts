// Reads the blobs that a copy needs, each frame once and in the order of the packs: neighbours with one call, several calls ahead of the one
// who needs them. Memory is bounded by the width times the length of a call.

import { mapAhead } from '../../base/ahead.ts';
import type { Context } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import { packObjectName } from '../../repository/pack-catalog.ts';
import { openFrame, type Repository } from '../../repository/repository.ts';

const callBytesMax = 4 * 1024 * 1024;
/** So much that nobody asked for is read rather than a second call made. */
const gapBytesMax = 128 * 1024;
const callsAhead = 4;

interface Call {
  /** Frames of one pack, ascending. */
  readonly frames: readonly number[];
  readonly offset: number;
  readonly length: number;
}

export interface OpenedFrame {
  readonly number: number;
  readonly plain: Uint8Array;
}

/** The plain frames of these numbers, ascending. Blob ids are checked by whoever takes blobs out of them. */
export async function* readFrames(
  numbers: readonly number[],
  repository: Repository,
  context: Context,
): AsyncGenerator<OpenedFrame> {
  const { catalog, ring, storage } = repository;
  const calls = groupCalls(numbers, repository);
  const width = Math.min(callsAhead, storage.features.parallelCallsMax);
  const read = mapAhead(calls, width, async (call) => ({
    call,
    bytes: await readCall(call, repository, context),
  }));
  for await (const { call, bytes } of read) {
    for (const number of call.frames) {
      context.signal.throwIfAborted();
      const frame = catalog.frame(number);
      const range = { offset: frame.offset, length: frame.length };
      const at = frame.offset - call.offset;
      const box =
        bytes?.subarray(at, at + frame.length) ??
        (await storage.get(packObjectName(frame.pack), { range, signal: context.signal }));
      yield { number, plain: openFrame(ring, frame, box) };
    }
  }
}

/** Undefined when the range cannot be given: a neighbour may lie beyond the end of a pack that was cut short. */
async function readCall(
  { frames, offset, length }: Call,
  { catalog, storage }: Repository,
  { signal }: Context,
): Promise<Uint8Array | undefined> {
  const name = packObjectName(catalog.packOfFrame(frames[0]!));
  try {
    return await storage.get(name, { range: { offset, length }, signal });
  } catch (error) {
    if (frames.length > 1 && isFailure(error, 'corrupt')) return undefined;
    throw error;
  }
}

function groupCalls(numbers: readonly number[], { catalog }: Repository): Call[] {
  const calls: Call[] = [];
  let frames: number[] = [];
  let start = 0;
  let end = 0;
  const close = () => {
    if (frames.length > 0) calls.push({ frames, offset: start, length: end - start });
    frames = [];
  };
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const { pack, offset, length } = catalog.frame(number);
    const isNear =
      frames.length > 0 &&
      catalog.packOfFrame(frames[0]!) === pack &&
      offset - end <= gapBytesMax &&
      offset + length - start <= callBytesMax;
    if (!isNear) {
      close();
      start = offset;
    }
    frames.push(number);
    end = offset + length;
  }
  close();
  return calls;
}
