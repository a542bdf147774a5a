// What the commands about people share: the catalog with a desk at it, who sits at this machine, and new passwords.

import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import { currentConfiguration } from '../catalog/configurations.ts';
import type { Principal } from '../identity/access.ts';
import type { Desk } from '../identity/desk.ts';
import type { Invocation, OptionSpec } from './command.ts';
import { catalogOf } from './control/places.ts';
import { askHidden, firstLine, readPasswordFile } from './secrets.ts';

export const newPasswordOption: OptionSpec = {
  flags: '--new-password-file <file>',
  text: 'option.userPasswordFile',
};
export const currentPasswordOption: OptionSpec = { flags: '--current-password-file <file>' };

export interface LocalDesk extends Desk, AsyncDisposable {
  readonly by: Principal;
}

/** `makes`: the catalog may be a new one, as it is for the first account. */
export async function openDesk(invocation: Invocation, { makes = false } = {}): Promise<LocalDesk> {
  const { ambient, context } = invocation;
  const { localPrincipal } = await import('../identity/access.ts');
  const { createHasher } = await import('../identity/passwords/hasher.ts');
  const { openCatalog } = await import('../catalog/open.ts');
  const catalog = await openCatalog(await catalogOf(invocation), context, { migrate: makes });
  try {
    const { api } = await currentConfiguration(catalog, context);
    return {
      catalog,
      node: ambient.hostName,
      hasher: createHasher(),
      profile: api.passwords,
      by: localPrincipal(ambient.userName),
      [Symbol.asyncDispose]: () => catalog.close(),
    };
  } catch (error) {
    await catalog.close();
    throw error;
  }
}

/** From a file, or typed twice at a terminal. */
export async function newPassword(name: string, invocation: Invocation): Promise<Secret> {
  const { options, texts } = invocation;
  const file = options.text('newPasswordFile');
  if (file !== undefined) return taken(readPasswordFile(file, invocation));
  const first = await askHidden(invocation, texts.say('user.askNew', { name }));
  const second = await askHidden(invocation, texts.say('secret.askAgain'));
  const isSame = first.equals(second);
  second.fill(0);
  if (!isSame) throw new Failure('usage', 'PASSWORDS_DIFFER', 'the two entries are not the same');
  return taken(first);
}

export async function currentPassword(name: string, invocation: Invocation): Promise<Secret> {
  const file = invocation.options.text('currentPasswordFile');
  if (file !== undefined) return taken(readPasswordFile(file, invocation));
  return taken(await askHidden(invocation, invocation.texts.say('user.askCurrent', { name })));
}

/** A code of an app: hidden, as it is worth something for half a minute. */
export async function codeOf(name: string, invocation: Invocation): Promise<string> {
  const file = invocation.options.text('codeFile');
  const bytes =
    file === undefined
      ? await askHidden(invocation, invocation.texts.say('user.askCode', { name }))
      : readPasswordFile(file, invocation);
  return firstLine(bytes).toString().trim();
}

function taken(bytes: Buffer): Secret {
  const secret = new Secret(new Uint8Array(firstLine(bytes)));
  bytes.fill(0);
  return secret;
}
