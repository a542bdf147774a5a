// `--kdf`: how a passphrase becomes a key, for `init` and `key`.

import type { OptionSpec } from './command.ts';
import type { Options } from './options.ts';

export const kdfOption: OptionSpec = {
  flags: '--kdf <name>',
  choices: ['argon2id', 'scrypt', 'pbkdf2-sha256'],
};

/** The key slot fills in today's costs. */
export function slotParameters(options: Options): { readonly kdf: string } {
  return { kdf: options.text('kdf') ?? 'argon2id' };
}
