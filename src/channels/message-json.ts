// A message as JSON: what webhooks carry in their body and commands get on their standard input. Fields may be added, never renamed.

import { createHash } from 'node:crypto';
import type { Message } from './channel.ts';
import { fitText } from './fit.ts';

export interface MessageJson {
  readonly version: 1;
  readonly id: string;
  readonly severity: Message['severity'];
  readonly title: string;
  readonly text: string;
  readonly facts: Message['facts'];
  readonly links: Message['links'];
  readonly language: Message['language'];
  readonly dedupeKey: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly beat?: Message['beat'];
}

export function messageJson(message: Message, textBytesMax: number): MessageJson {
  const { severity, title, text, facts, links, language, dedupeKey, at, beat } = message;
  return {
    version: 1,
    id: messageId(message),
    severity,
    title,
    text: fitText(text, textBytesMax, language),
    facts,
    links,
    language,
    dedupeKey,
    at: new Date(at).toISOString(),
    ...(beat === undefined ? {} : { beat }),
  };
}

/** The same for every try to deliver one message, so that receivers can drop what they have. */
export function messageId(message: Message): string {
  const { severity, title, text, dedupeKey, at, beat = '' } = message;
  return `msg_${digest([severity, title, text, dedupeKey, at, beat])}`;
}

/** The same for all messages about one thing. */
export function threadId(message: Message): string {
  return `thread_${digest([message.dedupeKey])}`;
}

function digest(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
