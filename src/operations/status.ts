// What there is to know at a glance, and the one decision a person may have to take: that an older copy was put back on purpose.

import type { Context, Instant } from '../base/context.ts';
import { type ListedSnapshot, loadChain } from '../repository/chain.ts';
import { lengthOf } from '../repository/gaps.ts';
import type { Repository } from '../repository/repository.ts';
import { isNamed, listSessions } from '../repository/sessions.ts';
import { oldestVerified } from './check.ts';
import { withLocks } from './forget.ts';
import { giveUpMissing } from './give-up.ts';
import { isPublished } from './published.ts';
import { frozenPacks } from './thaw.ts';

export interface StatusOutcome {
  readonly repositoryId: string;
  readonly location: string;
  readonly durability: 'A' | 'B' | 'C';
  readonly weakerPromise?: string;
  readonly snapshots: number;
  /** Recovery points that are gone and that nobody forgot. */
  readonly missing: number;
  /** Names of snapshots and tombstones that are there and cannot be opened or believed. */
  readonly unreadable: readonly string[];
  readonly newest?: ListedSnapshot;
  readonly perSource: readonly {
    readonly host: string;
    readonly paths: readonly string[];
    readonly newest: Instant;
    readonly ageMs: number;
    readonly outcome: 'succeeded' | 'partial';
  }[];
  /** Neither over nor revoked: what they stored and borrowed is not given back. */
  readonly sessions: readonly {
    readonly id: string;
    readonly node: string;
    readonly startedAt: Instant;
    readonly alive: 'yes' | 'no' | 'unknown';
  }[];
  /** When the bytes were last read that were read longest ago; absent when some never were. */
  readonly lastVerified?: Instant;
  /** Packs that this host has read, of all. */
  readonly packsVerified: number;
  readonly packs: number;
  /** Until when the storage refuses to delete the snapshot that it keeps longest. */
  readonly retainedUntil?: Instant;
  /** In packs that must be thawed before they can be read; absent where nothing can freeze. */
  readonly bytesFrozen?: number;
  readonly slots: number;
  readonly formatVersion: number;
  readonly generations: number;
}

const weakerPromises = {
  B: 'Durability rests on the word of the server.',
  C: 'The storage proves neither durability nor exclusive writing; prune only while nobody else writes.',
} as const;

export async function status(
  _request: Readonly<Record<string, never>>,
  repository: Repository,
  context: Context,
): Promise<StatusOutcome> {
  // Sessions before snapshots: who has published is over.
  const sessions = await listSessions(repository, context);
  const chain = await loadChain(repository, context);
  const { snapshots } = chain;
  await repository.loadIndex(context);
  const now = context.clock.now();
  const sources = new Map<string, ListedSnapshot>();
  for (const one of snapshots) sources.set(JSON.stringify([one.host, one.paths]), one);
  let slots = 0;
  for await (const _ of repository.storage.list('keys/slot-', { signal: context.signal })) slots += 1;
  const { durability } = repository.storage.features;
  const newest = snapshots.at(-1);
  const locks = (await withLocks(snapshots, repository, context)).map((one) => one.retainUntil ?? 0);
  const longest = Math.max(0, ...locks);
  const retainedUntil = longest > now ? longest : undefined;
  const freezes = (repository.storage.features.storageClasses ?? []).some((one) => one.isFrozen);
  const frozen = await frozenPacks(repository.catalog.packs, repository, context);
  const verified = oldestVerified(repository);
  const known = repository.state.verified();
  const packs = repository.catalog.packs.filter(({ condemned }) => !condemned);
  return {
    repositoryId: repository.id,
    location: repository.storage.location,
    durability,
    ...(durability === 'A' ? {} : { weakerPromise: weakerPromises[durability] }),
    snapshots: snapshots.length,
    missing: new Set([...chain.missing, ...chain.rolledBack]).size + lengthOf(chain.gaps),
    unreadable: chain.broken.map((one) => one.name),
    ...(newest === undefined ? {} : { newest }),
    perSource: [...sources.values()].map((one) => ({
      host: one.host,
      paths: one.paths,
      newest: one.time,
      ageMs: Math.max(0, now - one.time),
      outcome: one.outcome,
    })),
    sessions: sessions
      .filter((one) => isNamed(one) && !one.revoked && !isPublished(one, snapshots))
      .map(({ id, node, incarnation, startedAt }) => ({
        id,
        node,
        startedAt,
        alive:
          incarnation === repository.owner.incarnation
            ? 'yes'
            : repository.owner.isDead(node, incarnation)
              ? 'no'
              : 'unknown',
      })),
    ...(verified === undefined ? {} : { lastVerified: verified }),
    packsVerified: packs.filter(({ name }) => known[name] !== undefined).length,
    packs: packs.length,
    ...(retainedUntil === undefined ? {} : { retainedUntil }),
    ...(freezes ? { bytesFrozen: frozen?.bytes ?? 0 } : {}),
    slots,
    formatVersion: repository.config.format,
    generations: repository.ring.domain.generations.length,
  };
}

/**
 * Takes what is there now as the truth: an older copy was put back on purpose, or recovery points are gone for good. The reason goes to the
 * log and to the tombstone of what is gone.
 */
export async function acceptRollback(
  request: { readonly reason: string },
  repository: Repository,
  context: Context,
): Promise<void> {
  repository.state.rememberHeads({});
  const chain = await loadChain(repository, context);
  repository.state.rememberHeads(chain.heads);
  await giveUpMissing(request.reason, chain, repository, context);
  context.log.warn('a repository that went back in time was accepted', { reason: request.reason });
}
