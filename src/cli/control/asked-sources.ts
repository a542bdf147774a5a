// Sources of a policy that are asked, not walked: Vault, AWS, and the catalog itself. What they are asked with is resolved here, in the process
// of the job, and ends with it.

import { once } from 'node:events';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Openers } from '../../control/job.ts';
import { makeFolders } from '../../disk/folders.ts';
import type { SourceRules } from '../../model/configuration/policy.ts';
import { sourceKinds } from '../../sources/all.ts';
import type { Source } from '../../sources/source.ts';
import type { VaultRequest } from '../../sources/vault.ts';
import { resolveReference, type SecretPlaces } from './references.ts';

type Opened = Awaited<ReturnType<Openers['source']>>;
type ServiceRules = Exclude<SourceRules, { readonly kind: 'files' | 'keys' }>;

/** `folder`: of ours, where nobody else reads. */
export async function openServiceSource(
  rules: ServiceRules,
  places: SecretPlaces,
  folder: string,
  context: Context,
): Promise<Opened> {
  switch (rules.kind) {
    case 'vault':
      return openVault(rules, places, context);
    case 'secrets-manager': {
      const { default: kind, gatherSecrets, secretsManagerPath } = await sourceKinds['secrets-manager']();
      const { region, prefix } = rules;
      const config = await gatherSecrets({ region, ...(prefix === undefined ? {} : { prefix }) }, context);
      return opened(kind.open(config, context), secretsManagerPath(config), { kind: rules.kind, config });
    }
    case 'ssm': {
      const { default: kind, gatherParameters, ssmPath } = await sourceKinds.ssm();
      const config = await gatherParameters({ ...regional(rules), path: rules.path }, context);
      const path = ssmPath(config.region, config.path);
      return opened(kind.open(config, context), path, { kind: rules.kind, config });
    }
    case 'kms-policies': {
      const { default: kind, gatherKmsPolicies, kmsPath } = await sourceKinds['kms-policies']();
      const config = await gatherKmsPolicies(regional(rules), context);
      return opened(kind.open(config, context), kmsPath(config.region), { kind: rules.kind, config });
    }
    case 'catalog':
      return openCatalogExport(places.openCatalog, folder, context);
  }
}

function opened(source: Source, path: string, spec: Opened['spec']): Opened {
  return { source, paths: [path], spec };
}

function regional({ region }: { readonly region?: string | undefined }): { readonly region?: string } {
  return region === undefined ? {} : { region };
}

async function openVault(
  rules: Extract<SourceRules, { readonly kind: 'vault' }>,
  places: SecretPlaces,
  context: Context,
): Promise<Opened> {
  const { address, namespace, ca, token, appRole } = rules;
  const { default: kind, visitVault } = await sourceKinds.vault();
  const secret = async (reference: string) =>
    Buffer.from((await resolveReference(reference, places, context)).reveal()).toString('utf8');
  const access: VaultRequest['access'] =
    appRole === undefined
      ? { token: await secret(token ?? '') }
      : { appRole: { ...appRole, secretId: await secret(appRole.secretId) } };
  const request: VaultRequest = {
    address,
    access,
    ...(namespace === undefined ? {} : { namespace }),
    ...(ca === undefined ? {} : { ca: readCertificate(ca) }),
  };
  const { config, leave } = await visitVault(request, context);
  // Worker threads read what was gathered; none of them talks to Vault.
  const { connection: _, ...forWorkers } = config;
  const source = kind.open(config, context);
  return { ...opened(source, config.folder, { kind: rules.kind, config: forWorkers }), leave };
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('missing', 'VAULT_CA_UNREADABLE', `the certificate "${path}" cannot be read`, {
      facts: { path },
      cause,
    });
  }
}

const prefix = 'catalog-export-';
/** No backup of a catalog takes so long; what is older was left by a process that was killed. */
const leftOverMs = 24 * 3_600_000;

function removeLeftOver(folder: string, { clock }: Context): void {
  for (const name of readdirSync(folder).filter((one) => one.startsWith(prefix))) {
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && stat.mtimeMs < clock.now() - leftOverMs)
      rmSync(path, { recursive: true, force: true });
  }
}

/** Its lines lie on a disk while they are saved, for a catalog may be larger than memory; then they go. */
async function openCatalogExport(
  openCatalog: SecretPlaces['openCatalog'],
  folder: string,
  context: Context,
): Promise<Opened> {
  if (openCatalog === undefined) {
    throw new Failure('missing', 'CATALOG_NOT_AT_HAND', 'no catalog is at hand that could be saved');
  }
  const { default: kind, catalogPath } = await sourceKinds['catalog-lines']();
  makeFolders(folder);
  removeLeftOver(folder, context);
  const scratch = mkdtempSync(join(folder, prefix));
  const leave = async () => rmSync(scratch, { recursive: true, force: true });
  try {
    const path = join(scratch, 'lines');
    const out = createWriteStream(path, { mode: 0o600 });
    await using catalog = await openCatalog(context);
    const { exportCatalog } = await import('../../catalog/dump.ts');
    await exportCatalog(
      catalog,
      async (line) => {
        if (!out.write(`${line}\n`)) await once(out, 'drain', { signal: context.signal });
      },
      context,
    );
    out.end();
    await finished(out);
    const config = { path, madeAtMs: context.clock.now() };
    return { ...opened(kind.open(config, context), catalogPath, { kind: 'catalog-lines', config }), leave };
  } catch (error) {
    await leave();
    throw error;
  }
}
