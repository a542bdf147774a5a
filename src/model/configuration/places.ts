// Places that a configuration names: repositories with the key that opens them, and channels. Of secrets only references stand here.

import { z } from 'zod';
import { name, place, rates, secretReference, words } from './fields.ts';

/** One way to open the repository; the writer key is enough for backups, the maintenance key for prune and check. */
const unlock = z
  .strictObject({
    password: secretReference.optional(),
    keyFile: z.string().regex(/^\//, 'must be an absolute path').optional(),
    writerKey: z.string().regex(/^\//, 'must be an absolute path').optional(),
    maintenanceKey: z.string().regex(/^\//, 'must be an absolute path').optional(),
    shredKey: z.string().regex(/^\//, 'must be an absolute path').optional(),
  })
  .refine(
    (ways) => Object.values(ways).some((way) => way !== undefined),
    'names no way to open it: write "password: file:/PATH" or "keyFile: /PATH"',
  );

export const repositorySchema = z
  .strictObject({
    description: words.optional(),
    place,
    unlock,
    /** Secrets of the storage by their field, such as `secretAccessKey: file:/etc/holdfast/s3-key`. */
    secrets: z.record(z.string(), secretReference).default({}),
    upload: rates.optional(),
    download: rates.optional(),
    callsPerSecond: z.int().min(1).optional(),
    /** How many runs may use it at a time. */
    concurrency: z.int().min(1).max(64).default(4),
    /** `monthly`: the service begins a new generation of keys in each month of the zone's calendar; by hand when absent. */
    rotateKeys: z.literal('monthly').optional(),
  })
  .refine(
    ({ rotateKeys, unlock }) =>
      rotateKeys === undefined || unlock.password !== undefined || unlock.keyFile !== undefined,
    {
      path: ['rotateKeys'],
      message: 'needs "password" or "keyFile" under "unlock": no other key may change keys',
    },
  );

export const channelSchema = z.strictObject({
  description: words.optional(),
  /** As `holdfast channel test` takes it, such as email://backup@mail.example.org/admin@example.org?from=backup@example.org */
  place,
  secrets: z.record(z.string(), secretReference).default({}),
  language: z.enum(['en', 'de']).optional(),
});

export type RepositoryRules = z.output<typeof repositorySchema>;
export type ChannelRules = z.output<typeof channelSchema>;

export const repositoriesSchema = z.record(name, repositorySchema);
export const channelsSchema = z.record(name, channelSchema);
