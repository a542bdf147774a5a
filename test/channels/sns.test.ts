// SNS through Amazon's own library against a double, since no AWS can be reached from tests: what is published, and what a refusal means.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openConfiguredChannel } from '../../src/channels/all.ts';
import type { Channel } from '../../src/channels/channel.ts';
import { conformance } from '../../src/channels/conformance.ts';
import { openSns, snsConfig } from '../../src/channels/sns.ts';
import { freePort } from '../servers/process.ts';
import { channelContext, failure, type Receiver, sample, startReceiver } from './channel-world.ts';

const topic = 'arn:aws:sns:eu-central-1:111122223333:backup';
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const done = {
  status: 200,
  headers: { 'content-type': 'text/xml' },
  body: '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult><ResponseMetadata><RequestId>2</RequestId></ResponseMetadata></PublishResponse>',
};
let receiver: Receiver;

before(async () => {
  receiver = await startReceiver();
  receiver.manner = done;
});
after(() => receiver[Symbol.asyncDispose]());

function open(more: Readonly<Record<string, unknown>> = {}): Promise<Channel> {
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey };
  return openConfiguredChannel(
    { kind: 'sns', topic, endpoint: receiver.url, ...credentials, ...more },
    channelContext(),
  );
}

test('SNS keeps what a channel promises, and gets what fits there', async () => {
  const results = await Array.fromAsync(conformance(() => open(), sample, channelContext()));
  assert.deepEqual(
    results.filter(({ ok }) => !ok),
    [],
  );
  await using channel = await open();
  await channel.send({ ...sample, title: `Größe ${'x'.repeat(200)} 漢` }, channelContext());
  const { headers, body } = receiver.received.at(-1)!;
  const form = new URLSearchParams(body);
  assert.equal(form.get('Action'), 'Publish');
  assert.equal(form.get('TopicArn'), topic);
  assert.match(form.get('Subject') ?? '', /^CRITICAL: Groesse x+$/);
  assert.equal(form.get('Subject')?.length, 99);
  assert.match(form.get('Message') ?? '', /missedHours: 26/);
  assert.equal(form.get('MessageGroupId'), null);
  assert.match(
    headers.authorization ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-central-1\/sns\//,
  );
  await using fifo = await open({ topic: `${topic}.fifo` });
  await fifo.send(sample, channelContext());
  await fifo.send(sample, channelContext());
  const ids = receiver.received
    .slice(-2)
    .map((one) => new URLSearchParams(one.body).get('MessageDeduplicationId'));
  assert.match(ids[0] ?? '', /^msg_/);
  assert.equal(ids[0], ids[1]);
});

test('what SNS refuses is told apart, once, without its words', async () => {
  const cases: readonly (readonly [number, string, Parameters<typeof failure>[0], string])[] = [
    [403, 'AuthorizationError', 'denied', 'CHANNEL_DENIED'],
    [403, 'InvalidClientTokenId', 'denied', 'CHANNEL_DENIED'],
    [404, 'NotFound', 'missing', 'CHANNEL_GONE'],
    [400, 'InvalidParameter', 'usage', 'CHANNEL_REFUSED'],
    [400, 'Throttling', 'unavailable', 'CHANNEL_BUSY'],
    [500, 'InternalError', 'unavailable', 'CHANNEL_BUSY'],
  ];
  for (const [status, code, kind, expected] of cases) {
    const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>hidden words</Message></Error><RequestId>3</RequestId></ErrorResponse>`;
    receiver.manner = { status, headers: { 'content-type': 'text/xml' }, body };
    const before = receiver.received.length;
    await using channel = await open();
    await assert.rejects(
      channel.send(sample, channelContext()),
      failure(kind, expected, ['hidden words', secretAccessKey]),
      code,
    );
    assert.equal(receiver.received.length, before + 1);
  }
  receiver.manner = done;
});

test('an endpoint that is away, silent or a metadata service holds nobody', async () => {
  await using gone = await open({ endpoint: `http://127.0.0.1:${await freePort()}` });
  await assert.rejects(gone.send(sample, channelContext()), failure('unavailable', 'CHANNEL_UNAVAILABLE'));
  receiver.manner = 'silent';
  await using channel = await open();
  const context = channelContext();
  const asked = receiver.next();
  const sending = channel.send(sample, context);
  sending.catch(() => undefined);
  await asked;
  context.ring();
  await assert.rejects(sending, failure('unavailable', 'CHANNEL_TIMEOUT'));
  receiver.manner = done;
  const resolve = async () => [{ address: '169.254.169.254', family: 4 as const }];
  const config = {
    topic,
    endpoint: 'https://sns.test',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey,
  };
  await using metadata = await openSns(snsConfig.parse(config), resolve);
  await assert.rejects(metadata.send(sample, channelContext()), failure('denied', 'CHANNEL_TARGET_REFUSED'));
  for (const bad of [
    { topic: 'backup' },
    { endpoint: 'http://sns.example.org' },
    { endpoint: 'https://a@b/' },
  ]) {
    await assert.rejects(open(bad), failure('usage', 'CHANNEL_CONFIG_INVALID', [secretAccessKey]));
  }
});
