// Small age files in memory against the vectors that all implementations of age share (C2SP CCTV).

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { Secret } from '../../src/base/secret.ts';
import { openWithIdentities, openWithPassphrase } from '../../src/keyslots/age-file.ts';

const path = join(import.meta.dirname, '../vectors/age-cctv.json');
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: Record<string, string> };

test('of the shared vectors, those that must open give their payload, and no other opens', async () => {
  let opened = 0;
  let refused = 0;
  for (const [name, text] of Object.entries(vectors)) {
    const content = Buffer.from(text, 'base64');
    const end = content.indexOf('\n\n');
    const facts = content
      .toString('latin1', 0, end)
      .split('\n')
      .map((line) => line.split(/: (.*)/s));
    const all = (key: string): string[] => facts.filter(([one]) => one === key).map(([, value]) => value!);
    const body = content.subarray(end + 2);
    const file = all('compressed').includes('zlib') ? inflateSync(body) : body;
    const [passphrase] = all('passphrase');
    // Only a passphrase's file may be armored: slots hold plain ones.
    if (passphrase === undefined && all('armored').length > 0) continue;
    const plain =
      passphrase === undefined
        ? await openWithIdentities(all('identity'), file)
        : await openWithPassphrase(new Secret(Buffer.from(passphrase)), file);
    const [expected] = all('expect');
    if (expected === 'success') {
      assert.ok(plain !== undefined, name);
      assert.equal(createHash('sha256').update(plain).digest('hex'), all('payload')[0], name);
      opened += 1;
    } else {
      assert.equal(plain, undefined, `${name}: ${expected}`);
      refused += 1;
    }
  }
  assert.ok(opened >= 10 && refused >= 50, `${opened} opened, ${refused} refused`);
});
