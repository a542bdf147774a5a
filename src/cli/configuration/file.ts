// Reads the configuration file: where it is, what it says, and all that is wrong with it at once.

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { Failure } from '../../base/failure.ts';
import type { Configuration, ConfigurationInput } from '../../model/configuration/configuration.ts';
import { configurationSchema } from '../../model/configuration/configuration.ts';
import { troubleLine, troublesOf } from '../../model/configuration/issues.ts';
import { type Variables, withProfile } from '../../model/configuration/profiles.ts';
import {
  type ConfigurationDocument,
  type DocumentTrouble,
  documentBytesMax,
  readDocument,
  troublesFailure,
} from './document.ts';

export interface LoadedConfiguration {
  readonly path: string;
  readonly document: ConfigurationDocument;
  /** With the defaults of its profile, as `applyConfiguration` takes it. */
  readonly input: ConfigurationInput;
  /** With all defaults. */
  readonly configuration: Configuration;
}

/** Fails with missing/CONFIG_MISSING, denied/CONFIG_TOO_OPEN, usage/CONFIG_SYNTAX, usage/CONFIG_INVALID or usage/SNS_TOPIC_MISSING. */
export function loadConfiguration(path: string, variables: Variables): LoadedConfiguration {
  return understandConfiguration(readConfigurationText(path), path, variables);
}

export function understandConfiguration(
  text: string,
  path: string,
  variables: Variables,
): LoadedConfiguration {
  const found = inspectText(text, path, variables);
  if ('loaded' in found) return found.loaded;
  throw troublesFailure(found.code, path, found.troubles);
}

export type Inspected =
  | { readonly loaded: LoadedConfiguration }
  | {
      readonly code: 'CONFIG_SYNTAX' | 'CONFIG_INVALID';
      /** In the order of the file. */
      readonly troubles: readonly DocumentTrouble[];
    };

/** As loadConfiguration, with the mistakes one by one. */
export function inspectConfiguration(path: string, variables: Variables): Inspected {
  return inspectText(readConfigurationText(path), path, variables);
}

function inspectText(text: string, path: string, variables: Variables): Inspected {
  const read = readDocument(text, path);
  if ('troubles' in read) return { code: 'CONFIG_SYNTAX', troubles: read.troubles };
  const { document } = read;
  const input = withProfile(document.value, variables);
  const troubles = troublesOf(input).map((trouble) => ({
    ...document.positionOf(trouble.path, trouble.at),
    message: troubleLine(trouble),
  }));
  if (troubles.length > 0) {
    return {
      code: 'CONFIG_INVALID',
      troubles: troubles.toSorted((a, b) => a.line - b.line || a.column - b.column),
    };
  }
  const configuration = configurationSchema.parse(input);
  return { loaded: { path, document, input: input as ConfigurationInput, configuration } };
}

/** Whoever can write this file decides what programs run; so it is refused where everybody can. */
function readConfigurationText(path: string): string {
  let file: number;
  try {
    // Not waiting for somebody to write where it is a pipe.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw new Failure('missing', 'CONFIG_MISSING', `the configuration "${path}" cannot be read`, {
      hint: 'Write one with "holdfast config init", or name it with --config.',
      cause,
    });
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile())
      throw new Failure('usage', 'CONFIG_NO_FILE', `the configuration "${path}" is no file`);
    if ((stat.mode & 0o002) !== 0) {
      throw new Failure('denied', 'CONFIG_TOO_OPEN', `everybody can change the configuration "${path}"`, {
        hint: 'Look whether it is still yours, then run "chmod o-w" on it.',
      });
    }
    if (stat.size > documentBytesMax) throw tooLarge(path);
    const bytes = readFileSync(file);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Failure('usage', 'CONFIG_NOT_UTF8', `the configuration "${path}" is no text in UTF-8`);
    }
  } finally {
    closeSync(file);
  }
}

function tooLarge(path: string): Failure {
  return troublesFailure('CONFIG_SYNTAX', path, [{ line: 1, column: 1, message: 'is larger than 8 MiB' }]);
}
