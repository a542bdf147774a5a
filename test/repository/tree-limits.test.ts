// What a reader accepts of a tree: the limits of the format hold when it is decoded.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../src/base/failure.ts';
import { decodeTree, encodeTree } from '../../src/repository/tree.ts';

function roundTrip(attributes: readonly (readonly [Uint8Array, Uint8Array])[]): number {
  const tree = encodeTree({
    names: ['a'],
    kinds: Uint8Array.of(3),
    modes: Uint16Array.of(0o644),
    uids: Uint32Array.of(0),
    gids: Uint32Array.of(0),
    mtimes: BigInt64Array.of(0n),
    ctimes: BigInt64Array.of(0n),
    inodes: BigUint64Array.of(0n),
    sizes: Float64Array.of(0),
    contents: [new Uint8Array(0)],
    xattrs: new Map([[0, attributes]]),
    runs: new Map(),
    links: new Map(),
    indirect: new Set(),
  });
  const found = decodeTree(tree, 'tree');
  return found.type === 'nodes' ? found.nodes.xattrs.get(0)!.length : assert.fail('parts');
}

const attributes = (count: number, value: number, name = 8) =>
  Array.from({ length: count }, (_, index) => [Buffer.alloc(name, index + 1), Buffer.alloc(value)] as const);

test('extended attributes are read up to the limits of the format and not beyond', () => {
  assert.equal(roundTrip(attributes(256, 100)), 256);
  assert.equal(roundTrip(attributes(1, 65_536)), 1);
  assert.equal(roundTrip(attributes(16, 65_528)), 16);
  for (const [count, value, name] of [
    [257, 1],
    [1, 65_537],
    [17, 65_536],
    [1, 1, 1025],
  ] as const) {
    assert.throws(
      () => roundTrip(attributes(count, value, name)),
      (error) => isFailure(error, 'corrupt', 'OBJECT_MALFORMED'),
      `${count} of ${value} bytes`,
    );
  }
});
