// How places of the configuration become open repositories, sources and channels: inside a job's process, which alone sees secrets.

import type { Context, Instant } from '../../base/context.ts';
import { Secret } from '../../base/secret.ts';
import type { JobPurpose, Openers } from '../../control/job.ts';
import type { RepositoryRules } from '../../model/configuration/places.ts';
import type { SourceRules } from '../../model/configuration/policy.ts';
import { createMatcher } from '../../model/selection.ts';
import type { Repository } from '../../repository/repository.ts';
import type { WalkRules } from '../../sources/files/exclusions.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Ambient } from '../ambient.ts';
import { readPatternFile } from '../patterns.ts';
import { folderIdentity, localFolder, openStacked, wrapping, writerName } from '../repository-access.ts';
import { rateOf } from '../values.ts';
import { resolveReference, type SecretPlaces } from './references.ts';

export function createOpeners(ambient: Ambient, places: SecretPlaces): Openers {
  const storage = (rules: RepositoryRules, context: Context) => openPlace(rules, ambient, places, context);
  const { openCatalog } = places;
  return {
    storage,
    ...(openCatalog === undefined ? {} : { catalog: openCatalog }),
    async repository(rules, purpose, context, retainUntil) {
      const opened = await storage(rules, context);
      try {
        return await openIn(opened, { rules, purpose, retainUntil }, { ambient, places }, context);
      } catch (error) {
        await opened[Symbol.asyncDispose]();
        throw error;
      }
    },
    secret: (reference, context) => resolveReference(reference, places, context),
    async source(rules, skip, context) {
      if (rules.kind === 'files' || rules.kind === 'keys') return openSource(rules, skip, ambient, context);
      const { openServiceSource } = await import('./asked-sources.ts');
      return openServiceSource(rules, places, ambient.stateDirectory, context);
    },
    async channel({ place, secrets }, context) {
      const { openChannel } = await import('../../channels/all.ts');
      return openChannel(place, secretsOf(secrets, places, context), context);
    },
  };
}

function openPlace(
  rules: RepositoryRules,
  ambient: Ambient,
  places: SecretPlaces,
  context: Context,
): Promise<Storage> {
  const upload = rateOf(rules.upload, ambient);
  const download = rateOf(rules.download, ambient);
  const { callsPerSecond } = rules;
  const limits = {
    ...(upload === undefined ? {} : { uploadBytesPerSecond: upload }),
    ...(download === undefined ? {} : { downloadBytesPerSecond: download }),
    ...(callsPerSecond === undefined ? {} : { callsPerSecond }),
  };
  const secretOf = secretsOf(rules.secrets, places, context);
  return openStacked(rules.place, secretOf, limits, { ambient, context });
}

function secretsOf(
  references: Readonly<Record<string, string>>,
  places: SecretPlaces,
  context: Context,
): (field: string) => Promise<string | undefined> {
  return async (field) => {
    const reference = Object.hasOwn(references, field) ? references[field] : undefined;
    if (reference === undefined) return undefined;
    return Buffer.from((await resolveReference(reference, places, context)).reveal()).toString('utf8');
  };
}

type Way = 'full' | 'writer' | 'maintenance';

/** As little as the purpose needs: upkeep with the maintenance key where there is one; in full where there is a secret; a key file else. */
function wayFor(purpose: JobPurpose, { unlock }: RepositoryRules): Way {
  if (purpose === 'upkeep' && unlock.maintenanceKey !== undefined) return 'maintenance';
  if (unlock.password !== undefined || unlock.keyFile !== undefined) return 'full';
  if (purpose === 'write' && unlock.writerKey !== undefined) return 'writer';
  return unlock.maintenanceKey === undefined ? 'writer' : 'maintenance';
}

interface RepositoryWish {
  readonly rules: RepositoryRules;
  readonly purpose: JobPurpose;
  readonly retainUntil: Instant | undefined;
}

interface Surroundings {
  readonly ambient: Ambient;
  readonly places: SecretPlaces;
}

async function openIn(
  storage: Storage,
  { rules, purpose, retainUntil }: RepositoryWish,
  { ambient, places }: Surroundings,
  context: Context,
): Promise<Repository> {
  const { unlock } = rules;
  const access = {
    storage,
    state: { directory: ambient.stateDirectory },
    owner: ambient.owner,
    wrap: await wrapping({ uncached: purpose === 'upkeep', retainUntil }, { ambient }),
  };
  const { readPrivateFile } = await import('../../keyslots/private-file.ts');
  const privateFile = (path: string | undefined) => new Secret(readPrivateFile(path ?? ''));
  const way = wayFor(purpose, rules);
  if (way === 'writer') {
    const { openForWriting } = await import('../../repository/open.ts');
    const { decodeWriterKey } = await import('../../repository/writer-key.ts');
    return openForWriting({ ...access, key: decodeWriterKey(privateFile(unlock.writerKey)) }, context);
  }
  if (way === 'maintenance') {
    const { openForMaintenance } = await import('../../repository/open-maintenance.ts');
    const { decodeMaintenanceKey } = await import('../../repository/maintenance-key.ts');
    const key = decodeMaintenanceKey(privateFile(unlock.maintenanceKey));
    return openForMaintenance({ ...access, key }, context);
  }
  const { openRepository } = await import('../../repository/open.ts');
  const { readKeyFile, readSlotKeyFile } = await import('../../keyslots/key-file.ts');
  const secrets: Secret[] = [];
  if (unlock.keyFile !== undefined) secrets.push(readSlotKeyFile(unlock.keyFile));
  if (unlock.password !== undefined) {
    const found = await resolveReference(unlock.password, places, context);
    secrets.push(new Secret(found.reveal(), 'passphrase'));
  }
  const shredKey = unlock.shredKey === undefined ? {} : { shredKey: readKeyFile(unlock.shredKey) };
  const whole = { ...access, secrets, writerName: writerName({ ambient }), ...shredKey };
  return openRepository({ ...whole, purpose: purpose === 'read' ? 'read' : 'write' }, context);
}

type WalkedRules = Extract<SourceRules, { readonly kind: 'files' | 'keys' }>;

async function openSource(
  rules: WalkedRules,
  skip: readonly RepositoryRules[],
  ambient: Ambient,
  context: Context,
): ReturnType<Openers['source']> {
  const paths = [...new Set(rules.paths.map((path) => Buffer.from(path, 'utf8').toString('latin1')))];
  const walk = await walkRules(rules, skip, ambient);
  const { sourceKinds } = await import('../../sources/all.ts');
  const { default: kind } = await sourceKinds[rules.kind]();
  // Rules hold functions, which no worker needs and none could be sent.
  const spec = { kind: rules.kind, config: { paths } };
  return { source: kind.open({ paths, rules: walk }, context), paths, spec };
}

async function walkRules(
  rules: WalkedRules,
  skip: readonly RepositoryRules[],
  ambient: Ambient,
): Promise<WalkRules> {
  const patterns = [...(rules.exclude ?? []), ...(rules.excludeFiles ?? []).flatMap(readPatternFile)];
  const folders = skip.map(({ place }) => localFolder(place, { ambient }));
  const own = await Promise.all(
    folders.map((folder) => (folder === undefined ? undefined : folderIdentity(folder))),
  );
  const { readMounts, virtualMountPaths } = await import('../../sources/files/mounts.ts');
  return {
    boundaries: virtualMountPaths(readMounts()),
    skip: own.filter((one) => one !== undefined),
    ...(patterns.length === 0 ? {} : { exclude: createMatcher(patterns).matches }),
    ...(rules.excludeCaches === true ? { excludeCaches: true } : {}),
    ...(rules.excludeLargerThan === undefined ? {} : { fileBytesMax: rules.excludeLargerThan }),
    ...(rules.oneFileSystem === true ? { oneFileSystem: true } : {}),
  };
}
