// End to end: alerts of the catalog reach a real MTA, a real rsyslog and an HTTPS receiver through processes that alone know the passwords;
// and they arrive later where an endpoint is down, slow or lying.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { raiseAlert, resolveAlert } from '../../../src/catalog/alerts.ts';
import { waitingMessages } from '../../../src/catalog/messages.ts';
import { createSpawnedRunner } from '../../../src/cli/control/spawned-runner.ts';
import { sqlitePlace } from '../../catalog/catalog-world.ts';
import { type Receiver, startReceiver } from '../../channels/channel-world.ts';
import { type Authority, makeAuthority } from '../../servers/authority.ts';
import { eximPackages, eximPrograms, startExim } from '../../servers/exim.ts';
import { freePort, programsOrSkip, rootOrSkip, serverFolder } from '../../servers/process.ts';
import { rsyslogPackages, rsyslogPrograms, startRsyslog } from '../../servers/rsyslog.ts';
import { minute, TellingWorld } from './telling-world.ts';

const folder = serverFolder();
const syslogFolder = serverFolder();
const user = 'backup@school.example';
const password = 'abcd-efgh-ijkl-mnop';
const hookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const environment = {
  ...process.env,
  MAIL_PASSWORD: password,
  HOOK_SECRET: hookSecret,
};
let authority: Authority;
let receiver: Receiver;

before(async () => {
  authority = makeAuthority(folder.path);
  receiver = await startReceiver(authority.issue('receiver', 'IP:127.0.0.1,DNS:receiver.test'));
});
after(async () => {
  await receiver[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
  syslogFolder[Symbol.dispose]();
});

const disk = {
  key: 'health:disk:/srv',
  severity: 'warning',
  title: 'the disk is 85 % full\r\nBcc: evil@example.org',
  facts: { percent: 85, file: '<script>alert(1)</script>' },
} as const;

function hook(more: object = {}) {
  const config = {
    kind: 'webhook',
    url: `${receiver.url}hook`,
    allowNetworks: ['127.0.0.0/8'],
    caFile: authority.path,
    timeoutSeconds: 60,
    ...more,
  };
  return {
    place: JSON.stringify(config),
    secrets: { secret: 'env:HOOK_SECRET' },
  };
}

function mail(port: number) {
  const to = ['head@school.example'];
  const config = { kind: 'email', host: '127.0.0.1', port, user, from: user, to, caFile: authority.path };
  return {
    place: JSON.stringify({ ...config, timeoutSeconds: 60 }),
    secrets: { password: 'env:MAIL_PASSWORD' },
    language: 'de',
  };
}

async function world(channels: object) {
  const place = await sqlitePlace();
  const runner = createSpawnedRunner({ environment });
  return new TellingWorld(place, await place.open(), { channels }, runner);
}

/** No secret is in any file of the catalog. */
function assertNoSecrets(location: string): void {
  for (const end of ['', '-wal']) {
    const bytes = readFileSync(`${location}${end}`, 'latin1');
    for (const secret of [password, hookSecret])
      assert.ok(!bytes.includes(secret), `"${end}" holds a secret`);
  }
}

/** A try for which the machine was too slow is made again later, as any. */
async function untilTold(w: TellingWorld): Promise<void> {
  await w.round();
  for (let turn = 0; turn < 60; turn += 1) {
    await w.pass(minute);
    if ((await waitingMessages(w.catalog, w.context)).length === 0) return;
  }
  assert.fail('some message was never taken');
}

test('an alert and its end arrive by mail, syslog and webhook, in the language of each', async (t) => {
  if (!programsOrSkip(t, eximPrograms, eximPackages) || !rootOrSkip(t)) return;
  if (!programsOrSkip(t, rsyslogPrograms, rsyslogPackages)) return;
  const certificate = authority.issue('mail', 'IP:127.0.0.1,DNS:mail.test');
  await using exim = await startExim({ folder: folder.path, user, password, certificate });
  await using syslog = await startRsyslog({
    folder: syslogFolder.path,
    certificate: authority.issue('syslog', 'IP:127.0.0.1'),
    authorityPath: authority.path,
  });
  receiver.manner = { status: 200 };
  receiver.received.length = 0;
  const w = await world({
    mail: mail(exim.port),
    log: { place: `syslog://127.0.0.1:${syslog.tls}?transport=tls&caFile=${authority.path}` },
    hook: hook(),
  });
  await raiseAlert(w.catalog, disk, w.context);
  await untilTold(w);
  await resolveAlert(w.catalog, disk.key, w.context);
  await untilTold(w);

  const mails = exim.queue().map((one) => one.mail);
  assert.equal(mails.length, 2);
  const [first = ''] = mails.filter((one) => one.includes('voll'));
  assert.doesNotMatch(first, /^Bcc:/m);
  assert.match(first, /^Content-Language: de/m);
  const [, html = ''] = first.split('Content-Type: text/html');
  assert.match(html, /alert\(1\)/);
  assert.doesNotMatch(html, /<script/);
  const lines = await syslog.lines(2);
  assert.match(lines[0]!.msg, /The disk "\/srv" is getting full/);
  assert.match(lines[1]!.msg, /The disk "\/srv" has room again/);
  const hooks = receiver.received.map(({ body }) => JSON.parse(body));
  assert.deepEqual(
    hooks.map(({ severity, title }) => [severity, title]),
    [
      ['WARNING', 'The disk "/srv" is getting full'],
      ['INFO', 'The disk "/srv" has room again'],
    ],
  );
  assert.equal(hooks[0].dedupeKey, hooks[1].dedupeKey);
  assertNoSecrets(w.place.location);
});

test('an endpoint that is down, answers with an error, stalls or breaks off gets everything once it is well', async () => {
  receiver.received.length = 0;
  const port = await freePort();
  const w = await world({ mail: mail(port), hook: hook({ timeoutSeconds: 5 }) });
  receiver.manner = { status: 503 };
  // A try for which the machine was too slow is made again later, as any. All of them within the hour in which a message stays the same.
  const untilCame = async (isThere: () => boolean) => {
    for (let turn = 0; turn < 300 && !isThere(); turn += 1) await w.pass(5 * minute);
    assert.ok(isThere(), `${receiver.received.length} tries`);
  };
  await raiseAlert(w.catalog, disk, w.context);
  await w.round();
  for (const [index, manner] of [{ status: 503 }, 'silent', 'resetInAnswer'].entries()) {
    receiver.manner = manner as Receiver['manner'];
    await untilCame(() => receiver.received.length > index);
  }
  const ids = () => receiver.received.map(({ body }) => JSON.parse(body).id);
  const tries = receiver.received.length;
  assert.equal(new Set(ids()).size, 1, 'the same message each time');
  receiver.manner = { status: 200 };
  const titles = () => receiver.received.map(({ body }) => JSON.parse(body).title).join('\n');
  // Nobody listens on the port of the mail server.
  await untilCame(() => /Messages by "mail" do not arrive/.test(titles()));
  assert.ok(ids().slice(tries).includes(ids()[0]), 'it never arrived');
  assert.match(titles(), /The disk/);
  assertNoSecrets(w.place.location);
});
