// Which catalog a command means: --catalog, then HOLDFAST_CATALOG; where none is named, that of this user.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../base/secret.ts';
import type { Actor } from '../catalog/brake.ts';
import type { CatalogPlace } from '../catalog/open.ts';
import type { Ambient } from './ambient.ts';
import type { Invocation, OptionSpec } from './command.ts';
import { firstLine, readPasswordFile } from './secrets.ts';

export const catalogOptions: readonly OptionSpec[] = [
  { flags: '--catalog <place>' },
  { flags: '--catalog-password-file <file>' },
];

/** Undefined where neither an option nor the environment names one. */
export function namedCatalog(invocation: Invocation): CatalogPlace | undefined {
  const { options, ambient } = invocation;
  const location = options.text('catalog') ?? (ambient.environment.HOLDFAST_CATALOG || undefined);
  return location === undefined ? undefined : withPassword(location, invocation);
}

export function catalogPlace(invocation: Invocation): CatalogPlace {
  return namedCatalog(invocation) ?? withPassword(stateFile('catalog', invocation.ambient), invocation);
}

/** As deploy/systemd/holdfast.service has it. */
const serviceFolder = '/var/lib/holdfast';

/** Of the catalog or the key of its sealed secrets: where the service keeps it, for root who has none; else in the user's own folder. */
export function stateFile(
  name: 'catalog' | 'secrets.key',
  { stateDirectory, environment, userName }: Pick<Ambient, 'stateDirectory' | 'environment' | 'userName'>,
  service = serviceFolder,
): string {
  const own = join(stateDirectory, name);
  const isAsked = environment.XDG_STATE_HOME !== undefined || userName !== 'root';
  return isAsked || existsSync(own) || !existsSync(service) ? own : join(service, name);
}

/** Who sits at this machine, as the audit trail names it. */
export function localActor({ ambient }: Invocation): Actor {
  return { node: ambient.hostName, actor: ambient.userName, method: 'local' };
}

/**
 * Asked by commands that delete. Where a catalog is named, by itself or by a configuration, it has to answer: one that is away may be so because
 * somebody wants the brake out of the way. A dry run deletes nothing and asks nothing.
 */
export async function refuseUnderBrake(invocation: Invocation): Promise<void> {
  if (invocation.options.flag('dryRun')) return;
  const place = namedCatalog(invocation) ?? (await configuredCatalog(invocation));
  if (place === undefined) return;
  const [{ openCatalog }, { requireNoBrake }] = await Promise.all([
    import('../catalog/open.ts'),
    import('../catalog/brake.ts'),
  ]);
  await using catalog = await openCatalog(place, invocation.context, { migrate: false });
  await requireNoBrake(catalog, invocation.context);
}

function withPassword(location: string, invocation: Invocation): CatalogPlace {
  const { options, ambient } = invocation;
  const file =
    options.text('catalogPasswordFile') ?? (ambient.environment.HOLDFAST_CATALOG_PASSWORD_FILE || undefined);
  if (file === undefined) return { location };
  const bytes = readPasswordFile(file, invocation);
  const password = new Secret(new Uint8Array(firstLine(bytes)));
  bytes.fill(0);
  return { location, password };
}

/** Undefined where no configuration names one, or nothing has been kept there yet. */
async function configuredCatalog(invocation: Invocation): Promise<CatalogPlace | undefined> {
  const { catalogOf, writtenConfiguration } = await import('./control/places.ts');
  if ((await writtenConfiguration(invocation)) === undefined) return undefined;
  const place = await catalogOf(invocation);
  return /^postgres(ql)?:/.test(place.location) || existsSync(place.location) ? place : undefined;
}
