// Where the configuration is. Apart from what reads it: commands that only ask whether there is one load no schema.

import { join, resolve } from 'node:path';
import type { Invocation } from '../command.ts';
import { pathText } from '../show.ts';

/** `--config`, HOLDFAST_CONFIG, else /etc/holdfast/holdfast.yaml for root and the user's own for everybody else. */
export function configurationPath({ options, ambient }: Pick<Invocation, 'options' | 'ambient'>): string {
  const { environment } = ambient;
  const named = options.text('config') ?? (environment.HOLDFAST_CONFIG || undefined);
  if (named !== undefined) return resolve(pathText(ambient.workingDirectory), named);
  if (process.getuid?.() === 0) return '/etc/holdfast/holdfast.yaml';
  const own = environment.XDG_CONFIG_HOME;
  const base = own?.startsWith('/') ? own : join(environment.HOME || '/', '.config');
  return join(base, 'holdfast', 'holdfast.yaml');
}
