// T-01 and T-03: the process dies before or after any change of any workflow, and again while the next run recovers. Nothing
// that was reported is lost, and nobody has to type anything but the same command.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetOf } from '../campaign.ts';
import { MemoryDisk } from './disks.ts';
import { runCampaign, secondPoint } from './run-campaign.ts';

test('a crash at any change to the storage in any workflow loses nothing and needs no manual step', async (t) => {
  const budget = budgetOf('HOLDFAST_T01', 200);
  const tried = await runCampaign({ campaign: 'T-01', budget, disk: new MemoryDisk() }, t);
  assert.ok(tried >= Math.min(budget, 60), `only ${tried} crash points were found`);
});

test('a second crash while the next run recovers loses nothing either', async (t) => {
  const budget = budgetOf('HOLDFAST_T03', 40);
  const tried = await runCampaign(
    {
      campaign: 'T-03',
      budget,
      disk: new MemoryDisk(),
      more: (seed) => [secondPoint(seed, 20)],
    },
    t,
  );
  assert.ok(tried >= Math.min(budget, 30), `only ${tried} pairs were found`);
});
