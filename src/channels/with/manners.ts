// What every channel keeps whatever its kind: a deadline, an end when canceled, titles of one line, texts without control characters, and
// failures in which no secret stands.

import { Failure } from '../../base/failure.ts';
import type { Channel, Message } from '../channel.ts';
import { oneLine, plainLines } from '../fit.ts';
import { canceled } from '../network/trouble.ts';

export interface Manners {
  readonly deadlineMs: number;
  /** Must not stand in any failure. */
  readonly secrets: readonly string[];
}

/** Shorter ones would be found in any text. */
const secretCharactersMin = 4;

export function withManners(inner: Channel, { deadlineMs, secrets }: Manners): Channel {
  const hidden = secrets.filter(({ length }) => length >= secretCharactersMin);
  return {
    location: inner.location,
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    async send(message, context) {
      if (context.signal.aborted) throw canceled();
      const ended = new AbortController();
      const late = new AbortController();
      const signal = AbortSignal.any([context.signal, late.signal]);
      const timer = context.clock.sleep(deadlineMs, ended.signal).then(
        () => {
          const failure = timedOut(inner.location, deadlineMs);
          late.abort(failure);
          throw failure;
        },
        () => new Promise<never>(() => {}),
      );
      const stopped = abortOf(context.signal, ended.signal);
      try {
        const running = inner.send(clean(message), { ...context, signal });
        // One that does not heed its signal is left behind.
        running.catch(() => undefined);
        return await Promise.race([running, timer, stopped]);
      } catch (error) {
        if (context.signal.aborted) throw canceled();
        throw withoutSecrets(late.signal.aborted ? late.signal.reason : error, hidden);
      } finally {
        timer.catch(() => undefined);
        stopped.catch(() => undefined);
        ended.abort();
      }
    },
  };
}

function abortOf(signal: AbortSignal, until: AbortSignal): Promise<never> {
  return new Promise((_, rejected) => {
    signal.addEventListener('abort', () => rejected(canceled()), { once: true, signal: until });
  });
}

function clean(message: Message): Message {
  const { title, text, facts, links } = message;
  const factList = Object.entries(facts).map(([name, value]) => [
    oneLine(name),
    typeof value === 'string' ? oneLine(value, 1000) : value,
  ]);
  return {
    ...message,
    title: oneLine(title),
    text: plainLines(text),
    facts: Object.fromEntries(factList),
    // Anything else could do more than lead somewhere.
    links: links.filter(({ url }) => /^https?:\/\/[^\s"<>]+$/i.test(url)),
  };
}

function timedOut(location: string, deadlineMs: number): Failure {
  return new Failure('unavailable', 'CHANNEL_TIMEOUT', `"${location}" did not take the message in time`, {
    facts: { deadlineMs },
    hint: 'Check the network and the server. The message can be sent again.',
  });
}

/** The last line of defence: kinds put no secret into failures. Causes are dropped, since nobody can look through them. */
function withoutSecrets(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof Failure)) return error;
  const hide = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  const facts = Object.fromEntries(
    Object.entries(error.facts).map(([name, value]) => [
      name,
      typeof value === 'string' ? hide(value) : value,
    ]),
  );
  const more = { facts, ...(error.hint === undefined ? {} : { hint: hide(error.hint) }) };
  return new Failure(error.kind, error.code, hide(error.message), more);
}
