// Keeps what a repository cannot do without (keys, indexes, snapshots, tombstones) under two names, on storages that prove neither that a
// put is durable nor that it is whole (class C). An object and its twin have the same bytes; either alone is as good as both.

import { createHash } from 'node:crypto';
import { mapAhead } from '../../base/ahead.ts';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import type {
  CallOptions,
  CompareCopies,
  CopyFinding,
  GetOptions,
  ObjectStat,
  PutOptions,
  Storage,
} from '../storage.ts';
import { forwarding } from './forwarding.ts';

export const twinPrefix = 'twin/';
/** What is written twice: small, few, and without it packs are only noise. */
const twinnedPrefixes = ['config/', 'keys/', 'index/', 'snapshots/', 'tombstones/'];

const isTwinned = (name: string) => twinnedPrefixes.some((prefix) => name.startsWith(prefix));
const twinOf = (name: string) => `${twinPrefix}${name}`;

/**
 * The order of calls decides what a half-done one means:
 *
 * - A put writes the twin first. Cut off, it leaves a twin alone, which is shown as the object: as with any put that got no answer, its
 *   bytes may be there, and they are whole. Nothing is reported stored before both copies are.
 * - A delete removes the twin first. Cut off, it leaves the object alone, which nobody ever makes a twin for but a repair: the deletion
 *   has not happened, and who repeats it (forget and prune do) finishes it. The other way round a reader would find a twin alone, take
 *   the object for lost and put it back, after its deletion was reported.
 * - That reader exists all the same where the object was lost before the deletion. It looks for the twin again after its put, and takes
 *   the object away when the twin is gone. Were it killed between the two, a forgotten snapshot would be a recovery point until it is
 *   forgotten again, which its tombstone provides for, and a superseded index would count for nothing; no pack is deleted by that.
 *
 * Condemnations have no twin: class C is pruned only while nobody else writes, and a pack that is deleted is in no index any more.
 */
export function withTwins(inner: Storage, context: Context): Storage {
  if (inner.features.durability !== 'C') return withoutTwins(inner);
  const { retain } = inner;
  return forwarding(inner, {
    put: (name, bytes, options) =>
      isTwinned(name) ? putBoth(inner, name, bytes, options) : inner.put(name, bytes, options),
    get: (name, options) =>
      isTwinned(name) ? getEither(inner, name, options, context) : inner.get(name, options),
    async stat(name, options) {
      if (!isTwinned(name)) return inner.stat(name, options);
      const [found, twin] = await Promise.all([inner.stat(name, options), inner.stat(twinOf(name), options)]);
      return eitherOf(found, isThere(twin) ? { ...twin, name } : undefined);
    },
    list: (prefix, options) => listEither(inner, prefix, options),
    async delete(name, options) {
      if (isTwinned(name)) await inner.delete(twinOf(name), options);
      await inner.delete(name, options);
    },
    ...(retain && {
      async retain(name, until, options) {
        if (isTwinned(name)) {
          await unlessMissing(() => retain.call(inner, twinOf(name), until, options));
        }
        await retain.call(inner, name, until, options);
      },
    }),
    compareCopies: (how, options) => compareCopies(inner, how, options),
  });
}

/**
 * Where the class is better now, or for this host, twins of worse times are let go together with their objects: a host for which the class
 * is C would take them for objects that were lost. Only who deletes looks, once, whether there are any.
 */
function withoutTwins(inner: Storage): Storage {
  let looking: Promise<boolean> | undefined;
  return forwarding(inner, {
    async delete(name, options) {
      if (isTwinned(name)) {
        looking ??= hasTwins(inner, options);
        const found = await looking.catch((error: unknown) => {
          looking = undefined;
          throw error;
        });
        if (found) await inner.delete(twinOf(name), options);
      }
      await inner.delete(name, options);
    },
  });
}

async function hasTwins(inner: Storage, options: CallOptions): Promise<boolean> {
  for await (const _ of inner.list(twinPrefix, options)) return true;
  return false;
}

async function putBoth(inner: Storage, name: string, bytes: Uint8Array, options: PutOptions): Promise<void> {
  const { signal, ifAbsent = false } = options;
  // An object without a twin, of an older program: it decides, and says so itself.
  if (ifAbsent && isThere(await inner.stat(name, { signal }))) return inner.put(name, bytes, options);
  await inner.put(twinOf(name), bytes, options);
  try {
    await inner.put(name, bytes, options);
  } catch (error) {
    if (!ifAbsent || !isFailure(error, 'conflict', 'OBJECT_EXISTS')) throw error;
    // The twin was ours, so these may be its bytes, put by a reader that took the object for lost.
    if (Buffer.compare(await inner.get(name, { signal }), bytes) === 0) return;
    await inner.delete(twinOf(name), { signal });
    throw error;
  }
}

async function getEither(
  inner: Storage,
  name: string,
  options: GetOptions,
  context: Context,
): Promise<Uint8Array> {
  const { signal, range } = options;
  let bytes: Uint8Array | undefined;
  let failure: unknown;
  try {
    bytes = await inner.get(name, options);
    if (isRight(name, bytes, range !== undefined)) return bytes;
  } catch (error) {
    if (!isFailure(error, 'missing') && !isFailure(error, 'corrupt')) throw error;
    failure = error;
  }
  const twin = await unlessUnusable(() => inner.get(twinOf(name), options));
  if (twin === undefined || !isRight(name, twin, range !== undefined)) {
    // Who reads judges what there is, and sets it aside.
    if (bytes !== undefined) return bytes;
    throw failure;
  }
  context.log.warn('an object is lost or damaged, its twin is not', { object: name });
  if (range === undefined && isFailure(failure, 'missing')) {
    try {
      await putBack(inner, name, twinOf(name), twin, { signal });
    } catch (error) {
      // Reading must work where nothing can be written.
      if (!isFailure(error) || error.kind === 'canceled') throw error;
      context.log.warn('it could not be put back', { object: name, code: error.code });
    }
  }
  return twin;
}

/** Puts a copy that is missing; not when the other one is deleted meanwhile. */
async function putBack(
  inner: Storage,
  missing: string,
  other: string,
  bytes: Uint8Array,
  options: CallOptions,
): Promise<void> {
  await inner.put(missing, bytes, options);
  if (!isThere(await inner.stat(other, options))) await inner.delete(missing, options);
}

async function* listEither(inner: Storage, prefix: string, options: CallOptions): AsyncIterable<ObjectStat> {
  const twins = new Map<string, ObjectStat>();
  const prefixes = twinnedPrefixes.filter((one) => one.startsWith(prefix) || prefix.startsWith(one));
  for (const one of prefixes) {
    const longer = one.length > prefix.length ? one : prefix;
    for await (const twin of inner.list(twinOf(longer), options)) {
      const name = twin.name.slice(twinPrefix.length);
      if (isThere(twin)) twins.set(name, { ...twin, name });
    }
  }
  for await (const object of inner.list(prefix, options)) {
    if (object.name.startsWith(twinPrefix)) {
      // Only who asks for twins by name sees them.
      if (prefix.startsWith(twinPrefix)) yield object;
      continue;
    }
    const twin = twins.get(object.name);
    twins.delete(object.name);
    yield eitherOf(object, twin) ?? object;
  }
  // Objects that were deleted while we listed are none that were lost.
  for (const { name } of twins.values()) {
    const twin = await inner.stat(twinOf(name), options);
    if (isThere(twin)) yield { ...twin, name };
  }
}

async function compareCopies(
  inner: Storage,
  how: CompareCopies,
  options: CallOptions,
): Promise<readonly CopyFinding[]> {
  const found: CopyFinding[] = [];
  for (const prefix of twinnedPrefixes) {
    const sizes = new Map<string, (number | undefined)[]>();
    // Objects first: what is put meanwhile then shows as a twin that is looked at again.
    for (const [copy, start] of ['', twinPrefix].entries()) {
      for await (const { name, sizeBytes } of inner.list(`${start}${prefix}`, options)) {
        const short = name.slice(start.length);
        const both = sizes.get(short) ?? [undefined, undefined];
        both[copy] = sizeBytes;
        sizes.set(short, both);
      }
    }
    const suspects = [...sizes].filter(([, [object, twin]]) => how.read || object !== twin || object === 0);
    const judged = mapAhead(suspects, inner.features.parallelCallsMax, ([name]) =>
      comparePair(inner, name, how.mend, options),
    );
    for await (const one of judged) if (one !== undefined) found.push(one);
  }
  return found;
}

async function comparePair(
  inner: Storage,
  name: string,
  mend: boolean,
  options: CallOptions,
): Promise<CopyFinding | undefined> {
  const names = [name, twinOf(name)] as const;
  const [object, twin] = await Promise.all(names.map((one) => unlessUnusable(() => inner.get(one, options))));
  if (object !== undefined && twin !== undefined && Buffer.compare(object, twin) === 0) return undefined;
  const right = [object, twin].map((bytes) => bytes !== undefined && isRight(name, bytes, false));
  // Both wrong is for who reads the object to tell; nothing at all was deleted while we looked.
  if (!right[0] && !right[1]) return undefined;
  // Without a hash in the name only the keys can tell which of two is right.
  if (right[0] && right[1]) return { name, trouble: 'different', isMended: false };
  const bad = right[0] ? names[1] : names[0];
  const good = right[0] ? names[0] : names[1];
  const stat = await inner.stat(bad, options);
  const trouble = isThere(stat) ? 'damaged' : 'missing';
  // The deletion of an object begins with its twin.
  if (trouble === 'missing' && !isThere(await inner.stat(good, options))) return undefined;
  if (mend) {
    // The good copy was read just now, and stays.
    if (stat !== undefined) await inner.delete(bad, options);
    await putBack(inner, bad, good, (right[0] ? object : twin) as Uint8Array, options);
  }
  return { name: bad, trouble, isMended: mend };
}

/** As far as the name can tell: an object of no bytes is absent, and most names are hashes. */
function isRight(name: string, bytes: Uint8Array, isPart: boolean): boolean {
  if (isPart) return true;
  if (bytes.length === 0) return false;
  const last = name.slice(name.lastIndexOf('/') + 1);
  if (!/^[0-9a-f]{64}$/.test(last)) return true;
  return createHash('sha256').update(bytes).digest('hex') === last;
}

/** One that was put again must not look younger than it is: retention goes by arrival. */
function eitherOf(object: ObjectStat | undefined, twin: ObjectStat | undefined): ObjectStat | undefined {
  if (!isThere(object)) return twin ?? object;
  return twin !== undefined && twin.modifiedAt < object.modifiedAt
    ? { ...object, modifiedAt: twin.modifiedAt }
    : object;
}

function isThere(stat: ObjectStat | undefined): stat is ObjectStat {
  return stat !== undefined && stat.sizeBytes > 0;
}

async function unlessMissing(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!isFailure(error, 'missing')) throw error;
  }
}

async function unlessUnusable(run: () => Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Failure && (error.kind === 'missing' || error.kind === 'corrupt')) return undefined;
    throw error;
  }
}
