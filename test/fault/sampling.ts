// Which points a campaign tries: all of them within its budget, else as many as the budget allows, spread evenly and moved by the seed.

import { createHash } from 'node:crypto';

/** HOLDFAST_SEED replays a run; without it every run is the same one. */
export function campaignSeed(): string {
  return process.env.HOLDFAST_SEED ?? '1';
}

/** A number from 0 to below `outcomes`, the same for the same seed and name. */
export function draw(seed: string, name: string, outcomes: number): number {
  return createHash('sha256').update(`${seed}:${name}`).digest().readUInt32LE(0) % outcomes;
}

/** At most `budget` of the numbers 1 to `total`, ascending. */
export function sample(seed: string, name: string, total: number, budget: number): number[] {
  if (total <= budget) return Array.from({ length: total }, (_, position) => position + 1);
  const shift = draw(seed, name, total);
  return Array.from(
    { length: budget },
    (_, position) => ((shift + Math.floor((position * total) / budget)) % total) + 1,
  ).sort((a, b) => a - b);
}
