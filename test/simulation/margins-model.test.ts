// The margins of weak storages: with them no interleaving loses a snapshot, and without the day, or without the wait between the lists, one does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exploreMargins, type MarginRules } from './margins-model.ts';

const designed: MarginRules = { margin: true, pause: true, waitsForSessions: true };

test('margins lose nothing, however the lists lag', (t) => {
  for (const waitsForSessions of [true, false]) {
    const { loss, states } = exploreMargins({ ...designed, waitsForSessions });
    assert.deepEqual(loss ?? [], []);
    t.diagnostic(`${states} states`);
    assert.ok(states > 100);
  }
});

test('without the day between, or the wait between the lists, a snapshot is lost', (t) => {
  const weakened: readonly [string, Partial<MarginRules>][] = [
    ['no margin', { margin: false }],
    ['no wait between sessions and snapshots', { pause: false }],
    ['neither, and no regard for sessions', { margin: false, pause: false, waitsForSessions: false }],
  ];
  for (const [name, rules] of weakened) {
    const { loss } = exploreMargins({ ...designed, ...rules });
    assert.ok(loss !== undefined, `${name} loses nothing: the rule or the model is superfluous`);
    t.diagnostic(`${name}: ${loss.join('; ')}`);
  }
});
