// The port of channels: ways to tell people, or the programs that watch for them, what happened. What arrives here is rendered and free of
// secrets; whom to tell, when, and what becomes of a message that could not be delivered is decided elsewhere.

import type { Context, Instant } from '../base/context.ts';

export const severities = ['INFO', 'WARNING', 'CRITICAL'] as const;
export type Severity = (typeof severities)[number];

/** What a dead-man switch is told: a run begins, has ended well, or has not. */
export type Beat = 'start' | 'success' | 'fail';

export interface Message {
  readonly severity: Severity;
  /** One line, the subject of a mail. */
  readonly title: string;
  /** Plain text of any length; a channel that has less room cuts it and says so. */
  readonly text: string;
  /** The same as a whole HTML document, for channels that show it. */
  readonly html?: string;
  /** Short values beside the text, named for people. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly { readonly title: string; readonly url: string }[];
  /** Of title and text. */
  readonly language: 'en' | 'de';
  /** Equal for all that is about one thing, such as an alert and the message that it is over. */
  readonly dedupeKey: string;
  readonly at: Instant;
  readonly beat?: Beat;
}

export interface Receipt {
  /** Recipients that were refused while the message was taken for others: sending again would tell those twice. */
  readonly refused: readonly string[];
}

/**
 * 1. After `send` returns, the endpoint has taken the message, as far as its protocol can tell.
 * 2. A `send` that fails may have arrived: who sends again sends the same message, and endpoints that can, join the two.
 * 3. It ends within the channel's deadline, and at once when the signal aborts.
 * 4. A failure of kind `unavailable` passes, with the fact `retryAfterMs` where the endpoint names a time; any other stays until
 *    somebody changes something, and its hint says what.
 * 5. No secret and nothing that the endpoint answered stands in a failure, but for the class of its status.
 */
export interface Channel extends AsyncDisposable {
  /** For people and logs; holds no secret. */
  readonly location: string;
  send(message: Message, context: Context): Promise<Receipt>;
}

/** What every kind's configuration has. */
export interface ChannelLimits {
  /** How long `send` may take in all. */
  readonly timeoutSeconds: number;
}

export interface ChannelKind<Config extends ChannelLimits> {
  readonly kind: string;
  readonly title: string;
  /** A zod schema: validates, names flags, draws forms. */
  readonly config: { parse(input: unknown): Config };
  /** Fields of the configuration that are secrets: they never stand in a URL, and are never printed. */
  readonly secretFields: readonly (keyof Config & string)[];
  /** All that a URL can say, to be checked by `config` once the secrets are added. */
  fromUrl(url: string): Readonly<Record<string, unknown>>;
  open(config: Config, context: Context): Promise<Channel>;
}

/** For kinds that have no room for refused recipients. */
export const taken: Receipt = { refused: [] };
