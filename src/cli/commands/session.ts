// `holdfast session`: ends what a writer left behind whose machine will not come back.

import { Failure } from '../../base/failure.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository } from '../repository-access.ts';
import { shortId } from '../snapshot-choice.ts';

export const command: Command = {
  name: 'session',
  subcommands: [
    {
      name: 'revoke',
      arguments: [{ name: 'session', required: true }],
      options: [{ flags: '--reason <text>' }],
      run: revoke,
    },
  ],
  examples: ['session revoke 5f3a91c0 --reason "the machine burned down"'],
};

async function revoke(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const reason = options.text('reason')?.trim() ?? '';
  if (reason === '') throw new Failure('usage', 'REASON_NEEDED', 'the reason is empty');
  await using repository = await openMainRepository(invocation, 'write', { uncached: true });
  const { revokeSession } = await import('../../operations/revoke-session.ts');
  const id = invocation.arguments[0]!.toLowerCase();
  const { session, revoked } = await revokeSession({ id, reason }, repository, context);
  const text = revoked ? 'session.revoked' : 'session.ended';
  output.line(texts.say(text, { id: shortId(session.id), node: session.node }));
  return { result: { id: session.id, node: session.node, revoked, reason } };
}
