// Collects sealed frames to packs and stores them. Data frames are dealt at random to two open packs, so that the sizes of packs
// tell nothing of where files were cut (security promise G2); what is left over at the end is merged.

import { randomInt } from 'node:crypto';
import type { Context } from '../base/context.ts';
import { release } from '../codecs/release.ts';
import type { Storage } from '../storage/storage.ts';
import { boxOverheadOf, boxTypes } from './box.ts';
import type { NewFrame } from './frame-builder.ts';
import type { IndexTable } from './index-table.ts';
import type { KeyRing } from './keys.ts';
import { assemblePack, decodeDirectory, type FrameEntry, packBlobsMax, packLength } from './pack.ts';
import { type PackCatalog, type PackRecord, packObjectName } from './pack-catalog.ts';

/** Packs are closed before they exceed this; a PADME length, so that a full pack needs little padding. */
export const packTarget = 8 * 1024 * 1024;
/** Frames lie in a slab behind room for the largest directory that a pack of the target size can have. */
const framesAt = packTarget / 2;
const slabLength = framesAt + packTarget;

/** A frame whose box lies in the pack's slab. */
type PlacedFrame = FrameEntry & Pick<NewFrame, 'rows'>;

interface OpenPack {
  readonly isMetadata: boolean;
  /** Taken when the first frame comes; goes back to the free ones when the pack is stored. */
  slab: Buffer | undefined;
  frames: PlacedFrame[];
  framesLength: number;
  directoryLength: number;
  blobs: number;
}

export class PackWriter {
  readonly #ring: KeyRing;
  readonly #storage: Storage;
  readonly #index: () => IndexTable;
  readonly #catalog: () => PackCatalog;
  readonly #sessionId: Uint8Array;
  readonly #sessionName: string;
  readonly #context: Context;
  readonly #open: readonly OpenPack[];
  readonly #stored: PackRecord[] = [];
  readonly #freeSlabs: Buffer[] = [];
  readonly #uploading = new Set<Promise<void>>();
  #failure: unknown;
  storedBytes = 0;
  newBlobs = 0;

  constructor(
    parts: {
      readonly ring: KeyRing;
      readonly storage: Storage;
      /** As loaded last. */
      readonly index: () => IndexTable;
      readonly catalog: () => PackCatalog;
      readonly sessionId: Uint8Array;
    },
    context: Context,
  ) {
    this.#ring = parts.ring;
    this.#storage = parts.storage;
    this.#index = parts.index;
    this.#catalog = parts.catalog;
    this.#sessionId = parts.sessionId;
    this.#sessionName = Buffer.from(parts.sessionId).toString('hex');
    this.#context = context;
    this.#open = [emptyPack(false), emptyPack(false), emptyPack(true)];
  }

  /** Packs stored since the last call. */
  takeStored(): PackRecord[] {
    return this.#stored.splice(0);
  }

  /** Takes a frame over; stores a pack when one is full. Await it: this is what keeps memory bounded. */
  async add(frame: NewFrame): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const blobs = frame.ids.length / 32;
    this.newBlobs += blobs;
    const pack = this.#open[frame.type === boxTypes.data ? randomInt(2) : 2]!;
    const directoryLength = pack.directoryLength + entryLength(blobs);
    const filled =
      pack.framesLength + frame.length + 2 * (directoryLength + boxOverheadOf(this.#ring.suite)) + 136;
    if (pack.frames.length > 0 && (filled > packTarget || pack.blobs + blobs > packBlobsMax)) {
      await this.#close(pack);
    }
    this.#place(pack, frame);
    // The box lies in the slab now: giving it back at once keeps memory small and whole.
    release(frame.box);
  }

  #place(pack: OpenPack, { box, ...frame }: NewFrame): void {
    pack.slab ??= this.#slabFor(frame.length, entryLength(frame.ids.length / 32));
    pack.slab.set(box, framesAt + pack.framesLength);
    const blobs = frame.ids.length / 32;
    pack.frames.push(frame);
    pack.framesLength += frame.length;
    pack.directoryLength += entryLength(blobs);
    pack.blobs += blobs;
  }

  /** A frame that is larger than a pack should be gets a slab, and a pack, of its own. */
  #slabFor(frameLength: number, directoryLength: number): Buffer {
    const wanted = framesAt + packLength(frameLength, directoryLength, this.#ring.suite);
    if (wanted > slabLength) return Buffer.allocUnsafeSlow(wanted);
    return this.#freeSlabs.pop() ?? Buffer.allocUnsafeSlow(slabLength);
  }

  /** Stores what is open; when it resolves, every frame that was added is stored durably. */
  async flush(): Promise<void> {
    const [first, second, metadata] = this.#open as [OpenPack, OpenPack, OpenPack];
    const overhead = boxOverheadOf(this.#ring.suite);
    const together =
      first.framesLength +
      second.framesLength +
      2 * (first.directoryLength + second.directoryLength + overhead) +
      136;
    if (together <= packTarget && first.blobs + second.blobs <= packBlobsMax) {
      this.#merge(first, second);
    }
    for (const pack of [first, second, metadata]) if (pack.frames.length > 0) await this.#close(pack);
    await this.settled();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when no pack is on its way any more, also after a failure: what has arrived can be indexed then. */
  async settled(): Promise<void> {
    await Promise.all(this.#uploading);
  }

  async #close(pack: OpenPack): Promise<void> {
    // Packs are on their way while the next is filled: a slab is free again when its upload has ended.
    while (this.#uploading.size >= uploadsAtOnce(this.#storage)) await Promise.race(this.#uploading);
    if (this.#failure !== undefined) throw this.#failure;
    const { frames, slab } = pack;
    if (slab === undefined) return;
    const { bytes, name, directory } = assemblePack(
      this.#ring,
      frames,
      { sessionId: this.#sessionId, isMetadata: pack.isMetadata },
      { slab, framesAt },
    );
    const rows = frames.map((frame) => frame.rows);
    clear(pack);
    const isMetadata = pack.isMetadata;
    const upload = this.#storage
      .put(packObjectName({ name: name.toString('hex'), isMetadata }), bytes, {
        signal: this.#context.signal,
      })
      .then(() => {
        const record = this.#catalog().add(
          {
            name,
            sizeBytes: bytes.length,
            isMetadata,
            condemned: false,
            trusted: true,
            sessionId: this.#sessionName,
            directoryBytes: directory,
          },
          decodeDirectory(directory, name.toString('hex')),
          undefined,
        );
        this.#settle(record, rows, directory);
        this.#stored.push(record);
        this.storedBytes += bytes.length;
        this.#context.monitor.count('storedBytes', bytes.length);
      })
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        if (slab.length === slabLength) this.#freeSlabs.push(slab);
        this.#uploading.delete(upload);
      });
    this.#uploading.add(upload);
  }

  /** Brings the frames of the second pack behind those of the first. */
  #merge(first: OpenPack, second: OpenPack): void {
    if (second.slab === undefined) return;
    let at = framesAt;
    for (const frame of second.frames) {
      this.#place(first, { ...frame, box: second.slab.subarray(at, at + frame.length) });
      at += frame.length;
    }
    this.#freeSlabs.push(second.slab);
    clear(second);
  }

  #settle(record: PackRecord, rows: readonly Int32Array[], directory: Uint8Array): void {
    const { frames } = decodeDirectory(directory, record.name);
    frames.forEach((frame, position) => {
      const lengths = Buffer.from(frame.lengths.buffer, frame.lengths.byteOffset, frame.lengths.length);
      let offset = 0;
      rows[position]!.forEach((row, blob) => {
        this.#index().settle(row, record.firstFrame + position, offset);
        offset += lengths.readUInt32LE(blob * 4);
      });
    });
  }
}

/** A disk writes one pack after the other as fast as several at once; a network waits for answers. Each costs memory for a pack. */
function uploadsAtOnce({ features }: Storage): number {
  return features.isLocal ? 1 : Math.min(4, features.parallelCallsMax);
}

/** Upper bound of what a frame adds to the directory. */
function entryLength(blobs: number): number {
  return 48 + blobs * 36;
}

function emptyPack(isMetadata: boolean): OpenPack {
  return { isMetadata, slab: undefined, frames: [], framesLength: 0, directoryLength: 16, blobs: 0 };
}

function clear(pack: OpenPack): void {
  pack.slab = undefined;
  pack.frames = [];
  pack.framesLength = 0;
  pack.directoryLength = 16;
  pack.blobs = 0;
}
