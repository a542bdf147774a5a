// The table of storage kinds: one lazy line per kind.

import { configurationIssues } from '../base/configuration-issues.ts';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import { probe } from './probe.ts';
import type { Storage, StorageKind } from './storage.ts';
import { withNames } from './with/names.ts';

export const storages = {
  file: () => import('./local.ts'),
  nfs: () => import('./nfs.ts'),
  sftp: () => import('./sftp.ts'),
  s3: () => import('./s3.ts'),
  azure: () => import('./azure.ts'),
  gcs: () => import('./gcs.ts'),
  ftp: () => import('./ftp.ts'),
  ftps: () => import('./ftps.ts'),
  memory: () => import('./memory.ts'),
  rest: () => import('./rest.ts'),
  rests: () => import('./rest.ts'),
  webdav: () => import('./webdav.ts'),
  webdavs: () => import('./webdavs.ts'),
  mirror: () => import('./mirror.ts'),
  spread: () => import('./spread.ts'),
} as const;

/** Gives the value of a kind's secret field, or undefined where nobody has set it. */
export type SecretOf = (field: string) => Promise<string | undefined>;

/** For storages that need none. */
export const noSecrets: SecretOf = async () => undefined;

/** A kind's name and its configuration, as a configuration file has it, secrets included. */
export interface StorageConfig {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** Opens the place that a `--repository` value names: a folder, or a URL. Names are checked, nothing else is added. */
export async function openStorage(url: string, secretOf: SecretOf, context: Context): Promise<Storage> {
  const { kind, config } = await readUrl(url, secretOf);
  return withNames(await kind.open(config, context), context);
}

/** Makes the place where a repository will lie; one behind a network has to prove itself. */
export async function createStorage(url: string, secretOf: SecretOf, context: Context): Promise<Storage> {
  const { kind, config } = await readUrl(url, secretOf);
  const storage = withNames(await kind.create(config, context), context);
  if (!storage.features.isLocal) await proved(storage, context);
  return storage;
}

async function proved(storage: Storage, context: Context): Promise<void> {
  try {
    await probe(storage, context);
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

/** Makes the members of a mirror equal again. */
export async function healMirrorAt(url: string, secretOf: SecretOf, dryRun: boolean, context: Context) {
  const { kind, config } = await readUrl(url, secretOf);
  if (kind.scheme !== 'mirror') {
    throw new Failure('usage', 'STORAGE_NO_MIRROR', 'the repository is not in a mirror', {
      hint: 'Only a place that begins with "mirror:" has members that can be made equal.',
    });
  }
  const { healConfiguredMirror } = await import('./mirror.ts');
  return healConfiguredMirror(config as Parameters<typeof healConfiguredMirror>[0], dryRun, context);
}

/** As openStorage, from a configuration file. */
export async function openConfiguredStorage(given: StorageConfig, context: Context): Promise<Storage> {
  const { kind: name, ...fields } = given;
  const kind = await kindNamed(name);
  return withNames(await kind.open(readConfig(kind, fields), context), context);
}

/** Makes the place that a configuration describes; whoever calls it probes what is behind a network. */
export async function createConfiguredStorage(given: StorageConfig, context: Context): Promise<Storage> {
  const { kind: name, ...fields } = given;
  const kind = await kindNamed(name);
  return withNames(await kind.create(readConfig(kind, fields), context), context);
}

/** For who offers every kind: the fields of each, and which are secrets. */
export async function kindNamed(scheme: string): Promise<StorageKind<unknown>> {
  if (!Object.hasOwn(storages, scheme)) {
    throw new Failure('usage', 'STORAGE_UNKNOWN_SCHEME', `"${scheme}:" is no kind of storage`, {
      hint: `Known kinds: ${Object.keys(storages).join(', ')}. Write ./ before the name of a folder that has a colon.`,
    });
  }
  return (await storages[scheme as keyof typeof storages]()).default as StorageKind<unknown>;
}

/** What openStorage would say of a place as it is written, without a look at it, and the secrets it would ask for; `given` are those it gets. */
export async function inspectUrl(url: string, given: ReadonlySet<string>): Promise<Inspected> {
  const taken: string[] = [];
  const secretOf: SecretOf = async (field) => {
    taken.push(field);
    return given.has(field) ? secretOfAnyForm : undefined;
  };
  try {
    await readUrl(url, secretOf);
    return { taken };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { taken, failure: error };
  }
}

export interface Inspected {
  readonly taken: readonly string[];
  readonly failure?: Failure;
}

/** Well formed for every field: 32 bytes as base64. */
const secretOfAnyForm = `${'A'.repeat(43)}=`;

async function readUrl(url: string, secretOf: SecretOf) {
  const { kind: name, ...fields } = await configOf(url, secretOf);
  const kind = await kindNamed(name);
  return { kind, config: readConfig(kind, fields) };
}

/** What a URL says, secrets added, not yet checked. */
async function configOf(url: string, secretOf: SecretOf): Promise<StorageConfig> {
  // At least two letters, so that the drive of a Windows path is none.
  const name = /^([a-z][a-z0-9+-]{1,15}):/i.exec(url)?.[1]?.toLowerCase() ?? 'file';
  const kind = await kindNamed(name);
  const { memberUrls, ...fields }: Record<string, unknown> = kind.fromUrl(url);
  for (const field of kind.secretFields as readonly string[]) {
    const secret = await secretOf(field);
    if (secret !== undefined) fields[field] = secret;
  }
  if (!Array.isArray(memberUrls)) return { kind: name, ...fields };
  // The field "password" of the second member is asked for as "member2Password".
  const members = memberUrls.map((one: string, index) =>
    configOf(one, (field) => secretOf(`member${index + 1}${field[0]!.toUpperCase()}${field.slice(1)}`)),
  );
  return { kind: name, ...fields, members: await Promise.all(members) };
}

/** The message names fields, never their values: one may be a secret in the wrong place. */
function readConfig<Config>(kind: StorageKind<Config>, fields: unknown): Config {
  try {
    return kind.config.parse(fields);
  } catch (error) {
    const what = configurationIssues(error, kind.scheme);
    if (what === undefined) throw error;
    throw new Failure(
      'usage',
      'STORAGE_CONFIG_INVALID',
      `the storage cannot be opened as described: ${what}`,
      {
        hint: 'See docs/guides/storages.md for what each kind of storage takes.',
      },
    );
  }
}
