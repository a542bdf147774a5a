// Mail through a real MTA, and through servers that misbehave: what arrives, that nothing is said before the line is encrypted, and that a
// bad server holds nobody.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, test } from 'node:test';
import { openConfiguredChannel } from '../../src/channels/all.ts';
import type { Channel } from '../../src/channels/channel.ts';
import { conformance } from '../../src/channels/conformance.ts';
import email, { emailConfig, openEmail } from '../../src/channels/email.ts';
import { type Authority, type IssuedCertificate, makeAuthority } from '../servers/authority.ts';
import { type Exim, eximPackages, eximPrograms, startExim } from '../servers/exim.ts';
import { freePort, programsOrSkip, rootOrSkip, serverFolder } from '../servers/process.ts';
import { channelContext, failure, sample } from './channel-world.ts';

const folder = serverFolder();
const user = 'backup@school.example';
const password = 'abcd-efgh-ijkl-mnop';
const forbidden = [password, Buffer.from(`\0${user}\0${password}`).toString('base64')];
let authority: Authority;
let certificate: IssuedCertificate;
let exim: Exim | undefined;

before(() => {
  authority = makeAuthority(folder.path);
  certificate = authority.issue('mail', 'IP:127.0.0.1,DNS:mail.test');
});
after(async () => {
  await exim?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** One server for all tests, if there can be one. */
async function mta(t: Parameters<typeof programsOrSkip>[0]): Promise<Exim | undefined> {
  if (!programsOrSkip(t, eximPrograms, eximPackages) || !rootOrSkip(t)) return undefined;
  exim ??= await startExim({ folder: folder.path, user, password, certificate });
  exim.clear();
  return exim;
}

function config(port: number, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const to = ['head@school.example', 'deputy@school.example'];
  return { host: '127.0.0.1', port, user, password, from: user, to, caFile: authority.path, ...more };
}

function open(port: number, more: Readonly<Record<string, unknown>> = {}): Promise<Channel> {
  return openConfiguredChannel({ kind: 'email', ...config(port, more) }, channelContext());
}

test('mail over STARTTLS and over TLS keeps what a channel promises', async (t) => {
  const server = await mta(t);
  if (server === undefined) return;
  for (const more of [{ port: server.port }, { port: server.tlsPort, security: 'tls' }]) {
    const results = await Array.fromAsync(conformance(() => open(0, more), sample, channelContext()));
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
    const queue = server.queue();
    assert.equal(queue.length, 7);
    for (const { envelope, mail } of queue) {
      assert.match(envelope, /-tls_cipher/, 'it came in plain');
      assert.match(envelope, /^2\nhead@school\.example\ndeputy@school\.example$/m);
      assert.doesNotMatch(mail, /^Bcc:/im, 'a title made a header');
    }
    server.clear();
  }
});

test('a mail has text and HTML, its subject, its thread, and asks no machine for an answer', async (t) => {
  const server = await mta(t);
  if (server === undefined) return;
  await using channel = await open(server.port);
  const html = '<!doctype html><html><body><p>Grüße</p></body></html>';
  const german = {
    ...sample,
    title: 'Sicherung „Lehrerzimmer“ fehlgeschlagen',
    language: 'de',
    html,
  } as const;
  assert.deepEqual(await channel.send(german, channelContext()), { refused: [] });
  await channel.send(german, channelContext());
  await channel.send({ ...sample, severity: 'INFO', title: 'over' }, channelContext());
  const [first, again, over] = server.queue().map(({ mail }) => mail.replaceAll('\r\n', '\n'));
  const header = (mail: string | undefined, name: string) =>
    new RegExp(`^${name}: ?(.*(?:\n[ \t].*)*)`, 'im').exec(mail ?? '')?.[1]?.replace(/\n\s*/g, ' ');
  const subject = [...(header(first, 'Subject') ?? '').matchAll(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi)]
    .map(([, coding, word = '']) =>
      coding?.toUpperCase() === 'B'
        ? Buffer.from(word, 'base64').toString('latin1')
        : word
            .replaceAll('_', ' ')
            .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    )
    .join('');
  assert.equal(Buffer.from(subject, 'latin1').toString(), german.title);
  assert.match(first ?? '', /Content-Type: multipart\/alternative/);
  assert.match(first ?? '', /Content-Type: text\/plain; charset=utf-8/i);
  assert.match(first ?? '', /Content-Type: text\/html; charset=utf-8/i);
  assert.match(first ?? '', /Gr=C3=BC=C3=9Fe/);
  assert.equal(header(first, 'Auto-Submitted'), 'auto-generated');
  assert.equal(header(first, 'Content-Language'), 'de');
  assert.equal(header(first, 'X-Priority'), '1 (Highest)');
  assert.equal(header(over, 'X-Priority'), undefined);
  assert.equal(header(first, 'From'), `Holdfast <${user}>`);
  assert.equal(header(first, 'Date'), 'Sat, 21 Nov 2026 17:00:05 +0000');
  assert.match(header(first, 'Message-ID') ?? '', /^<msg_[0-9a-f]{32}@school\.example>$/);
  assert.equal(header(again, 'Message-ID'), header(first, 'Message-ID'), 'a second try is the same mail');
  assert.notEqual(header(over, 'Message-ID'), header(first, 'Message-ID'));
  assert.equal(header(over, 'References'), header(first, 'References'));
});

test('a refused recipient is told, while the others get the mail; refused by all is a failure', async (t) => {
  const server = await mta(t);
  if (server === undefined) return;
  const { port } = server;
  await using some = await open(port, { to: ['head@school.example', 'nobody@school.example'] });
  assert.deepEqual(await some.send(sample, channelContext()), { refused: ['nobody@school.example'] });
  assert.equal(server.queue().length, 1);
  await using none = await open(port, { to: ['nobody@school.example'] });
  await assert.rejects(none.send(sample, channelContext()), failure('usage', 'CHANNEL_REFUSED', forbidden));
  await using later = await open(port, { to: ['later@school.example'] });
  await assert.rejects(
    later.send(sample, channelContext()),
    failure('unavailable', 'CHANNEL_BUSY', forbidden),
  );
  assert.equal(server.queue().length, 1);
});

test('a wrong password is denied, a missing one is refused, and neither is shown', async (t) => {
  const server = await mta(t);
  if (server === undefined) return;
  const wrong = 'wrong-password';
  await using denied = await open(server.port, { password: wrong });
  await assert.rejects(denied.send(sample, channelContext()), failure('denied', 'CHANNEL_DENIED', [wrong]));
  await using anonymous = await open(server.port, { user: undefined, password: undefined });
  await assert.rejects(anonymous.send(sample, channelContext()), failure('usage', 'CHANNEL_REFUSED'));
  assert.equal(server.queue().length, 0);
});

test('a certificate of a stranger, or for another name, gets neither password nor mail', async (t) => {
  const server = await mta(t);
  if (server === undefined) return;
  const denied = failure('denied', 'CHANNEL_CERTIFICATE', forbidden);
  for (const more of [{ port: server.port }, { port: server.tlsPort, security: 'tls' }]) {
    await using strange = await open(0, { ...more, caFile: undefined });
    await assert.rejects(strange.send(sample, channelContext()), denied);
    const resolve = async () => [{ address: '127.0.0.1', family: 4 as const }];
    await using named = await openEmail(
      emailConfig.parse(config(0, { ...more, host: 'other.test' })),
      resolve,
    );
    await assert.rejects(named.send(sample, channelContext()), denied);
    await using right = await openEmail(
      emailConfig.parse(config(0, { ...more, host: 'mail.test' })),
      resolve,
    );
    await right.send(sample, channelContext());
  }
  assert.equal(server.queue().length, 2);
});

test('without STARTTLS nothing is sent; on this machine it may be left out where the user says so', async (t) => {
  if (!programsOrSkip(t, eximPrograms, eximPackages) || !rootOrSkip(t)) return;
  using own = serverFolder();
  await using server = await startExim({ folder: own.path, user, password });
  await using strict = await open(server.port, { user: undefined, password: undefined });
  await assert.rejects(strict.send(sample, channelContext()), failure('denied', 'CHANNEL_WITHOUT_TLS'));
  assert.equal(server.queue().length, 0);
  await using plain = await open(server.port, { user: undefined, password: undefined, security: 'none' });
  await plain.send(sample, channelContext());
  assert.equal(server.queue().length, 1);
});

/** Says whatever it is told to for each line that comes, and remembers the lines. */
async function scripted(answer: (line: string, socket: Socket) => string | undefined, address = '127.0.0.1') {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const say = (line: string) => {
      const text = answer(line, socket);
      if (text !== undefined) socket.write(text);
    };
    say('');
    let rest = '';
    let isMail = false;
    socket.on('data', (bytes: Buffer) => {
      rest += bytes.toString('latin1');
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        heard.push(line);
        // The lines of a mail have no answers, but for the last.
        if (!isMail || line === '.') say(line);
        isMail = line === 'DATA' || (isMail && line !== '.');
      }
    });
  }).listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    heard,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

test('a server whose STARTTLS fails or is stripped hears neither password nor mail', async () => {
  const manners: readonly ((line: string, socket: Socket) => string | undefined)[] = [
    (line) =>
      line === ''
        ? '220 hi\r\n'
        : line.startsWith('EHLO')
          ? '250-hi\r\n250 AUTH PLAIN LOGIN\r\n'
          : '502 no\r\n',
    (line) =>
      line === ''
        ? '220 hi\r\n'
        : line.startsWith('EHLO')
          ? '250-hi\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n'
          : '454 not now\r\n',
    // What comes before the line is encrypted must not count after it.
    (line, socket) => {
      if (line === '') return '220 hi\r\n';
      if (line.startsWith('EHLO')) return '250-hi\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n';
      socket.once('data', () => socket.destroy());
      return '220 go\r\n250-hi\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n';
    },
  ];
  for (const manner of manners) {
    await using server = await scripted(manner);
    await using channel = await open(server.port);
    const context = channelContext();
    const sending = channel.send(sample, context);
    await assert.rejects(sending, (error: unknown) =>
      /^(denied|unavailable)$/.test((error as { kind: string }).kind),
    );
    const said = server.heard.filter(
      (line) => /^(EHLO|STARTTLS|HELO|QUIT|RSET)/.test(line) === false && /^[\x20-\x7e]*$/.test(line),
    );
    assert.deepEqual(said, []);
    assert.ok(!server.heard.join('\n').includes('AUTH'));
  }
});

test('a server that says nothing, or stops in the middle, holds nobody longer than the deadline', async () => {
  for (const silentAt of ['', 'EHLO', 'MAIL', 'DATA', '.']) {
    let reached: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => {
      reached = resolve;
    });
    await using server = await scripted((line) => {
      if (silentAt === '' ? line === '' : line.startsWith(silentAt)) {
        reached();
        return undefined;
      }
      if (line === '') return '220 hi\r\n';
      return line === 'DATA' ? '354 go\r\n' : '250 ok\r\n';
    });
    await using channel = await open(server.port, {
      user: undefined,
      password: undefined,
      security: 'none',
      timeoutSeconds: 9,
    });
    const context = channelContext();
    const sending = channel.send(sample, context);
    sending.catch(() => undefined);
    await stopped;
    assert.deepEqual(context.sleeps, [9000]);
    context.ring();
    await assert.rejects(sending, failure('unavailable', 'CHANNEL_TIMEOUT'), silentAt);
  }
});

test('a server that breaks off or is down is unavailable; one that is full asks to come again', async () => {
  for (const breakAt of ['EHLO', 'MAIL', 'RCPT', 'DATA', '.']) {
    await using server = await scripted((line, socket) => {
      if (line.startsWith(breakAt)) return void socket.destroy();
      if (line === '') return '220 hi\r\n';
      return line === 'DATA' ? '354 go\r\n' : '250 ok\r\n';
    });
    await using channel = await open(server.port, { user: undefined, password: undefined, security: 'none' });
    await assert.rejects(
      channel.send(sample, channelContext()),
      failure('unavailable', 'CHANNEL_UNAVAILABLE'),
      breakAt,
    );
  }
  const free = await freePort();
  await using down = await open(free);
  await assert.rejects(down.send(sample, channelContext()), failure('unavailable', 'CHANNEL_UNAVAILABLE'));
  await using full = await scripted((line) =>
    line === '' ? '421 too many connections, secret\r\n' : '250 ok\r\n',
  );
  await using channel = await open(full.port, { security: 'none', user: undefined, password: undefined });
  await assert.rejects(
    channel.send(sample, channelContext()),
    failure('unavailable', 'CHANNEL_BUSY', ['secret', 'too many']),
  );
});

test('mail goes nowhere without encryption but to this machine, and never to a metadata service', async () => {
  await using server = await scripted(() => '220 hi\r\n');
  const { port } = server;
  const refusing = async () => [{ address: '169.254.169.254', family: 4 as const }];
  await using metadata = await openEmail(emailConfig.parse(config(port, { host: 'mail.test' })), refusing);
  await assert.rejects(metadata.send(sample, channelContext()), failure('denied', 'CHANNEL_TARGET_REFUSED'));
  for (const from of ['a@b@c', 'a b@c', 'x', '"a"@b', 'a@b\r\nc']) {
    await assert.rejects(open(port, { from }), failure('usage', 'CHANNEL_CONFIG_INVALID', [password]));
    await assert.rejects(open(port, { to: [from] }), failure('usage', 'CHANNEL_CONFIG_INVALID', [password]));
  }
  assert.deepEqual(server.heard, []);
});

test('a URL says all but the password; a user that is a mail address is the sender, too', () => {
  const url = 'email://backup%40school.example@smtp.example:465/a@b.example,c@d.example?from-name=School';
  assert.deepEqual(email.fromUrl(url), {
    host: 'smtp.example',
    port: 465,
    user: 'backup@school.example',
    from: 'backup@school.example',
    fromName: 'School',
    to: ['a@b.example', 'c@d.example'],
  });
  assert.deepEqual(email.fromUrl('email://[::1]/a@b.example?from=x@y.example&security=none'), {
    host: '::1',
    from: 'x@y.example',
    security: 'none',
    to: ['a@b.example'],
  });
});

test('without encryption a server on another address than loopback hears nothing', async (t) => {
  const outer = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  if (outer === undefined) return t.skip('this machine has loopback alone');
  await using server = await scripted(() => '220 hi\r\n', outer.address);
  await using channel = await open(server.port, { host: outer.address, security: 'none' });
  await assert.rejects(
    channel.send(sample, channelContext()),
    failure('usage', 'CHANNEL_PLAINTEXT', forbidden),
  );
  assert.deepEqual(server.heard, []);
});
