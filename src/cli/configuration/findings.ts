// What a file that is well written may still lack on this machine: secrets, key files, folders, kinds that nobody knows, a catalog that answers.

import { accessSync, constants, statSync } from 'node:fs';
import type { Context, Instant } from '../../base/context.ts';
import { isFailure } from '../../base/failure.ts';
import type { CatalogPlace } from '../../catalog/open.ts';
import { type PolicyRules, retentionOf } from '../../model/configuration/policy.ts';
import { retentionAdvice } from '../../model/configuration/retention-advice.ts';
import { spanText } from '../../model/configuration/values.ts';
import { nearestName } from '../../model/nearest-name.ts';
import { parseSchedule } from '../../model/schedule/parse.ts';
import { createTimetable, upcoming } from '../../model/schedule/timetable.ts';
import { createZone } from '../../model/schedule/zone.ts';
import type { inspectUrl } from '../../storage/all.ts';
import type { LoadedConfiguration } from './file.ts';

export interface Finding {
  readonly state: 'problem' | 'advice';
  /** A text `config.finding.CODE`. */
  readonly code: FindingCode;
  readonly path: readonly (string | number)[];
  /** What it is about: never a secret, only where one should be. */
  readonly about: string;
  /** The name that may have been meant, or those that there are. */
  readonly instead?: string;
  /** Of a failure, in its own words. */
  readonly message?: string;
}

export const findingTexts = {
  'file-missing': 'config.finding.file-missing',
  'file-open': 'config.finding.file-open',
  'file-empty': 'config.finding.file-empty',
  'variable-missing': 'config.finding.variable-missing',
  'program-missing': 'config.finding.program-missing',
  'sealed-missing': 'config.finding.sealed-missing',
  'kind-unknown': 'config.finding.kind-unknown',
  'kind-near': 'config.finding.kind-near',
  'place-wrong': 'config.finding.place-wrong',
  'secret-unknown': 'config.finding.secret-unknown',
  'compression-unknown': 'config.finding.compression-unknown',
  'folder-missing': 'config.finding.folder-missing',
  'source-missing': 'config.finding.source-missing',
  'place-relative': 'config.finding.place-relative',
  'retention-beyond': 'config.finding.retention-beyond',
  'retention-idle': 'config.finding.retention-idle',
  'rpo-short': 'config.finding.rpo-short',
  untold: 'config.finding.untold',
  unused: 'config.finding.unused',
  'catalog-new': 'config.finding.catalog-new',
  'catalog-trouble': 'config.finding.catalog-trouble',
} as const;

export type FindingCode = keyof typeof findingTexts;

/** `sealed` names the secrets that lie in the catalog; undefined where it could not be asked. */
export async function findingsOf(
  { configuration }: LoadedConfiguration,
  environment: Readonly<Record<string, string | undefined>>,
  sealed: ReadonlySet<string> | undefined,
  now: Instant,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const { inspectUrl, storages } = await import('../../storage/all.ts');
  const { channels, inspectChannel } = await import('../../channels/all.ts');
  const { parseCompression } = await import('../options.ts');
  const reference = (path: Finding['path'], text: string | undefined) => {
    const finding = text === undefined ? undefined : referenceFinding(text, environment, sealed);
    if (finding !== undefined) found.push({ ...finding, path });
  };
  const references = (path: Finding['path'], all: Readonly<Record<string, string>>) => {
    for (const [field, text] of Object.entries(all)) reference([...path, field], text);
  };
  reference(['catalog', 'password'], configuration.catalog.password);
  const used = new Set(Object.values(configuration.policies).flatMap(({ repositories }) => repositories));
  for (const [name, { place, unlock, secrets }] of Object.entries(configuration.repositories)) {
    const path = ['repositories', name];
    const { password, ...files } = unlock;
    reference([...path, 'unlock', 'password'], password);
    for (const [way, file] of Object.entries(files)) reference([...path, 'unlock', way], `file:${file}`);
    references([...path, 'secrets'], secrets);
    found.push(...(await placeFindings(path, { place, secrets }, Object.keys(storages), inspectUrl)));
    if (kindOf(place) === undefined && !place.startsWith('/')) {
      found.push({ state: 'problem', code: 'place-relative', path: [...path, 'place'], about: place });
    }
    if (place.startsWith('/') && !isThere(place)) {
      found.push({ state: 'problem', code: 'folder-missing', path: [...path, 'place'], about: place });
    }
    if (!used.has(name)) found.push({ state: 'advice', code: 'unused', path, about: name });
  }
  for (const [name, { place, secrets }] of Object.entries(configuration.channels)) {
    const path = ['channels', name];
    references([...path, 'secrets'], secrets);
    found.push(...(await placeFindings(path, { place, secrets }, Object.keys(channels), inspectChannel)));
    const program = programOf(place);
    if (program !== undefined && !isThere(program, constants.X_OK)) {
      found.push({ state: 'problem', code: 'program-missing', path: [...path, 'place'], about: program });
    }
  }
  references(['metrics', 'otlp', 'headers'], configuration.metrics.otlp?.headers ?? {});
  for (const [name, { compression, sources }] of Object.entries(configuration.policies)) {
    const path = ['policies', name];
    try {
      parseCompression(compression);
    } catch (error) {
      if (!isFailure(error)) throw error;
      const about = compression ?? '';
      found.push({ state: 'problem', code: 'compression-unknown', path: [...path, 'compression'], about });
    }
    for (const [i, source] of sources.entries()) {
      for (const [j, about] of ('paths' in source ? source.paths : []).entries()) {
        if (isThere(about)) continue;
        found.push({
          state: 'advice',
          code: 'source-missing',
          path: [...path, 'sources', i, 'paths', j],
          about,
        });
      }
    }
  }
  for (const [name, rules] of Object.entries(configuration.policies)) {
    for (const { rule, code, limit } of retentionAdvice(retentionOf(rules) ?? {})) {
      const path = ['policies', name, 'retention', rule];
      found.push({ state: 'advice', code: `retention-${code}`, path, about: rule, instead: limit });
    }
    const longest = longestWait(rules, configuration.zone ?? 'UTC', now);
    if (longest <= rules.rpo) continue;
    found.push({
      state: 'advice',
      code: 'rpo-short',
      path: ['policies', name, 'rpo'],
      about: spanText(longest),
    });
  }
  const isTold = configuration.alerts.routes.length > 0;
  for (const [name, { tell }] of Object.entries(configuration.policies)) {
    if (!isTold && (tell ?? []).length === 0) {
      found.push({ state: 'advice', code: 'untold', path: ['policies', name], about: name });
    }
  }
  return found;
}

interface NamedPlace {
  readonly place: string;
  readonly secrets: Readonly<Record<string, string>>;
}

/** What is wrong with how a place is written; nobody is asked, and no secret is looked up. */
async function placeFindings(
  path: Finding['path'],
  { place, secrets }: NamedPlace,
  kinds: readonly string[],
  inspect: typeof inspectUrl,
): Promise<Finding[]> {
  const kind = kindOf(place);
  const at = [...path, 'place'];
  if (kind !== undefined && !kinds.includes(kind)) {
    const instead = nearestName(kind, kinds);
    const about = kind.slice(0, 40);
    if (instead === undefined) return [{ state: 'problem', code: 'kind-unknown', path: at, about }];
    return [{ state: 'problem', code: 'kind-near', path: at, about, instead }];
  }
  const given = Object.keys(secrets);
  const { taken, failure } = await inspect(place, new Set(given));
  const unknown =
    taken.length === 0 && failure !== undefined ? [] : given.filter((one) => !taken.includes(one));
  const found = unknown.map((about): Finding => {
    const instead = nearestName(about, taken) ?? (taken.join(', ') || '–');
    return { state: 'problem', code: 'secret-unknown', path: [...path, 'secrets', about], about, instead };
  });
  if (failure === undefined || found.length > 0) return found;
  const { code: about, message } = failure;
  return [{ state: 'problem', code: 'place-wrong', path: at, about, message }];
}

/** A catalog that is not there yet is none to complain of: it is made with the first use. */
export async function catalogFindings(
  place: CatalogPlace,
  context: Context,
): Promise<{ readonly findings: readonly Finding[]; readonly sealed?: ReadonlySet<string> }> {
  const path = ['catalog', 'place'];
  const { openCatalog } = await import('../../catalog/open.ts');
  const { listSealedSecrets } = await import('../../catalog/sealed-secrets.ts');
  try {
    await using catalog = await openCatalog(place, context, { migrate: false });
    const sealed = await listSealedSecrets(catalog, context);
    return { findings: [], sealed: new Set(sealed.map(({ name }) => name)) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    const { code, message } = error;
    const isNew = code === 'CATALOG_MISSING' || code === 'CATALOG_OLDER';
    const { location: about } = place;
    if (isNew) return { findings: [{ state: 'advice', code: 'catalog-new', path, about, message }] };
    return { findings: [{ state: 'problem', code: 'catalog-trouble', path, about: code, message }] };
  }
}

function referenceFinding(
  reference: string,
  environment: Readonly<Record<string, string | undefined>>,
  sealed: ReadonlySet<string> | undefined,
): Omit<Finding, 'path'> | undefined {
  const colon = reference.indexOf(':');
  const about = reference.slice(colon + 1);
  switch (reference.slice(0, colon)) {
    case 'file':
      return fileFinding(about);
    case 'env':
      if (environment[about]) return undefined;
      // The service may have another environment than who checks.
      return { state: 'advice', code: 'variable-missing', about };
    case 'command': {
      const [program = ''] = about.split(' ');
      if (isThere(program, constants.X_OK)) return undefined;
      return { state: 'problem', code: 'program-missing', about: program };
    }
    default:
      if (sealed?.has(about)) return undefined;
      return { state: 'problem', code: 'sealed-missing', about };
  }
}

function fileFinding(about: string): Omit<Finding, 'path'> | undefined {
  try {
    const stat = statSync(about);
    if (!stat.isFile()) return { state: 'problem', code: 'file-missing', about };
    if ((stat.mode & 0o077) !== 0) return { state: 'problem', code: 'file-open', about };
    return stat.size === 0 ? { state: 'problem', code: 'file-empty', about } : undefined;
  } catch {
    return { state: 'problem', code: 'file-missing', about };
  }
}

/** Between two runs of the next months: more than the RPO means that the newest recovery point is too old again and again. */
function longestWait({ schedule, zone, enabled }: PolicyRules, usualZone: string, now: Instant): number {
  if (!enabled || schedule === 'manual' || schedule === 'adaptive') return 0;
  const timetable = createTimetable(parseSchedule(schedule), createZone(zone ?? usualZone), now);
  const times = upcoming(timetable, now, 100);
  return Math.max(0, ...times.slice(1).map((time, i) => time - times[i]!));
}

function isThere(path: string, mode = constants.F_OK): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** Of a channel that is a program: a URL names it as a whole, JSON its words. */
function programOf(place: string): string | undefined {
  const url = /^command:(\/.*)$/i.exec(place)?.[1];
  if (url !== undefined || kindOf(place) !== 'command') return url;
  try {
    const { command } = JSON.parse(place) as { command?: readonly unknown[] };
    return typeof command?.[0] === 'string' ? command[0] : undefined;
  } catch {
    // Told as a place that cannot be read.
    return undefined;
  }
}

/** Of a URL or JSON; undefined for a folder. */
function kindOf(place: string): string | undefined {
  if (place.trimStart().startsWith('{')) return /"kind"\s*:\s*"([^"]*)"/.exec(place)?.[1] ?? '{';
  return /^([a-z][a-z0-9+-]*):/i.exec(place)?.[1]?.toLowerCase();
}
