// T-27: the protocol of prune as it is designed loses nothing in any interleaving, and each rule is needed: without it the model loses data.
// The figures are those of an independent model of the same protocol, so that a slip in this one shows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { report } from '../campaign.ts';
import { type Exploration, explore, exploreCopies } from './gc-model.ts';

interface Variant {
  readonly name: string;
  readonly states: number;
  readonly run: () => Exploration;
}

const safe: readonly Variant[] = [
  { name: '2 writers, 2 sweepers', states: 146_999, run: () => explore() },
  { name: '3 writers, 1 sweeper', states: 335_833, run: () => explore({ writers: 3, sweepers: 1 }) },
  {
    name: 'two copies, only copies that nobody condemned count',
    states: 102,
    run: () => exploreCopies(true),
  },
  {
    name: 'sessions that have published are over',
    states: 530_029,
    run: () => explore({ publishedOver: true }),
  },
  {
    name: 'writers that may not delete leave their marks',
    states: 19_198,
    run: () => explore({ sweepers: 1, publishedOver: true, mayDelete: false }),
  },
];

const single = { writers: 1, sweepers: 1, revoke: false } as const;
const weakened: readonly Variant[] = [
  { name: 'no re-check after the borrow', states: 60, run: () => explore({ ...single, recheck: false }) },
  { name: 'no borrow objects', states: 72, run: () => explore({ ...single, borrow: false }) },
  {
    name: 'condemnation that can be lifted',
    states: 140,
    run: () => explore({ ...single, irreversible: false }),
  },
  {
    name: 'pack names from content',
    states: 528,
    run: () => explore({ ...single, writers: 2, uniqueNames: false, ownProtected: false }),
  },
  {
    name: 'snapshots listed before sessions',
    states: 90,
    run: () => explore({ ...single, sessionsListedFirst: false }),
  },
  {
    name: 'own uploads that the session does not protect',
    states: 803,
    run: () => explore({ ...single, sweepers: 2, ownProtected: false }),
  },
  {
    name: 'snapshots of revoked sessions that readers trust',
    states: 188,
    run: () => explore({ ...single, revoke: true, readerRule: false }),
  },
  { name: 'lists that lag behind writes', states: 280, run: () => explore({ ...single, lag: true }) },
  {
    name: 'published sessions by a later list of snapshots than what is needed',
    states: 119,
    run: () => explore({ ...single, mayDelete: false, publishedOver: true, sessionsListedFirst: false }),
  },
  { name: 'two copies, any copy counts', states: 86, run: () => exploreCopies(false) },
];

/** Seconds more, and a gigabyte: not for every test run. */
const larger: readonly Variant[] = [
  {
    name: 'writers that may not delete leave their marks, 2 sweepers',
    states: 496_342,
    run: () => explore({ publishedOver: true, mayDelete: false }),
  },
  {
    name: '3 writers, 2 sweepers, no revocation',
    states: 355_644,
    run: () => explore({ writers: 3, sweepers: 2, revoke: false }),
  },
  {
    name: '4 writers, 1 sweeper, no revocation',
    states: 987_190,
    run: () => explore({ writers: 4, sweepers: 1, revoke: false }),
  },
];

test('no interleaving of the protocol as designed loses a snapshot', (t) => {
  let states = 0;
  for (const variant of process.env.MODEL === 'large' ? [...safe, ...larger] : safe) {
    const { loss, trace, states: seen } = variant.run();
    assert.equal(loss, undefined, `${variant.name}: ${loss}: ${trace.join('; ')}`);
    assert.equal(seen, variant.states, variant.name);
    states += seen;
  }
  t.diagnostic(`${states} states`);
  report({ campaign: 'T-27', tried: states, lost: 0, wrong: 0, manual: 0 });
});

test('without any single rule the protocol loses a snapshot', (t) => {
  for (const variant of weakened) {
    const { loss, trace, states } = variant.run();
    assert.notEqual(loss, undefined, `${variant.name} loses nothing: the rule or the model is superfluous`);
    t.diagnostic(`${variant.name}: ${loss} after ${states} states: ${trace.join('; ')}`);
    assert.equal(states, variant.states, variant.name);
  }
});
