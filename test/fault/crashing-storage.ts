// A storage whose process dies at the n-th call: before its effect, or after it but before the answer. Every later call fails, as
// it would for a process that is no more.

import { Failure } from '../../src/base/failure.ts';
import type { CallOptions, GetOptions, ObjectStat, PutOptions, Storage } from '../../src/storage/storage.ts';

export interface CrashPoint {
  readonly call: number;
  readonly moment: 'before' | 'after';
}

export class CrashingStorage implements Storage {
  readonly #inner: Storage;
  readonly #point: CrashPoint;
  #calls = 0;
  crashed = false;

  constructor(inner: Storage, point: CrashPoint) {
    this.#inner = inner;
    this.#point = point;
  }

  get location(): string {
    return this.#inner.location;
  }
  get features() {
    return this.#inner.features;
  }
  put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    return this.#call(() => this.#inner.put(name, bytes, options));
  }
  get(name: string, options: GetOptions): Promise<Uint8Array> {
    return this.#call(() => this.#inner.get(name, options));
  }
  stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    return this.#call(() => this.#inner.stat(name, options));
  }
  async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    const all: ObjectStat[] = [];
    await this.#call(async () => {
      for await (const one of this.#inner.list(prefix, options)) all.push(one);
    });
    yield* all;
  }
  delete(name: string, options: CallOptions): Promise<void> {
    return this.#call(() => this.#inner.delete(name, options));
  }
  async [Symbol.asyncDispose](): Promise<void> {}

  async #call<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.crashed) throw dead();
    this.#calls += 1;
    const isNow = this.#calls === this.#point.call;
    if (isNow && this.#point.moment === 'before') {
      this.crashed = true;
      throw dead();
    }
    const result = await call();
    if (isNow) {
      this.crashed = true;
      throw dead();
    }
    return result;
  }
}

function dead(): Failure {
  return new Failure('unavailable', 'PROCESS_DIED', 'the process is dead');
}
