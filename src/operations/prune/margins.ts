// Weak storages: exclusive writing cannot be proven, or lists lag. There the order of the steps is not enough (test/simulation/margins-model.ts
// loses data), so a person vouches that nobody else writes, or a day lies between condemning and deleting. All times are the storage's own.

import type { Context, Instant } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Repository } from '../../repository/repository.ts';
import type { ListedSession } from '../../repository/sessions.ts';
import type { StorageFeatures } from '../../storage/storage.ts';

const marginMs = 24 * 60 * 60 * 1000;

export interface Margins {
  /** By pack name, when it was first condemned. */
  readonly condemnedAt: ReadonlyMap<string, Instant>;
  readonly storageNow: Instant;
  readonly lagMs: number;
}

export function isWeak(features: StorageFeatures): boolean {
  return features.durability === 'C' || lagOf(features) > 0;
}

export function lagOf(features: StorageFeatures): number {
  return features.listLagMs ?? 0;
}

export async function readMargins(
  storageNow: Instant,
  repository: Repository,
  context: Context,
): Promise<Margins> {
  const condemnedAt = new Map<string, Instant>();
  for await (const { packs, at } of repository.condemnations(context))
    for (const name of packs) condemnedAt.set(name, Math.min(at, condemnedAt.get(name) ?? at));
  return { condemnedAt, storageNow, lagMs: lagOf(repository.storage.features) };
}

/** From when on a pack may go by its age; what nobody has condemned yet begins to wait now. */
export function ripeFrom(name: string, { condemnedAt, storageNow, lagMs }: Margins): Instant {
  return (condemnedAt.get(name) ?? storageNow) + marginMs + lagMs;
}

export function isRipe(name: string, margins: Margins): boolean {
  return margins.condemnedAt.has(name) && ripeFrom(name, margins) <= margins.storageNow;
}

/** Whether a session runs that began before everybody could see the condemnation, so that it may rely on the pack. */
export function isBeforeMark(
  name: string,
  { condemnedAt, lagMs }: Margins,
  running: readonly ListedSession[],
): boolean {
  const visibleFrom = (condemnedAt.get(name) ?? Number.POSITIVE_INFINITY) + lagMs;
  return running.some((one) => one.arrivedAt < visibleFrom);
}

/** What a person vouches for is not believed against what is seen. */
export function refuseUnlessAlone(running: readonly ListedSession[]): void {
  const [other] = running;
  if (other === undefined) return;
  throw new Failure(
    'conflict',
    'PRUNE_NOT_ALONE',
    `session "${other.id.slice(0, 12)}" of "${other.node}" may still write, so nothing is deleted`,
    {
      facts: { session: other.id, node: other.node, sessions: running.length },
      hint: 'Wait until it has ended, or declare a lost writer dead with "holdfast session revoke". Without --exclusive, prune waits a day instead.',
    },
  );
}
