// Reads zip as a stream, because a sealed archive can be read in no other way. The directory at the end, which alone tells kinds and modes,
// is read first in a pass of its own and must say the same as the headers in front of the contents: what differs is no zip to trust.

import { crc32, createInflateRaw } from 'node:zlib';
import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import { nameBytesMax, pathBytesMax } from '../base/limits.ts';
import {
  archiveBroken,
  archiveTooLarge,
  archiveUnsupported,
  ByteQueue,
  type ByteSource,
  checkRatio,
  type IncomingEntry,
  type ReadLimits,
  restartable,
} from './archive.ts';
import {
  type Central,
  extrasOf,
  type Local,
  max32,
  readCentral,
  signatures,
  widen,
} from './zip-directory.ts';

const flagEncrypted = 0x2041;
const flagDescriptor = 0x0008;

export function openZip(bytes: ByteSource, limits: ReadLimits) {
  let directory: ReadonlyMap<number, Central> | undefined;
  return {
    async *entries(context: Context): AsyncGenerator<IncomingEntry> {
      directory ??= await readDirectory(bytes, limits, context);
      const reader = readLocals(bytes, limits, context);
      for (;;) {
        const { done, value } = await reader.next();
        if (done === true) {
          // What follows was proven when the directory was read; it is read again so that whoever hashes sees all.
          for (let rest = await value.queue.some(65_536); rest !== undefined; )
            rest = await value.queue.some(65_536);
          return;
        }
        const { local, content } = value;
        const { entry } = directory.get(local.start) ?? missing(local);
        if (entry.kind !== 'symlink') {
          yield { entry, content };
          continue;
        }
        if (entry.sizeBytes > 4 * nameBytesMax) throw archiveBroken('has a symlink with an endless target');
        const target: Uint8Array[] = [];
        for await (const piece of content) target.push(Uint8Array.from(piece));
        const text = Buffer.concat(target).toString('latin1');
        yield { entry: { ...entry, target: text, sizeBytes: 0 }, content: nothing() };
      }
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function missing(local: Local): never {
  throw archiveBroken(`has a content at ${local.start} that its directory does not name`);
}

/** The directory, by where contents begin, after all of it was proven against the contents themselves. */
async function readDirectory(
  bytes: ByteSource,
  limits: ReadLimits,
  context: Context,
): Promise<ReadonlyMap<number, Central>> {
  const locals = new Map<number, Local>();
  const reader = readLocals(bytes, limits, context);
  for (;;) {
    const { done, value } = await reader.next();
    if (done === true) return readCentral(value.queue, value.signature, locals, limits);
    for await (const _ of value.content);
    locals.set(value.local.start, value.local);
  }
}

interface Found {
  readonly local: Local;
  readonly content: AsyncIterable<Uint8Array>;
}

/** All contents, each checked to its end; then the queue stands behind the first signature that is no content's. */
async function* readLocals(
  bytes: ByteSource,
  limits: ReadLimits,
  context: Context,
): AsyncGenerator<Found, { readonly queue: ByteQueue; readonly signature: number }> {
  const queue = new ByteQueue(bytes());
  let isHandedOn = false;
  try {
    for (let count = 0; ; count += 1) {
      context.signal.throwIfAborted();
      const start = queue.position;
      const signature = Buffer.from(await queue.exactly(4)).readUInt32LE(0);
      if (signature !== signatures.local) {
        isHandedOn = true;
        return { queue, signature };
      }
      if (count >= limits.entriesMax)
        throw archiveTooLarge(`has more than ${limits.entriesMax} entries`, '--max-entries');
      const head = Buffer.from(await queue.exactly(26));
      const flags = head.readUInt16LE(2);
      const method = head.readUInt16LE(4);
      if ((flags & flagEncrypted) !== 0) throw archiveUnsupported("is encrypted in zip's own way");
      if (method !== 0 && method !== 8) throw archiveUnsupported(`is compressed by zip's method ${method}`);
      const name = Buffer.from(await queue.exactly(head.readUInt16LE(22))).toString('latin1');
      if (name.length > pathBytesMax) throw archiveBroken('has a name beyond all measure');
      const extra = extrasOf(Buffer.from(await queue.exactly(head.readUInt16LE(24))));
      const told = {
        checksum: head.readUInt32LE(10),
        packed: head.readUInt32LE(14),
        size: head.readUInt32LE(18),
      };
      const isLarge = widen(told, extra.get(1), ['size', 'packed']);
      const hasDescriptor = (flags & flagDescriptor) !== 0;
      const local: Local = { start, name, method, ...told };
      const whole = restartable(readContent(local, hasDescriptor, isLarge, queue, limits));
      yield { local, content: whole.content };
      await whole.finish();
    }
  } finally {
    if (!isHandedOn) await queue.close();
  }
}

async function* readContent(
  local: Local,
  hasDescriptor: boolean,
  isLarge: boolean,
  queue: ByteQueue,
  limits: ReadLimits,
): AsyncGenerator<Uint8Array> {
  const told = { ...local };
  const isKnown = !hasDescriptor || told.packed > 0;
  const before = queue.position;
  let checksum = 0;
  let size = 0;
  const stored = () => (isKnown ? queue.stream(told.packed) : storedUntilDescriptor(queue));
  const plain = local.method === 0 ? stored() : inflate(queue, isKnown ? told.packed : undefined);
  for await (const piece of plain) {
    checksum = crc32(piece, checksum);
    size += piece.length;
    checkRatio(size, queue.position - before, limits);
    yield piece;
  }
  const packed = queue.position - before;
  local.checksum = checksum;
  local.size = size;
  local.packed = packed;
  const expected = hasDescriptor ? await readDescriptor(queue, local, isLarge) : told;
  if (expected.checksum !== checksum || expected.size !== size || expected.packed !== packed)
    throw archiveBroken('has a content whose checksum or length is wrong');
}

/** With its signature or without, in 32 bits or 64: writers differ, so it is what fits that counts. */
async function readDescriptor(
  queue: ByteQueue,
  actual: Local,
  isLarge: boolean,
): Promise<{ checksum: number; packed: number; size: number }> {
  const bytes = Buffer.from(await queue.upTo(24));
  const signed = bytes.length >= 4 && bytes.readUInt32LE(0) === signatures.descriptor;
  for (const offset of signed ? [4, 0] : [0]) {
    for (const wide of isLarge ? [true, false] : [false, true]) {
      const end = offset + (wide ? 20 : 12);
      if (bytes.length < end) continue;
      const read = (at: number) => (wide ? Number(bytes.readBigUInt64LE(at)) : bytes.readUInt32LE(at));
      const found = {
        checksum: bytes.readUInt32LE(offset),
        packed: read(offset + 4),
        size: read(offset + (wide ? 12 : 8)),
      };
      if (found.checksum !== actual.checksum || found.packed !== actual.packed) continue;
      if (found.size !== actual.size) continue;
      queue.giveBack(bytes.subarray(end));
      return found;
    }
  }
  throw archiveBroken('has a content whose checksum or length is wrong');
}

/**
 * A content that is neither compressed nor counted, as writers into pipes make it: it ends where a descriptor stands that tells the very
 * checksum and length of what came before it.
 */
async function* storedUntilDescriptor(queue: ByteQueue): AsyncGenerator<Uint8Array> {
  const mark = Buffer.from([0x50, 0x4b, 0x07, 0x08]);
  let checksum = 0;
  let size = 0;
  for (;;) {
    const bytes = Buffer.from(await queue.upTo(65_536));
    let end = 0;
    for (let at = bytes.indexOf(mark); at >= 0 && at + 16 <= bytes.length; at = bytes.indexOf(mark, at + 1)) {
      checksum = crc32(bytes.subarray(end, at), checksum);
      end = at;
      if (
        bytes.readUInt32LE(at + 4) !== checksum ||
        bytes.readUInt32LE(at + 8) !== ((size + at) & max32) >>> 0
      )
        continue;
      queue.giveBack(bytes.subarray(at));
      yield bytes.subarray(0, at);
      return;
    }
    // What may be the start of a descriptor is looked at again with the bytes that follow it.
    const kept = bytes.length - 15;
    if (kept <= end) throw archiveBroken('ends too early, within a content');
    queue.giveBack(bytes.subarray(kept));
    checksum = crc32(bytes.subarray(end, kept), checksum);
    size += kept;
    yield bytes.subarray(0, kept);
  }
}

/** Inflates up to the end that deflate itself tells, which must be `length` bytes on where that is known. */
async function* inflate(queue: ByteQueue, length: number | undefined): AsyncGenerator<Uint8Array> {
  const engine = createInflateRaw();
  let given = 0;
  let failure: unknown;
  const feed = async () => {
    for (;;) {
      if (engine.destroyed || engine.readableEnded) return;
      const piece = await queue.some(Math.min(32_768, length === undefined ? 32_768 : length - given));
      if (piece === undefined) throw archiveBroken('ends too early, within a content');
      given += piece.length;
      last = piece;
      await new Promise<void>((resolve, reject) => {
        engine.write(piece, (error) => (error == null ? resolve() : reject(error)));
      });
      if (engine.bytesWritten < given) return;
      if (given === length) break;
    }
    engine.end();
  };
  let last: Uint8Array = new Uint8Array(0);
  const feeding = feed().catch((error: unknown) => {
    failure = error;
    engine.destroy();
  });
  try {
    for await (const piece of engine) yield piece as Uint8Array;
    await feeding;
  } catch (error) {
    await feeding;
    failure ??= error;
  } finally {
    engine.destroy();
  }
  if (failure !== undefined) {
    throw isFailure(failure) ? failure : archiveBroken('has a content that cannot be decompressed', failure);
  }
  const surplus = given - engine.bytesWritten;
  if (surplus > last.length) throw archiveBroken('has a content that cannot be decompressed');
  queue.giveBack(last.subarray(last.length - surplus));
  if (length !== undefined && engine.bytesWritten !== length)
    throw archiveBroken('has a content whose length is wrong');
}
