// A storage whose process dies at the n-th call that changes something: before its effect, or after it but before the answer. Every later
// call fails, as it would for a process that is no more. Calls that only read are not counted: a process that dies in one leaves what the
// change before it has left.

import { Failure } from '../../src/base/failure.ts';
import type { CallOptions, GetOptions, ObjectStat, PutOptions, Storage } from '../../src/storage/storage.ts';

export interface CrashPoint {
  readonly call: number;
  readonly moment: 'before' | 'after';
}

/** What all storages of one process share: the count of their changes, and whether it still lives. */
export interface Fuse {
  readonly point: CrashPoint;
  calls: number;
  crashed: boolean;
}

export class CrashingStorage implements Storage {
  readonly #inner: Storage;
  readonly #fuse: Fuse;

  constructor(inner: Storage, point: CrashPoint, fuse: Fuse = { point, calls: 0, crashed: false }) {
    this.#inner = inner;
    this.#fuse = fuse;
  }

  get crashed(): boolean {
    return this.#fuse.crashed;
  }

  get location(): string {
    return this.#inner.location;
  }
  get features() {
    return this.#inner.features;
  }
  put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    return this.#change(() => this.#inner.put(name, bytes, options));
  }
  get(name: string, options: GetOptions): Promise<Uint8Array> {
    return this.#look(() => this.#inner.get(name, options));
  }
  stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    return this.#look(() => this.#inner.stat(name, options));
  }
  async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    const all: ObjectStat[] = [];
    await this.#look(async () => {
      for await (const one of this.#inner.list(prefix, options)) all.push(one);
    });
    yield* all;
  }
  delete(name: string, options: CallOptions): Promise<void> {
    return this.#change(() => this.#inner.delete(name, options));
  }
  async [Symbol.asyncDispose](): Promise<void> {}

  async #look<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#fuse.crashed) throw dead();
    const result = await call();
    if (this.#fuse.crashed) throw dead();
    return result;
  }

  async #change<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#fuse.crashed) throw dead();
    this.#fuse.calls += 1;
    const isNow = this.#fuse.calls === this.#fuse.point.call;
    if (isNow && this.#fuse.point.moment === 'before') {
      this.#fuse.crashed = true;
      throw dead();
    }
    const result = await call();
    if (isNow) {
      this.#fuse.crashed = true;
      throw dead();
    }
    return result;
  }
}

function dead(): Failure {
  return new Failure('unavailable', 'PROCESS_DIED', 'the process is dead');
}
