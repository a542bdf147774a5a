// Rules of security that hold for the source as it stands, whatever a call does: no shell, no certificate that is passed over, and no package
// that runs a script of its own when it is installed but those that we know (T-80, T-81, T-87, T-88).

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, text: readFileSync(join(src, path), 'utf8') }));

test('programs are started by their name and words, never through a shell', () => {
  const ways = new Set(['spawn', 'spawnSync', 'execFile', 'execFileSync', 'ChildProcess']);
  let seen = 0;
  for (const { path, text } of files) {
    assert.doesNotMatch(text, /\bshell\s*:\s*(?:true\b|['"`])/, `src/${path} asks for a shell`);
    for (const [, names = ''] of text.matchAll(/import (.+) from 'node:child_process'/g)) {
      seen += 1;
      for (const name of names.matchAll(/\w+/g)) {
        if (name[0] === 'type') continue;
        assert.ok(ways.has(name[0]), `src/${path} starts programs by ${name[0]}`);
      }
    }
    assert.doesNotMatch(text, /\bprocess\.binding\b|\beval\(|new Function\(/, `src/${path} runs text`);
  }
  assert.ok(seen > 3, 'nothing was looked at');
});

test('no certificate is passed over but where a pin is compared, or where nobody else can be at the other end', () => {
  const allowed = new Map([
    ['storage/rest/connection.ts', 'certificateSha256 === undefined'],
    ['storage/network/certificates.ts', 'fingerprint'],
    // It looks at a certificate and trusts nobody: not a byte is sent.
    ['storage/network/server-certificate.ts', 'trusts nobody, says nothing'],
    // Both ends are sockets of this process: a key proves itself against its certificate.
    ['operations/key-drill/proofs.ts', 'socket: ours'],
  ]);
  for (const { path, text } of files) {
    assert.doesNotMatch(text, /NODE_TLS_REJECT_UNAUTHORIZED/, `src/${path}`);
    if (!/rejectUnauthorized/.test(text)) continue;
    const reason = allowed.get(path);
    assert.ok(reason !== undefined && text.includes(reason), `src/${path} passes certificates over`);
  }
});

test('the packages that run a script when they are installed are known', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean; dev?: boolean }>;
  };
  const running = Object.entries(packages)
    .filter(([, { hasInstallScript, dev }]) => hasInstallScript === true && dev !== true)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  // The pinned Node itself, the calls of the system (prebuilt), and what SSH computes faster with where a compiler is there.
  const known = ['cpu-features', 'koffi', 'node', 'ssh2'];
  assert.deepEqual([...new Set(running)].sort(), known);
});
