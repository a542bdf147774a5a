// The configuration file as `holdfast up` takes it: read anew each time it is asked for.

import { existsSync } from 'node:fs';
import type { ConfigurationInput } from '../../model/configuration/configuration.ts';
import type { Invocation } from '../command.ts';
import { isConfigurationNamed } from './places.ts';

export interface ConfigurationFile {
  readonly path: string;
  readonly input: ConfigurationInput;
}

/** Undefined where none was named and none lies at the usual place. */
export async function readConfigurationInput(invocation: Invocation): Promise<ConfigurationFile | undefined> {
  const { configurationPath } = await import('../configuration/path.ts');
  const { loadConfiguration } = await import('../configuration/file.ts');
  const path = configurationPath(invocation);
  if (!isConfigurationNamed(invocation) && !existsSync(path)) return undefined;
  return { path, input: loadConfiguration(path, invocation.ambient.environment).input };
}

/** The file, or why it cannot be used. */
export type ReadFile = ConfigurationFile | { readonly path: string; readonly failure: unknown };

/** As readConfigurationInput, for who can go on without. */
export async function tryConfigurationInput(invocation: Invocation): Promise<ReadFile | undefined> {
  try {
    return await readConfigurationInput(invocation);
  } catch (failure) {
    const { configurationPath } = await import('../configuration/path.ts');
    return { path: configurationPath(invocation), failure };
  }
}
