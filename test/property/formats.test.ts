// T-90: what is encoded is decoded to the same, and encodes to the same bytes again: canonical JSON, trees, skeletons, snapshots,
// tombstones. CBOR itself: test/base/cbor.test.ts.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { decodeJcs, encodeJcs } from '../../src/base/jcs.ts';
import { openSnapshot, openTombstone, sealSnapshot, sealTombstone } from '../../src/repository/snapshot.ts';
import {
  decodeSkeleton,
  decodeTree,
  encodeSkeleton,
  encodeTree,
  encodeTreeParts,
  type TreeColumns,
} from '../../src/repository/tree.ts';
import { budgetOf, report } from '../campaign.ts';
import { ring, signature, writerName } from '../fuzz/parsers.ts';

const numRuns = budgetOf('PROPERTY', 60);
after(() => report({ campaign: 'T-90', tried: 8 * numRuns, lost: 0, wrong: 0, manual: 0 }));

const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.maxSafeInteger().map((one) => one + 0),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 8 }), tie('json'), { maxKeys: 5 }),
  ),
}));

test('canonical JSON comes back, with one encoding whatever the order of its keys', () => {
  fc.assert(
    fc.property(json, (value) => {
      const bytes = encodeJcs(value);
      const decoded = decodeJcs(bytes);
      assert.deepEqual(JSON.parse(JSON.stringify(decoded)), JSON.parse(JSON.stringify(value)));
      assert.deepEqual(encodeJcs(decoded), bytes);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
      assert.deepEqual(encodeJcs(Object.fromEntries(Object.entries(value).reverse())), bytes);
    }),
    { numRuns },
  );
});

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const name = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((bytes) => Buffer.from(bytes).toString('latin1').replaceAll('/', '_').replaceAll('\0', '_'))
  .filter((text) => text !== '.' && text !== '..');
const contents: readonly fc.Arbitrary<Uint8Array>[] = [
  fc.nat(5).chain((count) => bytesOf(count * 32)),
  bytesOf(64),
  fc.uint8Array({ minLength: 1, maxLength: 100 }),
  bytesOf(0),
  bytesOf(0),
  bytesOf(8),
  bytesOf(8),
  bytesOf(64),
];
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const node = fc.nat(7).chain((kind) =>
  fc.record({
    name,
    kind: fc.constant(kind),
    content: contents[kind]!,
    mode: fc.nat(0xffff),
    uid: fc.nat(0xffff_ffff),
    gid: fc.nat(0xffff_ffff),
    mtime: int64,
    ctime: int64,
    inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    size: fc.maxSafeNat(),
    xattrs: fc.option(fc.array(fc.tuple(fc.uint8Array(), fc.uint8Array()), { minLength: 1, maxLength: 3 })),
    gaps: fc.option(
      fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 4 }),
    ),
    link: fc.option(bytesOf(16)),
    indirect: fc.boolean(),
  }),
);
type GeneratedNode = typeof node extends fc.Arbitrary<infer Value> ? Value : never;

/** Pairs of offset and length, from gaps and lengths, and where the last ends. */
function runsFrom(gaps: readonly (readonly [number, number])[]): { pairs: Uint8Array; end: number } {
  const pairs = Buffer.alloc(gaps.length * 16);
  let end = 0;
  gaps.forEach(([gap, length], at) => {
    pairs.writeBigUInt64LE(BigInt(end + gap), at * 16);
    pairs.writeBigUInt64LE(BigInt(length), at * 16 + 8);
    end += gap + length;
  });
  return { pairs: Uint8Array.from(pairs), end };
}

function columnsOf(nodes: readonly GeneratedNode[]): TreeColumns {
  const sorted = [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1));
  const where = <Value>(of: (one: GeneratedNode) => Value | null): Map<number, Value> =>
    new Map(
      sorted.flatMap((one, at) => {
        const value = of(one);
        return value === null ? [] : [[at, value] as const];
      }),
    );
  return {
    names: sorted.map((one) => one.name),
    kinds: Uint8Array.from(sorted, (one) => one.kind),
    modes: Uint16Array.from(sorted, (one) => one.mode),
    uids: Uint32Array.from(sorted, (one) => one.uid),
    gids: Uint32Array.from(sorted, (one) => one.gid),
    mtimes: BigInt64Array.from(sorted, (one) => one.mtime),
    ctimes: BigInt64Array.from(sorted, (one) => one.ctime),
    inodes: BigUint64Array.from(sorted, (one) => one.inode),
    sizes: Float64Array.from(sorted, (one) => (one.gaps === null ? one.size : runsFrom(one.gaps).end)),
    contents: sorted.map((one) => one.content),
    xattrs: where((one) => one.xattrs),
    runs: where((one) => (one.gaps === null ? null : runsFrom(one.gaps).pairs)),
    links: where((one) => one.link),
    indirect: new Set(where((one) => (one.indirect ? true : null)).keys()),
  };
}

test('a tree comes back column by column, and encodes to the same bytes', () => {
  const nodes = fc.uniqueArray(node, { selector: (one) => one.name, maxLength: 12 });
  fc.assert(
    fc.property(nodes, (generated) => {
      const columns = columnsOf(generated);
      const bytes = encodeTree(columns);
      const decoded = decodeTree(bytes, 'tree');
      assert.equal(decoded.type, 'nodes');
      if (decoded.type === 'nodes') {
        assert.deepEqual(decoded.nodes, columns);
        assert.deepEqual(encodeTree(decoded.nodes), bytes);
      }
    }),
    { numRuns: numRuns * 3 },
  );
});

test('the parts of a split directory come back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }).chain((count) => bytesOf(count * 32)),
      (ids) => {
        assert.deepEqual(decodeTree(encodeTreeParts(ids), 'tree'), { type: 'parts', ids });
      },
    ),
    { numRuns },
  );
});

const idList = fc.nat(6).chain((count) => bytesOf(count * 32));
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

test('a skeleton comes back with and without its tree', () => {
  fc.assert(
    fc.property(idList, idList, optional(bytesOf(32)), (children, data, tree) => {
      const skeleton = { children, data, ...(tree === undefined ? {} : { tree }) };
      assert.deepEqual(decodeSkeleton(encodeSkeleton(skeleton), 'skeleton'), skeleton);
    }),
    { numRuns },
  );
});

const hexOf = (length: number) => bytesOf(length).map((bytes) => Buffer.from(bytes).toString('hex'));
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const byteString = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const owners = fc.array(fc.tuple(fc.nat(0xffff_ffff), text), { maxLength: 3 }).map((pairs) => new Map(pairs));
const instant = fc.maxSafeInteger().map((time) => time + 0);
const entry = {
  writerId: fc.constant(writerName),
  seq: fc.maxSafeNat(),
  prev: fc.uniqueArray(hexOf(32), { maxLength: 3 }).map((names) => names.sort()),
  time: instant,
};

test('a snapshot comes back as it was signed, and twice sealed it is never the same object', () => {
  const count = fc.maxSafeNat();
  const required = fc.record({
    ...entry,
    id: hexOf(16),
    sessionId: hexOf(16),
    host: text,
    user: text,
    paths: fc.array(byteString, { maxLength: 3 }),
    tags: fc.array(text, { maxLength: 3 }),
    durationMs: count,
    outcome: fc.constantFrom('succeeded', 'partial'),
    stats: fc.record({ entries: count, bytes: count, problems: count, newBlobs: count, storedBytes: count }),
    root: bytesOf(32),
    skeleton: bytesOf(32),
    owners: fc.record({ users: owners, groups: owners }),
    sourceKind: text,
    tool: text,
  });
  const more = fc.record(
    { parent: hexOf(16), original: hexOf(16), replaces: hexOf(16), retainUntil: instant },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(required, more, (fields, extra) => {
      const snapshot = { ...fields, ...extra };
      const object = sealSnapshot(ring, snapshot, signature);
      // The generator's objects have no prototype; a clone has.
      assert.deepEqual(openSnapshot(ring, object, 'snapshots/x'), structuredClone(snapshot));
      assert.notDeepEqual(sealSnapshot(ring, snapshot, signature), object);
    }),
    { numRuns },
  );
});

test('a tombstone comes back as it was signed', () => {
  const forgotten = fc.record({
    name: hexOf(32),
    id: hexOf(16),
    writerId: hexOf(16),
    seq: fc.maxSafeNat(),
    rule: text,
  });
  fc.assert(
    fc.property(
      fc.record({ ...entry, run: text, forgotten: fc.array(forgotten, { maxLength: 4 }) }),
      (tombstone) => {
        assert.deepEqual(
          openTombstone(ring, sealTombstone(ring, tombstone, signature), 'tombstones/x'),
          structuredClone(tombstone),
        );
      },
    ),
    { numRuns },
  );
});
