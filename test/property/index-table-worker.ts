// One of several threads that claim the same blobs at the same moment, each in an order of its own.

import { parentPort, workerData } from 'node:worker_threads';
import { IndexTable, type SharedIndex } from '../../src/repository/index-table.ts';

export interface ClaimJob {
  readonly shared: SharedIndex;
  readonly ids: Uint8Array;
  readonly order: Uint32Array;
  /** [0] how many threads are ready, [1] how many there are. */
  readonly gate: Int32Array;
}

const { shared, ids, order, gate } = workerData as ClaimJob;
const index = new IndexTable(shared);
const answers = new Int32Array(order.length);
Atomics.add(gate, 0, 1);
// All begin at once: a thread alone would find nobody to meet.
while (Atomics.load(gate, 0) < gate[1]!);
for (const number of order) answers[number] = index.claim(ids, number * 32, number);
parentPort?.postMessage(answers);
