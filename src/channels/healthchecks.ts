// A dead-man switch in the manner of healthchecks.io, also on a server of one's own: it is told that a run begins, ended well or failed, and
// raises the alarm when it hears nothing. The address of the check is the secret.

import { z } from 'zod/mini';
import { type Channel, type ChannelKind, type Message, taken } from './channel.ts';
import { allowNetworks, caFile, httpUrl, nothingFromUrl, timeoutSeconds } from './fields.ts';
import { fitText } from './fit.ts';
import type { Resolve } from './network/addresses.ts';
import { below, openEndpoint } from './network/endpoint.ts';
import { post } from './network/post.ts';

export const healthchecksConfig = z.strictObject({ url: httpUrl, allowNetworks, caFile, timeoutSeconds });
export type HealthchecksConfig = z.infer<typeof healthchecksConfig>;

/** What the public service keeps of a body. */
const bodyBytesMax = 100_000;

const suffixes = { start: '/start', success: '', fail: '/fail' } as const;

const healthchecks: ChannelKind<HealthchecksConfig> = {
  kind: 'healthchecks',
  title: 'dead-man switch, healthchecks.io or alike',
  config: healthchecksConfig,
  secretFields: ['url'],
  fromUrl: nothingFromUrl('healthchecks'),
  open: (config) => openHealthchecks(config),
};
export default healthchecks;

export async function openHealthchecks(config: HealthchecksConfig, resolve?: Resolve): Promise<Channel> {
  const endpoint = await openEndpoint('healthchecks', config, resolve);
  return {
    location: endpoint.location,
    async send(message, context) {
      const headers = { 'content-type': 'text/plain; charset=utf-8' };
      const body = fitText(`${message.title}\n\n${message.text}`, bodyBytesMax, message.language);
      await post(below(endpoint, suffixOf(message)), { headers, body }, context);
      return taken;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** A message without a beat must not look like a sign of life: it fails the check when critical, otherwise it is only noted. */
function suffixOf({ beat, severity }: Message): string {
  if (beat !== undefined) return suffixes[beat];
  return severity === 'CRITICAL' ? '/fail' : '/log';
}
