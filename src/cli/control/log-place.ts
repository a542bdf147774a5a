// Where the control plane writes its logs, found as it finds it.

import type { Invocation } from '../command.ts';
import { logDirectory } from '../logs/logs.ts';
import { writtenConfiguration } from './places.ts';

export async function configuredLogDirectory(invocation: Invocation): Promise<string> {
  const value = await writtenConfiguration(invocation);
  const directory = (value as { logs?: { directory?: unknown } } | null)?.logs?.directory;
  return logDirectory(typeof directory === 'string' ? { directory } : {}, invocation.ambient);
}
