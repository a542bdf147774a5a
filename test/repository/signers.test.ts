// Who may sign what, and which repositories this program is too old for: FORMAT.md §3, §5 and §11.

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { decodeJcs, encodeJcs } from '../../src/base/jcs.ts';
import {
  createBundle,
  openBundle,
  type Signer,
  sealBundle,
  signerKeyId,
} from '../../src/repository/bundle.ts';
import { encodeConfig, verifyConfig } from '../../src/repository/config.ts';
import { derive, KeyRing } from '../../src/repository/keys.ts';
import {
  openTombstone,
  type Signature,
  sealTombstone,
  type Tombstone,
} from '../../src/repository/snapshot.ts';

const repositoryId = randomBytes(16);
const masterKey = randomBytes(32);
const writerId = randomBytes(16);
const chunker = { minBytes: 1, normalBytes: 2, maxBytes: 3, strictMask: 7n, looseMask: 3n };
const tombstone: Tombstone = {
  writerId: writerId.toString('hex'),
  seq: 1,
  prev: [],
  time: 0,
  forgotten: [],
  run: 'test',
};

/** The bundle goes through its own encoding: roles are what a reader makes of the stored numbers. */
function ringWith(roles: Signer['roles'], other = writerId): { ring: KeyRing; signature: Signature } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const keyId = signerKeyId(raw);
  const signer: Signer = { keyId, publicKey: raw, roles, name: 'test', from: 0, writerId: other };
  const bytes = sealBundle(masterKey, repositoryId, 1, { ...createBundle(chunker, 0), signers: [signer] });
  const { bundle } = openBundle(masterKey, repositoryId, bytes, 'keys/bundle-1');
  return { ring: new KeyRing(repositoryId, 1, bundle), signature: { keyId, privateKey } };
}

test('a tombstone counts when a forgetter signed it, and only then', () => {
  const { ring, signature } = ringWith(['forgetter']);
  assert.equal(openTombstone(ring, sealTombstone(ring, tombstone, signature), 'tombstone').run, 'test');
  for (const { ring, signature } of [
    ringWith(['writer']),
    ringWith([]),
    ringWith(['forgetter'], randomBytes(16)),
  ]) {
    const sealed = sealTombstone(ring, tombstone, signature);
    assert.throws(() => openTombstone(ring, sealed, 'tombstone'), { code: 'SIGNATURE_WRONG' });
  }
});

test('a config that asks for a newer reader or writer refuses those whom it concerns with its number', () => {
  const features = { read: [], write: [] };
  const config = { format: 1, repoId: repositoryId.toString('hex'), profile: 'standard', features };
  const bytes = encodeConfig(masterKey, config);
  assert.equal(verifyConfig(masterKey, bytes, 'config/1', 'write').format, 1);
  for (const key of ['minReader', 'minWriter']) {
    const { mac: _mac, ...body } = { ...(decodeJcs(bytes) as Record<string, never>), [key]: 2 } as Record<
      string,
      never
    >;
    const mac = createHmac('sha256', derive(masterKey, 'config')).update(encodeJcs(body)).digest('hex');
    const newer = encodeJcs({ ...body, mac });
    assert.throws(() => verifyConfig(masterKey, newer, 'config/1', 'write'), {
      code: 'FORMAT_TOO_NEW',
      message: /format 2/,
    });
    const read = () => verifyConfig(masterKey, newer, 'config/1', 'read');
    if (key === 'minReader') assert.throws(read, { code: 'FORMAT_TOO_NEW' });
    else assert.equal(read().format, 1);
  }
});
