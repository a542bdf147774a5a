// Secrets by reference: what stands in the configuration says where a secret is. Only a process that works for one job looks there, and only
// for the references of its own order.

import { execFile } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { Secret } from '../../base/secret.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Ambient } from '../ambient.ts';
import { jobVariable, ownerVariable } from './leftovers.ts';

export interface SecretPlaces {
  readonly environment: Ambient['environment'];
  /** For `sealed:NAME`; absent where no catalog is at hand. */
  sealed?(name: string, context: Context): Promise<Secret>;
  /** For who saves the catalog itself. */
  openCatalog?(context: Context): Promise<Catalog>;
}

/** More than this is no secret but the wrong file. */
const secretBytesMax = 64 * 1024;
const commandMs = 120_000;

/**
 * What the reference names: of a file, a variable or the output of a command the first line. Fails with a Failure that names the reference
 * and never what was found there.
 */
export async function resolveReference(
  reference: string,
  places: SecretPlaces,
  context: Context,
): Promise<Secret> {
  const colon = reference.indexOf(':');
  const where = reference.slice(colon + 1);
  switch (reference.slice(0, colon)) {
    case 'file':
      return firstLine(readSecretFile(where), reference);
    case 'env':
      return firstLine(variable(where, places), reference);
    case 'command':
      return firstLine(await outputOf(where, places, context), reference);
    case 'sealed':
      if (places.sealed !== undefined) return places.sealed(where, context);
      throw new Failure('missing', 'SECRET_NOT_SEALED', `no catalog is at hand that could hold "${where}"`, {
        hint: 'Name the catalog, or give the secret by file:/PATH.',
      });
    default:
      throw new Failure('usage', 'SECRET_REFERENCE', 'what stands for a secret is no reference to one', {
        hint: 'Write file:/PATH, env:NAME, command:/PROGRAM or sealed:NAME.',
      });
  }
}

/** The variables that `env:` references anywhere in an order name: a job is given no others. */
export function variablesNamedIn(value: JsonValue): Set<string> {
  const names = new Set<string>();
  const look = (one: JsonValue): void => {
    if (typeof one === 'string') {
      const name = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(one)?.[1];
      if (name !== undefined) names.add(name);
    } else if (Array.isArray(one)) for (const item of one) look(item);
    else if (typeof one === 'object' && one !== null) for (const item of Object.values(one)) look(item);
  };
  look(value);
  return names;
}

function readSecretFile(path: string): Buffer {
  let file: number;
  try {
    // Not waiting for somebody to write where it is a pipe.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Failure(
      isMissing ? 'missing' : 'denied',
      'SECRET_FILE_UNREADABLE',
      `the secret in "${path}" cannot be read`,
      { facts: { path }, cause, hint: 'Check the path, and that the service may read it.' },
    );
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) {
      throw new Failure('usage', 'SECRET_FILE_UNREADABLE', `"${path}" is no file that could hold a secret`, {
        facts: { path },
        hint: 'Name a file, or write command:/PROGRAM for what a program prints.',
      });
    }
    if ((stat.mode & 0o077) !== 0) {
      throw new Failure('denied', 'SECRET_FILE_TOO_OPEN', `the secret in "${path}" could be read by others`, {
        facts: { path, mode: (stat.mode & 0o777).toString(8) },
        hint: 'Run "chmod 600" on it; if it was open for long, change the secret.',
      });
    }
    const bytes = Buffer.alloc(secretBytesMax);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function variable(name: string, { environment }: SecretPlaces): Buffer {
  const value = environment[name];
  if (value !== undefined) return Buffer.from(value, 'utf8');
  throw new Failure('missing', 'SECRET_VARIABLE_MISSING', `the variable "${name}" is not set`, {
    facts: { name },
    hint: 'Set it for "holdfast up", for instance with EnvironmentFile= in the unit.',
  });
}

/** No shell: the words between spaces are the arguments. Its errors are shown to nobody: they may quote the secret. */
function outputOf(line: string, { environment }: SecretPlaces, { signal }: Context): Promise<Buffer> {
  const [program = '', ...words] = line.split(' ').filter((word) => word !== '');
  const env: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', ownerVariable, jobVariable]) {
    const value = environment[name];
    if (value !== undefined) env[name] = value;
  }
  return new Promise((resolve, reject) => {
    const options = {
      encoding: 'buffer' as const,
      maxBuffer: secretBytesMax,
      timeout: commandMs,
      killSignal: 'SIGKILL' as const,
      signal,
      env,
    };
    const child = execFile(program, words, options, (error, output) => {
      if (error === null) return resolve(output);
      const code = typeof error.code === 'number' ? `exit ${error.code}` : String(error.code ?? error.signal);
      reject(
        new Failure('denied', 'SECRET_COMMAND_FAILED', `the command "${program}" gave no secret (${code})`, {
          facts: { program },
          hint: 'Run it by hand as the user of the service.',
        }),
      );
    });
    child.stdin?.end();
  });
}

function firstLine(bytes: Buffer, reference: string): Secret {
  const end = bytes.indexOf(0x0a);
  let line = end < 0 ? bytes : bytes.subarray(0, end);
  if (line.at(-1) === 0x0d) line = line.subarray(0, -1);
  const secret = new Secret(new Uint8Array(line));
  const isEmpty = line.length === 0;
  bytes.fill(0);
  if (!isEmpty) return secret;
  throw new Failure('usage', 'SECRET_EMPTY', `"${reference}" leads to nothing`, {
    facts: { reference },
    hint: 'The first line has to be the secret.',
  });
}
