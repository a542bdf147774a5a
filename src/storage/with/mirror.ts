// Several storages that hold the same objects. Whatever was put is on at least `writesMin` of them, so that lists and answers of "missing" from
// so many that every two groups overlap are complete; fewer answers are unavailable, never an empty list. Reads go to the quickest and fall
// over. It cannot see bytes that rotted in a member: they are sealed, and only their reader can tell.

import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import type {
  CallOptions,
  GetOptions,
  ObjectStat,
  PutOptions,
  Storage,
  StorageFeatures,
} from '../storage.ts';

export interface MirrorMember {
  readonly storage: Storage;
  /** New or emptied: it is written to, but what it lacks says nothing until `healMirror` has filled it. */
  readonly isBlank: boolean;
}

/** The mirror's own objects on each member. */
export const mirrorPrefix = 'mirror/';
/** Followed by the name of an object that was deleted while a member could not be reached. */
export const gonePrefix = `${mirrorPrefix}gone/`;

/** Undefined in `members`: one that cannot be opened now. */
export function withMirror(
  members: readonly (MirrorMember | undefined)[],
  writesMin: number,
  context: Context,
): Storage {
  return new Mirror(members, writesMin, context);
}

type Outcome = { readonly member: MirrorMember; readonly error?: unknown };

class Mirror implements Storage {
  readonly location: string;
  readonly features: StorageFeatures;
  readonly #members: readonly MirrorMember[];
  readonly #readable: readonly MirrorMember[];
  readonly #writesMin: number;
  /** So many answers include one from a member that took part in any given write. */
  readonly #answersMin: number;
  readonly #context: Context;
  /** Milliseconds that answers took of late; a failure counts as a minute. */
  readonly #slowness = new Map<MirrorMember, number>();
  /** Members that lack an object whose put has failed there, so that it must not be taken for stored. */
  readonly #unsettled = new Map<string, readonly MirrorMember[]>();
  #gone: Set<string> | undefined;

  constructor(members: readonly (MirrorMember | undefined)[], writesMin: number, context: Context) {
    this.#members = members.filter((one) => one !== undefined);
    this.#readable = this.#members.filter(({ isBlank }) => !isBlank);
    this.#writesMin = writesMin;
    this.#answersMin = members.length - writesMin + 1;
    this.#context = context;
    const all = this.#members.map(({ storage }) => storage);
    this.location = `mirror of ${all.map(({ location }) => `"${location}"`).join(', ')}`;
    const lags = all.map(({ features }) => features.listLagMs ?? 0);
    this.features = {
      // The first member decides; where it may be passed over, two writers can both win.
      exclusivePut: writesMin === members.length && all.every(({ features }) => features.exclusivePut),
      isLocal: all.every(({ features }) => features.isLocal),
      parallelCallsMax: Math.min(...all.map(({ features }) => features.parallelCallsMax)),
      durability:
        (['C', 'B'] as const).find((one) => all.some(({ features }) => features.durability === one)) ?? 'A',
      ...(Math.max(...lags) > 0 ? { listLagMs: Math.max(...lags) } : {}),
    };
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
    throwIfAborted(options);
    this.#requireMembers(`put of "${name}"`);
    if ((await this.#goneNames(options)).has(name)) await this.#clearGone(name, options);
    const outcomes: Outcome[] = [];
    let rest = this.#members;
    if (options.ifAbsent === true) {
      // One decides who wins; the others get what has won.
      for (const member of this.#members) {
        rest = rest.slice(1);
        const outcome = await this.#attempt(member, () => member.storage.put(name, bytes, options));
        if (isFailure(outcome.error, 'conflict')) throw outcome.error;
        outcomes.push(outcome);
        if (outcome.error === undefined) break;
        if (this.#writesMin > this.#members.length - outcomes.length) throw outcome.error;
      }
    }
    const plain: PutOptions = { ...options, ifAbsent: false };
    outcomes.push(
      ...(await Promise.all(
        rest.map((one) => this.#attempt(one, () => one.storage.put(name, bytes, plain))),
      )),
    );
    this.#settleWrite(name, 'put', outcomes, options);
  }

  async get(name: string, options: GetOptions): Promise<Uint8Array> {
    throwIfAborted(options);
    const found = await this.#firstOf(name, options, (storage) =>
      storage.get(name, options).catch((error: unknown) => {
        if (isFailure(error, 'missing', 'OBJECT_MISSING')) return undefined;
        throw error;
      }),
    );
    if (found !== undefined) return found;
    throw new Failure('missing', 'OBJECT_MISSING', `object "${name}" does not exist`);
  }

  async stat(name: string, options: CallOptions): Promise<ObjectStat | undefined> {
    throwIfAborted(options);
    return this.#firstOf(name, options, (storage) => storage.stat(name, options));
  }

  async *list(prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
    throwIfAborted(options);
    const gone = await this.#goneNames(options, true);
    const seen = new Set<string>();
    let complete = 0;
    let failed: unknown;
    for (const member of this.#readable) {
      const objects = member.storage.list(prefix, options)[Symbol.asyncIterator]();
      try {
        for (;;) {
          let next: IteratorResult<ObjectStat>;
          try {
            next = await objects.next();
          } catch (error) {
            throwIfCanceled(error);
            failed = error;
            break;
          }
          if (next.done === true) {
            complete += 1;
            break;
          }
          const { name } = next.value;
          if (seen.has(name) || gone.has(name) || name.startsWith(mirrorPrefix)) continue;
          seen.add(name);
          yield next.value;
        }
      } finally {
        await objects.return?.();
      }
    }
    if (complete < this.#answersMin) throw this.#tooFew(`list of "${prefix}"`, complete, failed);
  }

  async delete(name: string, options: CallOptions): Promise<void> {
    throwIfAborted(options);
    this.#requireMembers(`delete of "${name}"`);
    const outcomes = await this.#onAll((storage) => storage.delete(name, options));
    const done = outcomes.filter(({ error }) => error === undefined);
    if (done.length >= this.#writesMin && done.length < this.#total) {
      // Before anybody hears of the deletion: a member that lags must not bring the object back.
      const noted = await this.#onAll((storage) => storage.put(`${gonePrefix}${name}`, note, options));
      this.#settleWrite(name, 'delete', noted, options);
      (await this.#goneNames(options)).add(name);
    }
    this.#unsettled.delete(name);
    this.#settleWrite(name, 'delete', outcomes, options);
  }

  async sweep(before: number, options: CallOptions): Promise<number> {
    let count = 0;
    for (const { storage } of this.#members) count += (await storage.sweep?.(before, options)) ?? 0;
    return count;
  }

  async fillReserve(options: CallOptions): Promise<void> {
    for (const { storage } of this.#members) await storage.fillReserve?.(options);
  }

  async freeReserve(options: CallOptions): Promise<boolean> {
    let isFreed = false;
    for (const { storage } of this.#members)
      isFreed = (await storage.freeReserve?.(options)) === true || isFreed;
    return isFreed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { storage } of this.#members) await storage[Symbol.asyncDispose]();
  }

  /** Before anything is changed for nothing. */
  #requireMembers(what: string): void {
    if (this.#members.length < this.#writesMin) throw this.#tooFew(what, this.#members.length, undefined);
  }

  /** All members, also those that cannot be opened now. */
  get #total(): number {
    return this.#answersMin + this.#writesMin - 1;
  }

  /** Undefined when enough members say that there is nothing. */
  async #firstOf<Result>(
    name: string,
    options: CallOptions,
    ask: (storage: Storage) => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    await this.#settle(name, options);
    if ((await this.#goneNames(options)).has(name)) return undefined;
    let absent = 0;
    let failed: unknown;
    const slowness = (one: MirrorMember) => this.#slowness.get(one) ?? 0;
    for (const member of this.#readable.toSorted((a, b) => slowness(a) - slowness(b))) {
      let found: Result | undefined;
      const { error } = await this.#attempt(member, async () => {
        found = await ask(member.storage);
      });
      if (found !== undefined) return found;
      if (error === undefined) absent += 1;
      else if (!isFailure(failed, 'corrupt')) failed = error;
    }
    if (isFailure(failed, 'corrupt')) throw failed;
    if (absent >= this.#answersMin) return undefined;
    throw this.#tooFew(`"${name}"`, absent, failed);
  }

  /** Gives members what a failed put left them without, before anybody takes it for stored: as many of them as a put needs. */
  async #settle(name: string, { signal }: CallOptions): Promise<void> {
    const lacking = this.#unsettled.get(name);
    if (lacking === undefined) return;
    const holders = this.#members.filter((one) => !lacking.includes(one));
    const [holder] = holders;
    if (holder === undefined) return;
    const bytes = await holder.storage.get(name, { signal });
    const given = await Promise.all(
      lacking.map((one) => this.#attempt(one, () => one.storage.put(name, bytes, { signal }))),
    );
    this.#unsettled.delete(name);
    const held = holders.map((member) => ({ member, error: undefined }));
    this.#settleWrite(name, 'put', [...held, ...given], { signal });
  }

  async #goneNames(options: CallOptions, isFresh = false): Promise<Set<string>> {
    // Where all must take every call, nothing is ever noted; notes of other days count all the same.
    if (this.#gone !== undefined && (!isFresh || this.#answersMin === 1)) return this.#gone;
    const names = new Set<string>();
    let complete = 0;
    let failed: unknown;
    for (const member of this.#readable) {
      const { error } = await this.#attempt(member, async () => {
        for await (const { name } of member.storage.list(gonePrefix, options))
          names.add(name.slice(gonePrefix.length));
      });
      if (error === undefined) complete += 1;
      else failed = error;
    }
    if (complete < this.#answersMin) throw this.#tooFew('what was deleted', complete, failed);
    this.#gone = names;
    return names;
  }

  /** A name is used again: whatever lags must let go of the old object first. */
  async #clearGone(name: string, options: CallOptions): Promise<void> {
    for (const path of [name, `${gonePrefix}${name}`]) {
      const outcomes = await this.#onAll((storage) => storage.delete(path, options));
      const failed = outcomes.find(({ error }) => error !== undefined);
      if (failed !== undefined || outcomes.length < this.#total) {
        throw this.#tooFew(`"${name}", which was deleted before,`, outcomes.length, failed?.error);
      }
    }
    this.#gone?.delete(name);
  }

  #settleWrite(name: string, verb: string, outcomes: readonly Outcome[], options: CallOptions): void {
    const failed = outcomes.filter(({ error }) => error !== undefined);
    const done = outcomes.length - failed.length;
    for (const { member, error } of failed) {
      if (isFailure(error, 'corrupt') || isFailure(error, 'bug')) throw error;
      this.#context.log.warn(`${verb} of "${name}" failed in "${member.storage.location}"`, {
        code: error instanceof Failure ? error.code : 'ERROR',
      });
    }
    if (done >= this.#writesMin) return;
    throwIfAborted(options);
    if (verb === 'put' && done > 0) {
      this.#unsettled.set(
        name,
        failed.map(({ member }) => member),
      );
    }
    const refused = failed.find(({ error }) => isFailure(error) && !isFailure(error, 'unavailable'));
    throw refused?.error ?? this.#tooFew(`${verb} of "${name}"`, done, failed[0]?.error);
  }

  #onAll(run: (storage: Storage) => Promise<void>): Promise<Outcome[]> {
    return Promise.all(this.#members.map((one) => this.#attempt(one, () => run(one.storage))));
  }

  async #attempt(member: MirrorMember, run: () => Promise<void>): Promise<Outcome> {
    const { clock } = this.#context;
    const began = clock.elapsed();
    let tookMs = 60_000;
    try {
      await run();
      tookMs = clock.elapsed() - began;
      return { member };
    } catch (error) {
      throwIfCanceled(error);
      // Whoever answers that something is there already, or is not, is in good health.
      if (isFailure(error, 'conflict')) tookMs = clock.elapsed() - began;
      return { member, error };
    } finally {
      const before = this.#slowness.get(member) ?? tookMs;
      this.#slowness.set(member, before + (tookMs - before) / 8);
    }
  }

  #tooFew(what: string, answered: number, cause: unknown): Failure {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    return new Failure(
      'unavailable',
      'MIRROR_MEMBERS_UNAVAILABLE',
      `too few members of the mirror answered for ${what}${why}`,
      {
        facts: { answered, members: this.#total },
        hint: 'Bring the other members back. A member that is lost for good is replaced by an empty one and filled.',
        ...(cause === undefined ? {} : { cause }),
      },
    );
  }
}

/** Never empty: an object of no bytes counts as absent. */
const note = new TextEncoder().encode('deleted\n');

function throwIfAborted({ signal }: CallOptions): void {
  if (signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
}

function throwIfCanceled(error: unknown): void {
  if (!isFailure(error) || error.kind === 'canceled' || error.kind === 'bug') throw error;
}
