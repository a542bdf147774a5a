// Snapshots: every field comes back, only registered writers make them, and for their own chain alone. Tombstones: signers.test.ts.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import {
  createBundle,
  openBundle,
  type Signer,
  sealBundle,
  signerKeyId,
} from '../../src/repository/bundle.ts';
import { KeyRing } from '../../src/repository/keys.ts';
import {
  openSnapshot,
  type Signature,
  type SnapshotObject,
  sealSnapshot,
} from '../../src/repository/snapshot.ts';
import { noise } from '../world.ts';

const repositoryId = noise('repository', 16);
const masterKey = noise('master key', 32);
const chunker = { minBytes: 1, normalBytes: 2, maxBytes: 3, strictMask: 7n, looseMask: 3n };
const idOf = (name: string, length = 16) => noise(name, length).toString('hex');

function signerOf(writerId: string, roles: Signer['roles']): { signer: Signer; signature: Signature } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const keyId = signerKeyId(raw);
  const id = Buffer.from(writerId, 'hex');
  const signer: Signer = { keyId, publicKey: raw, roles, name: 'test', from: 0, writerId: id };
  return { signer, signature: { keyId, privateKey } };
}

function ringOf(...signers: Signer[]): KeyRing {
  const sealed = sealBundle(masterKey, repositoryId, 1, { ...createBundle(chunker, 0), signers });
  return new KeyRing(repositoryId, 1, openBundle(masterKey, repositoryId, sealed, 'keys/bundle-1').bundle);
}

const plain: SnapshotObject = {
  writerId: idOf('anna'),
  seq: 3,
  prev: [idOf('first', 32), idOf('second', 32)].sort(),
  time: 1_700_000_000_123,
  id: idOf('snapshot'),
  sessionId: idOf('session'),
  host: 'höst',
  user: 'anna',
  paths: ['/home/anna', '/srv/\u00ff'],
  tags: ['daily', 'ünï'],
  durationMs: 4321,
  outcome: 'partial',
  stats: { entries: 5, bytes: 2 ** 52, problems: 1, newBlobs: 2, storedBytes: 999 },
  root: Uint8Array.from(noise('root', 32)),
  skeleton: Uint8Array.from(noise('skeleton', 32)),
  owners: {
    users: new Map([
      [1000, 'anna'],
      [0, 'root'],
    ]),
    groups: new Map([[4_294_967_295, 'all']]),
  },
  sourceKind: 'files',
  tool: 'test 1',
};

/** Without what the compiler alone knows: byte arrays and buffers are the same. */
const text = (value: unknown) =>
  JSON.stringify(value, (_key, one: unknown) =>
    one instanceof Map
      ? [...one].sort(([a], [b]) => Number(a) - Number(b))
      : one instanceof Uint8Array
        ? Buffer.from(one).toString('hex')
        : one,
  );

test('every field of a snapshot comes back, those that may be absent as well', () => {
  const { signer, signature } = signerOf(plain.writerId, ['writer']);
  const ring = ringOf(signer);
  const optional = {
    parent: idOf('parent'),
    original: idOf('original'),
    retainUntil: 1_800_000_000_000,
    replaces: idOf('old'),
  };
  for (const snapshot of [plain, { ...plain, ...optional, outcome: 'succeeded' as const }]) {
    const opened = openSnapshot(ring, sealSnapshot(ring, snapshot, signature), 'snapshots/x');
    const fields = Object.keys(snapshot).sort() as (keyof SnapshotObject)[];
    for (const field of fields) assert.equal(text(opened[field]), text(snapshot[field]), field);
    for (const field of ['parent', 'original', 'retainUntil', 'replaces'] as const) {
      assert.equal(field in opened, field in snapshot, field);
    }
  }
});

test('a snapshot counts when a registered writer signed it for its own chain, and only then', () => {
  const { signer, signature } = signerOf(plain.writerId, ['writer']);
  const other = signerOf(idOf('bert'), ['writer']);
  const forgetter = signerOf(plain.writerId, ['forgetter']);
  const stranger = signerOf(plain.writerId, ['writer']);
  const ring = ringOf(signer, other.signer, forgetter.signer);
  assert.equal(openSnapshot(ring, sealSnapshot(ring, plain, signature), 'x').id, plain.id);
  for (const { signature: wrong } of [other, forgetter, stranger]) {
    const sealed = sealSnapshot(ring, plain, wrong);
    assert.throws(
      () => openSnapshot(ring, sealed, 'x'),
      (error) => isFailure(error, 'corrupt', 'SIGNATURE_WRONG'),
    );
  }
});

test('a snapshot that was sealed twice is another object each time, and a changed byte is noticed', () => {
  const { signer, signature } = signerOf(plain.writerId, ['writer']);
  const ring = ringOf(signer);
  const sealed = Buffer.from(sealSnapshot(ring, plain, signature));
  assert.notDeepEqual(sealed, Buffer.from(sealSnapshot(ring, plain, signature)));
  for (let at = 0; at < sealed.length; at += 11) {
    const damaged = Buffer.from(sealed);
    damaged[at]! ^= 0x10;
    assert.throws(() => openSnapshot(ring, damaged, 'x'), isFailure, `byte ${at}`);
  }
});
