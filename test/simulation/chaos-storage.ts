// A storage in memory behind a network and a service that misbehave as a seed chooses: answers lost before or after the effect, puts and deletes
// that arrive late or twice, bursts of refusals, stale reads of what was deleted, lists that lag, and, where asked for, wrong bytes.

import { Failure } from '../../src/base/failure.ts';
import type { MemoryStorage } from '../../src/storage/memory.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { forwarding } from '../../src/storage/with/forwarding.ts';
import { type Chance, pick } from './scheduler.ts';

export interface ChaosOptions {
  readonly chance: Chance;
  /** Of each call; 0 is calm. */
  readonly trouble: number;
  /** Parts and other ranges than were asked for. */
  readonly lies?: boolean;
  /** Lists do not show objects younger than so many calls, and show deleted ones as long. */
  readonly listLagCalls?: number;
}

interface Late {
  readonly at: number;
  readonly effect: () => Promise<void>;
}

export class Chaos {
  readonly #inner: MemoryStorage;
  readonly #options: ChaosOptions;
  readonly #deleted = new Map<string, { readonly bytes: Uint8Array; readonly at: number }>();
  readonly #bornAt = new Map<string, number>();
  #late: Late[] = [];
  #calls = 0;
  #burst = 0;
  #isCalm = false;
  /** By kind of trouble. */
  readonly done = new Map<string, number>();

  constructor(inner: MemoryStorage, options: ChaosOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  /** From now on everything is well; what was late has arrived. */
  async calm(): Promise<void> {
    this.#isCalm = true;
    for (const { effect } of this.#late.splice(0)) await effect();
  }

  /** One client's connection; `turn` is waited for before each call. */
  connect(turn: (label: string) => Promise<void>): Storage {
    const inner = this.#inner;
    return forwarding(inner, {
      features: { ...inner.features, isLocal: false },
      put: (name, bytes, options) => {
        const copy = Uint8Array.from(bytes);
        return this.#call(turn, `put ${name}`, 'write', async () => {
          await inner.put(name, copy, options);
          this.#bornAt.set(name, this.#calls);
        });
      },
      delete: (name, options) =>
        this.#call(turn, `delete ${name}`, 'write', async () => {
          const { signal } = options;
          if ((await inner.stat(name, { signal })) !== undefined) {
            this.#deleted.set(name, { bytes: await inner.get(name, { signal }), at: this.#calls });
          }
          await inner.delete(name, options);
        }),
      get: (name, options) =>
        this.#call(turn, `get ${name}`, 'read', async () => {
          const whole = this.#staleBytes(name) ?? (await inner.get(name, { signal: options.signal }));
          return this.#cut(whole, options.range);
        }),
      stat: (name, options) =>
        this.#call(turn, `stat ${name}`, 'read', async () => {
          const stale = this.#staleBytes(name);
          if (stale === undefined) return inner.stat(name, options);
          return { name, sizeBytes: stale.length, modifiedAt: 0 };
        }),
      list: (prefix, options) => this.#list(turn, prefix, options.signal),
    });
  }

  async *#list(turn: (label: string) => Promise<void>, prefix: string, signal: AbortSignal) {
    const found = await this.#call(turn, `list ${prefix}`, 'read', async () => {
      const lag = this.#isCalm ? 0 : (this.#options.listLagCalls ?? 0);
      const objects = [];
      for await (const one of this.#inner.list(prefix, { signal })) {
        const bornAt = this.#bornAt.get(one.name);
        const isTooYoung = bornAt !== undefined && this.#calls - bornAt < lag;
        if (!isTooYoung) objects.push(one);
      }
      for (const [name, { bytes, at }] of this.#deleted) {
        const isShown = name.startsWith(prefix) && this.#calls - at < lag;
        if (isShown && !objects.some((one) => one.name === name)) {
          objects.push({ name, sizeBytes: bytes.length, modifiedAt: 0 });
        }
      }
      return objects;
    });
    const brokenOff = this.#strikes() ? Math.floor(this.#options.chance() * (found.length + 1)) : undefined;
    for (const [index, one] of found.entries()) {
      if (index === brokenOff) throw this.#trouble('list broken off');
      yield one;
    }
    if (brokenOff === found.length) throw this.#trouble('list broken off');
  }

  async #call<Result>(
    turn: (label: string) => Promise<void>,
    label: string,
    kind: 'read' | 'write',
    effect: () => Promise<Result>,
  ): Promise<Result> {
    await turn(label);
    this.#calls += 1;
    await this.#deliverLate();
    if (this.#burst > 0 && !this.#isCalm) {
      this.#burst -= 1;
      throw this.#trouble('refused', { retryAfterMs: pick([0, 100, 5000], this.#options.chance) });
    }
    if (!this.#strikes()) return effect();
    const { chance } = this.#options;
    const kinds = ['before', 'after', 'burst', ...(kind === 'write' ? ['late', 'twice'] : [])];
    const chosen = pick(kinds, chance);
    if (chosen === 'burst') {
      this.#burst = 1 + Math.floor(chance() * 6);
      throw this.#trouble('refused');
    }
    if (chosen === 'before') throw this.#trouble('lost on the way');
    const late = async () => {
      // Whoever sent it does not wait for the answer any more.
      await effect().catch(() => undefined);
    };
    const at = this.#calls + 1 + Math.floor(chance() ** 2 * 200);
    if (chosen === 'late') {
      this.#late.push({ at, effect: late });
      throw this.#trouble('late');
    }
    const result = await effect();
    if (chosen === 'after') throw this.#trouble('answer lost');
    this.#late.push({ at, effect: late });
    this.#note('twice');
    return result;
  }

  async #deliverLate(): Promise<void> {
    const due = this.#late.filter(({ at }) => at <= this.#calls);
    this.#late = this.#late.filter(({ at }) => at > this.#calls);
    for (const { effect } of due) await effect();
  }

  #staleBytes(name: string): Uint8Array | undefined {
    const deleted = this.#deleted.get(name);
    if (deleted === undefined || this.#calls - deleted.at > 50 || this.#isCalm) return undefined;
    if (this.#options.trouble === 0 || this.#options.chance() < 0.5) return undefined;
    this.#note('stale read');
    return deleted.bytes;
  }

  #cut(whole: Uint8Array, range = { offset: 0, length: whole.length }): Uint8Array {
    const { offset, length } = range;
    const asked = whole.subarray(offset, offset + length);
    if (asked.length !== length) throw new Failure('corrupt', 'OBJECT_TOO_SHORT', 'too short');
    if (this.#options.lies !== true || !this.#strikes()) return Uint8Array.from(asked);
    if (this.#options.chance() < 0.5) {
      this.#note('partial read');
      return Uint8Array.from(asked.subarray(0, Math.floor(this.#options.chance() * length)));
    }
    this.#note('wrong range');
    const shift = offset + length < whole.length ? 1 : offset > 0 ? -1 : 0;
    return Uint8Array.from(whole.subarray(offset + shift, offset + shift + length));
  }

  #strikes(): boolean {
    return !this.#isCalm && this.#options.chance() < this.#options.trouble;
  }

  #trouble(what: string, facts: Readonly<Record<string, number>> = {}): Failure {
    this.#note(what);
    return new Failure('unavailable', 'FAULT_INJECTED', `fault on purpose: ${what}`, { facts });
  }

  #note(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }
}
