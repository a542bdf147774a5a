// `holdfast approval`: what waits for a second person, and how this one decides.

import type { Approval } from '../../catalog/approvals.ts';
import type { ArgumentSpec, Command, Ending, Invocation } from '../command.ts';
import { controlOptions } from '../control/places.ts';
import { isoTime, localTime } from '../show.ts';
import { openDesk } from '../user-desk.ts';

const idArgument: ArgumentSpec = { name: 'approval', required: true };
const shownMax = 100;

export const command: Command = {
  name: 'approval',
  subcommands: [
    {
      name: 'list',
      options: [{ flags: '--all', text: 'option.approvalAll' }, ...controlOptions],
      run: list,
    },
    { name: 'approve', arguments: [idArgument], options: controlOptions, run: (one) => decided(one, true) },
    { name: 'refuse', arguments: [idArgument], options: controlOptions, run: (one) => decided(one, false) },
  ],
  examples: ['approval list', 'approval approve 0199a1b2-…', 'approval refuse 0199a1b2-…'],
};

async function list(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context, ambient } = invocation;
  const { approvals } = await import('../../identity/second-person.ts');
  await using desk = await openDesk(invocation);
  const filter = { limit: shownMax, isWaiting: !options.flag('all') };
  const { items } = await approvals(desk, desk.by, filter, context);
  for (const { id, object, permission, requestedBy: by, requestedAt, summary, reason, state } of items) {
    const time = localTime(requestedAt, ambient.zoneOffsetMinutes);
    output.line(texts.say('approval.line', { id, permission, object, by, time, state }));
    output.line(texts.say('approval.words', { summary, reason }));
  }
  if (items.length === 0) output.line(texts.say('approval.none'));
  return { result: { approvals: items.map(fieldsOf) } };
}

async function decided(invocation: Invocation, isApproved: boolean): Promise<Ending> {
  const { output, texts, context } = invocation;
  const [id = ''] = invocation.arguments;
  const { decide } = await import('../../identity/second-person.ts');
  await using desk = await openDesk(invocation);
  const approval = await decide(desk, desk.by, id, isApproved, context);
  const { object, requestedBy: by } = approval;
  output.line(texts.say(isApproved ? 'approval.approved' : 'approval.refused', { object, by }));
  return { result: fieldsOf(approval) };
}

function fieldsOf(approval: Approval): Record<string, unknown> {
  const { requestedAt, expiresAt, decidedAt, usedAt, requestedId: _id, ...rest } = approval;
  return {
    ...rest,
    requestedAt: isoTime(requestedAt),
    expiresAt: isoTime(expiresAt),
    ...(decidedAt === undefined ? {} : { decidedAt: isoTime(decidedAt) }),
    ...(usedAt === undefined ? {} : { usedAt: isoTime(usedAt) }),
  };
}
