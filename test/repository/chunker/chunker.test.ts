// The chunker cuts as FORMAT.md §7 says (its twin is the witness), wherever the bytes lie and however they arrive.

import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildChunker } from '../../../scripts/build-chunker.ts';
import {
  type Chunker,
  type ChunkerParameters,
  chunkerParameters,
  createChunker,
} from '../../../src/repository/chunker/chunker.ts';
import { gearTable } from '../../../src/repository/chunker/gear-table.ts';
import { twinCuts } from './twin.ts';

const capacity = 256 * 1024;
/** Small chunks, so that short data has many of them. */
const small: ChunkerParameters = {
  minBytes: 64,
  normalBytes: 192,
  maxBytes: 1024,
  strictMask: 0x3ffn << 24n,
  looseMask: 0x3fn << 24n,
};
const table = gearTable(new Uint8Array(32).fill(7));

function noise(length: number, seed: number): Uint8Array {
  const key = new Uint8Array(32).fill(seed);
  return createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(new Uint8Array(length));
}

function cutAtOnce(chunker: Chunker, data: Uint8Array, offset = 0): number[] {
  chunker.memory.set(data, offset);
  return [...chunker.cuts(offset, data.length, true)];
}

/** Cuts data that arrives `slot` bytes at a time; the open tail is kept for the next slot. */
function cutInSlots(chunker: Chunker, data: Uint8Array, slot: number): number[] {
  const lengths: number[] = [];
  let start = 0;
  for (let known = Math.min(slot, data.length); ; known = Math.min(known + slot, data.length)) {
    chunker.memory.set(data.subarray(start, known));
    for (const length of [...chunker.cuts(0, known - start, known === data.length)]) {
      lengths.push(length);
      start += length;
    }
    if (known === data.length) return lengths;
  }
}

const kinds: Record<string, (length: number, seed: number) => Uint8Array> = {
  noise,
  zeros: (length) => new Uint8Array(length),
  text: (length, seed) => Buffer.alloc(length, `line ${seed} of a file that says the same again\n`),
  'two values': (length, seed) => noise(length, seed).map((byte, at) => (at % 37 < 20 ? 255 : byte & 1)),
};

for (const [kind, make] of Object.entries(kinds)) {
  test(`the chunker and its twin cut ${kind} alike at every length around the bounds`, () => {
    const chunker = createChunker(small, table, capacity);
    const lengths = [0, 1, 7, 8, 9, 20_011];
    for (const bound of [small.minBytes, small.normalBytes, small.maxBytes])
      for (let off = -9; off <= 9; off++) lengths.push(bound + off);
    for (const [seed, length] of lengths.entries()) {
      const data = make(length, seed);
      assert.deepEqual(cutAtOnce(chunker, data, seed), twinCuts(data, table, small), `${length} bytes`);
    }
  });
}

test('the chunker and its twin agree under many keys and with sizes that are no multiples of eight', () => {
  const data = noise(8_000, 99);
  for (let seed = 0; seed < 24; seed++) {
    const key = gearTable(new Uint8Array(32).fill(seed));
    const parameters = {
      ...small,
      minBytes: 50 + seed,
      normalBytes: 150 + 3 * seed,
      maxBytes: 601 + 5 * seed,
    };
    const chunker = createChunker(parameters, key, capacity);
    assert.deepEqual(cutAtOnce(chunker, data), twinCuts(data, key, parameters), `key ${seed}`);
  }
});

test('the chunker and its twin agree with the parameters of a real repository', () => {
  const parameters = chunkerParameters(16 * 1024);
  const data = noise(capacity, 3);
  const lengths = cutAtOnce(createChunker(parameters, table, capacity), data);
  assert.ok(lengths.length > 8);
  assert.deepEqual(lengths, twinCuts(data, table, parameters));
});

test('chunks joined are the data, and all but the last keep the bounds', () => {
  const chunker = createChunker(small, table, capacity);
  for (const make of Object.values(kinds)) {
    const lengths = cutAtOnce(chunker, make(50_003, 5));
    assert.equal(
      lengths.reduce((sum, length) => sum + length, 0),
      50_003,
    );
    for (const length of lengths.slice(0, -1)) assert.ok(length > small.minBytes && length <= small.maxBytes);
    assert.ok(lengths.at(-1)! > 0 && lengths.at(-1)! <= small.maxBytes);
  }
});

test('data that arrives in slots of odd sizes is cut as in one call', () => {
  const chunker = createChunker(small, table, capacity);
  for (const make of Object.values(kinds)) {
    const data = make(30_011, 11);
    const once = cutAtOnce(chunker, data);
    for (const slot of [61, 333, 1023, 1024, 1025, 4097])
      assert.deepEqual(cutInSlots(chunker, data, slot), once);
  }
});

test('after an insert the cuts come back to the old ones within a bounded distance', () => {
  const chunker = createChunker(small, table, capacity);
  const ends = (lengths: number[]): number[] => {
    let end = 0;
    return lengths.map((length) => (end += length));
  };
  const data = noise(100_000, 21);
  const before = ends(cutAtOnce(chunker, data));
  for (const at of [0, 1, 500, 40_001]) {
    const inserted = Buffer.concat([data.subarray(0, at), Buffer.from('inserted'), data.subarray(at)]);
    const after = ends(cutAtOnce(chunker, inserted)).map((end) => end - 8);
    const far = at + 32 * small.maxBytes;
    const tail = before.filter((end) => end > far);
    assert.ok(tail.length > 20);
    assert.deepEqual(
      after.filter((end) => end > far),
      tail,
    );
  }
});

test('another key gives other cuts', () => {
  const data = noise(50_000, 31);
  const other = gearTable(new Uint8Array(32).fill(8));
  assert.notDeepEqual(
    cutAtOnce(createChunker(small, table, capacity), data),
    cutAtOnce(createChunker(small, other, capacity), data),
  );
});

test('the committed chunker is what its source compiles to, byte for byte', async () => {
  const committed = readFileSync(new URL('../../../src/repository/chunker/chunker.wasm', import.meta.url));
  assert.ok(Buffer.from(await buildChunker()).equals(committed));
});
