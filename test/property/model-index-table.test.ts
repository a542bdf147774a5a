// T-90: the index table against a model of maps and sets, over its levels, with condemned rows, used marks and claims of several threads.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { framePending, IndexTable } from '../../src/repository/index-table.ts';
import { budgetOf, report } from '../campaign.ts';
import { randomOf } from '../fuzz/mutations.ts';
import { noise } from '../world.ts';
import type { ClaimJob } from './index-table-worker.ts';

const runs = budgetOf('PROPERTY', 60);
after(() => report({ campaign: 'T-90', tried: runs, lost: 0, wrong: 0, manual: 0 }));
const idCount = 12;
// Ids that begin alike meet in the table: half of these share their first word, which is where a row is looked for.
const ids = Buffer.concat(
  Array.from({ length: idCount }, (_, id) => {
    const bytes = Buffer.from(noise(`id ${id}`, 32));
    if (id % 2 === 0) bytes.fill(0, 0, 4);
    return bytes;
  }),
);

interface Row {
  readonly id: number;
  frame: number;
  offset: number;
  readonly length: number;
  condemned: boolean;
  used: boolean;
}

type Step =
  | { readonly type: 'insert' | 'claim' | 'find'; readonly id: number; readonly value: number }
  | { readonly type: 'condemn' | 'use' | 'settle'; readonly row: number; readonly value: number }
  | { readonly type: 'clear' }
  | { readonly type: 'reserve'; readonly value: number };

const small = fc.nat(0xff_ffff);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('insert', 'claim', 'find'),
      id: fc.nat(idCount - 1),
      value: small,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('condemn', 'use', 'settle'),
      row: fc.nat(40),
      value: small,
    }),
  },
  fc.record({ type: fc.constant('clear') }),
  // Around the fill of the first two levels: some add a level, some do not.
  fc.record({ type: fc.constant('reserve'), value: fc.constantFrom(0, 42_000, 43_000, 90_000) }),
);

function apply(table: IndexTable, rows: Row[], one: Step): void {
  if (one.type === 'clear') {
    table.clearUsed();
    for (const row of rows) row.used = false;
  } else if (one.type === 'reserve') table.reserve(one.value);
  else if ('row' in one) {
    const row = rows[one.row];
    if (row === undefined) return;
    if (one.type === 'condemn') {
      table.condemn(one.row);
      row.condemned = true;
    } else if (one.type === 'use') {
      table.markUsed(one.row);
      row.used = true;
    } else if (row.frame === framePending) {
      table.settle(one.row, one.value, one.value & 0xffff);
      // A row is settled before anybody may condemn its pack: settling clears what stood before, but the used mark.
      Object.assign(row, { frame: one.value, offset: one.value & 0xffff, condemned: false });
    }
  } else if (one.type === 'insert') {
    assert.equal(table.insert(ids, one.id * 32, one.value, one.value & 0xfff, one.value), rows.length);
    rows.push({
      id: one.id,
      frame: one.value,
      offset: one.value & 0xfff,
      length: one.value,
      condemned: false,
      used: false,
    });
  } else if (one.type === 'claim') {
    const usable = rows.flatMap((row, at) => (row.id === one.id && !row.condemned ? [at] : []));
    const answer = table.claim(ids, one.id * 32, one.value);
    if (usable.length > 0) {
      assert.ok(usable.includes(answer), `claim gave ${answer}, not one of ${usable}`);
      rows[answer]!.used = true;
    } else {
      assert.equal(answer, -1 - rows.length);
      rows.push({
        id: one.id,
        frame: framePending,
        offset: 0,
        length: one.value,
        condemned: false,
        used: false,
      });
    }
  }
}

function compare(table: IndexTable, rows: readonly Row[]): void {
  assert.equal(table.size, rows.length);
  rows.forEach((row, at) => {
    assert.deepEqual(
      [table.frameOf(at), table.offsetOf(at), table.lengthOf(at), table.isCondemned(at), table.isUsed(at)],
      [row.frame, row.offset, row.length, row.condemned, row.used],
      `row ${at}`,
    );
  });
  for (let id = 0; id < idCount; id += 1) {
    const all = rows.flatMap((row, at) => (row.id === id ? [at] : []));
    const usable = all.filter((at) => !rows[at]!.condemned);
    const found = table.find(ids, id * 32);
    assert.ok(usable.length === 0 ? found === -1 : usable.includes(found), `find of ${id}`);
    const read = table.findForReading(ids, id * 32);
    const readable = usable.length > 0 ? usable : all;
    assert.ok(readable.length === 0 ? read === -1 : readable.includes(read), `findForReading of ${id}`);
  }
}

test('after any steps the table says what a model of maps says, to its owner and to another thread', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new IndexTable();
      const rows: Row[] = [];
      for (const one of steps) apply(table, rows, one);
      compare(table, rows);
      compare(new IndexTable(table.shared), rows);
      const late = new IndexTable({ ...table.shared, levels: table.shared.levels.slice(0, 1) });
      late.adoptLevels(table.shared.levels);
      compare(late, rows);
    }),
    { numRuns: runs },
  );
});

test('over several levels every blob is found in its own row, and no other is', () => {
  const count = 150_000;
  const many = Buffer.alloc(count * 32);
  const random = randomOf(1);
  for (let at = 0; at < many.length; at += 4) many.writeUInt32LE(random(2 ** 32), at);
  const table = new IndexTable();
  for (let row = 0; row < count; row += 1) {
    const answer =
      row % 2 === 0 ? table.insert(many, row * 32, row, 0, row) : -1 - table.claim(many, row * 32, row);
    assert.equal(answer, row);
  }
  assert.ok(table.shared.levels.length > 1, 'it has grown');
  for (let row = 0; row < count; row += 1) {
    assert.equal(table.find(many, row * 32), row);
    assert.equal(table.lengthOf(row), row);
  }
  for (let other = 0; other < 20_000; other += 1) {
    for (let at = 0; at < 32; at += 4) many.writeUInt32LE(random(2 ** 32), at);
    assert.equal(table.findForReading(many, 0), -1);
  }
});

test('of threads that claim the same blobs at once exactly one gets each to store, and all others its row', async () => {
  const count = 20_000;
  const threads = 3;
  const given = Buffer.concat(Array.from({ length: count }, (_, id) => noise(`t${id}`, 32)));
  const table = new IndexTable();
  table.reserve(count * threads);
  const gate = new Int32Array(new SharedArrayBuffer(8));
  gate[1] = threads;
  const answers = await Promise.all(
    Array.from({ length: threads }, (_, thread) => {
      // Overlapping orders: all start at the same blobs, and drift apart.
      const order = Uint32Array.from({ length: count }, (_, at) => (thread === 2 ? count - 1 - at : at));
      const workerData: ClaimJob = { shared: table.shared, ids: Uint8Array.from(given), order, gate };
      return new Promise<Int32Array>((resolve, reject) => {
        const worker = new Worker(new URL('./index-table-worker.ts', import.meta.url), { workerData });
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
  for (let id = 0; id < count; id += 1) {
    const given = answers.map((one) => one[id]!);
    const own = given.filter((answer) => answer < 0);
    assert.equal(own.length, 1, `blob ${id}: ${given}`);
    const row = -1 - own[0]!;
    for (const answer of given) assert.ok(answer === row || answer === -1 - row, `blob ${id}: ${given}`);
    assert.equal(table.isUsed(row), true);
    assert.equal(table.lengthOf(row), id);
  }
});
