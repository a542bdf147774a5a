// `config show`: every value that holds, defaults among them, and where each comes from. Secrets stand in a configuration by reference only.

import { currentConfiguration, lastApplied } from '../../catalog/configurations.ts';
import { pathText } from '../../model/configuration/issues.ts';
import { valuesOf } from '../../model/configuration/values.ts';
import type { Ending, Invocation } from '../command.ts';
import { openCatalogOf } from '../control/places.ts';
import { isoTime, tableLines } from '../show.ts';
import { loadConfiguration } from './file.ts';
import { configurationPath } from './path.ts';

const originTexts = {
  file: 'config.origin.file',
  profile: 'config.origin.profile',
  default: 'config.origin.default',
} as const;

export async function showConfiguration(invocation: Invocation): Promise<Ending> {
  if (invocation.options.flag('applied')) return showApplied(invocation);
  const { ambient, output, texts } = invocation;
  const { path, document, input, configuration } = loadConfiguration(
    configurationPath(invocation),
    ambient.environment,
  );
  const values = valuesOf(configuration).map(({ path: at, text }) => {
    const origin = document.has(at) ? 'file' : isIn(input, at) ? 'profile' : 'default';
    const line = origin === 'file' ? document.positionOf(at, 'value').line : undefined;
    return { path: pathText(at), value: text, origin, ...(line === undefined ? {} : { line }) } as const;
  });
  const rows = values.map(({ path: at, value, origin, line }) => [
    at,
    value,
    texts.say(originTexts[origin], { line: line ?? '', profile: configuration.profile ?? '' }),
  ]);
  for (const line of tableLines(rows)) output.line(line);
  return { result: { path, values } };
}

async function showApplied(invocation: Invocation): Promise<Ending> {
  const { context, output, texts } = invocation;
  await using catalog = await openCatalogOf(invocation);
  const applied = await lastApplied(catalog, context);
  const found = valuesOf(await currentConfiguration(catalog, context));
  const values = found.map(({ path, text }) => ({ path: pathText(path), value: text }));
  for (const line of tableLines(values.map(({ path, value }) => [path, value]))) output.line(line);
  if (applied !== undefined) {
    const { revision, appliedAt, appliedBy } = applied;
    output.note(texts.say('config.lastApplied', { revision, time: isoTime(appliedAt), by: appliedBy }));
  }
  return {
    result: {
      values,
      ...(applied === undefined ? {} : { ...applied, appliedAt: isoTime(applied.appliedAt) }),
    },
  };
}

function isIn(value: unknown, path: readonly (string | number)[]): boolean {
  let inner = value;
  for (const step of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, step)) return false;
    inner = (inner as Record<string | number, unknown>)[step];
  }
  return true;
}
