// The promises of the table to one thread; several threads and random histories are in test/property/model-index-table.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framePending, IndexTable } from '../../src/repository/index-table.ts';
import { noise } from '../world.ts';

const id = (name: string) => noise(name, 32);

test('an id is found where it was inserted, at any offset, and no other is', () => {
  const table = new IndexTable();
  const joined = Buffer.concat([id('a'), id('b')]);
  const row = table.insert(joined, 32, 7, 1000, 24);
  assert.equal(table.find(id('b'), 0), row);
  assert.equal(table.find(joined, 0), -1);
  assert.deepEqual([table.frameOf(row), table.offsetOf(row), table.lengthOf(row)], [7, 1000, 24]);
  assert.equal(table.size, 1);
});

test('what is condemned is there for readers only, and one that is not comes first', () => {
  const table = new IndexTable();
  const old = table.insert(id('a'), 0, 1, 0, 10);
  table.condemn(old);
  assert.equal(table.find(id('a'), 0), -1);
  assert.equal(table.findForReading(id('a'), 0), old);
  const fresh = table.insert(id('a'), 0, 2, 0, 10);
  assert.equal(table.find(id('a'), 0), fresh);
  assert.equal(table.findForReading(id('a'), 0), fresh);
});

test('a blob is claimed once: the next one gets its row, marked as used, pending until it is settled', () => {
  const table = new IndexTable();
  const claimed = table.claim(id('a'), 0, 55);
  assert.ok(claimed < 0);
  const row = -1 - claimed;
  assert.equal(table.frameOf(row), framePending);
  assert.equal(table.claim(id('a'), 0, 55), row);
  table.settle(row, 3, 99);
  assert.deepEqual([table.frameOf(row), table.offsetOf(row), table.lengthOf(row)], [3, 99, 55]);
  assert.equal(table.isUsed(row), true, 'settling forgot that the row is used');
  table.clearUsed();
  assert.deepEqual([table.isUsed(row), table.offsetOf(row)], [false, 99]);
});

test('a condemned blob is claimed anew', () => {
  const table = new IndexTable();
  table.condemn(table.insert(id('a'), 0, 1, 0, 10));
  const claimed = table.claim(id('a'), 0, 10);
  assert.ok(claimed < 0);
  assert.equal(table.find(id('a'), 0), -1 - claimed);
});

test('ids that begin alike are told apart by each of their first sixteen bytes', () => {
  const table = new IndexTable();
  const whole = id('a');
  const row = table.insert(whole, 0, 1, 0, 10);
  for (let at = 0; at < 16; at += 1) {
    const other = Uint8Array.from(whole);
    other[at]! ^= 0x80;
    assert.equal(table.find(other, 0), -1, `byte ${at}`);
    assert.equal(table.findForReading(other, 0), -1, `byte ${at}`);
    assert.deepEqual([...table.rowsOf(other, 0)], [], `byte ${at}`);
  }
  assert.equal(table.find(whole, 0), row);
});

test('all rows of a blob are given, condemned ones and those of older levels too, and no others', () => {
  const table = new IndexTable();
  const whole = id('a');
  // The same place in the table, and another blob.
  const neighbour = Uint8Array.from(whole);
  neighbour[8]! ^= 1;
  const first = table.insert(whole, 0, 1, 0, 10);
  table.insert(neighbour, 0, 1, 10, 10);
  const second = table.insert(whole, 0, 2, 0, 10);
  table.condemn(first);
  assert.ok(table.reserve(200_000));
  const third = table.insert(whole, 0, 3, 0, 10);
  assert.deepEqual([...table.rowsOf(whole, 0)].sort(), [first, second, third]);
  assert.equal([...table.rowsOf(neighbour, 0)].length, 1);
});

test('what is known is claimed by nobody, and takes no further row', () => {
  const table = new IndexTable();
  const row = table.insert(id('a'), 0, 1, 0, 10);
  assert.equal(table.isUsed(row), false);
  assert.ok(table.reserve(200_000));
  assert.equal(table.claim(id('a'), 0, 10), row);
  assert.equal(table.isUsed(row), true);
  assert.equal(table.size, 1);
});

test('a thread that is not the owner adds no level, for nobody else would find what lies there', () => {
  const table = new IndexTable();
  const slots = table.shared.levels[0]!.byteLength / 4;
  const other = new IndexTable(table.shared);
  // As full as the owner would let it become, and a little more.
  const count = Math.floor(slots * 0.75) + 100;
  const ids = noise('of another thread', 32 * count);
  for (let at = 0; at < count; at += 1) assert.ok(other.claim(ids, at * 32, 1) < 0);
  assert.equal(other.shared.levels.length, 1);
  for (let at = 0; at < count; at += 997) assert.ok(table.find(ids, at * 32) >= 0);
});

test('beyond the first levels everything is still found, also through what another thread would be given', () => {
  const table = new IndexTable();
  const count = 120_000;
  const ids = noise('many', 32 * count);
  for (let at = 0; at < count; at += 1) table.insert(ids, at * 32, at, at & 0xffff, 1);
  assert.ok(table.shared.levels.length > 1);
  const other = new IndexTable(table.shared);
  for (let at = 0; at < count; at += 997) {
    for (const one of [table, other]) assert.equal(one.frameOf(one.find(ids, at * 32)), at);
  }
  assert.equal(other.size, count);
  table.reserve(1_000_000);
  const row = table.insert(id('late'), 0, 1, 2, 3);
  assert.equal(other.find(id('late'), 0), -1);
  other.adoptLevels(table.shared.levels);
  assert.equal(other.find(id('late'), 0), row);
});
