// Proves on a live endpoint what channel.ts promises, as far as a sender can see it. It sends a handful of messages, each of which says
// that it is a test.

import type { Context } from '../base/context.ts';
import { isFailure } from '../base/failure.ts';
import type { Channel, Message } from './channel.ts';

export interface ConformanceResult {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

interface Check {
  readonly name: string;
  /** Throws what is wrong. */
  run(channel: Channel, sample: Message, context: Context): Promise<void>;
}

/** More than any channel has room for. */
const longText = 'This line makes the message longer than any channel has room for. ÄÖÜ äöü ß €\n'.repeat(
  4000,
);

const checks: readonly Check[] = [
  {
    name: 'a message of each severity is taken',
    async run(channel, sample, context) {
      for (const severity of ['INFO', 'WARNING', 'CRITICAL'] as const) {
        await channel.send({ ...sample, severity, dedupeKey: `${sample.dedupeKey}/${severity}` }, context);
      }
    },
  },
  {
    name: 'a message with letters of all kinds is taken',
    async run(channel, sample, context) {
      const title = `${sample.title}\r\nBcc: nobody@example.org\u0000 \u201eÄÖÜß\u201c 漢字 \u{1f512}`;
      const text = `${sample.text}\n\n.\n\u0007<b>&amp;</b> *a* _b_ <!channel> [c](https://example.org)\n${'x'.repeat(2000)}`;
      const facts = { 'a "fact"]': 'with\\ ]quotes"', 'größe/Maß': 1.5, done: true };
      await channel.send({ ...sample, title, text, facts }, context);
    },
  },
  {
    name: 'a message that is too long is taken, cut',
    run: async (channel, sample, context) =>
      void (await channel.send({ ...sample, text: longText }, context)),
  },
  {
    name: 'the same message is taken once more',
    async run(channel, sample, context) {
      await channel.send(sample, context);
      await channel.send(sample, context);
    },
  },
  {
    name: 'a canceled message fails as canceled',
    async run(channel, sample, context) {
      try {
        await channel.send(sample, { ...context, signal: AbortSignal.abort() });
      } catch (error) {
        if (isFailure(error, 'canceled')) return;
        throw error;
      }
      throw new Error('it was sent all the same');
    },
  },
];

/** Every check is run, also after one has failed. */
export async function* conformance(
  open: () => Promise<Channel>,
  sample: Message,
  context: Context,
): AsyncIterable<ConformanceResult> {
  await using channel = await open();
  for (const { name, run } of checks) {
    try {
      await run(channel, sample, context);
      yield { name, ok: true };
    } catch (error) {
      if (context.signal.aborted) throw error;
      yield { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
    }
  }
}
