// Secrets that a storage asks for, such as the password of an SFTP account. For the field "accountKey" of the main repository:
// HOLDFAST_STORAGE_ACCOUNT_KEY_FILE names a file, HOLDFAST_STORAGE_ACCOUNT_KEY_COMMAND a command, whose first line is the secret. Channels
// ask in the same way.

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
    if (file) return take(readPasswordFile(file, invocation));
    const command = environment[`${variable}_COMMAND`];
    if (command) return take(await runPasswordCommand(command, invocation));
    return undefined;
  };
}

function take(bytes: Buffer): string {
  const text = firstLine(bytes).toString('utf8');
  bytes.fill(0);
  return text;
}
