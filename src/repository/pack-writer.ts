// Collects sealed frames to packs and stores them. Data frames are dealt at random to two open packs, so that the sizes of packs
// tell nothing of where files were cut (security promise G2); what is left over at the end is merged.

import { randomInt } from 'node:crypto';
import type { Context } from '../base/context.ts';
import { release } from '../codecs/release.ts';
import type { Storage } from '../storage/storage.ts';
import { boxOverhead, boxTypes } from './box.ts';
import type { NewFrame } from './frame-builder.ts';
import type { IndexTable } from './index-table.ts';
import type { KeyRing } from './keys.ts';
import { assemblePack, decodeDirectory, packBlobsMax } from './pack.ts';
import { type PackCatalog, type PackRecord, packObjectName } from './pack-catalog.ts';

/** Packs are closed before they exceed this; a PADME length, so that a full pack needs little padding. */
export const packTarget = 16 * 1024 * 1024;

interface OpenPack {
  readonly isMetadata: boolean;
  frames: NewFrame[];
  framesLength: number;
  directoryLength: number;
  blobs: number;
}

export class PackWriter {
  readonly #ring: KeyRing;
  readonly #storage: Storage;
  readonly #index: IndexTable;
  readonly #catalog: PackCatalog;
  readonly #sessionId: Uint8Array;
  readonly #sessionName: string;
  readonly #context: Context;
  readonly #open: readonly OpenPack[];
  readonly #stored: PackRecord[] = [];
  #slab: Buffer | undefined;
  #uploading: Promise<void> = Promise.resolve();
  #failure: unknown;
  storedBytes = 0;
  newBlobs = 0;

  constructor(
    parts: {
      readonly ring: KeyRing;
      readonly storage: Storage;
      readonly index: IndexTable;
      readonly catalog: PackCatalog;
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
    const filled = pack.framesLength + frame.length + 2 * (directoryLength + boxOverhead) + 136;
    if (pack.frames.length > 0 && (filled > packTarget || pack.blobs + blobs > packBlobsMax)) {
      await this.#close(pack);
    }
    pack.frames.push(frame);
    pack.framesLength += frame.length;
    pack.directoryLength += entryLength(blobs);
    pack.blobs += blobs;
  }

  /** Stores what is open; when it resolves, every frame that was added is stored durably. */
  async flush(): Promise<void> {
    const [first, second, metadata] = this.#open as [OpenPack, OpenPack, OpenPack];
    const together =
      first.framesLength + second.framesLength + 2 * (first.directoryLength + second.directoryLength) + 280;
    if (together <= packTarget && first.blobs + second.blobs <= packBlobsMax) {
      first.frames.push(...second.frames);
      clear(second);
    }
    for (const pack of [first, second, metadata]) if (pack.frames.length > 0) await this.#close(pack);
    await this.#uploading;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #close(pack: OpenPack): Promise<void> {
    // One pack is on its way while the next is filled: the slab is free again when the upload has ended.
    await this.#uploading;
    if (this.#failure !== undefined) throw this.#failure;
    const frames = pack.frames;
    const { bytes, name, directory } = assemblePack(
      this.#ring,
      frames,
      { sessionId: this.#sessionId, isMetadata: pack.isMetadata },
      (length) => {
        if (this.#slab === undefined || this.#slab.length < length)
          this.#slab = Buffer.allocUnsafeSlow(length);
        return this.#slab;
      },
    );
    const rows = frames.map((frame) => frame.rows);
    for (const frame of frames) release(frame.box);
    clear(pack);
    const isMetadata = pack.isMetadata;
    this.#uploading = this.#storage
      .put(packObjectName({ name: name.toString('hex'), isMetadata }), bytes, {
        signal: this.#context.signal,
      })
      .then(() => {
        const record = this.#catalog.add(
          {
            name,
            sizeBytes: bytes.length,
            isMetadata,
            condemned: false,
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
      });
  }

  #settle(record: PackRecord, rows: readonly Int32Array[], directory: Uint8Array): void {
    const { frames } = decodeDirectory(directory, record.name);
    frames.forEach((frame, position) => {
      const lengths = Buffer.from(frame.lengths.buffer, frame.lengths.byteOffset, frame.lengths.length);
      let offset = 0;
      rows[position]!.forEach((row, blob) => {
        this.#index.settle(row, record.firstFrame + position, offset);
        offset += lengths.readUInt32LE(blob * 4);
      });
    });
  }
}

/** Upper bound of what a frame adds to the directory. */
function entryLength(blobs: number): number {
  return 48 + blobs * 36;
}

function emptyPack(isMetadata: boolean): OpenPack {
  return { isMetadata, frames: [], framesLength: 0, directoryLength: 16, blobs: 0 };
}

function clear(pack: OpenPack): void {
  pack.frames = [];
  pack.framesLength = 0;
  pack.directoryLength = 16;
  pack.blobs = 0;
}
