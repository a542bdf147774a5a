// Whom an alert concerns.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelsFor } from '../../../src/model/alerting/routing.ts';
import {
  type ConfigurationInput,
  configurationSchema,
} from '../../../src/model/configuration/configuration.ts';

const channel = { place: 'command:' };
const policy = {
  sources: [{ kind: 'files', paths: ['/srv'] }],
  repositories: ['home'],
  schedule: 'manual',
  retention: 'none',
};

function rules(more: object) {
  const input = {
    repositories: { home: { place: '/backup', unlock: { password: 'env:PASSWORD' } } },
    channels: { mail: channel, chat: channel, page: channel, switch: channel },
    ...more,
  };
  return configurationSchema.parse(input as ConfigurationInput);
}

const backup = { key: 'backup:files', severity: 'warning', policy: 'files' } as const;

test('without routes all channels of people hear of warnings, a dead-man switch of none', () => {
  const plain = rules({ alerts: { heartbeat: { channel: 'switch' } } });
  assert.deepEqual(channelsFor(backup, plain), ['mail', 'chat', 'page']);
  assert.deepEqual(channelsFor({ ...backup, severity: 'info' }, plain), []);
});

test('a route takes what is severe enough, of its topics and its policies', () => {
  const routed = rules({
    policies: { files: policy, mails: policy },
    alerts: {
      routes: [
        { from: 'info', policies: ['files'], channels: ['mail'] },
        { from: 'critical', channels: ['page'] },
        { topics: ['health'], channels: ['chat'] },
      ],
    },
  });
  assert.deepEqual(channelsFor(backup, routed), ['mail']);
  assert.deepEqual(channelsFor({ ...backup, policy: 'mails' }, routed), []);
  assert.deepEqual(channelsFor({ ...backup, severity: 'critical' }, routed), ['mail', 'page']);
  assert.deepEqual(channelsFor({ key: 'health:disk', severity: 'warning' }, routed), ['chat']);
});

test('a critical that fits no route goes to the channels of all routes', () => {
  const routed = rules({ alerts: { routes: [{ topics: ['health'], channels: ['chat', 'page'] }] } });
  assert.deepEqual(channelsFor({ key: 'brake', severity: 'critical' }, routed), ['chat', 'page']);
  assert.deepEqual(channelsFor({ key: 'brake', severity: 'warning' }, routed), []);
});

test('a policy names its own channels', () => {
  const own = rules({
    policies: { files: { ...policy, tell: ['page'] } },
    alerts: { routes: [{ from: 'info', channels: ['mail'] }] },
  });
  assert.deepEqual(channelsFor(backup, own), ['page']);
  assert.deepEqual(channelsFor({ ...backup, severity: 'info' }, own), []);
});

test('trouble with a channel is told to the others', () => {
  assert.deepEqual(channelsFor({ key: 'channel:mail', severity: 'critical' }, rules({})), [
    'chat',
    'page',
    'switch',
  ]);
});
