// Places that only a login guards say so, and a line that shows it is bad.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FtpStorage } from '../../src/storage/ftp/storage.ts';
import { loginPosture } from '../../src/storage/network/login-posture.ts';

test('who has the login may delete, and only an encrypted line is good', async () => {
  for (const transport of ['ssh', 'tls', 'none'] as const) {
    const found = loginPosture(transport);
    const verdict = (about: string) => found.find((one) => one.about === about)?.verdict;
    assert.equal(verdict('object-lock'), 'warning');
    assert.equal(verdict('transport'), transport === 'none' ? 'bad' : 'good');
  }
  const open = loginPosture('tls', false);
  assert.deepEqual(
    open.filter(({ verdict }) => verdict !== 'good').map(({ about, verdict }) => `${about} ${verdict}`),
    ['access bad'],
  );
});

test('plain FTP is told apart from FTP with TLS', async () => {
  for (const tls of ['none', 'explicit', 'implicit'] as const) {
    const server = { host: 'h', port: 21, user: 'u', password: '', tls, trust: {} };
    await using storage = new FtpStorage('ftp://u@h/x', 'x', server);
    const found = await storage.posture();
    assert.equal(
      found.find(({ about }) => about === 'transport')?.verdict,
      tls === 'none' ? 'bad' : 'good',
      tls,
    );
  }
});
