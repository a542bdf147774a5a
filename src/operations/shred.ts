// Destroys the shred key of a repository, and proves it: afterwards nothing that the repository itself holds opens any of its data. The
// bundle says first that it was begun, so that a run that was cut off can be finished although the copies are gone.

import type { Context, Instant } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import { boxTypes } from '../repository/box.ts';
import { type Bundle, type Domain, openBundle } from '../repository/bundle.ts';
import { KeyRing } from '../repository/keys.ts';
import { putBundle } from '../repository/open.ts';
import { packObjectName } from '../repository/pack-catalog.ts';
import { readAll } from '../repository/read-all.ts';
import { openFrame, type Repository } from '../repository/repository.ts';
import { isShredKey, type ShredCopy, type ShredRecord, shredKeyOf } from '../repository/shred.ts';
import { type CopyFate, destroyShredCopy } from './shred/copies.ts';

/** So many frames of each kind are tried with everything that the repository holds. */
const drillFramesMax = 16;

export interface ShredRequest {
  /** This machine: copies elsewhere are told, not reached. */
  readonly host: string;
  /** Further places of copies, such as one that was moved. */
  readonly morePaths: readonly string[];
  readonly dryRun: boolean;
}

export interface ShredOutcome {
  /** `partial`: copies may still exist; they are to be destroyed by hand, and as long as one exists so does the data. */
  readonly outcome: 'succeeded' | 'partial';
  readonly copies: readonly (ShredCopy & { readonly fate: CopyFate | 'elsewhere' })[];
  readonly destroyedAt?: Instant;
  /** Frames that were tried, and refused to open. */
  readonly drill?: { readonly frames: number; readonly bundles: number };
}

export async function shred(
  request: ShredRequest,
  repository: Repository,
  context: Context,
): Promise<ShredOutcome> {
  const { ring } = repository;
  const { shred: record } = ring.domain;
  if (record === undefined) {
    throw new Failure('conflict', 'SHRED_KEY_NONE', 'this repository has no shred key', {
      hint: 'Only "holdfast init --shred-key" makes a repository that has one. This one goes by deleting its storage.',
    });
  }
  const places = [...record.copies, ...request.morePaths.map((path) => ({ host: request.host, path }))];
  const isKey = (content: Uint8Array): boolean => {
    try {
      return isShredKey(shredKeyOf(new Secret(content)), ring.repositoryId, ring.domain);
    } catch (error) {
      if (isFailure(error, 'denied')) return false;
      throw error;
    }
  };
  const visit = ({ dryRun }: { readonly dryRun: boolean }) =>
    places.map((one) => ({
      ...one,
      fate:
        one.host === request.host ? destroyShredCopy(one.path, isKey, { dryRun }) : ('elsewhere' as const),
    }));
  if (request.dryRun) return { outcome: 'succeeded', copies: visit({ dryRun: true }) };
  const before = ring.bundle;
  const begunAt = record.begunAt ?? context.clock.now();
  const begun =
    record.begunAt === undefined
      ? await change(before, (one) => ({ ...one, begunAt }), repository, context)
      : before;
  const copies = visit({ dryRun: false });
  const isBegunBefore = record.begunAt !== undefined;
  if (!isBegunBefore && !copies.some(({ fate }) => fate === 'destroyed')) {
    await change(begun, ({ begunAt: _, ...one }) => one, repository, context);
    throw new Failure('missing', 'SHRED_COPIES_UNREACHED', 'no copy of the shred key was found', {
      hint: 'Run it on the machine that has them, or name their places with --shred-escrow. Nothing was changed.',
    });
  }
  const destroyedAt = record.destroyedAt ?? context.clock.now();
  if (record.destroyedAt === undefined)
    await change(begun, (one) => ({ ...one, destroyedAt }), repository, context);
  const drill = await drillShredded(repository, context);
  const isLeft = copies.some(({ fate }) => fate !== 'destroyed' && !(fate === 'absent' && isBegunBefore));
  return { outcome: isLeft ? 'partial' : 'succeeded', copies, destroyedAt, drill };
}

/** The next bundle, with the record changed; a destroyed one keeps no data key either. */
async function change(
  bundle: Bundle,
  edit: (record: ShredRecord) => ShredRecord,
  { storage, masterKey, ring }: Repository,
  context: Context,
): Promise<Bundle> {
  const domains = bundle.domains.map((domain): Domain => {
    if (domain.shred === undefined) return domain;
    const shred = edit(domain.shred);
    if (shred.destroyedAt === undefined) return { ...domain, shred };
    const generations = domain.generations.map((one) => ({
      ...one,
      key: new Uint8Array(one.key.length),
      state: 'destroyed' as const,
    }));
    return { ...domain, shred, generations };
  });
  const next = { ...bundle, number: bundle.number + 1, domains };
  const parts = { storage, masterKey, repositoryId: ring.repositoryId, suite: ring.suite };
  if (await putBundle(parts, next, context)) return next;
  throw new Failure('conflict', 'BUNDLE_CONTENDED', 'the key bundle changed meanwhile', {
    hint: 'Run the command again.',
  });
}

/**
 * Tries to open data with all that the repository holds: every bundle that was ever stored, with no shred key. That none does is what
 * destruction means, on this copy and on every other of the same objects.
 */
export async function drillShredded(
  repository: Repository,
  context: Context,
): Promise<{ readonly frames: number; readonly bundles: number }> {
  const { ring, storage, masterKey } = repository;
  await repository.loadIndex(context);
  const rings: KeyRing[] = [];
  for await (const { name, bytes } of readAll(storage, 'keys/bundle-', context)) {
    const { bundle, suite } = openBundle(masterKey, ring.repositoryId, bytes, name);
    const domains = bundle.domains.map(({ shred: _, ...domain }) => domain);
    const hasKey = domains.some((one) => one.generations.some(({ state }) => state === 'active'));
    if (hasKey) rings.push(new KeyRing(ring.repositoryId, suite, { ...bundle, domains }));
  }
  const { catalog } = repository;
  const tried = new Map<number, number>();
  let frames = 0;
  for (let number = 0; number < catalog.frameCount; number += 1) {
    const frame = catalog.frame(number);
    const already = tried.get(frame.type) ?? 0;
    if (frame.type === boxTypes.skeleton || already === drillFramesMax) continue;
    tried.set(frame.type, already + 1);
    frames += 1;
    const range = { offset: frame.offset, length: frame.length };
    const box = await storage.get(packObjectName(frame.pack), { range, signal: context.signal });
    for (const one of rings) {
      if (!opens(one, frame, box)) continue;
      throw new Failure(
        'bug',
        'SHRED_NOT_EFFECTIVE',
        'data of the repository still opens without a shred key',
        {
          hint: 'Delete the storage of the repository, and report this.',
        },
      );
    }
  }
  return { frames, bundles: rings.length };
}

function opens(ring: KeyRing, frame: Parameters<typeof openFrame>[1], box: Uint8Array): boolean {
  try {
    openFrame(ring, frame, box);
    return true;
  } catch (error) {
    if (isFailure(error, 'corrupt')) return false;
    throw error;
  }
}
