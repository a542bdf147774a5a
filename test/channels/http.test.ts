// Channels that speak HTTP, against a receiver of our own with a throwaway authority: what arrives, and what becomes of a message when the
// receiver is down, slow, broken, or not who it seems.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { openConfiguredChannel } from '../../src/channels/all.ts';
import type { Channel } from '../../src/channels/channel.ts';
import { conformance } from '../../src/channels/conformance.ts';
import { slackPayload } from '../../src/channels/slack.ts';
import { teamsPayload } from '../../src/channels/teams.ts';
import { openWebhook, signWebhook, webhookConfig } from '../../src/channels/webhook.ts';
import { type Authority, makeAuthority } from '../servers/authority.ts';
import { freePort, serverFolder } from '../servers/process.ts';
import {
  channelContext,
  failure,
  type Manner,
  type Receiver,
  sample,
  startReceiver,
} from './channel-world.ts';

const folder = serverFolder();
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const secretPath = 'T000/B000/verysecretpath';
let authority: Authority;
let receiver: Receiver;

before(async () => {
  authority = makeAuthority(folder.path);
  receiver = await startReceiver(authority.issue('receiver', 'IP:127.0.0.1,DNS:receiver.test'));
});
after(async () => {
  await receiver[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const kinds = ['webhook', 'slack', 'teams', 'healthchecks'] as const;

function open(kind: (typeof kinds)[number], more: Readonly<Record<string, unknown>> = {}): Promise<Channel> {
  const url = `${receiver.url}${secretPath}`;
  const config = { url, allowNetworks: ['127.0.0.0/8'], caFile: authority.path, ...more };
  return openConfiguredChannel(
    { kind, ...config, ...(kind === 'webhook' ? { secret } : {}) },
    channelContext(),
  );
}

async function sendWith(manner: Manner, kind: (typeof kinds)[number] = 'webhook'): Promise<void> {
  receiver.manner = manner;
  await using channel = await open(kind);
  await channel.send(sample, channelContext());
}

function lastBody(): Record<string, unknown> {
  return JSON.parse(receiver.received.at(-1)!.body) as Record<string, unknown>;
}

for (const kind of kinds) {
  test(`${kind} keeps what a channel promises, and its location shows the origin alone`, async () => {
    receiver.manner = { status: 200 };
    const results = await Array.fromAsync(conformance(() => open(kind), sample, channelContext()));
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
    assert.equal(results.length, 5);
    await using channel = await open(kind);
    assert.equal(channel.location, `${kind}:https://127.0.0.1:${receiver.port}`);
  });

  test(`${kind}: what an endpoint answers decides whether to try again, and shows no secret`, async () => {
    const cases: readonly (readonly [Manner, Parameters<typeof failure>[0], string])[] = [
      [{ status: 500, body: 'secret answer' }, 'unavailable', 'CHANNEL_BUSY'],
      [{ status: 503 }, 'unavailable', 'CHANNEL_BUSY'],
      [{ status: 429 }, 'unavailable', 'CHANNEL_BUSY'],
      [{ status: 400, body: 'secret answer' }, 'usage', 'CHANNEL_REFUSED'],
      [{ status: 413 }, 'usage', 'CHANNEL_REFUSED'],
      [{ status: 401 }, 'denied', 'CHANNEL_DENIED'],
      [{ status: 403 }, 'denied', 'CHANNEL_DENIED'],
      [{ status: 404 }, 'missing', 'CHANNEL_GONE'],
      [{ status: 410 }, 'missing', 'CHANNEL_GONE'],
      [{ status: 302, headers: { location: `${receiver.url}other-place` } }, 'usage', 'CHANNEL_REDIRECTED'],
      [{ status: 307, headers: { location: 'http://169.254.169.254/' } }, 'usage', 'CHANNEL_REDIRECTED'],
      ['reset', 'unavailable', 'CHANNEL_UNAVAILABLE'],
      ['resetInAnswer', 'unavailable', 'CHANNEL_UNAVAILABLE'],
    ];
    for (const [manner, kindOfFailure, code] of cases) {
      const before = receiver.received.length;
      await assert.rejects(
        sendWith(manner, kind),
        failure(kindOfFailure, code, ['secret answer', secretPath, secret, 'other-place', '169.254']),
        JSON.stringify(manner),
      );
      assert.equal(receiver.received.length, before + 1, 'nothing is followed, nothing is sent twice');
    }
  });
}

test('Retry-After is handed on, in seconds or as a date, within a day', async () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['17', 17_000],
    [new Date(sample.at + 90_000).toUTCString(), 90_000],
    [new Date(sample.at - 90_000).toUTCString(), 0],
    ['99999999', 86_400_000],
    ['soon', undefined],
  ];
  for (const [header, retryAfterMs] of cases) {
    await assert.rejects(sendWith({ status: 429, headers: { 'retry-after': header } }), (error: unknown) => {
      assert.ok(failure('unavailable', 'CHANNEL_BUSY')(error));
      assert.equal((error as { facts: { retryAfterMs?: number } }).facts.retryAfterMs, retryAfterMs, header);
      return true;
    });
  }
});

test('a receiver that never answers holds nobody longer than the deadline', async () => {
  receiver.manner = 'silent';
  await using channel = await open('webhook', { timeoutSeconds: 7 });
  const context = channelContext();
  const asked = receiver.next();
  const sending = channel.send(sample, context);
  sending.catch(() => undefined);
  await asked;
  assert.deepEqual(context.sleeps, [7000]);
  context.ring();
  await assert.rejects(sending, failure('unavailable', 'CHANNEL_TIMEOUT'));
});

test('an abort ends a send at once', async () => {
  receiver.manner = 'silent';
  await using channel = await open('webhook');
  const stop = new AbortController();
  const asked = receiver.next();
  const sending = channel.send(sample, channelContext(stop.signal));
  sending.catch(() => undefined);
  await asked;
  stop.abort();
  await assert.rejects(sending, (error: unknown) => (error as { code?: string }).code === 'CANCELED');
});

test('an answer without end is not read to its end', async () => {
  await sendWith('endless');
});

test('a receiver that is down is unavailable; a certificate of a stranger or for another name is refused', async () => {
  const url = `https://127.0.0.1:${await freePort()}/`;
  await using gone = await open('webhook', { url });
  await assert.rejects(gone.send(sample, channelContext()), failure('unavailable', 'CHANNEL_UNAVAILABLE'));

  receiver.manner = { status: 200 };
  const before = receiver.received.length;
  await using strange = await open('webhook', { caFile: undefined });
  await assert.rejects(strange.send(sample, channelContext()), failure('denied', 'CHANNEL_CERTIFICATE'));
  await using other = await startReceiver(authority.issue('other', 'DNS:other.test'));
  await using named = await open('webhook', { url: other.url });
  await assert.rejects(named.send(sample, channelContext()), failure('denied', 'CHANNEL_CERTIFICATE'));
  assert.equal(receiver.received.length + other.received.length, before, 'something was said to a stranger');
});

test('the signature is that of the Standard Webhooks, as its reference vector has it', () => {
  const signature = signWebhook(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}');
  assert.equal(signature, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test('a webhook carries the whole message, signed over exactly its bytes; a second try has the same id', async () => {
  await sendWith({ status: 204 });
  await sendWith({ status: 202 });
  const [first, second] = receiver.received.slice(-2);
  const { headers, body } = first!;
  assert.equal(second!.headers['webhook-id'], headers['webhook-id']);
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['webhook-timestamp'], String(sample.at / 1000));
  const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  assert.equal(
    headers['webhook-signature'],
    `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
  );
  assert.deepEqual(JSON.parse(body), {
    version: 1,
    id: headers['webhook-id'],
    severity: 'CRITICAL',
    title: sample.title,
    text: sample.text,
    facts: sample.facts,
    links: sample.links,
    language: 'en',
    dedupeKey: sample.dedupeKey,
    at: '2026-11-21T17:00:05.000Z',
  });
});

test('what is too long is cut plainly, in the language of the message', async () => {
  receiver.manner = { status: 200 };
  await using channel = await open('slack');
  await channel.send({ ...sample, text: 'ä'.repeat(5000), language: 'de' }, channelContext());
  const { body } = receiver.received.at(-1)!;
  const [, cut = ''] = /\[… (\d+) weitere Bytes/.exec(body) ?? [];
  const kept = /"text":"(ä+)\\n\[…/.exec(body)?.[1] ?? '';
  assert.equal(Buffer.byteLength(kept) + Number(cut), 10_000);
});

test('nothing in a message can call everybody in Slack or hide where a link leads', async () => {
  receiver.manner = { status: 200 };
  await using channel = await open('slack');
  const links = [
    { title: 'x>|<!here>', url: 'https://example.org/' },
    { title: 'bad', url: 'javascript:alert(1)' },
  ];
  const hostile = '<!channel> <https://evil.example|good> & <@U1>';
  await channel.send(
    { ...sample, title: hostile, text: hostile, facts: { [hostile]: hostile }, links },
    channelContext(),
  );
  const { body } = receiver.received.at(-1)!;
  assert.doesNotMatch(
    body.replaceAll('"verbatim":true', '').replace(/"type":"plain_text","text":"[^"]*"/, ''),
    /<[!@]|<https:\/\/evil|javascript:/,
  );
  assert.match(body, /<https:\/\/example\.org\/\|x&gt;\/&lt;!here&gt;>/);
});

test('Teams gets an adaptive card without Markdown, and a refusal hidden in a 200 is noticed', async () => {
  await sendWith({ status: 202 }, 'teams');
  const [attachment] = lastBody().attachments as {
    contentType: string;
    content: { type: string; body: { type: string }[]; actions: { url: string }[] };
  }[];
  assert.equal(attachment?.contentType, 'application/vnd.microsoft.card.adaptive');
  assert.equal(attachment?.content.type, 'AdaptiveCard');
  assert.ok(attachment?.content.body.every(({ type }) => type === 'RichTextBlock'));
  assert.equal(attachment?.content.actions[0]?.url, sample.links[0]?.url);
  const body = 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429';
  await assert.rejects(
    sendWith({ status: 200, body }, 'teams'),
    failure('unavailable', 'CHANNEL_BUSY', ['endpoint returned']),
  );
});

test('a dead-man switch hears start, success and failure; other messages are no sign of life', async () => {
  receiver.manner = { status: 200 };
  await using channel = await open('healthchecks');
  const context = channelContext();
  const before = receiver.received.length;
  for (const beat of ['start', 'success', 'fail'] as const) await channel.send({ ...sample, beat }, context);
  await channel.send(sample, context);
  await channel.send({ ...sample, severity: 'WARNING' }, context);
  const paths = receiver.received.slice(before).map(({ path }) => path.replace(`/${secretPath}`, ''));
  assert.deepEqual(paths, ['/start', '', '/fail', '/fail', '/log']);
  assert.match(receiver.received.at(-1)!.body, /^Backup of "Lehrerzimmer"/);
});

test('a name is resolved once for each message, the checked address is connected to, and the certificate is for the name', async () => {
  receiver.manner = { status: 200 };
  const asked: string[] = [];
  const rebinding = async (host: string) => {
    asked.push(host);
    // The second answer is another machine, as a rebinding name server gives it.
    return [{ address: asked.length === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 as const }];
  };
  const url = `https://receiver.test:${receiver.port}/x`;
  const config = webhookConfig.parse({
    url,
    secret,
    caFile: authority.path,
    allowNetworks: ['127.0.0.1/32'],
  });
  await using channel = await openWebhook(config, rebinding);
  await channel.send(sample, channelContext());
  assert.deepEqual(asked, ['receiver.test']);
  assert.equal(receiver.received.at(-1)?.headers.host, `receiver.test:${receiver.port}`);
  const before = receiver.received.length;
  await assert.rejects(
    channel.send(sample, channelContext()),
    failure('denied', 'CHANNEL_TARGET_REFUSED', ['169.254']),
  );
  assert.equal(receiver.received.length, before);
});

test('payloads keep within the limits of Slack and Teams, whatever the message holds', () => {
  const long = '<"&\n'.repeat(5000);
  const facts = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`${index} ${'&'.repeat(300)}`, long]),
  );
  const links = Array.from({ length: 50 }, (_, index) => ({
    title: long,
    url: `https://example.org/${index}/${'x'.repeat(index * 50)}`,
  }));
  const message = { ...sample, title: '🔒'.repeat(200), text: long, facts, links };
  const { attachments } = slackPayload(message) as {
    attachments: { blocks: { type: string; text?: { text: string }; fields?: { text: string }[] }[] }[];
  };
  for (const { type, text, fields = [] } of attachments[0]!.blocks) {
    assert.ok([...(text?.text ?? '')].length <= (type === 'header' ? 150 : 3000), type);
    assert.ok(fields.length <= 10 && fields.every((field) => field.text.length <= 2000));
  }
  assert.ok(Buffer.byteLength(JSON.stringify(teamsPayload(message))) <= 28_000);
});
