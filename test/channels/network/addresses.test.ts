// Where a channel may connect to (the promise against server-side request forgery): every way to write an inner address is refused, on the
// address that the name has, not on how it looks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openConfiguredChannel } from '../../../src/channels/all.ts';
import {
  judgeAddress,
  type Resolve,
  resolveTarget,
  systemResolve,
} from '../../../src/channels/network/addresses.ts';
import { channelContext, failure, sample } from '../channel-world.ts';

const refused = failure('denied', 'CHANNEL_TARGET_REFUSED');
const publicOnly = { scope: 'public', allowNetworks: [] } as const;

function answers(...addresses: readonly string[]): Resolve {
  return async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
}

const inner = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '192.168.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.9',
  '::1',
  'fc00::1',
  'fd12:3456:789a::1',
  'fdff::1',
  '2001:db8::1',
  '2001::1',
  '2001:10::1',
  '2001:20::1',
  '3fff::1',
  '100::1',
  '64:ff9b:1::1',
  '5f00::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:10.1.2.3',
  '::ffff:0:192.168.1.1',
  '0:0:0:0:0:ffff:ac10:1',
  '::127.0.0.1',
  '::10.0.0.1',
  '64:ff9b::10.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2002:a00:1::1',
  '2002:c0a8:101::',
];
const never = [
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '169.254.170.2',
  '169.254.0.1',
  '100.100.100.200',
  '192.0.0.192',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  'fe80::1',
  'fe80::1%lo',
  'febf::1',
  'fec0::1',
  'ff02::1',
  'fd00:ec2::254',
  'fd20:ce::254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::ffff:0.0.0.0',
  '64:ff9b::169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::',
  '::169.254.169.254',
  'nonsense',
];
const open = [
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '223.255.255.255',
  '2606:4700::1111',
  '2a00:1450:4001::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
];

test('inner, forbidden and public addresses are told apart, at the edges of every network', () => {
  for (const address of inner) assert.equal(judgeAddress(address), 'internal', address);
  for (const address of never) assert.equal(judgeAddress(address), 'never', address);
  for (const address of open) assert.equal(judgeAddress(address), 'public', address);
});

test('a name with one inner address among public ones is refused', async () => {
  for (const bad of [...inner, ...never]) {
    await assert.rejects(resolveTarget('a.example', publicOnly, answers('1.1.1.1', bad)), refused, bad);
  }
  const found = await resolveTarget('a.example', publicOnly, answers('1.1.1.1', '2606:4700::1111'));
  assert.deepEqual(
    found.map(({ address }) => address),
    ['1.1.1.1', '2606:4700::1111'],
  );
});

test('an allowed network opens itself and nothing else, and never a metadata service', async () => {
  const rules = {
    scope: 'public',
    allowNetworks: ['10.1.0.0/16', 'fd12::/32', '169.254.0.0/16', '::/0'],
  } as const;
  await resolveTarget('a.example', rules, answers('10.1.2.3'));
  await resolveTarget('a.example', rules, answers('fd12::1'));
  await resolveTarget('a.example', rules, answers('::ffff:10.1.2.3'));
  await assert.rejects(
    resolveTarget('a.example', { scope: 'public', allowNetworks: ['10.0.0.0/99'] }, answers('1.1.1.1')),
    failure('usage', 'CHANNEL_NETWORK_INVALID'),
  );
  for (const bad of ['10.2.0.1', '127.0.0.1', '::ffff:10.2.0.1', ...never]) {
    await assert.rejects(resolveTarget('a.example', rules, answers(bad)), refused, bad);
  }
  const internal = { scope: 'internal', allowNetworks: [] } as const;
  await resolveTarget('mail.lan', internal, answers('192.168.1.9'));
  for (const bad of never) {
    await assert.rejects(resolveTarget('mail.lan', internal, answers(bad)), refused, bad);
  }
});

test('names of metadata services are refused whatever they resolve to; a name without address is unavailable', async () => {
  for (const name of ['metadata', 'Metadata.Google.Internal', 'metadata.google.internal.', 'instance-data']) {
    await assert.rejects(resolveTarget(name, publicOnly, answers('1.1.1.1')), refused, name);
  }
  await assert.rejects(
    resolveTarget('a.example', publicOnly, answers()),
    failure('unavailable', 'CHANNEL_NAME_UNKNOWN'),
  );
  const broken = async () => {
    throw Object.assign(new Error('secret'), { code: 'EAI_AGAIN' });
  };
  await assert.rejects(
    resolveTarget('a.example', publicOnly, broken),
    failure('unavailable', 'CHANNEL_NAME_UNKNOWN', ['secret']),
  );
});

/** Every spelling goes through the URL parser and, where it is a name to that, through the resolver of the system. */
const spellings = [
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://127.0.0.1.:8443/',
  'https://localhost/',
  'https://LOCALHOST/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://①②⑦.⓪.⓪.①/',
  'https://0/',
  'https://0.0.0.0/',
  'https://[::]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://2852039166/',
  'https://0xa9fea9fe/',
  'https://0251.0376.0251.0376/',
  'https://[::ffff:169.254.169.254]/',
  'https://[fd00:ec2::254]/',
  'https://metadata.google.internal/',
  'https://10.0.0.1/',
  'https://192.168.1.1:8443/',
  'https://user@127.0.0.1/',
];

test('however an inner address is written in a webhook, nothing is connected to', async () => {
  for (const url of spellings) {
    const config = { kind: 'webhook', url, secret: 'sixteen characters' };
    await using channel = await openConfiguredChannel(config, channelContext());
    await assert.rejects(channel.send(sample, channelContext()), refused, url);
  }
});

test('other schemes, plain HTTP to elsewhere, and ports of other services are refused', async () => {
  const endpoints = [
    'http://example.org/',
    'http://127.0.0.1.nip.example/',
    'https://example.org:22/',
    'https://example.org:25/',
  ];
  for (const url of endpoints) {
    const config = { kind: 'webhook', url, secret: 'sixteen characters' };
    await using channel = await openConfiguredChannel(config, channelContext());
    await assert.rejects(
      channel.send(sample, channelContext()),
      failure('usage', 'CHANNEL_ENDPOINT_INVALID'),
      url,
    );
  }
  for (const url of [
    'file:///etc/passwd',
    'ftp://example.org/',
    'gopher://127.0.0.1:25/',
    'javascript:1',
    'example.org',
  ]) {
    const config = { kind: 'webhook', url, secret: 'sixteen characters' };
    await assert.rejects(
      openConfiguredChannel(config, channelContext()),
      failure('usage', 'CHANNEL_CONFIG_INVALID'),
      url,
    );
  }
});

test("the system's resolver finds this machine", async () => {
  const found = await systemResolve('localhost');
  assert.ok(found.length > 0 && found.every(({ address }) => judgeAddress(address) === 'internal'));
});
