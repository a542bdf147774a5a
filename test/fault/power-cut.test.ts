// T-02: the power fails at any call of the file system during any workflow over the local storage; what was not synced is kept, lost, cut
// short or zeroed as a seed says. Nothing that was reported is lost, and nobody has to type anything but the same command.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgetOf } from '../campaign.ts';
import { PowerDisk } from './disks.ts';
import { runCampaign, secondPoint } from './run-campaign.ts';

test('a power cut during any workflow loses nothing and needs no manual step', async (t) => {
  const budget = budgetOf('HOLDFAST_T02', 90);
  const tried = await runCampaign({ campaign: 'T-02', budget, disk: new PowerDisk() }, t);
  assert.ok(tried >= Math.min(budget, 70), `only ${tried} cuts were made`);
});

test('a second power cut during the recovery loses nothing either', async (t) => {
  const budget = budgetOf('HOLDFAST_T02_PAIRS', 25);
  const tried = await runCampaign(
    {
      campaign: 'T-02 pairs',
      budget,
      disk: new PowerDisk(),
      more: (seed) => [secondPoint(seed, 300)],
    },
    t,
  );
  assert.ok(tried >= Math.min(budget, 20), `only ${tried} pairs were cut`);
});
