// Sends messages through one channel, in the order given. Each gets its own answer: one that is refused does not hold up the next.

import { z } from 'zod';
import { isFailure } from '../../base/failure.ts';
import type { JsonValue } from '../../base/jcs.ts';
import type { Message } from '../../channels/channel.ts';
import { channelSchema } from '../../model/configuration/places.ts';
import type { JobKind } from '../job.ts';
import { failureOf } from './failure.ts';

export const messageSchema = z.strictObject({
  severity: z.enum(['INFO', 'WARNING', 'CRITICAL']),
  title: z.string(),
  text: z.string(),
  html: z.string().optional(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  links: z.array(z.strictObject({ title: z.string(), url: z.string() })),
  language: z.enum(['en', 'de']),
  dedupeKey: z.string(),
  at: z.number(),
  beat: z.enum(['start', 'success', 'fail']).optional(),
});

const orderSchema = z.strictObject({
  channel: channelSchema,
  messages: z.array(messageSchema).min(1).max(100),
});
type DeliverOrder = z.output<typeof orderSchema>;

/** What became of one message. */
export const answerSchema = z.union([
  z.strictObject({ refused: z.array(z.string()) }),
  z.strictObject({
    failure: z.strictObject({ kind: z.string(), code: z.string(), retryAfterMs: z.number().optional() }),
  }),
]);
export type DeliverAnswer = z.output<typeof answerSchema>;

export const job: JobKind<DeliverOrder> = {
  order: orderSchema,
  async run({ channel: rules, messages }, { openers }, context) {
    await using channel = await openers.channel(rules, context);
    const answers: DeliverAnswer[] = [];
    for (const message of messages) {
      try {
        const { refused } = await channel.send(message as Message, context);
        answers.push({ refused: [...refused] });
      } catch (error) {
        if (context.signal.aborted) throw error;
        answers.push({ failure: answerOf(error) });
      }
    }
    const failed = answers.filter((answer) => 'failure' in answer).length;
    return {
      outcome: failed === 0 ? 'succeeded' : failed === answers.length ? 'failed' : 'partial',
      counts: { messages: answers.length, failed },
      result: answers as unknown as JsonValue,
    };
  },
};

function answerOf(error: unknown): { kind: string; code: string; retryAfterMs?: number } {
  const { kind, code } = failureOf(error);
  const wish = isFailure(error) ? error.facts.retryAfterMs : undefined;
  return { kind, code, ...(typeof wish === 'number' ? { retryAfterMs: wish } : {}) };
}
