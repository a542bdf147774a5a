// The thread that reads a snapshot from Vault: bytes go into the ring as they come, and its end is told only when the sums were right.

import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../../base/failure.ts';
import { askVault, checkAddress, unreachable, type VaultConnection } from './client.ts';
import { RingWriter, type SharedRing } from './ring.ts';
import { refusal, snapshotPath } from './session.ts';
import { SnapshotProof } from './snapshot-proof.ts';

export interface ReaderSetup {
  readonly ring: SharedRing;
  readonly connection: VaultConnection;
}

if (parentPort !== null) {
  const { ring, connection } = workerData as ReaderSetup;
  const writer = new RingWriter(ring);
  try {
    await readSnapshot(connection, writer);
    writer.end();
  } catch (error) {
    writer.fail(error);
  }
}

/** Nothing else waits on this thread. */
async function pause(durationMs: number): Promise<void> {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

async function readSnapshot(connection: VaultConnection, writer: RingWriter): Promise<void> {
  const answer = await askVault(connection, { method: 'GET', path: snapshotPath }, pause);
  const status = answer.statusCode ?? 0;
  if (status !== 200) {
    answer.resume();
    throw await refusal(status, connection, pause);
  }
  const proof = new SnapshotProof();
  try {
    for await (const piece of answer) {
      writer.write(piece as Buffer);
      await proof.write(piece as Buffer);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const gone = unreachable(checkAddress(connection.address), error as Error);
    throw new Failure('unavailable', 'VAULT_SNAPSHOT_CUT', 'the snapshot of Vault broke off on its way', {
      hint: 'Start again; nothing of it was saved.',
      facts: gone.facts,
    });
  }
  await proof.end();
}
