// Brings a repository to another storage as it is: every object under its name, with its bytes, proven by reading them back. The copy is the
// same repository (same id, keys, snapshots); its config comes last, so that a cut-off move is no repository yet, and is taken up by the next run.

import { createHash } from 'node:crypto';
import { mapAhead } from '../../base/ahead.ts';
import type { Context } from '../../base/context.ts';
import { Failure, isFailure } from '../../base/failure.ts';
import type { ObjectStat, Storage } from '../../storage/storage.ts';
import { twinPrefix } from '../../storage/with/twins.ts';

export interface MoveOutcome {
  /** `partial`: damaged objects stayed behind, each told as a problem. */
  readonly outcome: 'succeeded' | 'partial';
  readonly objects: number;
  readonly bytes: number;
  /** Objects that were there already, with the same size. */
  readonly skipped: number;
}

/** What a snapshot needs is there before the snapshot. Sessions stay behind: they belong to runs on the old place. */
const order = [
  'keys/',
  'rescue.mjs',
  'packs/',
  'meta/',
  'index/',
  'condemned/',
  'tombstones/',
  'refs/',
  'snapshots/',
  'config/',
];

/** `to` must be empty, or hold a part of the same repository. Nothing is removed from `from`. */
export async function moveObjects(
  request: { readonly dryRun: boolean },
  from: Storage,
  to: Storage,
  context: Context,
): Promise<MoveOutcome> {
  const { signal } = context;
  for await (const { name } of from.list('sessions/', { signal })) {
    throw new Failure('conflict', 'MOVE_BESIDE_SESSION', `somebody writes to "${from.location}" (${name})`, {
      hint: 'Wait for the backup or prune that runs, or end a dead one with "holdfast session revoke".',
    });
  }
  await demandSameRepository(from, to, context);
  context.monitor.phase('copying');
  let objects = 0;
  let bytes = 0;
  let skipped = 0;
  let damaged = 0;
  for (const prefix of order) {
    const there = new Map<string, number>();
    for await (const { name, sizeBytes } of to.list(prefix, { signal })) there.set(name, sizeBytes);
    const missing: ObjectStat[] = [];
    for await (const object of from.list(prefix, { signal })) {
      if (there.get(object.name) === object.sizeBytes) skipped += 1;
      else missing.push(object);
    }
    context.monitor.total('storedBytes', bytes + missing.reduce((sum, one) => sum + one.sizeBytes, 0));
    if (request.dryRun) {
      objects += missing.length;
      bytes += missing.reduce((sum, one) => sum + one.sizeBytes, 0);
      continue;
    }
    const width = Math.min(4, to.features.parallelCallsMax);
    for await (const sizeBytes of mapAhead(missing, width, ({ name }) =>
      copyObject(name, from, to, context),
    )) {
      if (sizeBytes === undefined) {
        damaged += 1;
        continue;
      }
      objects += 1;
      bytes += sizeBytes;
      context.monitor.count('objects', 1);
      context.monitor.count('storedBytes', sizeBytes);
    }
  }
  return { outcome: damaged === 0 ? 'succeeded' : 'partial', objects, bytes, skipped };
}

/** Repositories must not be mixed, nor a repository with something else. */
async function demandSameRepository(from: Storage, to: Storage, context: Context): Promise<void> {
  const { signal } = context;
  let configs = 0;
  for await (const _ of from.list('config/', { signal })) configs += 1;
  if (configs === 0) {
    throw new Failure('missing', 'REPOSITORY_MISSING', `there is no repository at "${from.location}"`, {
      hint: 'Check the place.',
    });
  }
  for await (const { name } of to.list('', { signal })) {
    // Second copies, of when the place was a weaker one; the engine asks for what they are copies of.
    if (name.startsWith(twinPrefix)) continue;
    const isOurs = order.some((prefix) => name.startsWith(prefix));
    if (isOurs && !/^(keys|config)\//.test(name)) continue;
    if (isOurs && (await from.stat(name, { signal })) !== undefined) {
      const [one, other] = await Promise.all([from.get(name, { signal }), to.get(name, { signal })]);
      if (Buffer.compare(one, other) === 0) continue;
    }
    throw new Failure('conflict', 'STORAGE_NOT_EMPTY', `"${to.location}" holds something else ("${name}")`, {
      hint: 'Choose an empty place.',
    });
  }
}

/** The object's size; undefined for a damaged one, which stays behind: who flees from a dying disk wants all that is sound. */
async function copyObject(
  name: string,
  from: Storage,
  to: Storage,
  context: Context,
): Promise<number | undefined> {
  const { signal } = context;
  let bytes: Uint8Array;
  try {
    bytes = await from.get(name, { signal });
  } catch (error) {
    if (!isFailure(error, 'corrupt')) throw error;
    context.monitor.problem({ path: name, code: error.code, message: error.message });
    return undefined;
  }
  const hash = createHash('sha256').update(bytes).digest();
  const last = name.slice(name.lastIndexOf('/') + 1);
  // What is named by its bytes must not travel on under a good name when they are damaged.
  if (/^[0-9a-f]{64}$/.test(last) && hash.toString('hex') !== last) {
    context.monitor.problem({
      path: name,
      code: 'OBJECT_DAMAGED',
      message: 'its bytes are not those of its name',
    });
    return undefined;
  }
  const { length } = bytes;
  await to.put(name, bytes, { signal });
  const read = await to.get(name, { signal });
  if (hash.equals(createHash('sha256').update(read).digest())) return length;
  throw new Failure(
    'corrupt',
    'STORAGE_UNFAITHFUL',
    `"${to.location}" gives other bytes for "${name}" than it was given`,
    { hint: 'Nothing was removed from the old place. Test the new one with "holdfast storage test".' },
  );
}
