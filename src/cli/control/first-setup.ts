// As long as nobody has an account, whoever sits before this machine makes the first one. What opens that is shown on a terminal alone: what
// is written into a pipe ends up in the journal of the system, where more people read than may become administrator.

import type { Catalog } from '../../catalog/catalog.ts';
import { hasUsers } from '../../catalog/users.ts';
import type { Invocation } from '../command.ts';

/** Says nothing once there is an account. The secret goes to the terminal, once, and into no log. */
export async function tellFirstSetup(
  { catalog, url }: { readonly catalog: Catalog; readonly url: string },
  { ambient, context, output, texts }: Pick<Invocation, 'ambient' | 'context' | 'output' | 'texts'>,
): Promise<void> {
  if (await hasUsers(catalog, context)) return;
  output.emit('nobody', { url });
  if (output.isJson) return;
  output.line(texts.say('up.nobody'));
  if (!ambient.output.isTTY) return;
  const { firstSetup } = await import('../../identity/setup.ts');
  const setup = await firstSetup({ catalog }, context);
  if (setup !== undefined) output.line(texts.say('up.setup', { url, secret: setup.secret }));
}
