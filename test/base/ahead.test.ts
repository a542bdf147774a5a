import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapAhead } from '../../src/base/ahead.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('results come in the order of the items, however long each takes, and never more than the width are under way', async () => {
  for (const width of [1, 2, 5]) {
    let underWay = 0;
    let most = 0;
    const results = await Array.fromAsync(
      mapAhead([5, 0, 3, 1, 4, 2, 0], width, async (turns) => {
        underWay += 1;
        most = Math.max(most, underWay);
        for (let at = 0; at <= turns; at += 1) await turn();
        underWay -= 1;
        return turns;
      }),
    );
    assert.deepEqual(results, [5, 0, 3, 1, 4, 2, 0]);
    assert.equal(most, width);
  }
});

test('a failure is thrown where its result was due, after the results before it', async () => {
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const result of mapAhead([1, 2, 3, 4], 3, async (item) => {
      if (item >= 3) throw new Error(`item ${item}`);
      await turn();
      return item;
    }))
      seen.push(result);
  }, /item 3/);
  assert.deepEqual(seen, [1, 2]);
});

test('who leaves early begins nothing more, and failures under way harm nobody', async () => {
  let begun = 0;
  for await (const _ of mapAhead([1, 2, 3, 4, 5], 2, async (item) => {
    begun += 1;
    if (item === 2) throw new Error('unseen');
    return item;
  }))
    break;
  await turn();
  assert.equal(begun, 2);
});
