// The chunk index in memory: which frame holds which blob. Open addressing over typed arrays in shared memory, so that
// workers may look up and claim blobs at the same moment; about 32 bytes a blob. A row keeps 128 bits of the keyed id: the
// whole id is checked whenever the blob is read.
//
// Levels instead of rehashing: when the newest slot table is well filled, a table twice as large is put beside it. A look-up
// goes through all of them (a handful), and nobody has to stop while it grows.

export const rowWords = 7;
const wordFrame = 4;
const wordOffset = 5;
const wordLength = 6;
/** Set in the offset word: the pack is condemned or gone; readers may use the row, writers may not. */
const flagCondemned = 0x8000_0000 | 0;
/** Set in the offset word: the current session uses this row, so its pack must be borrowed. */
const flagUsed = 0x4000_0000;
const offsetMask = 0x00ff_ffff;
/** In the frame word: claimed in this session, not yet in a frame. */
export const framePending = 0xffff_ffff;

const rowsMax = 1 << 26;
const firstLevelSlots = 1 << 16;
const levelFill = 0.65;

/** What a worker thread gets: shared memory only. */
export interface SharedIndex {
  readonly rows: SharedArrayBuffer;
  /** [0] rows in use. */
  readonly control: SharedArrayBuffer;
  readonly levels: readonly SharedArrayBuffer[];
}

export class IndexTable {
  readonly #rowsBuffer: SharedArrayBuffer;
  readonly #control: Int32Array;
  /** Length-tracking: it sees growth by any thread. */
  readonly #rows: Int32Array;
  readonly #levels: Int32Array[];
  #topLevelStart = 0;
  readonly #isOwner: boolean;

  constructor(shared?: SharedIndex) {
    this.#isOwner = shared === undefined;
    this.#rowsBuffer =
      shared?.rows ?? new SharedArrayBuffer(4096 * rowWords * 4, { maxByteLength: rowsMax * rowWords * 4 });
    this.#control = new Int32Array(shared?.control ?? new SharedArrayBuffer(16));
    this.#rows = new Int32Array(this.#rowsBuffer);
    this.#levels = (shared?.levels ?? [new SharedArrayBuffer(firstLevelSlots * 4)]).map(
      (one) => new Int32Array(one),
    );
  }

  get shared(): SharedIndex {
    return {
      rows: this.#rowsBuffer,
      control: this.#control.buffer as SharedArrayBuffer,
      levels: this.#levels.map((one) => one.buffer as SharedArrayBuffer),
    };
  }

  /** Takes over levels that the owner has added since. */
  adoptLevels(levels: readonly SharedArrayBuffer[]): void {
    for (let index = this.#levels.length; index < levels.length; index += 1) {
      this.#levels.push(new Int32Array(levels[index]!));
    }
  }

  /** Rows in use. */
  get size(): number {
    return Atomics.load(this.#control, 0);
  }

  /** Owner only: makes room for about `more` further rows. Returns whether a level was added. */
  reserve(more: number): boolean {
    const top = this.#levels[this.#levels.length - 1]!;
    const inTop = this.size - this.#topLevelStart;
    if (inTop + more <= top.length * levelFill) return false;
    let slots = top.length * 2;
    while (more > slots * levelFill) slots *= 2;
    this.#levels.push(new Int32Array(new SharedArrayBuffer(slots * 4)));
    this.#topLevelStart = this.size;
    return true;
  }

  /** The row of a blob that a writer may use, or -1. `ids` holds the 32-byte id at `offset`. */
  find(ids: Uint8Array, offset: number): number {
    return this.#lookup(ids, offset, true);
  }

  /** The row of a blob for reading: any pack that still exists will do, uncondemned ones first. */
  findForReading(ids: Uint8Array, offset: number): number {
    const row = this.#lookup(ids, offset, true);
    return row >= 0 ? row : this.#lookup(ids, offset, false);
  }

  /** All rows of a blob, in whichever pack. */
  *rowsOf(ids: Uint8Array, offset: number): Generator<number> {
    const hash = word(ids, offset);
    for (const slots of this.#levels) {
      const mask = slots.length - 1;
      let slot = hash & mask;
      for (let step = 0; step < slots.length; step += 1) {
        const held = Atomics.load(slots, slot);
        if (held === 0) break;
        if (this.#sameId(held - 1, ids, offset)) yield held - 1;
        slot = (slot + 1) & mask;
      }
    }
  }

  /** Owner only, while loading: adds a row. Equal ids may stand in several rows. */
  insert(ids: Uint8Array, offset: number, frame: number, blobOffset: number, length: number): number {
    this.reserve(1);
    const row = this.#newRow(ids, offset, frame, blobOffset, length);
    this.#place(row, word(ids, offset));
    return row;
  }

  /**
   * Claims a blob for the calling thread: the row if some thread has it already (it is then marked used), or
   * -1 - row if it is now the caller's to store.
   */
  claim(ids: Uint8Array, offset: number, length: number): number {
    const known = this.#lookup(ids, offset, true);
    if (known >= 0) {
      this.markUsed(known);
      return known;
    }
    if (this.#isOwner) this.reserve(1);
    const row = this.#newRow(ids, offset, framePending, 0, length);
    const hash = word(ids, offset);
    const slots = this.#levels[this.#levels.length - 1]!;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let step = 0; step < slots.length; step += 1) {
      const held = Atomics.compareExchange(slots, slot, 0, row + 1);
      if (held === 0) return -1 - row;
      const other = held - 1;
      if (this.#sameId(other, ids, offset) && !this.isCondemned(other)) {
        this.markUsed(other);
        return other;
      }
      slot = (slot + 1) & mask;
    }
    // A full table: the blob is stored without being remembered, which costs a duplicate and nothing else.
    return -1 - row;
  }

  /** Tells where a claimed blob was stored. */
  settle(row: number, frame: number, blobOffset: number): void {
    const base = row * rowWords;
    const rows = this.#rows;
    rows[base + wordOffset] = (rows[base + wordOffset]! & flagUsed) | blobOffset;
    Atomics.store(rows, base + wordFrame, frame | 0);
  }

  frameOf(row: number): number {
    return this.#rows[row * rowWords + wordFrame]! >>> 0;
  }
  offsetOf(row: number): number {
    return this.#rows[row * rowWords + wordOffset]! & offsetMask;
  }
  lengthOf(row: number): number {
    return this.#rows[row * rowWords + wordLength]!;
  }
  isCondemned(row: number): boolean {
    return (this.#rows[row * rowWords + wordOffset]! & flagCondemned) !== 0;
  }
  isUsed(row: number): boolean {
    return (this.#rows[row * rowWords + wordOffset]! & flagUsed) !== 0;
  }
  condemn(row: number): void {
    Atomics.or(this.#rows, row * rowWords + wordOffset, flagCondemned);
  }
  markUsed(row: number): void {
    const rows = this.#rows;
    const at = row * rowWords + wordOffset;
    if ((rows[at]! & flagUsed) === 0) Atomics.or(rows, at, flagUsed);
  }
  clearUsed(): void {
    const count = this.size;
    const rows = this.#rows;
    for (let row = 0; row < count; row += 1) rows[row * rowWords + wordOffset]! &= ~flagUsed;
  }

  #lookup(ids: Uint8Array, offset: number, usableOnly: boolean): number {
    const hash = word(ids, offset);
    for (let level = this.#levels.length - 1; level >= 0; level -= 1) {
      const slots = this.#levels[level]!;
      const mask = slots.length - 1;
      let slot = hash & mask;
      for (let step = 0; step < slots.length; step += 1) {
        const held = Atomics.load(slots, slot);
        if (held === 0) break;
        const row = held - 1;
        if (this.#sameId(row, ids, offset) && !(usableOnly && this.isCondemned(row))) return row;
        slot = (slot + 1) & mask;
      }
    }
    return -1;
  }

  #sameId(row: number, ids: Uint8Array, offset: number): boolean {
    const base = row * rowWords;
    const rows = this.#rows;
    return (
      rows[base] === word(ids, offset) &&
      rows[base + 1] === word(ids, offset + 4) &&
      rows[base + 2] === word(ids, offset + 8) &&
      rows[base + 3] === word(ids, offset + 12)
    );
  }

  #newRow(ids: Uint8Array, offset: number, frame: number, blobOffset: number, length: number): number {
    const row = Atomics.add(this.#control, 0, 1);
    const base = row * rowWords;
    this.#growTo((base + rowWords) * 4);
    const rows = this.#rows;
    rows[base] = word(ids, offset);
    rows[base + 1] = word(ids, offset + 4);
    rows[base + 2] = word(ids, offset + 8);
    rows[base + 3] = word(ids, offset + 12);
    rows[base + wordOffset] = blobOffset;
    rows[base + wordLength] = length;
    rows[base + wordFrame] = frame | 0;
    return row;
  }

  #place(row: number, hash: number): void {
    const slots = this.#levels[this.#levels.length - 1]!;
    const mask = slots.length - 1;
    let slot = hash & mask;
    while (Atomics.compareExchange(slots, slot, 0, row + 1) !== 0) slot = (slot + 1) & mask;
  }

  #growTo(bytes: number): void {
    if (bytes <= this.#rowsBuffer.byteLength) return;
    const step = Math.max(1 << 18, Math.min(this.#rowsBuffer.byteLength, 1 << 24));
    const wanted = Math.min(
      this.#rowsBuffer.maxByteLength,
      Math.max(bytes, this.#rowsBuffer.byteLength + step),
    );
    try {
      this.#rowsBuffer.grow(wanted);
    } catch (error) {
      // Another thread may have grown it further meanwhile, which is as good.
      if (this.#rowsBuffer.byteLength < bytes) throw error;
    }
  }
}

function word(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24);
}
