// Where the configuration and the catalog are, as every command of the control plane finds them: what is named wins, then variables, then
// what the configuration says, then the usual place.

import { existsSync, readFileSync } from 'node:fs';
import type { Catalog } from '../../catalog/catalog.ts';
import type { CatalogPlace } from '../../catalog/open.ts';
import { catalogOptions, namedCatalog, catalogPlace as usualCatalog } from '../catalog-place.ts';
import type { Invocation, OptionSpec } from '../command.ts';

/** Of commands that look at what `holdfast up` does. */
export const controlOptions: readonly OptionSpec[] = [
  ...catalogOptions,
  { flags: '--config <file>', text: 'option.configuration' },
];

/** Whether somebody named one: then it has to be there. */
export function isConfigurationNamed({ options, ambient }: Invocation): boolean {
  return Boolean(options.text('config') ?? ambient.environment.HOLDFAST_CONFIG);
}

/** What the configuration says of the catalog. */
export interface CatalogRules {
  readonly place?: string | undefined;
  readonly password?: string | undefined;
}

export async function catalogPlace(rules: CatalogRules, invocation: Invocation): Promise<CatalogPlace> {
  const { ambient, context } = invocation;
  const named = namedCatalog(invocation);
  if (named !== undefined) return named;
  const usual = usualCatalog(invocation);
  const place = { ...usual, location: rules.place ?? usual.location };
  if (rules.password === undefined || place.password !== undefined) return place;
  const { resolveReference } = await import('./references.ts');
  const { environment } = ambient;
  return { ...place, password: await resolveReference(rules.password, { environment }, context) };
}

/** Where `holdfast up` with the same configuration has it. */
export async function catalogOf(invocation: Invocation): Promise<CatalogPlace> {
  return catalogPlace(await catalogRules(invocation), invocation);
}

/** For commands that look at what `holdfast up` does, or ask it for something. */
export async function openCatalogOf(invocation: Invocation): Promise<Catalog> {
  const place = await catalogOf(invocation);
  const { openCatalog } = await import('../../catalog/open.ts');
  return openCatalog(place, invocation.context, { migrate: false });
}

/** For what is given before anything runs, such as a secret. */
export async function openOrMakeCatalog(invocation: Invocation): Promise<Catalog> {
  const place = await catalogOf(invocation);
  const { openCatalog } = await import('../../catalog/open.ts');
  return openCatalog(place, invocation.context);
}

/** Read without its schema, which takes longer than the whole command. */
async function catalogRules(invocation: Invocation): Promise<CatalogRules> {
  if (namedCatalog(invocation) !== undefined) return {};
  const value = await writtenConfiguration(invocation);
  const catalog = (value as { catalog?: { place?: unknown; password?: unknown } } | null)?.catalog;
  const text = (one: unknown) => (typeof one === 'string' ? one : undefined);
  return { place: text(catalog?.place), password: text(catalog?.password) };
}

/** As it stands in the file, for who wants one word of it; undefined where there is none. */
export async function writtenConfiguration(invocation: Invocation): Promise<unknown> {
  const { configurationPath } = await import('../configuration/path.ts');
  const path = configurationPath(invocation);
  if (!isConfigurationNamed(invocation) && !existsSync(path)) return undefined;
  const { parseConfigurationText } = await import('../configuration/document.ts');
  return parseConfigurationText(readFileSync(path, 'utf8'), path).value;
}
