// An incoming webhook of Slack, whose address is the secret. Mattermost and Rocket.Chat take the same.

import { z } from 'zod/mini';
import { type Channel, type ChannelKind, type Message, taken } from './channel.ts';
import { allowNetworks, caFile, httpUrl, nothingFromUrl, timeoutSeconds } from './fields.ts';
import { fitText, oneLine } from './fit.ts';
import type { Resolve } from './network/addresses.ts';
import { openEndpoint } from './network/endpoint.ts';
import { post } from './network/post.ts';

export const slackConfig = z.strictObject({ url: httpUrl, allowNetworks, caFile, timeoutSeconds });
export type SlackConfig = z.infer<typeof slackConfig>;

/** Slack's limits are 3000 characters for a section, 150 for a header, ten fields of 2000 for a section. */
const textBytesMax = 2800;
const titleCharactersMax = 140;
const factsMax = 10;
const linksMax = 4;
const linkCharactersMax = 400;

const signs = { INFO: ':information_source:', WARNING: ':warning:', CRITICAL: ':rotating_light:' } as const;
const colors = { INFO: '#2e7d32', WARNING: '#f9a825', CRITICAL: '#c62828' } as const;

const slack: ChannelKind<SlackConfig> = {
  kind: 'slack',
  title: 'Slack, incoming webhook',
  config: slackConfig,
  secretFields: ['url'],
  fromUrl: nothingFromUrl('slack'),
  open: (config) => openSlack(config),
};
export default slack;

export async function openSlack(config: SlackConfig, resolve?: Resolve): Promise<Channel> {
  const endpoint = await openEndpoint('slack', config, resolve);
  return {
    location: endpoint.location,
    async send(message, context) {
      const headers = { 'content-type': 'application/json' };
      await post(endpoint, { headers, body: JSON.stringify(slackPayload(message)) }, context);
      return taken;
    },
    async [Symbol.asyncDispose]() {},
  };
}

export function slackPayload(message: Message): Readonly<Record<string, unknown>> {
  const { severity, title, text, facts, links, language } = message;
  const fields = Object.entries(facts)
    .slice(0, factsMax)
    .map(([name, value]) => ({
      type: 'mrkdwn',
      text: `*${escapeMarkup(oneLine(name, 60))}*\n${escapeMarkup(oneLine(String(value), 300))}`,
    }));
  const shownLinks = links
    .filter(({ url }) => url.length <= linkCharactersMax)
    .slice(0, linksMax)
    .map(
      ({ title: name, url }) =>
        `<${escapeMarkup(url)}|${escapeMarkup(oneLine(name, 60)).replaceAll('|', '/')}>`,
    );
  // Escaping makes text longer, so it comes first; what is cut may then end within an entity, which shows as it is.
  const body = fitText(escapeMarkup(text), textBytesMax, language);
  return {
    // What notifications and screen readers show.
    text: `${severity}: ${escapeMarkup(title)}`,
    attachments: [
      {
        color: colors[severity],
        blocks: [
          {
            type: 'header',
            text: {
              type: 'plain_text',
              text: oneLine(`${signs[severity]} ${title}`, titleCharactersMax),
              emoji: true,
            },
          },
          ...(body === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: body, verbatim: true } }]),
          ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
          ...(shownLinks.length === 0
            ? []
            : [{ type: 'section', text: { type: 'mrkdwn', text: shownLinks.join(' · ') } }]),
        ],
      },
    ],
  };
}

/** So that nothing in a message can call everybody, or hide where a link leads. */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
