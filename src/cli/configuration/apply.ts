// `config diff` and `config apply`: what a file would change, said before it is changed; and a question before anything is kept shorter.

import { createInterface } from 'node:readline/promises';
import { Failure, isFailure } from '../../base/failure.ts';
import { formatCount } from '../../base/text.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { type Applying, applyConfiguration } from '../../catalog/configurations.ts';
import { fileDigest, nodeFiles, noteNodeFile } from '../../catalog/node-files.ts';
import { openCatalog } from '../../catalog/open.ts';
import { type Changes, changesBy, tellShortenings } from '../../control/configuration-changes.ts';
import type { ConfigurationInput } from '../../model/configuration/configuration.ts';
import { pathText } from '../../model/configuration/issues.ts';
import type { Ending, Invocation } from '../command.ts';
import { nodeName } from '../control/nodes.ts';
import { catalogPlace } from '../control/places.ts';
import { openTerminal } from '../secrets.ts';
import { loadConfiguration } from './file.ts';
import { configurationPath } from './path.ts';

export async function diffConfiguration(invocation: Invocation): Promise<Ending> {
  const { ambient, context, output, texts } = invocation;
  const { path, input, configuration } = loadConfiguration(
    configurationPath(invocation),
    ambient.environment,
  );
  const place = await catalogPlace(configuration.catalog, invocation);
  await using catalog = await openIfThere(() => openCatalog(place, context, { migrate: false }));
  const changes = await changesBy(input, catalog, (at) => ambient.zoneOffsetMinutes(at), context);
  tellChanges(changes, invocation);
  if (changes.differences.length === 0) output.line(texts.say('config.same', { path }));
  const result = { path, ...fieldsOf(changes) };
  return changes.differences.length === 0 ? { result } : { outcome: 'partial', result };
}

export async function applyFile(invocation: Invocation, by: Applying): Promise<Ending> {
  const { ambient, context, output, texts } = invocation;
  const { path, input, configuration } = loadConfiguration(
    configurationPath(invocation),
    ambient.environment,
  );
  await using catalog = await openCatalog(await catalogPlace(configuration.catalog, invocation), context);
  const changes = await changesBy(input, catalog, (at) => ambient.zoneOffsetMinutes(at), context);
  tellChanges(changes, invocation);
  if (changes.shortenings.length > 0) await askBeforeShortening(changes, invocation);
  const applied = await applyConfiguration(catalog, input, by, context);
  await tellShortenings(path, [], catalog, context);
  await noteReading({ path, input }, catalog, invocation);
  const { revision, changed } = applied;
  output.line(texts.say(changed ? 'config.applied' : 'config.same', { path, revision }));
  return { result: { path, ...applied, ...fieldsOf(changes) } };
}

/** The node of this machine need not be told to read its file once more. */
async function noteReading(
  { path, input }: { readonly path: string; readonly input: ConfigurationInput },
  catalog: Catalog,
  { ambient, context }: Invocation,
): Promise<void> {
  const node = nodeName(input.node, ambient);
  const { files } = await nodeFiles(catalog, context);
  if (!files.some((one) => one.node === node && one.path === path)) return;
  await noteNodeFile(catalog, { node, path, digest: fileDigest(input) }, context);
}

/** A catalog that is not there yet, or is older, holds nothing to compare with. */
async function openIfThere(open: () => Promise<Catalog>): Promise<Catalog | undefined> {
  try {
    return await open();
  } catch (error) {
    if (isFailure(error, 'missing', 'CATALOG_MISSING') || isFailure(error, 'conflict', 'CATALOG_OLDER')) {
      return undefined;
    }
    throw error;
  }
}

function tellChanges({ differences, shortenings }: Changes, { output, texts }: Invocation): void {
  for (const { path, before, after } of differences) {
    const isWhole = path.length === 2 && (path[1] === before || path[1] === after);
    const at = pathText(path);
    if (before === undefined) {
      output.line(
        isWhole
          ? texts.say('config.added', { path: at })
          : texts.say('config.set', { path: at, after: after ?? '' }),
      );
    } else if (after === undefined) {
      output.line(
        isWhole ? texts.say('config.removed', { path: at }) : texts.say('config.unset', { path: at, before }),
      );
    } else output.line(texts.say('config.changed', { path: at, before, after }));
  }
  for (const { policy, lost, of, locksLess } of shortenings) {
    const values = { policy, lost: formatCount(lost, texts.language), of: formatCount(of, texts.language) };
    output.line(texts.say('config.shortens', values));
    if (locksLess) output.line(texts.say('config.locksLess', { policy }));
  }
}

async function askBeforeShortening({ shortenings }: Changes, invocation: Invocation): Promise<void> {
  const { options, ambient, texts, context } = invocation;
  if (options.flag('yes')) return;
  const refusal = shorteningRefused(shortenings);
  // With --json a program asks, and nobody answers.
  const terminal = invocation.output.isJson ? undefined : openTerminal(ambient.input);
  if (terminal === undefined) throw refusal;
  const lines = createInterface({ input: terminal, output: ambient.errors });
  try {
    const answer = await lines.question(texts.say('config.askShorten'), { signal: context.signal });
    if (!/^(y|yes|j|ja)$/i.test(answer.trim())) throw refusal;
  } finally {
    lines.close();
    if (terminal !== ambient.input) terminal.destroy();
  }
}

export function shorteningRefused(shortenings: Changes['shortenings']): Failure {
  const policies = shortenings.map(({ policy }) => `"${policy}"`).join(', ');
  const lost = shortenings.reduce((sum, one) => sum + one.lost, 0);
  return new Failure(
    'conflict',
    'CONFIG_SHORTENS_RETENTION',
    `the change keeps less than before: ${policies}`,
    {
      facts: { policies, lost },
      hint: 'If that is wanted, say so with "holdfast config apply --yes". Nothing was applied.',
    },
  );
}

function fieldsOf({ differences, shortenings }: Changes) {
  return {
    differences: differences.map(({ path, ...rest }) => ({ path: pathText(path), ...rest })),
    shortenings,
  };
}
