// Objects in memory: for tests and simulations. It keeps every promise of the port but survival.

import { Failure } from '../base/failure.ts';
import type { CallOptions, GetOptions, ObjectStat, PutOptions, Storage, StorageKind } from './storage.ts';

export class MemoryStorage implements Storage {
  readonly location: string = 'memory:';
  readonly features = { exclusivePut: true, parallelCallsMax: 4, isLocal: true, durability: 'A' } as const;
  readonly #objects: Map<string, { readonly bytes: Uint8Array; readonly modifiedAt: number }>;
  #time = 0;

  constructor(from?: MemoryStorage) {
    this.#objects = new Map(from === undefined ? [] : from.#objects);
    this.#time = from === undefined ? 0 : from.#time;
  }

  /** The same objects, independent from now on. */
  clone(): MemoryStorage {
    return new MemoryStorage(this);
  }

  /** Test access: names of all objects. */
  names(): string[] {
    return [...this.#objects.keys()].sort();
  }

  /** Test access that no promise covers: replaces an object's bytes, or removes it. */
  damage(name: string, bytes: Uint8Array | undefined): void {
    if (bytes === undefined) this.#objects.delete(name);
    else this.#objects.set(name, { bytes: Uint8Array.from(bytes), modifiedAt: this.#time });
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    throwIfAborted(options);
    const found = this.#objects.get(name);
    if (found !== undefined) {
      if (options.ifAbsent === true)
        throw new Failure('conflict', 'OBJECT_EXISTS', `object "${name}" exists already`);
      if (Buffer.compare(found.bytes, bytes) === 0) return;
      throw new Failure('corrupt', 'OBJECT_DIFFERS', `object "${name}" exists with other content`);
    }
    this.#time += 1;
    this.#objects.set(name, { bytes: Uint8Array.from(bytes), modifiedAt: this.#time });
  }

  async get(name: string, options: GetOptions): Promise<Uint8Array> {
    throwIfAborted(options);
    const found = this.#objects.get(name);
    if (found === undefined)
      throw new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
    const { offset, length } = options.range ?? { offset: 0, length: found.bytes.length };
    if (offset + length > found.bytes.length) {
      throw new Failure(
        'corrupt',
        'OBJECT_TOO_SHORT',
        `object "${name}" is shorter than ${offset + length} bytes`,
      );
    }
    return Uint8Array.from(found.bytes.subarray(offset, offset + length));
  }

  async stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    throwIfAborted(options);
    const found = this.#objects.get(name);
    return found === undefined
      ? undefined
      : { name, sizeBytes: found.bytes.length, modifiedAt: found.modifiedAt };
  }

  async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    throwIfAborted(options);
    for (const [name, { bytes, modifiedAt }] of [...this.#objects]) {
      throwIfAborted(options);
      if (name.startsWith(prefix) && this.#objects.has(name))
        yield { name, sizeBytes: bytes.length, modifiedAt };
    }
  }

  async delete(name: string, options: CallOptions): Promise<void> {
    throwIfAborted(options);
    this.#objects.delete(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const memory: StorageKind<Record<string, never>> = {
  scheme: 'memory',
  title: 'Memory of this process (for tests)',
  config: { parse: () => ({}) },
  secretFields: [],
  fromUrl: () => ({}),
  open: async () => new MemoryStorage(),
  async create() {
    // A command would say "ready", and end, and with it the repository.
    throw new Failure('usage', 'STORAGE_NOT_LASTING', '"memory:" keeps nothing beyond this process', {
      hint: 'Choose a folder or another place that lasts; "holdfast storage kinds" lists them.',
    });
  },
};
export default memory;

function throwIfAborted(options: CallOptions): void {
  if (options.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
}
