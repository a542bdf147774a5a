// What the loaded indexes say of packs and frames, as columns: about 30 bytes a frame.

import { hex } from '../base/bytes.ts';
import { boxOverheadOf } from './box.ts';
import type { IndexTable } from './index-table.ts';
import type { Directory } from './pack.ts';
import { packHeadLength } from './pack.ts';

export interface PackRecord {
  /** 64 hex, the SHA-256 of the object. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly isMetadata: boolean;
  /** The session that uploaded it, 32 hex. */
  readonly sessionId: string;
  readonly suite: number;
  readonly firstFrame: number;
  readonly frameCount: number;
  /** The directory as stored, to be written into the next index unchanged. */
  readonly directory: Uint8Array;
  /** False where only a write-only writer vouches for it: then it is read, and never borrowed. */
  readonly trusted: boolean;
  /** The write-only writer that vouches for it, hex of its signing key's id. */
  readonly voucher?: string;
  condemned: boolean;
}

export interface FrameRecord {
  readonly pack: PackRecord;
  /** From the start of the object. */
  readonly offset: number;
  readonly length: number;
  readonly type: number;
  readonly comp: number;
  readonly plainLength: number;
  readonly generation: number;
}

/** The name of a pack's object in the storage. */
export function packObjectName(pack: { readonly name: string; readonly isMetadata: boolean }): string {
  return `${pack.isMetadata ? 'meta' : 'packs'}/${pack.name.slice(0, 2)}/${pack.name}`;
}

export class PackCatalog {
  readonly packs: PackRecord[] = [];
  readonly #byName = new Map<string, PackRecord>();
  #packOf = new Uint32Array(256);
  #offset = new Uint32Array(256);
  #length = new Uint32Array(256);
  #plainLength = new Uint32Array(256);
  #generation = new Uint32Array(256);
  #kind = new Uint16Array(256);
  #frames = 0;

  get frameCount(): number {
    return this.#frames;
  }

  byName(name: string): PackRecord | undefined {
    return this.#byName.get(name);
  }

  /** Adds a pack and its frames; rows go into `index` unless the caller settles them itself. */
  add(
    pack: {
      name: Uint8Array;
      sizeBytes: number;
      isMetadata: boolean;
      condemned: boolean;
      sessionId: string;
      trusted: boolean;
      voucher?: string;
      directoryBytes: Uint8Array;
    },
    directory: Directory,
    index: IndexTable | undefined,
  ): PackRecord {
    const name = hex(pack.name);
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const record: PackRecord = {
      name,
      sizeBytes: pack.sizeBytes,
      isMetadata: pack.isMetadata,
      sessionId: pack.sessionId,
      suite: directory.suite,
      firstFrame: this.#frames,
      frameCount: directory.frames.length,
      directory: pack.directoryBytes,
      trusted: pack.trusted,
      ...(pack.voucher === undefined ? {} : { voucher: pack.voucher }),
      condemned: pack.condemned,
    };
    const packNumber = this.packs.length;
    this.packs.push(record);
    this.#byName.set(name, record);
    let offset = packHeadLength + pack.directoryBytes.length + boxOverheadOf(directory.suite);
    for (const frame of directory.frames) {
      const number = this.#newFrame();
      this.#packOf[number] = packNumber;
      this.#offset[number] = offset;
      this.#length[number] = frame.length;
      this.#plainLength[number] = frame.plainLength;
      this.#generation[number] = frame.generation;
      this.#kind[number] = frame.type | (frame.comp << 8);
      offset += frame.length;
      if (index === undefined) continue;
      const lengths = Buffer.from(frame.lengths.buffer, frame.lengths.byteOffset, frame.lengths.length);
      let blobOffset = 0;
      for (let blob = 0; blob * 32 < frame.ids.length; blob += 1) {
        const length = lengths.readUInt32LE(blob * 4);
        const row = index.insert(frame.ids, blob * 32, number, blobOffset, length);
        if (pack.condemned || !pack.trusted) index.condemn(row);
        blobOffset += length;
      }
    }
    return record;
  }

  frame(number: number): FrameRecord {
    const kind = this.#kind[number]!;
    return {
      pack: this.packs[this.#packOf[number]!]!,
      offset: this.#offset[number]!,
      length: this.#length[number]!,
      plainLength: this.#plainLength[number]!,
      generation: this.#generation[number]!,
      type: kind & 0xff,
      comp: kind >>> 8,
    };
  }

  packOfFrame(number: number): PackRecord {
    return this.packs[this.#packOf[number]!]!;
  }

  #newFrame(): number {
    if (this.#frames === this.#packOf.length) {
      const size = this.#frames * 2;
      this.#packOf = larger(this.#packOf, new Uint32Array(size));
      this.#offset = larger(this.#offset, new Uint32Array(size));
      this.#length = larger(this.#length, new Uint32Array(size));
      this.#plainLength = larger(this.#plainLength, new Uint32Array(size));
      this.#generation = larger(this.#generation, new Uint32Array(size));
      this.#kind = larger(this.#kind, new Uint16Array(size));
    }
    return this.#frames++;
  }
}

function larger<Column extends Uint32Array | Uint16Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
