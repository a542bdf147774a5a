// Packs that rest in a frozen class must be asked for and waited for before they can be read. They are asked for in one batch; whoever does
// not want to wait runs the same command again later.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { PackRecord } from '../repository/pack-catalog.ts';
import { packObjectName } from '../repository/pack-catalog.ts';
import type { Repository } from '../repository/repository.ts';

/** `refuse`: tells what it would take. `request`: asks, and stops. `wait`: asks, and goes on when all are readable. */
export const thawModes = ['refuse', 'request', 'wait'] as const;
export type ThawMode = (typeof thawModes)[number];

export interface FrozenPacks {
  readonly names: readonly string[];
  readonly bytes: number;
  /** The longest that the thaw takes as a rule. */
  readonly hours: number;
  /** About, at the provider's list price, in US dollars. */
  readonly price: number;
}

const pollMs = 5 * 60 * 1000;
const gib = 2 ** 30;

/** Which of the packs are frozen, and what a thaw takes. Asks the storage only when it has frozen classes. */
export async function frozenPacks(
  packs: Iterable<PackRecord>,
  { storage }: Repository,
  context: Context,
): Promise<FrozenPacks | undefined> {
  const frozen = new Map(
    (storage.features.storageClasses ?? []).filter(({ isFrozen }) => isFrozen).map((one) => [one.name, one]),
  );
  if (frozen.size === 0 || storage.thaw === undefined) return undefined;
  const wanted = new Set([...packs].map(packObjectName));
  const names: string[] = [];
  let bytes = 0;
  let hours = 0;
  let price = 0;
  for await (const object of storage.list('packs/', context)) {
    const storageClass = frozen.get(object.storageClass ?? '');
    if (storageClass === undefined || !wanted.has(object.name)) continue;
    names.push(object.name);
    bytes += object.sizeBytes;
    hours = Math.max(hours, storageClass.thawHours ?? 0);
    price += ((storageClass.readPricePerGib ?? 0) * object.sizeBytes) / gib;
  }
  return names.length === 0 ? undefined : { names, bytes, hours, price };
}

/** When it resolves, all of them can be read. */
export async function thaw(
  frozen: FrozenPacks,
  mode: ThawMode,
  { storage }: Repository,
  context: Context,
): Promise<void> {
  const { names, bytes, hours, price } = frozen;
  const facts = { packs: names.length, bytes, hours, price: Math.round(price * 100) / 100 };
  const what = `frozen packs: ${names.length} (${Math.ceil(bytes / 2 ** 20)} MiB); a thaw takes up to ${hours} hours and costs about ${price.toFixed(2)} US dollars`;
  if (mode === 'refuse') {
    throw new Failure('conflict', 'PACKS_FROZEN', what, {
      hint: 'Run it again with --thaw request (and once more later), or with --thaw wait.',
      facts,
    });
  }
  context.monitor.phase('thawing');
  context.log.info(what);
  context.monitor.total('objects', names.length);
  let waiting: readonly string[] = names;
  for (;;) {
    const before = waiting.length;
    waiting = (await storage.thaw?.(waiting, context)) ?? [];
    context.monitor.count('objects', before - waiting.length);
    if (waiting.length === 0) return;
    if (mode === 'request') {
      throw new Failure(
        'unavailable',
        'PACKS_THAWING',
        `${waiting.length} of ${names.length} packs are still frozen`,
        {
          hint: `They were asked for. Run the same command again, in ${hours} hours at the latest.`,
          facts: { ...facts, waiting: waiting.length },
        },
      );
    }
    await context.clock.sleep(pollMs, context.signal);
  }
}
