import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/base/failure.ts';
import { Doorman, hashPassword, makeToken, parseAccounts } from '../../src/storage/rest/accounts.ts';
import { cheapHash } from '../servers/object-server.ts';
import { failure, stillContext } from './storage-world.ts';

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const hash = cheapHash('right');

test('a file of accounts is read with its options', () => {
  const text = `# who may come\n\nalice:${hash}\r\n  bob:${hash}:append-only,quota=500G,folder=alice\nrobot:sha256$${'0'.repeat(64)}:read-only\n`;
  assert.deepEqual(parseAccounts(text), [
    { name: 'alice', secretHash: hash, access: 'full', folder: 'alice', quotaBytes: undefined },
    { name: 'bob', secretHash: hash, access: 'append-only', folder: 'alice', quotaBytes: 500 * 1024 ** 3 },
    {
      name: 'robot',
      secretHash: `sha256$${'0'.repeat(64)}`,
      access: 'read-only',
      folder: 'robot',
      quotaBytes: undefined,
    },
  ]);
  assert.equal(parseAccounts(`a:${hash}:quota=7`)[0]?.quotaBytes, 7);
  assert.equal(parseAccounts(`a:${hash}:quota=2K`)[0]?.quotaBytes, 2048);
  assert.deepEqual(parseAccounts(''), []);
});

test('a line that cannot be used is named by its number, and its hash is never shown', () => {
  const lines = [
    'alice',
    `../alice:${hash}`,
    `.alice:${hash}`,
    `Alice:${hash}`,
    `:${hash}`,
    'alice:geheim',
    'alice:$2y$10$abcdefghijklmnopqrstuv',
    `alice:${hash.replace('scrypt$10', 'scrypt$30')}`,
    `alice:${hash}:quota=-1`,
    `alice:${hash}:quota=1P`,
    `alice:${hash}:folder=../bob`,
    `alice:${hash}:admin`,
    `alice:${hash}:append-only:more`,
    `bob:${hash}\nbob:${hash}`,
  ];
  for (const line of lines) {
    assert.throws(
      () => parseAccounts(`# first\n${line}`),
      (error: unknown) => {
        assert.ok(error instanceof Failure);
        assert.deepEqual([error.kind, error.code], ['usage', 'STORAGE_ACCOUNTS_INVALID'], line);
        assert.match(error.message, /line [23] /);
        assert.ok(!error.message.includes(hash.slice(-20)) && !error.message.includes('geheim'), line);
        return true;
      },
    );
  }
});

test('a hash that is made opens to its password alone, in any Unicode form', async () => {
  const made = await hashPassword('Bücher');
  assert.match(made, /^scrypt\$15\$8\$3\$/);
  assert.notEqual(made, await hashPassword('Bücher'));
  const doorman = new Doorman(parseAccounts(`alice:${made}`), stillContext());
  assert.equal((await doorman.admit(basic('alice', 'Bu\u0308cher'), 'x')).name, 'alice');
  await assert.rejects(
    doorman.admit(basic('alice', 'Bucher'), 'x'),
    failure('denied', 'STORAGE_LOGIN_REFUSED'),
  );
});

test('a token opens its account, and nothing else does', async () => {
  const { token, secretHash } = makeToken();
  const doorman = new Doorman(parseAccounts(`robot:${secretHash}\nalice:${hash}`), stillContext());
  assert.equal((await doorman.admit(`Bearer ${token}`, 'x')).name, 'robot');
  assert.equal((await doorman.admit(basic('alice', 'right'), 'x')).name, 'alice');
  const refused = failure('denied', 'STORAGE_LOGIN_REFUSED');
  for (const header of [
    undefined,
    '',
    'Basic',
    'Basic !',
    'Digest x',
    `Bearer ${token}x`,
    basic('robot', token),
    basic('robot', secretHash),
    basic('robot', ''),
    `Bearer ${secretHash.slice('sha256$'.length)}`,
  ]) {
    await assert.rejects(doorman.admit(header, String(header)), refused, header);
  }
});

test('who guesses must wait, who is known goes in and out', async () => {
  const context = stillContext();
  const doorman = new Doorman(parseAccounts(`alice:${hash}\nbob:${hash}`), context);
  await doorman.admit(basic('alice', 'right'), 'there');
  for (let guess = 0; guess < 10; guess += 1) {
    await assert.rejects(
      doorman.admit(basic('alice', `wrong ${guess}`), 'there'),
      failure('denied', 'STORAGE_LOGIN_REFUSED'),
    );
  }
  await assert.rejects(doorman.admit(basic('bob', 'right'), 'there'), (error) => {
    assert.ok(error instanceof Failure);
    assert.deepEqual([error.code, error.facts.status], ['STORAGE_UNAVAILABLE', 429]);
    return Number(error.facts.retryAfterMs) > 0;
  });
  assert.equal((await doorman.admit(basic('alice', 'right'), 'there')).name, 'alice');
  assert.equal((await doorman.admit(basic('bob', 'right'), 'elsewhere')).name, 'bob');
  context.advance(61_000);
  assert.equal((await doorman.admit(basic('bob', 'right'), 'there')).name, 'bob');
});

test('a flood of guesses waits in a line that has an end', async () => {
  const doorman = new Doorman(parseAccounts(`alice:${hash}`), stillContext());
  const guesses = Array.from({ length: 60 }, (_, guess) =>
    doorman.admit(basic('alice', `wrong ${guess}`), `address ${guess}`),
  );
  const codes = (await Promise.allSettled(guesses)).map((end) =>
    end.status === 'rejected' && end.reason instanceof Failure ? end.reason.code : 'admitted',
  );
  assert.deepEqual([...new Set(codes)].sort(), ['STORAGE_LOGIN_REFUSED', 'STORAGE_UNAVAILABLE']);
  assert.equal(codes.filter((code) => code === 'STORAGE_UNAVAILABLE').length, 60 - 34);
  assert.equal((await doorman.admit(basic('alice', 'right'), 'last')).name, 'alice');
});

test('an account that was taken away is out at once', async () => {
  const doorman = new Doorman(parseAccounts(`alice:${hash}`), stillContext());
  await doorman.admit(basic('alice', 'right'), 'x');
  doorman.replace(parseAccounts(`alice:${cheapHash('new')}`));
  await assert.rejects(
    doorman.admit(basic('alice', 'right'), 'x'),
    failure('denied', 'STORAGE_LOGIN_REFUSED'),
  );
  assert.equal((await doorman.admit(basic('alice', 'new'), 'x')).name, 'alice');
});
