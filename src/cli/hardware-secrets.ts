// `--pkcs11` and `--kms`: keys that never leave their device or service. An option names the key; the PIN of a token comes from a file, a
// command or the terminal.

import { isFailure } from '../base/failure.ts';
import { pkcs11ConfigPath } from '../keyslots/pkcs11/module-file.ts';
import { type Pkcs11Uri, parsePkcs11Uri } from '../keyslots/pkcs11/uri.ts';
import type { Invocation, OptionSpec } from './command.ts';
import type { FoundSecret, SlotSecretWay } from './slot-secrets.ts';

/** For what makes a slot. */
export const createKeyOption: OptionSpec = { flags: '--create-key' };

export const pkcs11Way: SlotSecretWay = { name: 'pkcs11', value: 'uri', find: findToken };

export const kmsWay: SlotSecretWay = {
  name: 'kms',
  value: 'arn',
  async find([arn = '']) {
    const { kmsSecret } = await import('../keyslots/kms.ts');
    return { secret: kmsSecret(arn), type: 'kms' };
  },
};

async function findToken([text = '']: readonly string[], invocation: Invocation): Promise<FoundSecret> {
  const { options, ambient } = invocation;
  const { uri, pinSource } = parsePkcs11Uri(text);
  const { pkcs11Secret } = await import('../keyslots/pkcs11.ts');
  const pin = await findPin(uri, pinSource, invocation);
  const secret = pkcs11Secret({
    uri,
    // Another file is believed under the same conditions as the usual one: root's alone.
    configPath: ambient.environment.HOLDFAST_PKCS11_CONFIG || pkcs11ConfigPath,
    ...(pin === undefined ? {} : { pin }),
  });
  pin?.fill(0);
  return { secret, type: 'pkcs11', params: { createKey: options.flag('createKey') } };
}

/** `pin-source` of the URI, then the variables, then the terminal; undefined leaves it to a PIN pad of the token. */
async function findPin(
  uri: Pkcs11Uri,
  source: string | undefined,
  invocation: Invocation,
): Promise<Buffer | undefined> {
  // Loaded here, because secrets.ts looks into the table that this is part of.
  const { askHidden, firstLine, readPasswordFile, runPasswordCommand } = await import('./secrets.ts');
  const { HOLDFAST_PKCS11_PIN_FILE: file, HOLDFAST_PKCS11_PIN_COMMAND: command } =
    invocation.ambient.environment;
  // RFC 7512 §2.4: a file, or a command behind a "|".
  if (source?.startsWith('|')) return firstLine(await runPasswordCommand(source.slice(1), invocation));
  if (source !== undefined)
    return firstLine(readPasswordFile(source.replace(/^file:(\/\/)?/, ''), invocation));
  if (file) return firstLine(readPasswordFile(file, invocation));
  if (command) return firstLine(await runPasswordCommand(command, invocation));
  try {
    const typed = await askHidden(
      invocation,
      invocation.texts.say('secret.askPin', { token: uri.token ?? '' }),
    );
    return typed.length === 0 ? undefined : typed;
  } catch (error) {
    if (isFailure(error, 'denied', 'PASSWORD_MISSING')) return undefined;
    throw error;
  }
}
