// A secret in the catalog is of no use without the key file, and cannot be exchanged unseen.

import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { isFailure } from '../../src/base/failure.ts';
import { Secret } from '../../src/base/secret.ts';
import { exportAudit } from '../../src/catalog/audit.ts';
import {
  deleteSealedSecret,
  listSealedSecrets,
  openSealedSecret,
  openSealingKey,
  sealSecret,
  unseal,
} from '../../src/catalog/sealed-secrets.ts';
import { scratch } from '../world.ts';
import { onBoth } from './catalog-world.ts';

const code = (wanted: string) => (error: unknown) => isFailure(error, undefined, wanted);
const by = { actor: 'ada', node: 'one' };
const canary = 'canary-7d1f-correct-horse';
const text = (secret: Secret) => Buffer.from(secret.reveal()).toString();

test('a sealed secret comes back as it was, and stands nowhere in the catalog', (t) =>
  onBoth(t, async (place) => {
    using folder = scratch();
    const { catalog, context } = await place.open();
    const key = openSealingKey(join(folder.path, 'secrets.key'), { mayMake: true });
    const again = openSealingKey(join(folder.path, 'secrets.key'), { mayMake: true });
    assert.equal(again.id, key.id);
    await sealSecret(catalog, { name: 'mail', secret: new Secret(Buffer.from('old')), key }, by, context);
    await sealSecret(catalog, { name: 'mail', secret: new Secret(Buffer.from(canary)), key }, by, context);
    assert.equal(text(await openSealedSecret(catalog, 'mail', again, context)), canary);
    const sealed = await listSealedSecrets(catalog, context);
    assert.deepEqual(
      sealed.map(({ name, changedBy }) => [name, changedBy]),
      [['mail', 'ada']],
    );
    const rows = JSON.stringify(await place.tamper('select * from sealed_secrets'));
    let trail = '';
    for await (const line of exportAudit(catalog, context)) trail += line;
    assert.match(trail, /secret:set/);
    for (const seen of [rows, trail, JSON.stringify(key)]) {
      assert.ok(!seen.includes(canary) && !seen.includes(Buffer.from(canary).toString('base64')));
    }
    assert.equal(await deleteSealedSecret(catalog, 'mail', by, context), true);
    assert.equal(await deleteSealedSecret(catalog, 'mail', by, context), false);
    await assert.rejects(openSealedSecret(catalog, 'mail', key, context), code('SECRET_UNKNOWN'));
  }));

test('a wrong key, a changed byte and an exchanged name are told apart and refused', (t) =>
  onBoth(t, async (place) => {
    using folder = scratch();
    const { catalog, context } = await place.open();
    const key = openSealingKey(join(folder.path, 'secrets.key'), { mayMake: true });
    const other = openSealingKey(join(folder.path, 'other.key'), { mayMake: true });
    await sealSecret(catalog, { name: 'mail', secret: new Secret(Buffer.from(canary)), key }, by, context);
    await assert.rejects(openSealedSecret(catalog, 'mail', other, context), code('SEALING_KEY_OTHER'));
    const [sealed] = await listSealedSecrets(catalog, context);
    assert.throws(() => unseal({ ...sealed!, name: 'slack' }, key), code('SECRET_BROKEN'));
    const bytes = Buffer.from(sealed!.sealed, 'base64');
    for (const at of [0, 12, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      assert.throws(
        () => unseal({ ...sealed!, sealed: changed.toString('base64') }, key),
        code('SECRET_BROKEN'),
      );
    }
    for (const short of ['', 'AAAA', bytes.subarray(0, 20).toString('base64')]) {
      assert.throws(() => unseal({ ...sealed!, sealed: short }, key), code('SECRET_BROKEN'));
    }
  }));

test('a key file that others can read, that is missing or that holds no key is refused', () => {
  using folder = scratch();
  const path = join(folder.path, 'secrets.key');
  assert.throws(() => openSealingKey(path, { mayMake: false }), code('KEY_FILE_MISSING'));
  const key = openSealingKey(path, { mayMake: true });
  for (const shown of [inspect(key), JSON.stringify(key)])
    assert.deepEqual(shown.match(/\[secret\]/g)?.length, 1);
  chmodSync(path, 0o640);
  assert.throws(() => openSealingKey(path, { mayMake: false }), code('KEY_FILE_TOO_OPEN'));
  chmodSync(path, 0o600);
  writeFileSync(path, 'no key\n');
  assert.throws(() => openSealingKey(path, { mayMake: true }), code('SEALING_KEY_INVALID'));
});
