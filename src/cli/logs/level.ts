// How much is written: LOG_LEVEL goes before the configuration, because who looks for an error has no time to edit a file.

import { Failure } from '../../base/failure.ts';

export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** Undefined when it is not set; usage/LOG_LEVEL_UNKNOWN for a word that is no level. */
export function levelFrom(environment: Readonly<Record<string, string | undefined>>): Level | undefined {
  const word = environment.LOG_LEVEL?.trim().toLowerCase();
  if (word === undefined || word === '') return undefined;
  const level = levels.find((one) => one === word) ?? (word === 'warning' ? 'warn' : undefined);
  if (level !== undefined) return level;
  throw new Failure('usage', 'LOG_LEVEL_UNKNOWN', `LOG_LEVEL is "${word}", which is no level`, {
    hint: 'Set it to DEBUG, INFO, WARN or ERROR.',
  });
}
