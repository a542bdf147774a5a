// When certificates and secrets end, how near that is, and what a place says of its room.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../src/base/failure.ts';
import { Secret } from '../../../src/base/secret.ts';
import { check } from '../../../src/control/health/checks/certificates.ts';
import { endOfSecret, nearnessOf } from '../../../src/control/health/expiry.ts';
import { thisMachine } from '../../../src/control/health/machine.ts';
import type { Openers } from '../../../src/control/job.ts';
import { roomLeft, secretsOf, serverCertificateOf } from '../../../src/control/jobs/probe-place.ts';
import { configurationSchema } from '../../../src/model/configuration/configuration.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import { forwarding } from '../../../src/storage/with/forwarding.ts';
import { makeAuthority } from '../../servers/authority.ts';
import { programsOrSkip } from '../../servers/process.ts';
import { scratch, testContext } from '../../world.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 0, 1);
const bounds = { diskWarningPercent: 80, diskCriticalPercent: 90, expiryWarning: 30 * day };
const context = { ...testContext(), clock: { ...testContext().clock, now: () => now } };

test('what lives for long is warned of in days, what lives for days in parts of its life', () => {
  const near = (leftDays: number, lifeDays?: number) => {
    const endsAt = now + leftDays * day;
    const begin = lifeDays === undefined ? {} : { beginsAt: endsAt - lifeDays * day };
    return nearnessOf({ endsAt, ...begin }, now, 30 * day);
  };
  assert.deepEqual(
    [near(31), near(29), near(2), near(0), near(-1)],
    ['ok', 'warning', 'critical', 'over', 'over'],
  );
  assert.deepEqual([near(29, 365), near(29, 90), near(20, 90)], ['warning', 'ok', 'warning']);
  assert.deepEqual([near(2, 6), near(1, 6), near(0.5, 6)], ['ok', 'warning', 'critical']);
});

test('shared access signatures and signed tokens tell their end; passwords do not', () => {
  const [st, se] = ['2026-01-01T00:00:00Z', '2026-06-01T12:00:00Z'];
  const span = { beginsAt: Date.parse(st), endsAt: Date.parse(se) };
  const signature = `sv=2024-11-04&st=${encodeURIComponent(st)}&se=${encodeURIComponent(se)}&sp=rwdl&sig=a%2Bb%3D`;
  assert.deepEqual(endOfSecret(signature), span);
  assert.deepEqual(endOfSecret(`?${signature.replace(/st=[^&]+&/, '')}`), { endsAt: span.endsAt });
  assert.deepEqual(endOfSecret(`BlobEndpoint=https://a.example/;SharedAccessSignature=${signature}`), span);
  const token = (payload: object) =>
    `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2lnbmVk`;
  assert.deepEqual(endOfSecret(token({ iat: 1, exp: 2 })), { beginsAt: 1000, endsAt: 2000 });
  for (const none of ['correct horse', 'a.b.c', token({ sub: 'x' }), 'x&sig=1&se=soon', '']) {
    assert.equal(endOfSecret(none), undefined, none);
  }
});

test('a place away from here tells its room, or it is said that it does not', async () => {
  const memory = new MemoryStorage();
  const away = { features: { ...memory.features, isLocal: false } };
  const told = async (freeBytes: number) => {
    const room = async () => ({ freeBytes, totalBytes: 1000 });
    const found = await roomLeft(forwarding(memory, { ...away, room }), bounds, context);
    return [found?.state, found?.reason, found?.facts['percent']];
  };
  assert.deepEqual(await told(500), ['ok', 'room-ok', 50]);
  assert.deepEqual(await told(200), ['warning', 'room-short', 80]);
  assert.deepEqual(await told(0), ['critical', 'room-short', 100]);
  assert.equal((await roomLeft(forwarding(memory, away), bounds, context))?.reason, 'room-untold');
  assert.equal(await roomLeft(memory, bounds, context), undefined);
  const shown = { server: 'h:1', beginsAt: now - 335 * day, endsAt: now + 5 * day };
  const storage = forwarding(memory, { certificate: async () => shown });
  const found = await serverCertificateOf(storage, bounds, context);
  assert.deepEqual([found?.state, found?.reason], ['warning', 'storage-certificate-ends']);
});

test('of the secrets of a place the one that ends first is told, never its value', async () => {
  const secret = (endsAt: number) => `sv=1&se=${new Date(endsAt).toISOString()}&sig=hush`;
  const values: Record<string, string> = {
    'env:A': secret(now + 100 * day),
    'env:B': secret(now - 1),
    'env:C': 'a password',
  };
  const openers = {
    secret: async (reference: string) => {
      const value = values[reference];
      if (value === undefined) throw new Failure('missing', 'SECRET_VARIABLE_MISSING', 'not set');
      return new Secret(Buffer.from(value));
    },
  } as unknown as Openers;
  const look = (secrets: Record<string, string>) => {
    const { repositories } = configurationSchema.parse({
      repositories: { main: { place: 'azure://a/b', unlock: { password: 'env:P' }, secrets } },
    });
    return secretsOf(repositories['main']!, bounds, openers, context);
  };
  assert.equal(await look({}), undefined);
  assert.equal((await look({ accountKey: 'env:C' }))?.reason, 'secret-untold');
  assert.equal((await look({ accountKey: 'env:GONE' }))?.reason, 'secret-untold');
  assert.equal((await look({ sasToken: 'env:A', accountKey: 'env:C' }))?.reason, 'secret-ok');
  const over = await look({ sasToken: 'env:A', accountKey: 'env:B' });
  assert.deepEqual(
    [over?.state, over?.reason, over?.facts['field']],
    ['critical', 'secret-over', 'accountKey'],
  );
  assert.ok(!JSON.stringify(over).includes('hush'));
});

test('certificates of channels and authorities that places trust are watched, also in one file', async (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using folder = scratch();
  const authority = makeAuthority(folder.path);
  const { certificatePath } = authority.issue('sender', 'DNS:sender.example');
  const broken = join(folder.path, 'broken.pem');
  writeFileSync(broken, 'nothing');
  const syslog = { kind: 'syslog', host: 'h', caFile: authority.path, certificateFile: certificatePath };
  const configuration = configurationSchema.parse({
    repositories: { main: { place: `rests://u@h/r?ca-file=${broken}`, unlock: { password: 'env:P' } } },
    channels: {
      log: { place: JSON.stringify(syslog) },
      mail: { place: `email://h/a@b.example?caFile=${broken}` },
    },
  });
  const tools = { configuration, machine: thisMachine } as Parameters<typeof check.run>[0];
  const at = async (time: number) => {
    const results = await check.run(tools, { ...context, clock: { ...context.clock, now: () => time } });
    return results.map(({ object, reason, state }) => [object, reason, state]);
  };
  const unread = [broken, 'certificate-unread', 'unknown'];
  const real = Date.now();
  assert.deepEqual(await at(real - 60 * day), [
    [authority.path, 'certificate-ok', 'ok'],
    [certificatePath, 'certificate-ok', 'ok'],
    unread,
  ]);
  // Made for two days: six hours before the end is near, one hour is very near.
  const before = async (leftMs: number) =>
    (await at(real + 2 * day - leftMs)).slice(0, 2).map(([, , state]) => state);
  assert.deepEqual(await before(1.5 * day), ['ok', 'ok']);
  assert.deepEqual(await before(day / 4), ['warning', 'warning']);
  assert.deepEqual(await before(day / 24), ['critical', 'critical']);
  assert.deepEqual((await at(real + 3 * day))[1], [certificatePath, 'certificate-own-over', 'critical']);
});
