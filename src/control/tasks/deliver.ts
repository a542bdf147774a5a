// One try to send one message. A process that dies between sending and noting sends again, the same message, never none: the note is written
// only by who still holds the task.

import { z } from 'zod';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { raiseAlert, resolveAlert } from '../../catalog/alerts.ts';
import { together } from '../../catalog/catalog.ts';
import { catalogTime } from '../../catalog/clock.ts';
import { requireHolding } from '../../catalog/leases.ts';
import { type MessageNote, messageById, noteMessage, type OutgoingMessage } from '../../catalog/messages.ts';
import type { NewTask } from '../../catalog/queue.ts';
import { backoffMs } from '../../model/alerting/sending.ts';
import { answerSchema, type DeliverAnswer } from '../jobs/deliver.ts';
import { failureOf } from '../jobs/failure.ts';
import type { TaskKind, TaskTools } from '../task.ts';
import { boundedJob } from './job-end.ts';
import { readPayload } from './orders.ts';

const payloadSchema = z.strictObject({ message: z.string(), attempts: z.int().min(0) });

/** A channel gives up long before. */
const longestMs = 5 * 60_000;
/** Above all backups: a message takes seconds. */
const priority = 1000;
/** A channel that failed so often in a row, or says no, is a trouble of its own. */
const attemptsUntilAlert = 3;
/** A failing message stays the same for so long, so that receivers join what arrived twice; then news are added to it. */
const sameForMs = 3_600_000;

/** One channel sends one message at a time; a slow one holds up no other. */
export function deliverTask({
  id,
  channel,
  attempts,
}: Pick<OutgoingMessage, 'id' | 'channel' | 'attempts'>): NewTask {
  return {
    kind: 'deliver',
    key: `deliver:${id}:${attempts}`,
    payload: { message: id, attempts },
    priority,
    source: `channel:${channel}`,
  };
}

export const task: TaskKind = {
  async run(claim, tools, context) {
    const { catalog } = tools;
    const order = readPayload(payloadSchema, 'deliver', claim.task.payload);
    const message = await messageById(catalog, order.message, context);
    if (message === undefined || message.state !== 'waiting' || message.attempts !== order.attempts) {
      return { skipped: true };
    }
    const answer = await answerFor(message, tools, context);
    return together(
      catalog,
      async (unit) => {
        await requireHolding(unit, { kind: 'task', id: claim.task.id, fence: claim.fence }, context);
        const note = noteOf(message, answer, await catalogTime(unit, context));
        const result = { note: note.kind, ...('code' in note ? { code: note.code } : {}) };
        if (!(await noteMessage(unit, message, note, context))) return result;
        const key = `channel:${message.channel}`;
        if (note.kind === 'taken' && !note.refused) {
          await resolveAlert(unit, key, context);
        } else if (isTrouble(message, note)) {
          const code = 'code' in note ? note.code : 'RECIPIENTS_REFUSED';
          const facts = { channel: message.channel, code, attempts: message.attempts + 1 };
          const title = `messages by "${message.channel}" do not arrive (${code})`;
          await raiseAlert(unit, { key, severity: severityOf(message), title, facts }, context);
        }
        return result;
      },
      context,
    );
  },
};

async function answerFor(
  message: OutgoingMessage,
  tools: TaskTools,
  context: Context,
): Promise<DeliverAnswer | 'gone' | 'late'> {
  const { catalog } = tools;
  const { channels } = await tools.configuration(context);
  const rules = Object.hasOwn(channels, message.channel) ? channels[message.channel] : undefined;
  if (rules === undefined) return 'gone';
  // A sign of life that comes late is a lie.
  if (message.topic === 'beat' && (await catalogTime(catalog, context)) >= message.giveUpAt) return 'late';
  const order = { channel: rules, messages: [message.content] } as unknown as JsonValue;
  let answer: DeliverAnswer;
  try {
    const end = await boundedJob({ kind: 'deliver', order, longestMs }, tools, context);
    const [read] = z.array(answerSchema).safeParse(end.result).data ?? [];
    answer = read ?? {
      failure: { kind: end.failure?.kind ?? 'bug', code: end.failure?.code ?? 'JOB_BROKE' },
    };
  } catch (error) {
    const { kind, code } = failureOf(error);
    answer = { failure: { kind, code } };
  }
  // Being stopped says nothing of the channel.
  if (context.signal.aborted) throw new Failure('canceled', 'CANCELED', 'the sending was stopped');
  return answer;
}

function noteOf(message: OutgoingMessage, answer: DeliverAnswer | 'gone' | 'late', now: number): MessageNote {
  if (answer === 'gone') return { kind: 'given-up', code: 'UNKNOWN_CHANNEL' };
  if (answer === 'late') return { kind: 'given-up', code: 'BEAT_LATE' };
  if ('refused' in answer) return { kind: 'taken', refused: answer.refused.length > 0 };
  const { kind, code, retryAfterMs } = answer.failure;
  const nextAt = now + backoffMs(message.attempts + 1, retryAfterMs);
  if (nextAt >= message.giveUpAt) return { kind: 'given-up', code };
  if (message.topic !== 'news') return { kind: 'later', code, nextAt };
  const isTheSame = kind === 'unavailable' && now - (message.failedAt ?? now) < sameForMs;
  return { kind: isTheSame ? 'later' : 'anew', code, nextAt };
}

function isTrouble({ attempts }: OutgoingMessage, note: MessageNote): boolean {
  if (note.kind === 'given-up' && (note.code === 'UNKNOWN_CHANNEL' || note.code === 'BEAT_LATE'))
    return false;
  return note.kind !== 'later' || attempts + 1 >= attemptsUntilAlert;
}

/** A critical that does not get through has to reach somebody another way. */
function severityOf({ content }: OutgoingMessage): 'warning' | 'critical' {
  const isCritical = (content as { readonly severity?: unknown }).severity === 'CRITICAL';
  return isCritical ? 'critical' : 'warning';
}
