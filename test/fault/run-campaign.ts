// Walks through all workflows and interrupts each at sampled points; the world then goes on as if nothing had happened.

import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { report } from '../campaign.ts';
import { scratch } from '../world.ts';
import type { CrashPoint } from './crashing-storage.ts';
import type { Disk } from './disks.ts';
import { campaignSeed, draw, sample } from './sampling.ts';
import { type CrashWorld, fork, interrupt, newWorld, type Step, steps } from './workflows.ts';

export interface Campaign {
  readonly campaign: string;
  /** Points tried, over all workflows. */
  readonly budget: number;
  readonly disk: Disk;
  /** The points that follow the first one, during the recovery. */
  readonly more?: (seed: string) => readonly CrashPoint[];
}

/** Returns how many points were tried. A point that fails is named, with the seed that replays it. */
export async function runCampaign(plan: Campaign, t: TestContext): Promise<number> {
  using folder = scratch();
  const seed = campaignSeed();
  let world = newWorld(folder.path, plan.disk);
  let tried = 0;
  for (const [number, step] of steps.entries()) {
    await step.prepare?.(world);
    const budget = Math.ceil((plan.budget - tried) / (steps.length - number));
    const done = fork(world, world.disk.copy(), join(folder.path, `after-${number}`));
    await step.run(done, 'normal');
    tried += await tryPoints(plan, step, world, done.disk.calls, budget, seed);
    world = done;
  }
  t.diagnostic(`${plan.campaign}: ${tried} points, 0 lost, 0 wrong, 0 manual steps, seed ${seed}`);
  report({ campaign: plan.campaign, tried, lost: 0, wrong: 0, manual: 0 });
  return tried;
}

async function tryPoints(
  plan: Campaign,
  step: Step,
  world: CrashWorld,
  calls: number,
  budget: number,
  seed: string,
): Promise<number> {
  let tried = 0;
  for (const position of sample(seed, step.name, calls * 2, budget)) {
    const call = (position + 1) >> 1;
    const point: CrashPoint = { call, moment: position % 2 === 1 ? 'before' : 'after' };
    const name = `${step.name}, ${point.moment} call ${call}`;
    const more = plan.more?.(`${seed}:${name}`) ?? [];
    try {
      if (await interrupt(step, world, [point, ...more], `${seed}:${name}`)) tried += 1;
    } catch (cause) {
      const then = more.map((one) => `, then ${one.moment} call ${one.call}`).join('');
      throw new Error(`${plan.campaign}: ${name}${then} (HOLDFAST_SEED=${seed}): ${String(cause)}`, {
        cause,
      });
    }
  }
  return tried;
}

/** A second point somewhere in the recovery. */
export function secondPoint(seed: string, callsMax: number): CrashPoint {
  return {
    call: 1 + draw(seed, 'call', callsMax),
    moment: draw(seed, 'moment', 2) === 0 ? 'before' : 'after',
  };
}
