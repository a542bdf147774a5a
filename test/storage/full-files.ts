// A disk of a given size over any LocalFiles: blocks of 4 KiB, one for each file and folder beside what they hold. A write beyond its end
// writes what still fits, as a real one does, and the next fails with ENOSPC.

import type { LocalFiles, OpenFile } from '../../src/storage/local/files.ts';

const blockBytes = 4096;

/** What all names of one file share. */
interface Extent {
  bytes: number;
}

export class FullFiles implements LocalFiles {
  readonly #inner: LocalFiles;
  readonly #extents: Map<string, Extent>;
  /** Blocks; nothing else can take from it. */
  capacity: number;
  refused = 0;

  constructor(inner: LocalFiles, capacity = Number.POSITIVE_INFINITY, extents = new Map<string, Extent>()) {
    this.#inner = inner;
    this.capacity = capacity;
    this.#extents = extents;
  }

  get used(): number {
    let blocks = 0;
    for (const extent of new Set(this.#extents.values())) blocks += blocksOf(extent.bytes);
    return blocks;
  }

  /** The same accounts over a copy of what lies below. */
  over(inner: LocalFiles, capacity: number): FullFiles {
    const copies = new Map<Extent, Extent>();
    for (const extent of this.#extents.values()) copies.set(extent, { ...extent });
    return new FullFiles(
      inner,
      capacity,
      new Map([...this.#extents].map(([path, extent]) => [path, copies.get(extent)!])),
    );
  }

  async create(path: string): Promise<OpenFile> {
    this.#take(1);
    const file = await this.#inner.create(path);
    const extent = { bytes: 0 };
    this.#extents.set(path, extent);
    return {
      ...file,
      write: async (bytes, offset, position) => {
        const room = (blocksOf(extent.bytes) - 1 + this.capacity - this.used) * blockBytes - position;
        if (room <= 0) throw this.#full();
        const written = await file.write(
          bytes.subarray(0, Math.min(bytes.length, offset + room)),
          offset,
          position,
        );
        extent.bytes = Math.max(extent.bytes, position + written);
        return written;
      },
    };
  }

  async link(from: string, to: string): Promise<void> {
    await this.#inner.link(from, to);
    this.#extents.set(to, this.#extents.get(from)!);
  }

  async unlink(path: string): Promise<void> {
    await this.#inner.unlink(path);
    this.#extents.delete(path);
  }

  async mkdir(path: string): Promise<void> {
    try {
      this.#take(1);
    } catch (error) {
      // A folder that is there is said to be so, however full the disk.
      if (
        await this.#inner.stat(path).then(
          () => true,
          () => false,
        )
      )
        throw Object.assign(new Error(`EEXIST: ${path}`), { code: 'EEXIST' });
      throw error;
    }
    await this.#inner.mkdir(path);
    this.#extents.set(path, { bytes: 0 });
  }

  openForReading(path: string) {
    return this.#inner.openForReading(path);
  }
  openDirectory(path: string) {
    return this.#inner.openDirectory(path);
  }
  readdir(path: string) {
    return this.#inner.readdir(path);
  }
  stat(path: string) {
    return this.#inner.stat(path);
  }

  #take(blocks: number): void {
    if (this.used + blocks > this.capacity) throw this.#full();
  }

  #full(): NodeJS.ErrnoException {
    this.refused += 1;
    return Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  }
}

function blocksOf(bytes: number): number {
  return 1 + Math.ceil(bytes / blockBytes);
}
