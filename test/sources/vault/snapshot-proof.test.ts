// What counts as a whole snapshot of Vault. Each broken one is what a server, a disk or a proxy could really leave of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { SnapshotProof } from '../../../src/sources/vault/snapshot-proof.ts';
import { raftSnapshot } from '../../servers/vault-double.ts';
import { noise } from '../../world.ts';

const state = noise('state', 300_000);

async function prove(bytes: Buffer, pieceLength = 10_000): Promise<void> {
  const proof = new SnapshotProof();
  for (let at = 0; at < bytes.length; at += pieceLength) {
    await proof.write(bytes.subarray(at, at + pieceLength));
  }
  await proof.end();
}

test('a whole snapshot is proven, in pieces of any length, sealed sums or not, empty state or large', async () => {
  await prove(raftSnapshot(state));
  await prove(raftSnapshot(noise('small', 700)), 1);
  await prove(raftSnapshot(state), 1_000_000);
  await prove(raftSnapshot(Buffer.alloc(0)));
  await prove(raftSnapshot(noise('large', 3_000_000)), 65_536);
  await prove(raftSnapshot(state, { members: (members) => members.slice(0, 3) }));
  await prove(raftSnapshot(state, { members: ([meta, bin, ...rest]) => [...rest, bin!, meta!] }));
});

const whole = raftSnapshot(state);
const breaks: Readonly<Record<string, Buffer>> = {
  'nothing at all': Buffer.alloc(0),
  'no gzip': Buffer.from('{"errors":["something"]}'),
  'half of it': whole.subarray(0, whole.length / 2),
  'all but its last byte': whole.subarray(0, -1),
  'a whole gzip of half a tar': gzipSync(gunzipSync(whole).subarray(0, 100_000)),
  'a tar without its end': gzipSync(gunzipSync(whole).subarray(0, -1024)),
  'another state than the sums say': raftSnapshot(state, {
    members: (members) =>
      members.map(([name, bytes]) => [name, name === 'state.bin' ? noise('other', 9) : bytes]),
  }),
  'no sums': raftSnapshot(state, { sums: () => undefined }),
  'sums of one part only': raftSnapshot(state, { sums: (sums) => sums.split('\n')[0]! }),
  'sums of a part that is not there': raftSnapshot(state, {
    sums: (sums) => `${sums}${'0'.repeat(64)}  more.bin\n`,
  }),
  'a part without a sum': raftSnapshot(state, { members: (members) => [...members, ['more.bin', state]] }),
  'no state': raftSnapshot(state, { members: (members) => members.filter(([name]) => name !== 'state.bin') }),
  'sums that are none': raftSnapshot(state, { sums: () => 'all is well\n' }),
  'something behind its end': raftSnapshot(state, { tail: noise('tail', 512) }),
};

for (const [what, bytes] of Object.entries(breaks)) {
  test(`not proven: ${what}`, async () => {
    await assert.rejects(prove(bytes), { kind: 'corrupt', code: 'VAULT_SNAPSHOT_BROKEN' });
  });
}

test('one flipped bit anywhere in the tar is found', async () => {
  const tar = gunzipSync(raftSnapshot(noise('bits', 2000)));
  // In the header of the state, in the state, in the sums.
  for (const at of [1024 + 3, 1024 + 130, 1536, 3000, 4096 + 512 + 70]) {
    const flipped = Buffer.from(tar);
    flipped[at]! ^= 1;
    await assert.rejects(prove(gzipSync(flipped)), { code: 'VAULT_SNAPSHOT_BROKEN' }, `at ${at}`);
  }
});
