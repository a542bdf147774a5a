// A webhook of Microsoft Teams (a workflow, or a connector of old), whose address is the secret. It is sent an adaptive card.

import { z } from 'zod/mini';
import { Failure } from '../base/failure.ts';
import { type Channel, type ChannelKind, type Message, taken } from './channel.ts';
import { allowNetworks, caFile, httpUrl, nothingFromUrl, timeoutSeconds } from './fields.ts';
import { fitText, oneLine } from './fit.ts';
import type { Resolve } from './network/addresses.ts';
import { openEndpoint } from './network/endpoint.ts';
import { post } from './network/post.ts';

export const teamsConfig = z.strictObject({ url: httpUrl, allowNetworks, caFile, timeoutSeconds });
export type TeamsConfig = z.infer<typeof teamsConfig>;

/** A whole message may have 28 KB, and JSON makes quotes and line ends longer. */
const textBytesMax = 8 * 1024;
const factsMax = 10;
const linksMax = 4;
const linkCharactersMax = 1000;

const colors = { INFO: 'good', WARNING: 'warning', CRITICAL: 'attention' } as const;

const teams: ChannelKind<TeamsConfig> = {
  kind: 'teams',
  title: 'Microsoft Teams, webhook',
  config: teamsConfig,
  secretFields: ['url'],
  fromUrl: nothingFromUrl('teams'),
  open: (config) => openTeams(config),
};
export default teams;

export async function openTeams(config: TeamsConfig, resolve?: Resolve): Promise<Channel> {
  const endpoint = await openEndpoint('teams', config, resolve);
  return {
    location: endpoint.location,
    async send(message, context) {
      const headers = { 'content-type': 'application/json' };
      const answer = await post(endpoint, { headers, body: JSON.stringify(teamsPayload(message)) }, context);
      // Connectors of old answer 200 and tell in the text that they have not delivered.
      if (/^Webhook message delivery failed/i.test(answer.trim())) {
        throw new Failure(
          'unavailable',
          'CHANNEL_BUSY',
          `"${endpoint.location}" cannot take the message now`,
          {
            facts: { status: '2xx' },
            hint: 'Teams took the call, but did not deliver the message. It can be sent again.',
          },
        );
      }
      return taken;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Runs of text, unlike blocks of it, are shown as they are: no Markdown of a message is obeyed. */
export function teamsPayload(message: Message): Readonly<Record<string, unknown>> {
  const { severity, title, text, facts, links, language } = message;
  const factLines = Object.entries(facts).slice(0, factsMax);
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          lang: language,
          fallbackText: `${severity}: ${title}`,
          body: [
            richText([{ type: 'TextRun', text: severity, color: colors[severity], weight: 'bolder' }]),
            richText([{ type: 'TextRun', text: title, size: 'large', weight: 'bolder' }]),
            richText([{ type: 'TextRun', text: fitText(text, textBytesMax, language) }]),
            ...factLines.map(([name, value]) =>
              richText([
                { type: 'TextRun', text: `${oneLine(name, 60)}: `, weight: 'bolder' },
                { type: 'TextRun', text: oneLine(String(value), 150) },
              ]),
            ),
          ],
          actions: links
            .filter(({ url }) => url.length <= linkCharactersMax)
            .slice(0, linksMax)
            .map(({ title: name, url }) => ({ type: 'Action.OpenUrl', title: oneLine(name, 100), url })),
        },
      },
    ],
  };
}

function richText(inlines: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> {
  return { type: 'RichTextBlock', inlines };
}
