// A topic of Amazon SNS, which hands messages on as mail, SMS or to other services. Credentials are those of the machine, or a key pair.

import { z } from 'zod/mini';
import type { Channel, ChannelKind } from './channel.ts';
import { timeoutSeconds } from './fields.ts';
import { type Resolve, systemResolve } from './network/addresses.ts';

export const snsConfig = z.strictObject({
  topic: z
    .string()
    .check(
      z.regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,251}(\.fifo)?$/, 'is no ARN of a topic'),
    ),
  /** Of private connections; absent: the public one of the region. */
  endpoint: z.optional(
    z
      .string()
      .check(
        z.regex(/^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1)([:/]|$))[^?#@]*$/, 'is no https endpoint'),
      ),
  ),
  accessKeyId: z.optional(z.string().check(z.regex(/^[A-Z0-9]{16,128}$/, 'is no access key id'))),
  secretAccessKey: z.optional(z.string()),
  timeoutSeconds,
});
export type SnsConfig = z.infer<typeof snsConfig>;

const sns: ChannelKind<SnsConfig> = {
  kind: 'sns',
  title: 'Amazon SNS topic',
  config: snsConfig,
  secretFields: ['secretAccessKey'],
  fromUrl: (url) => ({ topic: url.replace(/^sns:/i, '') }),
  open: (config) => openSns(config),
};
export default sns;

export async function openSns(config: SnsConfig, resolve: Resolve = systemResolve): Promise<Channel> {
  // The library is large, so it is loaded for who sends.
  const { SnsChannel } = await import('./sns/topic.ts');
  return new SnsChannel(config, resolve);
}
