// What is found out before a snapshot is read: every state of a Vault has its own name, and no token is left behind.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext as NodeTest, test } from 'node:test';
import { checkAddress } from '../../../src/sources/vault/client.ts';
import { type VaultRequest, visitVault } from '../../../src/sources/vault.ts';
import { selfSigned } from '../../servers/front.ts';
import { appRole, startVaultDouble, type VaultDouble, vaultToken } from '../../servers/vault-double.ts';
import { scratch, testContext } from '../../world.ts';

async function start(t: NodeTest): Promise<VaultDouble> {
  const double = await startVaultDouble();
  t.after(() => double[Symbol.asyncDispose]());
  return double;
}

const byToken = (address: string): VaultRequest => ({ address, access: { token: vaultToken } });

test('sealed, not initialized, secondary, removed and strange Vaults each have a name', async (t) => {
  const double = await start(t);
  const table: readonly (readonly [number, string])[] = [
    [503, 'VAULT_SEALED'],
    [501, 'VAULT_NOT_INITIALIZED'],
    [472, 'VAULT_SECONDARY'],
    [530, 'VAULT_REMOVED'],
    [404, 'VAULT_ANSWER_UNFIT'],
  ];
  for (const [status, code] of table) {
    double.health = status;
    await assert.rejects(visitVault(byToken(double.address), testContext()), { kind: 'unavailable', code });
  }
  for (const status of [200, 429, 473]) {
    double.health = status;
    await visitVault(byToken(double.address), testContext());
  }
  double.storageType = 'consul';
  await assert.rejects(visitVault(byToken(double.address), testContext()), { code: 'VAULT_NOT_RAFT' });
});

test('a token without the right is found out early, one that may not ask is tried', async (t) => {
  const double = await start(t);
  double.tokens.set(vaultToken, []);
  await assert.rejects(visitVault(byToken(double.address), testContext()), {
    kind: 'denied',
    code: 'VAULT_DENIED',
  });
  double.tokens.set(vaultToken, ['mute', 'read']);
  await visitVault(byToken(double.address), testContext());
});

test('a standby is asked like the active node', async (t) => {
  const double = await start(t);
  await visitVault(byToken(double.standby), testContext());
  assert.ok(double.calls.includes('POST sys/capabilities-self'));
});

test('the token of an AppRole ends with the visit, also when the visit fails', async (t) => {
  const double = await start(t);
  const login = (secretId: string): VaultRequest => ({
    address: double.address,
    access: { appRole: { ...appRole, secretId, mount: 'approle' } },
  });
  const context = testContext();
  const { config, leave } = await visitVault(login(appRole.secretId), context);
  assert.equal(double.tokens.size, 2);
  assert.ok(double.tokens.has(config.connection!.token));
  await leave();
  assert.equal(double.tokens.size, 1);
  assert.deepEqual(context.warnings, []);
  await assert.rejects(visitVault(login('wrong'), context), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'VAULT_LOGIN_REFUSED');
    assert.ok(!error.message.includes('wrong'));
    return true;
  });
});

test('addresses without TLS, with credentials or of no server are refused before anything is sent', () => {
  for (const address of ['http://vault.example.org:8200', 'http://10.0.0.1']) {
    assert.throws(() => checkAddress(address), { code: 'VAULT_PLAIN' });
  }
  for (const address of ['vault', 'ftp://vault', 'https://me:hvs.x@vault', '']) {
    assert.throws(
      () => checkAddress(address),
      (error: Error & { code?: string }) =>
        error.code === 'VAULT_ADDRESS_INVALID' && !error.message.includes('hvs.x'),
    );
  }
  for (const address of ['https://vault:8200', 'http://127.0.0.1:8200', 'http://[::1]:1'])
    checkAddress(address);
});

test('nothing listens there', async () => {
  await assert.rejects(visitVault(byToken('http://127.0.0.1:1'), testContext()), {
    kind: 'unavailable',
    code: 'VAULT_UNREACHABLE',
  });
});

test('a certificate is trusted only by the authority that was given, and TLS is never left, not even for this machine', async (t) => {
  using folder = scratch();
  const { certificate, key } = selfSigned(folder.path);
  const double = await start(t);
  const ca = readFileSync(certificate, 'utf8');
  const server = createServer({ cert: ca, key: readFileSync(key) }, (request, response) => {
    request.resume();
    response.writeHead(307, { location: `${double.address}${request.url}` }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await assert.rejects(visitVault(byToken(address), testContext()), {
    kind: 'denied',
    code: 'VAULT_CERTIFICATE',
  });
  await assert.rejects(visitVault({ ...byToken(address), ca }, testContext()), { code: 'VAULT_REDIRECT' });
  assert.deepEqual(double.calls, []);
});

test('a redirect in a circle ends', async (t) => {
  const double = await start(t);
  double.redirectTo = double.standby;
  await assert.rejects(visitVault(byToken(double.standby), testContext()), { code: 'VAULT_REDIRECT' });
});
