// What is said of a secret that opens nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../src/base/secret.ts';
import { nothingFits } from '../../src/keyslots/nothing-fits.ts';
import { de } from '../../src/phrases/de.ts';

test('the advice for a secret that opens nothing is about its kind, in both languages', () => {
  const said = new Map<string | undefined, string>();
  for (const type of [undefined, 'passphrase', 'key-file', 'identity', 'pkcs11', 'kms', 'shamir']) {
    const { code, kind, hint = '' } = nothingFits(new Secret(new Uint8Array(1), type), 2);
    assert.deepEqual([kind, code], ['denied', 'WRONG_PASSWORD']);
    assert.notEqual(de[hint], undefined, `German for: ${hint}`);
    said.set(type, hint);
  }
  assert.equal(said.get(undefined), said.get('passphrase'));
  assert.equal(new Set(said.values()).size, 6);
  const ofDamaged = nothingFits(undefined, 2, 1);
  assert.match(ofDamaged.hint!, /are damaged/);
  assert.notEqual(de[ofDamaged.hint!], undefined);
  assert.match(said.get('pkcs11')!, /URI/);
  assert.doesNotMatch(said.get('pkcs11')!, /passphrase/);
});
