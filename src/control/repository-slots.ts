// How many runs use a repository at a time, over all nodes: each holds a place under a lease while it works. Places are about load, not about
// safety, so that one that is lost stops nothing.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { acquireLease, type Lease, releaseLease, renewLease } from '../catalog/leases.ts';
import type { Task } from '../catalog/queue.ts';
import type { Configuration } from '../model/configuration/configuration.ts';
import { keepBeating } from './beats.ts';
import type { TaskTools } from './task.ts';

const holdMs = 60_000;
const waitMs = 15_000;
const longestWaitMs = 300_000;

/**
 * A place in each of these repositories, or in none: then it fails with unavailable/REPOSITORY_BUSY, which is for later. The task holds them, so that
 * who takes it over finds its places.
 */
export async function holdPlaces(
  names: readonly string[],
  { id: holder, claims }: Pick<Task, 'id' | 'claims'>,
  { repositories }: Configuration,
  { catalog }: TaskTools,
  context: Context,
): Promise<AsyncDisposable> {
  const unhurried: Context = { ...context, signal: new AbortController().signal };
  const held: Lease[] = [];
  const release = async () => {
    for (const lease of held.splice(0)) await releaseLease(catalog, lease, unhurried);
  };
  for (const name of names) {
    const most = repositories[name]?.concurrency;
    if (most === undefined) continue;
    let place: Lease | undefined;
    for (let number = 1; number <= most && place === undefined; number += 1) {
      const wish = { name: `repository:${name}:${number}`, holder, durationMs: holdMs };
      place = await acquireLease(catalog, wish, context);
    }
    if (place === undefined) {
      await release();
      throw new Failure(
        'unavailable',
        'REPOSITORY_BUSY',
        `${most} runs use the repository "${name}" already`,
        {
          facts: { retryAt: context.clock.now() + Math.min(waitMs * claims, longestWaitMs) },
        },
      );
    }
    held.push(place);
  }
  const beats = keepBeating(
    holdMs,
    async (within) => {
      for (const [position, lease] of held.entries()) {
        held[position] = await renewLease(catalog, lease, holdMs, within);
      }
    },
    () => undefined,
    context,
  );
  return {
    async [Symbol.asyncDispose]() {
      await beats[Symbol.asyncDispose]();
      try {
        await release();
      } catch (error) {
        // They run out by themselves.
        context.log.warn(`places at repositories could not be given back: ${String(error)}`);
      }
    },
  };
}
