// The sftp kind against OpenSSH's server: the six promises, each way to log in, and each thing that a user gets wrong.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { Failure, type FailureKind } from '../../src/base/failure.ts';
import { noSecrets, openConfiguredStorage, openStorage, type SecretOf } from '../../src/storage/all.ts';
import { conformance } from '../../src/storage/conformance.ts';
import sftp, { openSftp } from '../../src/storage/sftp.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { withRetry } from '../../src/storage/with/retry.ts';
import { freePort, programsOrSkip, rootOrSkip } from '../servers/process.ts';
import { startProxy } from '../servers/proxy.ts';
import {
  type Account,
  makeAccount,
  makeKey,
  publicKey,
  type Sshd,
  sshdPackages,
  startSshd,
} from '../servers/sshd.ts';
import { bytesOf, failure, namesOf, scratch, signal, stillContext, textOf } from './storage-world.ts';

type Fields = Record<string, unknown>;

function fieldsOf(server: Sshd, more: Fields = {}): { kind: string } & Fields {
  return {
    kind: 'sftp',
    host: '127.0.0.1',
    port: server.port,
    user: server.user,
    path: server.remoteData,
    identityFile: server.identityFile,
    knownHosts: server.knownHosts,
    ...more,
  };
}

function open(server: Sshd, more: Fields = {}, context = stillContext()): Promise<Storage> {
  return openConfiguredStorage(fieldsOf(server, more), context);
}

/** Fails to open, with this kind and code and a hint; the message has none of the secrets. */
async function refuses(
  opening: Promise<Storage>,
  kind: FailureKind,
  code: string,
  pattern = /./,
): Promise<void> {
  await assert.rejects(opening, (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(`${error.kind}/${error.code}`, `${kind}/${code}`, error.message);
    assert.ok(error.hint !== undefined && error.hint.length > 10, error.message);
    const all = `${error.message} ${error.hint} ${JSON.stringify(error.facts)}`;
    assert.match(all, pattern);
    for (const secret of secrets) assert.ok(!all.includes(secret), `a secret is shown: ${all}`);
    return true;
  });
}

const secrets = ['correct horse', 'wrong horse', 'open sesame', 'other sesame'];

test('a URL and a configuration mean the same', () => {
  const read = (url: string) => sftp.config.parse(sftp.fromUrl(url));
  assert.deepEqual(read('sftp://joe@host/a/b'), { user: 'joe', host: 'host', port: 22, path: 'a/b' });
  assert.deepEqual(read('sftp://joe@host'), { user: 'joe', host: 'host', port: 22, path: '' });
  assert.deepEqual(read('sftp://j%40d@[::1]:2222//srv/a%20b/'), {
    user: 'j@d',
    host: '::1',
    port: 2222,
    path: '/srv/a b',
  });
  const pin = 'SHA256:+O3Ob4pbDYFCgFa1Jx+Lfa8Xf0VUUy+q2X2Hz5b3gGE';
  for (const written of [pin, pin.replaceAll('+', '%2B')]) {
    assert.deepEqual(
      read(
        `sftp://joe@host/a?identity-file=/k/id&known-hosts=/k/known&agent=/run/agent&jump=ann@gate:2200&host-key=${written}`,
      ),
      {
        user: 'joe',
        host: 'host',
        port: 22,
        path: 'a',
        identityFile: '/k/id',
        knownHosts: '/k/known',
        agent: '/run/agent',
        jump: { user: 'ann', host: 'gate', port: 2200 },
        hostKey: pin,
      },
    );
  }
});

test('a URL or a configuration that cannot be meant is refused, and says what is wrong', async () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['sftp://host/a', 'STORAGE_URL_INVALID'],
    ['sftp:///a', 'STORAGE_URL_INVALID'],
    ['sftp://joe@host/a/../b%2Fc', 'STORAGE_URL_INVALID'],
    ['sftp://joe@host/a?color=red', 'STORAGE_URL_INVALID'],
    ['sftp://joe:correct horse@host/a', 'STORAGE_URL_HAS_SECRET'],
    ['sftp://joe@host/a?password=x', 'STORAGE_URL_INVALID'],
    ['sftp://joe@host/a?host-key=MD5:00', 'STORAGE_CONFIG_INVALID'],
    ['sftp://joe@host/a?jump=gate', 'STORAGE_CONFIG_INVALID'],
    ['sftp://joe@host/a?jump=ann:correct horse@gate', 'STORAGE_URL_HAS_SECRET'],
  ];
  for (const [url, code] of wrong) {
    await refuses(openStorage(url, noSecrets, stillContext()), 'usage', code);
  }
  const given = { kind: 'sftp', host: 'h', user: 'u' };
  for (const fields of [{ port: 0 }, { port: 70_000 }, { user: '' }, { colour: 'red' }, { password: 7 }]) {
    await refuses(
      openConfiguredStorage({ ...given, ...fields }, stillContext()),
      'usage',
      'STORAGE_CONFIG_INVALID',
    );
  }
});

describe('against sshd', () => {
  let running: Promise<Sshd> | undefined;
  const ours = async (t: TestContext) => {
    if (!programsOrSkip(t, ['sshd', 'ssh-keygen'], sshdPackages)) return undefined;
    running ??= startSshd();
    return running;
  };
  after(async () => (await running)?.[Symbol.asyncDispose]());

  test('all promises are kept', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    const results = await Array.fromAsync(conformance(() => open(server), { signal, listedObjects: 300 }));
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
    assert.deepEqual(filesBelow(server.data), []);
  });

  test('it is class B, exclusive, and says where it is without its secrets', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    await using storage = await open(server, { password: 'correct horse' });
    assert.equal(storage.location, `sftp://${server.user}@127.0.0.1:${server.port}/${server.data}`);
    assert.deepEqual(storage.features, {
      exclusivePut: true,
      isLocal: false,
      parallelCallsMax: 8,
      durability: 'B',
    });
  });

  test('its URL opens the same place, and create makes the folders', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    const query = `identity-file=${server.identityFile}&known-hosts=${server.knownHosts}`;
    const url = `sftp://${server.user}@127.0.0.1:${server.port}/${server.data}/made/by/us?${query}`;
    await refuses(openStorage(url, noSecrets, stillContext()), 'missing', 'STORAGE_MISSING');
    const parsed = sftp.config.parse(sftp.fromUrl(url));
    await (await sftp.create(parsed, stillContext()))[Symbol.asyncDispose]();
    await using storage = await openStorage(url, noSecrets, stillContext());
    await storage.put('a', bytesOf('a'), { signal });
    assert.deepEqual(filesBelow(join(server.data, 'made')), ['by', 'by/us', 'by/us/a']);
    await assert.rejects(sftp.create(parsed, stillContext()), failure('conflict', 'STORAGE_NOT_EMPTY'));
    writeFileSync(join(server.data, 'file'), '');
    await refuses(open(server, { path: `${server.data}/file` }), 'usage', 'STORAGE_NOT_A_FOLDER');
    rmSync(join(server.data, 'file'));
    rmSync(join(server.data, 'made'), { recursive: true });
  });

  test('host keys: unknown, changed, revoked and pinned', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    using folder = scratch();
    const at = (name: string) => join(folder.path, name);
    const name = `[127.0.0.1]:${server.port}`;
    makeKey(at('other'), 'ed25519');
    writeFileSync(at('empty'), '');
    writeFileSync(at('changed'), `${name} ${publicKey(at('other.pub'))}\n`);
    writeFileSync(at('revoked'), `@revoked ${name} ${publicKey(join(server.folder, 'host_ed25519.pub'))}\n`);
    // Only the second kind of key is known: it must be asked for.
    writeFileSync(at('ecdsa'), `${name} ${publicKey(join(server.folder, 'host_ecdsa.pub'))}\n`);
    writeFileSync(at('hashed'), `${name} ${publicKey(join(server.folder, 'host_ed25519.pub'))}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', at('hashed')], { stdio: 'ignore' });
    const fingerprint = new RegExp(server.fingerprint.replace(/[+/]/g, '\\$&'));
    const hostKey = (file: string, more: Fields = {}) => open(server, { knownHosts: at(file), ...more });
    await refuses(hostKey('empty'), 'denied', 'STORAGE_HOST_KEY', fingerprint);
    await refuses(hostKey('empty'), 'denied', 'STORAGE_HOST_KEY', /ssh-keyscan -p \d+ 127\.0\.0\.1 >>/);
    await refuses(hostKey('changed'), 'denied', 'STORAGE_HOST_KEY', /HAS CHANGED.*listening/s);
    await refuses(hostKey('revoked'), 'denied', 'STORAGE_HOST_KEY', /revoked/);
    await refuses(hostKey('absent'), 'usage', 'STORAGE_CONFIG_INVALID', /known-hosts/);
    const pin = server.fingerprint;
    await refuses(hostKey('revoked', { hostKey: pin }), 'denied', 'STORAGE_HOST_KEY', /revoked/);
    const otherPin = execFileSync('ssh-keygen', ['-lf', at('other.pub')])
      .toString()
      .split(' ')[1];
    await refuses(hostKey('empty', { hostKey: otherPin }), 'denied', 'STORAGE_HOST_KEY', /pinned/);
    for (const more of [
      { knownHosts: at('ecdsa') },
      { knownHosts: at('hashed') },
      { knownHosts: at('absent'), hostKey: pin },
    ]) {
      await (await open(server, more))[Symbol.asyncDispose]();
    }
  });

  test('keys: missing, locked, wrong passphrase, no key, not accepted', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    using folder = scratch();
    const at = (name: string) => join(folder.path, name);
    makeKey(at('locked'), 'ed25519', 'open sesame');
    makeKey(at('stranger'), 'ed25519');
    writeFileSync(at('noise'), 'correct horse');
    const key = (file: string, more: Fields = {}) => open(server, { identityFile: at(file), ...more });
    await refuses(key('absent'), 'usage', 'STORAGE_CONFIG_INVALID', /identity-file/);
    await refuses(key('locked'), 'denied', 'STORAGE_KEY_UNUSABLE', /none is given/);
    const wrong = { keyPassphrase: 'other sesame' };
    await refuses(key('locked', wrong), 'denied', 'STORAGE_KEY_UNUSABLE', /passphrase is wrong/);
    await refuses(key('noise'), 'denied', 'STORAGE_KEY_UNUSABLE', /form/);
    await refuses(key('stranger.pub'), 'denied', 'STORAGE_KEY_UNUSABLE', /public/);
    await refuses(key('stranger'), 'denied', 'STORAGE_DENIED', /refuses the login/);
    await refuses(open(server, { user: 'nobody-here' }), 'denied', 'STORAGE_DENIED', /nobody-here/);
    // The right passphrase gets as far as the server, which does not know the key.
    await refuses(key('locked', { keyPassphrase: 'open sesame' }), 'denied', 'STORAGE_DENIED', /login/);
  });

  test('an agent logs in, and one that is gone or empty is named', async (t) => {
    const server = await ours(t);
    if (server === undefined || !programsOrSkip(t, ['ssh-agent', 'ssh-add'], sshdPackages)) return;
    using folder = scratch();
    const agent = join(folder.path, 'agent');
    const child = spawn('ssh-agent', ['-D', '-a', agent], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(child.stdout, 'data');
      const byAgent = { identityFile: undefined, agent };
      await refuses(open(server, byAgent), 'denied', 'STORAGE_DENIED');
      execFileSync('ssh-add', ['-q', server.identityFile], {
        env: { ...process.env, SSH_AUTH_SOCK: agent },
      });
      await (await open(server, byAgent))[Symbol.asyncDispose]();
      await refuses(open(server, { ...byAgent, agent: `${agent}-not` }), 'denied', 'STORAGE_DENIED');
    } finally {
      child.kill();
    }
  });

  test('a jump host leads to the server, and one that forbids it is named', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    const jump = { user: server.user, host: '127.0.0.1', port: server.port };
    await using storage = await open(server, { jump });
    await storage.put('by-jump', bytesOf('there'), { signal });
    assert.equal(await textOf(storage, 'by-jump'), 'there');
    await storage.delete('by-jump', { signal });
    await using strict = await startSshd({ lines: ['AllowTcpForwarding no'] });
    const gate = { user: strict.user, host: '127.0.0.1', port: strict.port };
    // Not known there: the jump host's key is checked as well.
    await refuses(open(server, { jump: gate }), 'denied', 'STORAGE_HOST_KEY');
    using folder = scratch();
    const known = join(folder.path, 'known');
    const [first, second] = [server, strict].map(
      (one) => `[127.0.0.1]:${one.port} ${publicKey(join(one.folder, 'host_ed25519.pub'))}\n`,
    );
    writeFileSync(known, first! + second!);
    await refuses(
      open(server, { jump: gate, knownHosts: known }),
      'denied',
      'STORAGE_DENIED',
      /login|forward/i,
    );
    const both = { jump: gate, knownHosts: known, identityFile: strict.identityFile };
    await refuses(open(server, both), 'denied', 'STORAGE_DENIED', /AllowTcpForwarding/);
  });

  test('a port without server, and a host without address, are unavailable', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    const pin = { hostKey: server.fingerprint };
    await refuses(open(server, { ...pin, port: await freePort() }), 'unavailable', 'STORAGE_UNAVAILABLE');
    const nowhere = { ...pin, host: 'no-such-host.invalid' };
    await refuses(open(server, nowhere), 'unavailable', 'STORAGE_HOST_UNKNOWN', /no-such-host/);
  });

  test('a folder that has gone is no empty list and no missing object', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    const path = join(server.data, 'gone');
    mkdirSync(path);
    await using storage = await open(server, { path });
    await storage.put('packs/a', bytesOf('a'), { signal });
    assert.deepEqual(await namesOf(storage, 'snapshots/'), []);
    rmSync(path, { recursive: true });
    const gone = failure('unavailable', 'STORAGE_VANISHED');
    await assert.rejects(namesOf(storage), gone);
    await assert.rejects(namesOf(storage, 'packs/'), gone);
    await assert.rejects(storage.get('packs/a', { signal }), gone);
    await assert.rejects(storage.stat('packs/a', { signal }), gone);
    await assert.rejects(storage.delete('packs/a', { signal }), gone);
    await assert.rejects(storage.put('packs/b', bytesOf('b'), { signal }), gone);
  });

  test('other content under a taken name is found, and nothing is replaced', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    await using storage = await open(server);
    await storage.put('x/taken', bytesOf('first'), { signal });
    const differs = failure('corrupt', 'OBJECT_DIFFERS');
    await assert.rejects(storage.put('x/taken', bytesOf('second'), { signal }), differs);
    assert.equal(await textOf(storage, 'x/taken'), 'first');
    rmSync(join(server.data, 'x'), { recursive: true });
  });

  test('links to folders are followed, temporary and dot names are not objects, sweep takes old ones', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    using elsewhere = scratch();
    await using storage = await open(server);
    await storage.put('packs/aa/one', bytesOf('1'), { signal });
    writeFileSync(join(elsewhere.path, 'two'), '2');
    symlinkSync(elsewhere.path, join(server.data, 'packs/bb'));
    symlinkSync('/nowhere/at/all', join(server.data, 'packs/broken'));
    mkdirSync(join(server.data, '.hidden'));
    writeFileSync(join(server.data, '.hidden/three'), '3');
    const temporary = (name: string, age: number) => {
      const path = join(server.data, name);
      writeFileSync(path, 'half');
      utimesSync(path, 1000 - age, 1000 - age);
    };
    temporary('.tmp-old', 500);
    temporary('packs/aa/.tmp-old', 500);
    temporary('packs/aa/.tmp-new', 0);
    assert.deepEqual(await namesOf(storage), ['packs/aa/one', 'packs/bb/two']);
    assert.equal(await storage.sweep!(900_000, { signal }), 2);
    assert.deepEqual(readdirSync(join(server.data, 'packs/aa')).sort(), ['.tmp-new', 'one']);
    for (const name of ['packs', '.hidden']) rmSync(join(server.data, name), { recursive: true });
  });

  test('a canceled call ends at once, leaves nothing behind, and the connection serves on', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    // From the beginning, because the proxy lets later pieces overtake when the delay becomes shorter.
    await using proxy = await startProxy(server.port, { delayMs: 15 });
    const pin = { port: proxy.port, hostKey: server.fingerprint };
    await using storage = await open(server, pin);
    await storage.put('big', Buffer.alloc(1_000_000), { signal });
    const calls: readonly ((given: AbortSignal) => Promise<unknown>)[] = [
      (given) => storage.put('new', Buffer.alloc(8_000_000), { signal: given }),
      (given) => storage.get('big', { signal: given }),
      (given) => storage.stat('big', { signal: given }),
      (given) => storage.delete('other', { signal: given }),
      (given) => Array.fromAsync(storage.list('', { signal: given })),
    ];
    for (const call of calls) {
      const controller = new AbortController();
      const running = call(controller.signal);
      setImmediate(() => controller.abort());
      await assert.rejects(running, failure('canceled', 'CANCELED'));
    }
    assert.deepEqual(await namesOf(storage), ['big']);
    assert.ok(proxy.connections() <= 4, 'a canceled call costs no connection');
    await storage.delete('big', { signal });
    await storage[Symbol.asyncDispose]();
    assert.deepEqual(filesBelow(server.data), []);
  });

  test('opening can be canceled while the server is silent', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    await using proxy = await startProxy(server.port, { isPartitioned: true });
    const controller = new AbortController();
    const context = { ...stillContext(), signal: controller.signal };
    const opening = openConfiguredStorage(
      fieldsOf(server, { port: proxy.port, hostKey: server.fingerprint }),
      context,
    );
    setImmediate(() => controller.abort());
    await assert.rejects(opening, failure('canceled', 'CANCELED'));
  });

  test('a connection that broke is replaced: at most the calls under way fail, as unavailable', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    await using proxy = await startProxy(server.port);
    await using storage = await open(server, { port: proxy.port, hostKey: server.fingerprint });
    await storage.put('kept', bytesOf('kept'), { signal });
    proxy.cut();
    const first = await textOf(storage, 'kept').catch((error: unknown) => error);
    if (first !== 'kept') assert.ok(failure('unavailable', 'STORAGE_UNAVAILABLE')(first));
    assert.equal(await textOf(storage, 'kept'), 'kept');
    assert.equal(proxy.connections(), 2);
    const patient = withRetry(storage, () => 0, stillContext());
    proxy.weather.delayMs = 5;
    const putting = patient.put('during', Buffer.alloc(3_000_000, 7), { signal });
    setImmediate(() => proxy.cut());
    await putting;
    assert.equal((await patient.get('during', { signal })).length, 3_000_000);
    // The server dies with its connections, and comes back.
    await server.kill();
    await assert.rejects(storage.get('kept', { signal }), failure('unavailable', 'STORAGE_UNAVAILABLE'));
    await server.start();
    assert.equal(await textOf(patient, 'kept'), 'kept');
    for (const name of await namesOf(storage)) await storage.delete(name, { signal });
    await storage.sweep!(Number.MAX_SAFE_INTEGER, { signal });
    assert.deepEqual(filesBelow(server.data), []);
  });

  test('a network that lets nothing through is left in time, and used again when it heals', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    await using proxy = await startProxy(server.port);
    const fields = sansKind(fieldsOf(server, { port: proxy.port, hostKey: server.fingerprint }));
    const limits = { connectMs: 60_000, idleMs: 1000 };
    await using storage = await openSftp(sftp.config.parse(fields), stillContext(), limits, false);
    // Asked again where the machine is slower than this short patience.
    const patient = withRetry(storage, () => 0, stillContext());
    await patient.put('before', bytesOf('before'), { signal });
    proxy.weather.isPartitioned = true;
    await assert.rejects(textOf(storage, 'before'), failure('unavailable', 'STORAGE_UNAVAILABLE'));
    proxy.weather.isPartitioned = false;
    proxy.weather.isRefusing = true;
    await assert.rejects(textOf(storage, 'before'), failure('unavailable', 'STORAGE_UNAVAILABLE'));
    proxy.weather.isRefusing = false;
    assert.equal(await textOf(patient, 'before'), 'before');
    await patient.delete('before', { signal });
  });

  test('a busy storage uses a few connections, and one where only one is let in', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    await using proxy = await startProxy(server.port);
    const names = Array.from({ length: 16 }, (_, index) => `busy/${index}`);
    for (const isAlone of [false, true]) {
      const connectionsBefore = proxy.connections();
      await using storage = await open(server, { port: proxy.port, hostKey: server.fingerprint });
      proxy.weather.isRefusing = isAlone;
      await Promise.all(names.map((name) => storage.put(name, Buffer.alloc(50_000), { signal })));
      assert.equal((await namesOf(storage, 'busy/')).length, 16);
      const made = proxy.connections() - connectionsBefore;
      assert.ok(made > 1 && made <= 4, `${made} connections`);
      proxy.weather.isRefusing = false;
    }
    rmSync(join(server.data, 'busy'), { recursive: true });
  });

  test('a server that renews its keys all the time loses nothing', async (t) => {
    if (!programsOrSkip(t, ['sshd', 'ssh-keygen'], sshdPackages)) return;
    await using server = await startSshd({ lines: ['RekeyLimit 1M'] });
    await using storage = await open(server);
    const bytes = randomBytes(6_000_000);
    await Promise.all(
      ['a0', 'b0', 'c0'].map(async (name) => {
        await storage.put(name, bytes, { signal });
        assert.ok(bytes.equals(await storage.get(name, { signal })));
      }),
    );
  });

  test('behind retries all promises are kept while connections are reset', async (t) => {
    const server = await ours(t);
    if (server === undefined) return;
    await using proxy = await startProxy(server.port, { resetAfterBytes: 20_000_000 });
    const opening = async () =>
      withRetry(
        await open(server, { port: proxy.port, hostKey: server.fingerprint }),
        () => 0,
        stillContext(),
      );
    const results = await Array.fromAsync(conformance(opening, { signal, listedObjects: 60 }));
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
    assert.ok(proxy.connections() > 3, `${proxy.connections()} connections`);
  });
});

describe('as an account of its own', () => {
  let account: Account | undefined;
  let running: Promise<Sshd> | undefined;
  const ours = async (t: TestContext) => {
    if (!rootOrSkip(t) || !programsOrSkip(t, ['sshd', 'useradd', 'openssl'], sshdPackages)) return undefined;
    account ??= makeAccount();
    running ??= startSshd({ account });
    return { account, server: await running };
  };
  after(async () => {
    await (await running)?.[Symbol.asyncDispose]();
    account?.[Symbol.dispose]();
  });

  test('a password logs in, and a wrong one is not shown', async (t) => {
    const both = await ours(t);
    if (both === undefined) return;
    const { account, server } = both;
    const { password } = account;
    const byPassword = { identityFile: undefined, password };
    await using storage = await open(server, byPassword);
    assert.ok(!storage.location.includes('horse'));
    const url = `sftp://${account.name}@127.0.0.1:${server.port}//data?known-hosts=${server.knownHosts}`;
    const secretOf: SecretOf = async (field) => (field === 'password' ? password : undefined);
    await (await openStorage(url, secretOf, stillContext()))[Symbol.asyncDispose]();
    const wrong = { ...byPassword, password: 'wrong horse' };
    await refuses(open(server, wrong), 'denied', 'STORAGE_DENIED', /refuses the login/);
  });

  test('a missing right to write, to read, to list or to delete is said, and nothing is retried', async (t) => {
    const both = await ours(t);
    if (both === undefined) return;
    const { server } = both;
    await using storage = await open(server);
    await storage.put('packs/a', bytesOf('a'), { signal });
    const folder = join(server.data, 'packs');
    const denied = failure('denied', 'STORAGE_DENIED');
    chmodSync(folder, 0o500);
    await assert.rejects(storage.put('packs/b', bytesOf('b'), { signal }), denied);
    await assert.rejects(storage.delete('packs/a', { signal }), denied);
    chmodSync(folder, 0o000);
    await assert.rejects(storage.get('packs/a', { signal }), denied);
    await assert.rejects(namesOf(storage, 'packs/'), denied);
    await assert.rejects(namesOf(storage), denied);
    chmodSync(folder, 0o700);
    assert.deepEqual(await namesOf(storage), ['packs/a']);
    // Outside of what the account owns.
    await assert.rejects(
      sftp.create(sftp.config.parse(sansKind(fieldsOf(server, { path: '/new/folder' }))), stillContext()),
      denied,
    );
    await storage.delete('packs/a', { signal });
  });

  test('a full disk is exhausted, leaves nothing behind, and what was put stays readable', async (t) => {
    const both = await ours(t);
    if (both === undefined) return;
    const { account, server } = both;
    const disk = join(server.data, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=2m,uid=${account.uid},mode=700`, 'tmpfs', disk]);
    try {
      await using storage = await open(server, { path: '/data/disk' });
      await storage.put('small', bytesOf('small'), { signal });
      const full = failure('exhausted', 'STORAGE_FULL');
      await assert.rejects(storage.put('large', Buffer.alloc(5_000_000), { signal }), full);
      assert.deepEqual(filesBelow(disk), ['small']);
      assert.equal(await textOf(storage, 'small'), 'small');
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});

function sansKind({ kind: _, ...rest }: { kind: string } & Fields): Fields {
  return rest;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('probe'))
    .sort();
}
