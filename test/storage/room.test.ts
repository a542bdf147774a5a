// What places tell of the room they have left, and servers of the end of their certificates.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { test } from 'node:test';
import { noSecrets, openStorage } from '../../src/storage/all.ts';
import rest from '../../src/storage/rest.ts';
import { readQuota } from '../../src/storage/webdav/listing.ts';
import { createAs, makeCertificate, password, startObjects, withPassword } from '../servers/object-server.ts';
import { programsOrSkip } from '../servers/process.ts';
import { sshdPackages, startSshd } from '../servers/sshd.ts';
import { scratch, testContext } from '../world.ts';

const { signal } = new AbortController();

/** What others write meanwhile makes no difference that matters. */
function fits(told: number | undefined, path: string): boolean {
  const { blocks, bfree, bavail, bsize } = statfsSync(path);
  return told === (blocks - bfree + bavail) * bsize || Math.abs(told! / (blocks * bsize) - 1) < 0.5;
}

test('a folder and an object server tell the room of their disk, an account with a quota that of its quota', async () => {
  using folder = scratch();
  await using local = await openStorage(folder.path, noSecrets, testContext());
  assert.ok(fits((await local.room?.({ signal }))?.totalBytes, folder.path));

  await using server = await startObjects(folder.path);
  await using alice = await createAs(server.port);
  const room = await alice.room?.({ signal });
  assert.ok(fits(room?.totalBytes, folder.path) && room!.freeBytes <= room!.totalBytes, JSON.stringify(room));
  assert.equal(await alice.certificate?.({ signal }), undefined);

  await using small = await createAs(server.port, 'small');
  await small.put('packs/00', Buffer.alloc(1000), { signal });
  const left = await small.room?.({ signal });
  assert.equal(left?.totalBytes, 1024 * 1024);
  assert.ok(left.freeBytes <= 1024 * 1024 - 1000 && left.freeBytes > 1_000_000, `${left.freeBytes} are left`);
});

test('an SFTP server tells the room of its disk', async (t) => {
  if (!programsOrSkip(t, ['sshd', 'ssh-keygen'], sshdPackages)) return;
  await using server = await startSshd();
  const { user, port, remoteData, identityFile, knownHosts } = server;
  const options = `identity-file=${identityFile}&known-hosts=${knownHosts}`;
  const url = `sftp://${user}@127.0.0.1:${port}/${remoteData}?${options}`;
  await using storage = await openStorage(url, noSecrets, testContext());
  assert.ok(fits((await storage.room?.({ signal }))?.totalBytes, server.data));
});

test('a server shows when its certificate ends', async (t) => {
  if (!programsOrSkip(t, ['openssl'], 'openssl')) return;
  using folder = scratch();
  const { certificate, key, certificatePath } = makeCertificate(folder.path, 'localhost', 'DNS:localhost');
  await using server = await startObjects(folder.path, { tls: { certificate, key } });
  const url = `rests://alice@localhost:${server.port}/r?ca-file=${certificatePath}`;
  const made = await rest.create(rest.config.parse({ ...rest.fromUrl(url), password }), testContext());
  await made[Symbol.asyncDispose]();
  await using storage = await openStorage(url, withPassword, testContext());
  const shown = await storage.certificate?.({ signal });
  const { validFrom, validTo } = new X509Certificate(certificate);
  assert.deepEqual(shown, {
    server: `localhost:${server.port}`,
    beginsAt: Date.parse(validFrom),
    endsAt: Date.parse(validTo),
  });
});

test('a quota of WebDAV is read as servers write it, and no number is no quota', () => {
  const answer = (properties: string) =>
    `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>/</d:href><d:propstat><d:prop>${properties}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`;
  const both = answer(
    '<d:quota-available-bytes>300</d:quota-available-bytes><d:quota-used-bytes>\n700 </d:quota-used-bytes>',
  );
  assert.deepEqual(readQuota(both), { freeBytes: 300, totalBytes: 1000 });
  const plain = both.replaceAll('d:', '');
  assert.deepEqual(readQuota(plain), { freeBytes: 300, totalBytes: 1000 });
  for (const none of ['', '<d:quota-available-bytes/><d:quota-used-bytes/>']) {
    assert.equal(readQuota(answer(none)), undefined);
  }
  assert.equal(readQuota(both.replace('300', '-3')), undefined);
});
