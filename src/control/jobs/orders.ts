// What jobs are told, and what they answer: light, so that the control process need not load the jobs themselves.

import { z } from 'zod';
import { name, words } from '../../model/configuration/fields.ts';
import { repositorySchema } from '../../model/configuration/places.ts';
import { sourceSchema } from '../../model/configuration/policy.ts';
import type { ListedSnapshot } from '../../repository/chain.ts';

/** A repository as the configuration names and describes it. */
export const namedRepository = z.strictObject({ name, rules: repositorySchema });
export type NamedRepository = z.output<typeof namedRepository>;

/** By it retention and copies know which snapshots are a policy's, on whichever machine they were made. */
export function policyTag(policy: string): string {
  return `policy:${policy}`;
}

export function isOfPolicy({ tags, confirmed }: ListedSnapshot, policy: string): boolean {
  return confirmed && tags.includes(policyTag(policy));
}

export const backupOrder = z.strictObject({
  policy: name,
  /** When the first attempt at this due time began: snapshots of the policy since then are of this run. */
  since: z.int().min(0),
  isRepeated: z.boolean(),
  /** As written. */
  sources: z.array(sourceSchema).min(1),
  /** The first one takes what is read. */
  repositories: z.array(namedRepository).min(1),
  /** In folders of this machine, which must not save themselves. */
  skip: z.array(namedRepository),
  tags: z.array(words),
  compression: z.string().optional(),
  retainUntil: z.int().optional(),
});
export type BackupOrder = z.output<typeof backupOrder>;
export type BackupOrderInput = z.input<typeof backupOrder>;

/** What the catalog is told. */
export const backupResult = z.object({
  points: z.array(
    z.object({
      source: z.string(),
      takenAt: z.number(),
      outcome: z.enum(['succeeded', 'partial']),
      entries: z.number(),
      bytes: z.number(),
      copies: z.array(
        z.object({
          repository: z.string(),
          snapshot: z.string(),
          storage: z.string(),
          arrivedAt: z.number(),
        }),
      ),
    }),
  ),
  /** Snapshots of earlier runs that a repository got now; it had missed them. */
  later: z.array(
    z.object({
      repository: z.string(),
      of: z.object({ repository: z.string(), snapshot: z.string() }),
      snapshot: z.string(),
      storage: z.string(),
      arrivedAt: z.number(),
    }),
  ),
  /** Repositories that did not get what they should. */
  behind: z.array(z.object({ repository: z.string(), code: z.string(), message: z.string() })),
});
export type BackupResult = z.output<typeof backupResult>;
