// Records through a real rsyslog over UDP, TCP and TLS: every field arrives, whatever stands in the message; and what happens when nobody
// is there, or somebody else.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { openConfiguredChannel } from '../../src/channels/all.ts';
import type { Channel } from '../../src/channels/channel.ts';
import { conformance } from '../../src/channels/conformance.ts';
import { syslogRecord } from '../../src/channels/syslog/record.ts';
import { openSyslog, syslogConfig } from '../../src/channels/syslog.ts';
import { type Authority, makeAuthority } from '../servers/authority.ts';
import { freePort, programsOrSkip, serverFolder } from '../servers/process.ts';
import { rsyslogPackages, rsyslogPrograms, startRsyslog } from '../servers/rsyslog.ts';
import { breathless, channelContext, failure, sample } from './channel-world.ts';

const folder = serverFolder();
let authority: Authority;

before(() => {
  authority = makeAuthority(folder.path);
});
after(() => folder[Symbol.dispose]());

function open(
  transport: string,
  port: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Channel> {
  const config = { kind: 'syslog', host: '127.0.0.1', port, transport, hostname: 'school-server' };
  return openConfiguredChannel({ ...config, caFile: authority.path, ...more }, channelContext());
}

test('rsyslog understands every record, over UDP, TCP and TLS', async (t) => {
  if (!programsOrSkip(t, rsyslogPrograms, rsyslogPackages)) return;
  const certificate = authority.issue('syslog', 'IP:127.0.0.1');
  await using server = await startRsyslog({
    folder: folder.path,
    certificate,
    authorityPath: authority.path,
  });
  let count = 0;
  for (const transport of ['udp', 'tcp', 'tls'] as const) {
    await using channel = await open(transport, server[transport], { facility: 'local3' });
    assert.equal(channel.location, `syslog:127.0.0.1:${server[transport]}/${transport}`);
    await channel.send(
      { ...sample, facts: { ...sample.facts, 'größe "]': 'a\\b "c" ]d' } },
      channelContext(),
    );
    count += 1;
    const line = (await server.lines(count)).at(-1)!;
    // 19 · 8 + 2
    assert.equal(line.pri, '154');
    assert.equal(line.version, '1');
    assert.match(line.time, /^2026-11-21T17:00:05\.000/);
    assert.equal(line.hostname, 'school-server');
    assert.equal(line.app, 'holdfast');
    assert.equal(line.procid, String(process.pid));
    assert.equal(line.msgid, 'alert');
    assert.equal(line.input, transport);
    assert.equal(
      line.data,
      '[holdfast@32473 severity="CRITICAL" dedupeKey="policy/school/failed" policy="school" missedHours="26" isLocked="false" gr__e___="a\\\\b \\"c\\" \\]d"]',
    );
    assert.equal(
      line.msg.replace(/^\ufeff/, ''),
      'Backup of "Lehrerzimmer" failed – ÄÖÜß €: The disk is full. | Nothing was lost; the last good backup is from yesterday.',
    );
    const results = await Array.fromAsync(
      conformance(() => open(transport, server[transport]), sample, channelContext()),
    );
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
    count += 7;
    const lines = (await server.lines(count)).slice(-7);
    assert.equal(lines.length, 7, 'one message made more than one record');
    assert.deepEqual(
      lines.slice(0, 3).map(({ pri }) => pri),
      ['30', '28', '26'],
    );
    assert.ok(lines.some(({ msg }) => /\[… \d+ bytes more/.test(msg)));
  }
});

test('a record keeps within its limit, whatever the message holds', () => {
  const names = {
    facility: 'daemon',
    hostname: 'h'.repeat(48),
    appName: 'a'.repeat(48),
    processId: '1',
  } as const;
  const facts = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`fact ${index}`, '"]\\'.repeat(300)]),
  );
  for (const bytesMax of [2048, 8192]) {
    for (const text of ['', '€'.repeat(20_000), 'a\nb\r\n\u0000c\n'.repeat(5000)]) {
      const record = syslogRecord({ ...sample, text, facts, dedupeKey: '"'.repeat(500) }, names, bytesMax);
      assert.ok(record.length <= bytesMax, `${record.length} of ${bytesMax}`);
      assert.doesNotMatch(record.toString('utf8'), /[\x00-\x1f\x7f\ufffd]/);
    }
  }
});

test('over TCP and TLS a missing server is unavailable, and a stranger gets nothing', async () => {
  for (const transport of ['tcp', 'tls']) {
    await using gone = await open(transport, await freePort());
    await assert.rejects(gone.send(sample, channelContext()), failure('unavailable', 'CHANNEL_UNAVAILABLE'));
  }
  const { createServer: createTls } = await import('node:tls');
  const { readFileSync } = await import('node:fs');
  const { certificatePath, keyPath } = authority.issue('other', 'DNS:other.test');
  let heard = 0;
  const server = createTls({ cert: readFileSync(certificatePath), key: readFileSync(keyPath) }, (socket) => {
    socket
      .on('error', () => undefined)
      .on('data', (bytes) => {
        heard += bytes.length;
      });
  }).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => undefined);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  for (const more of [{}, { caFile: undefined }]) {
    await using channel = await open('tls', port, more);
    await assert.rejects(channel.send(sample, channelContext()), failure('denied', 'CHANNEL_CERTIFICATE'));
  }
  server.close();
  await once(server, 'close');
  assert.equal(heard, 0);
});

test('a server that resets has taken nothing; one that never closes holds nobody', async () => {
  for (const manner of ['reset', 'silent'] as const) {
    let reached: () => void = () => undefined;
    const came = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const sockets: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => {
        if (manner === 'reset') socket.resetAndDestroy();
        reached();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using channel = await open('tcp', (server.address() as AddressInfo).port);
    const context = channelContext();
    const sending = channel.send(sample, context);
    sending.catch(() => undefined);
    await came;
    if (manner === 'silent') context.ring();
    const code = manner === 'reset' ? 'CHANNEL_UNAVAILABLE' : 'CHANNEL_TIMEOUT';
    await assert.rejects(sending, failure('unavailable', code));
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
});

test('a server that hangs up in good order before it has had all of a record has not taken it', async () => {
  const certificate = authority.issue('hasty', 'IP:127.0.0.1');
  const { createServer: createTls } = await import('node:tls');
  const { readFileSync } = await import('node:fs');
  const pem = { cert: readFileSync(certificate.certificatePath), key: readFileSync(certificate.keyPath) };
  for (const transport of ['tcp', 'tls']) {
    for (const reads of [true, false]) {
      const sockets: Socket[] = [];
      const hangUp = (socket: Socket) => {
        sockets.push(socket);
        socket.on('error', () => undefined);
        if (reads) socket.once('data', () => socket.end());
        else socket.end();
      };
      const server =
        transport === 'tcp'
          ? createServer({ allowHalfOpen: true, pauseOnConnect: !reads }, hangUp)
          : createTls({ ...pem, allowHalfOpen: true }, hangUp);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      await using channel = await open(transport, (server.address() as AddressInfo).port);
      const context = channelContext(undefined, breathless);
      await assert.rejects(
        channel.send(sample, context),
        failure('unavailable', 'CHANNEL_UNAVAILABLE'),
        `${transport}, ${reads ? 'reads' : 'reads nothing'}`,
      );
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    }
  }
});

test('bad configurations are refused, and a metadata service is never a log server', async () => {
  for (const more of [
    { transport: 'sctp' },
    { facility: 'kern' },
    { appName: 'two words' },
    { port: 0 },
    { hostname: '' },
  ]) {
    await assert.rejects(open('udp', 514, more), failure('usage', 'CHANNEL_CONFIG_INVALID'));
  }
  await assert.rejects(open('tls', 6514, { caFile: '/none' }), failure('usage', 'CHANNEL_CA_FILE'));
  await assert.rejects(
    open('tls', 6514, { certificateFile: '/none' }),
    failure('missing', 'CHANNEL_FILE_UNREADABLE'),
  );
  const resolve = async () => [{ address: '169.254.169.254', family: 4 as const }];
  for (const transport of ['udp', 'tcp'] as const) {
    const config = syslogConfig.parse({ host: 'log.test', transport });
    await using channel = await openSyslog(config, resolve);
    await assert.rejects(channel.send(sample, channelContext()), failure('denied', 'CHANNEL_TARGET_REFUSED'));
  }
});
