// Secrets that a storage asks for, such as the password of an SFTP account. For the field "accountKey" of the main repository:
// HOLDFAST_STORAGE_ACCOUNT_KEY_FILE names a file, HOLDFAST_STORAGE_ACCOUNT_KEY_COMMAND a command, whose first line is the secret. Channels
// ask in the same way.

import { Failure } from '../base/failure.ts';
import type { Invocation } from './command.ts';
import { firstLine, readPasswordFile, runPasswordCommand, type SecretNames } from './secrets.ts';

export function storageSecrets(
  { environmentPrefix }: SecretNames,
  invocation: Invocation,
): (field: string) => Promise<string | undefined> {
  return secretsFrom(`${environmentPrefix}STORAGE_`, invocation);
}

/** The secrets whose variables begin so. */
export function secretsFrom(
  prefix: string,
  invocation: Invocation,
): (field: string) => Promise<string | undefined> {
  const { environment } = invocation.ambient;
  return async (field) => {
    const name = field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    const variable = `${prefix}${name}`;
    const file = environment[`${variable}_FILE`];
    if (file) return named(`${variable}_FILE`, async () => take(readPasswordFile(file, invocation)));
    const command = environment[`${variable}_COMMAND`];
    if (command) {
      return named(`${variable}_COMMAND`, async () => take(await runPasswordCommand(command, invocation)));
    }
    return undefined;
  };
}

/** What fails is told with the variable that named it: a run reads several secrets, and "the password file" is another one. */
async function named(variable: string, read: () => Promise<string>): Promise<string> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Failure) || !error.code.startsWith('PASSWORD_')) throw error;
    const { kind, code, message, facts } = error;
    throw new Failure(kind, code, message, { facts, hint: `Check what ${variable} names.`, cause: error });
  }
}

function take(bytes: Buffer): string {
  const text = firstLine(bytes).toString('utf8');
  bytes.fill(0);
  return text;
}
