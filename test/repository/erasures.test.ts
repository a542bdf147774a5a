// What the re-delete ledger promises: it names what was erased and nothing else, says no name to anybody, and grows only by what is new.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from '../../src/base/cbor.ts';
import {
  decodeErasures,
  type Erasure,
  encodeErasure,
  erasedIn,
  erasureHash,
  notYetIn,
} from '../../src/repository/erasures.ts';

const salt = '5a'.repeat(16);
const snapshot = { id: '01'.repeat(16), host: 'mail', time: 1000 };

function erasure(paths: readonly string[], more: Partial<Erasure> = {}): Erasure {
  return {
    salt,
    until: 1000,
    hashes: paths.map((path) => erasureHash(salt, 'mail', path)),
    reason: '',
    ...more,
  };
}

test('a path and all below it are named, what only begins alike is not', () => {
  const isErased = erasedIn(snapshot, [erasure(['/home/anna', '/a\xff'])]);
  const said = ['/home/anna', '/home/anna/deep/er', '/a\xff/x', '/home', '/home/anna2', '/anna', '/'].map(
    (path) => isErased?.(path),
  );
  assert.deepEqual(said, [true, true, true, false, false, false, false]);
});

test('other hosts, later snapshots and those that were not named keep their paths', () => {
  const one = erasure(['/etc/secret']);
  assert.equal(erasedIn({ ...snapshot, host: 'web' }, [one])?.('/etc/secret'), false);
  assert.equal(erasedIn({ ...snapshot, time: 1001 }, [one]), undefined);
  const only = erasure(['/etc/secret'], { snapshots: ['02'.repeat(16)] });
  assert.equal(erasedIn(snapshot, [only]), undefined);
  const copy = { ...snapshot, original: '02'.repeat(16), time: 5000 };
  assert.equal(erasedIn(copy, [only])?.('/etc/secret'), true);
});

test('a ledger survives its encoding and holds no name', () => {
  const one = erasure(['/home/anna', '/home/bert'], { snapshots: ['02'.repeat(16)], reason: 'request 1' });
  const bytes = encode([encodeErasure(one)]);
  assert.ok(!Buffer.from(bytes).toString('latin1').includes('anna'));
  const [found] = decodeErasures(decode(bytes), 'tombstones/x');
  assert.deepEqual(
    { ...found, hashes: [...(found?.hashes ?? [])] },
    { ...one, hashes: [...one.hashes].sort() },
  );
});

test('only what the ledger does not say for long enough is added', () => {
  const ledger = [erasure(['/a', '/b'], { until: 2000 }), erasure(['/c'], { snapshots: ['02'.repeat(16)] })];
  const rest = (wanted: Erasure, enough?: number) => notYetIn(ledger, wanted, enough).hashes.length;
  assert.equal(rest(erasure(['/a', '/b'], { until: 1500 })), 0);
  assert.equal(rest(erasure(['/a', '/d'], { until: 2500 })), 2);
  assert.equal(rest(erasure(['/a', '/d'], { until: 2500 }), 1900), 1);
  assert.equal(rest(erasure(['/c'])), 1);
  assert.equal(rest(erasure(['/c'], { snapshots: ['02'.repeat(16)] })), 0);
});
