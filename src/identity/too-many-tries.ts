// Told off for too many tries. That stands in the audit trail once in a while for each address or person, and not for each try: a flood must
// not fill it.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { appendAudit } from '../catalog/audit.ts';
import { markAudited } from '../catalog/audited.ts';
import type { Desk } from './desk.ts';
import { spendTry } from './tries.ts';

/** Whose budget is used up, as it is known: strangers are known by their address alone. */
export interface ToldOff {
  /** Of the budget. */
  readonly whose: string;
  readonly actor?: string;
  readonly address?: string | undefined;
  readonly waitMs: number;
}

/** The refusal, to be thrown: denied/TOO_MANY_TRIES. */
export async function tooManyTries(
  { catalog, node }: Desk,
  { whose, actor = 'unknown', address, waitMs }: ToldOff,
  context: Context,
): Promise<Failure> {
  if ((await spendTry(catalog, 'told', whose, context)).isAllowed) {
    await appendAudit(
      catalog,
      {
        node,
        actor,
        method: 'session',
        action: 'user:login',
        outcome: 'refused',
        ...(address === undefined ? {} : { address }),
        facts: { code: 'TOO_MANY_TRIES' },
      },
      context,
    );
  }
  return markAudited(
    new Failure('denied', 'TOO_MANY_TRIES', 'there were too many tries', {
      facts: { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) },
      hint: 'Wait a few minutes, then try again.',
    }),
  );
}
