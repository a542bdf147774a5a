// Any program with an HTTPS address: the message as JSON, signed as https://www.standardwebhooks.com describes, for which libraries exist in
// most languages. Headers: webhook-id, webhook-timestamp, webhook-signature.

import { createHmac } from 'node:crypto';
import { z } from 'zod/mini';
import type { Context } from '../base/context.ts';
import { type Channel, type ChannelKind, taken } from './channel.ts';
import { allowNetworks, caFile, httpUrl, timeoutSeconds } from './fields.ts';
import { messageId, messageJson } from './message-json.ts';
import type { Resolve } from './network/addresses.ts';
import { openEndpoint } from './network/endpoint.ts';
import { post } from './network/post.ts';

export const webhookConfig = z.strictObject({
  url: httpUrl,
  /** "whsec_" and base64, or any text of at least 16 characters. */
  secret: z
    .string()
    .check(z.regex(/^(whsec_[A-Za-z0-9+/]{22,}={0,2}|(?!whsec_).{16,})$/, 'is no signing secret')),
  /** Sent as a bearer token, for receivers that want one besides. */
  token: z.optional(z.string().check(z.regex(/^[\x21-\x7e]+$/, 'a token is one word'))),
  allowNetworks,
  caFile,
  timeoutSeconds,
});
export type WebhookConfig = z.infer<typeof webhookConfig>;

const textBytesMax = 64 * 1024;

const webhook: ChannelKind<WebhookConfig> = {
  kind: 'webhook',
  title: 'signed JSON to any HTTPS address',
  config: webhookConfig,
  secretFields: ['secret', 'token'],
  fromUrl: (url) => ({ url: url.replace(/^webhook:/i, '') }),
  open: (config) => openWebhook(config),
};
export default webhook;

export async function openWebhook(config: WebhookConfig, resolve?: Resolve): Promise<Channel> {
  const endpoint = await openEndpoint('webhook', config, resolve);
  return {
    location: endpoint.location,
    async send(message, context: Context) {
      const body = JSON.stringify(messageJson(message, textBytesMax));
      const id = messageId(message);
      // Of this try, not of the message: receivers refuse what is old.
      const timestamp = Math.floor(context.clock.now() / 1000);
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signWebhook(config.secret, id, timestamp, body),
        ...(config.token === undefined ? {} : { authorization: `Bearer ${config.token}` }),
      };
      await post(endpoint, { headers, body }, context);
      return taken;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** "v1," and base64 of HMAC-SHA-256 over "id.timestamp.body". */
export function signWebhook(secret: string, id: string, timestamp: number, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
