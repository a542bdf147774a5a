// T-05: four writers and two pruners at work in one repository, while SIGKILL and SIGSTOP hit some of them at moments of a seed's choice.
// What a writer reported is there and restores; who was left in peace succeeds; nothing blocks whoever comes next.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { budgetOf, report } from '../campaign.ts';
import { type Event, project, type Ran, World } from '../cli/holdfast.ts';
import { noise, treeDigest, writeTree } from '../world.ts';
import { campaignSeed, draw } from './sampling.ts';

const writers = 4;
const pruners = 2;

interface Ended {
  readonly name: string;
  readonly exit: number | null;
  readonly output: string;
  readonly hit: 'killed' | 'stopped' | 'spared';
}

function start(world: World, words: readonly string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(join(project, 'bin/holdfast'), [...words, '--json'], {
    cwd: world.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: world.folder,
      XDG_STATE_HOME: world.path('state'),
      HOLDFAST_REPOSITORY: world.repository,
      HOLDFAST_PASSWORD_FILE: world.passwordFile,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { child, output: () => output };
}

/** A third is killed, a third is stopped and goes on when all others are done, a third is left in peace. */
async function strike(
  seed: string,
  name: string,
  words: readonly string[],
  world: World,
  others: Promise<unknown>,
) {
  const { child, output } = start(world, words);
  const ended = once(child, 'close') as Promise<[number | null]>;
  const hit = (['killed', 'stopped', 'spared'] as const)[draw(seed, `${name} hit`, 3)]!;
  if (hit !== 'spared') {
    // When it strikes is chance; nothing that is asserted depends on it.
    await Promise.race([wait(draw(seed, `${name} moment`, 1500)), ended]);
    child.kill(hit === 'killed' ? 'SIGKILL' : 'SIGSTOP');
  }
  if (hit === 'stopped') {
    await others;
    child.kill('SIGCONT');
  }
  const [exit] = await ended;
  return { name, exit, output: output(), hit } satisfies Ended;
}

async function round(seed: string, world: World): Promise<readonly Ended[]> {
  const jobs: [string, string[]][] = [];
  for (let one = 0; one < writers; one += 1) jobs.push([`writer ${one}`, ['backup', `files-${one}`]]);
  for (let one = 0; one < pruners; one += 1) jobs.push([`pruner ${one}`, ['prune', '--max-unused', '0%']]);
  const moving: Promise<Ended>[] = [];
  const gate = Promise.withResolvers<void>();
  for (const [name, words] of jobs) moving.push(strike(seed, name, words, world, gate.promise));
  const isStopped = jobs.map(([name]) => draw(seed, `${name} hit`, 3) === 1);
  await Promise.all(moving.filter((_, position) => !isStopped[position]));
  gate.resolve();
  return Promise.all(moving);
}

function succeeded(ran: Ran, what: string): Ran {
  assert.equal(ran.exit, 0, `${what}: ${ran.output}${ran.errors}`);
  return ran;
}

function forgottenIn(end: Event): string[] {
  const { forgotten } = end.result as { forgotten: { snapshot: string }[] };
  return forgotten.map(({ snapshot }) => snapshot);
}

test('writers and pruners that are killed and stopped at any moment lose nothing and block nobody', async (t) => {
  using world = new World().init();
  const seed = campaignSeed();
  const rounds = budgetOf('HOLDFAST_T05', 2);
  const promised = new Map<string, string>();
  let tried = 0;
  for (let number = 0; number < rounds; number += 1) {
    for (let one = 0; one < writers; one += 1) {
      writeTree(world.path(`files-${one}`), {
        'same.bin': noise('storm', 200_000),
        'own.bin': noise(`${seed} ${number} ${one}`, 150_000),
        // What only one round shares: packs that die with it, while others still borrow them.
        'round.bin': noise(`${seed} ${number}`, 150_000),
      });
      writeFileSync(world.path(`files-${one}`, `round-${number}`), 'x');
    }
    const digests = Array.from({ length: writers }, (_, one) => treeDigest(world.path(`files-${one}`)));
    for (const { name, exit, output, hit } of await round(`${seed}:${number}`, world)) {
      const what = `round ${number}, ${name}, ${hit} (HOLDFAST_SEED=${seed}), exit ${exit}`;
      if (hit !== 'killed') assert.equal(exit, 0, `${what}: ${output}`);
      else tried += 1;
      if (hit === 'stopped') tried += 1;
      const end = output.split('\n').findLast((line) => line.startsWith('{"type":"result"'));
      if (!name.startsWith('writer') || end === undefined) continue;
      const { snapshotId } = (JSON.parse(end) as { result: { snapshotId: string } }).result;
      promised.set(snapshotId, digests[Number(name.at(-1))]!);
    }
    const listed = succeeded(world.run(['snapshots', '--json']), 'snapshots').output;
    for (const id of promised.keys()) assert.ok(listed.includes(id), `LOST: ${id} in round ${number}`);
    // Old recovery points go, so that pruners have work.
    const { end } = succeeded(world.run(['forget', '--keep-last', '2', '--json']), 'forget');
    for (const id of forgottenIn(end)) promised.delete(id);
  }
  succeeded(world.run(['prune', '--max-unused', '0%', '--json']), 'prune');
  succeeded(world.run(['check', '--read-data', '--json']), 'check');
  for (const [id, digest] of promised) {
    succeeded(world.run(['restore', id, '-t', `back-${id}`, '--json']), `LOST: ${id}`);
    assert.equal(treeDigest(world.path(`back-${id}`)), digest, `WRONG: ${id}`);
  }
  const left = readdirSync(join(world.repository, 'sessions')).filter((name) => !name.startsWith('.'));
  assert.deepEqual(left, []);
  t.diagnostic(
    `T-05: ${tried} processes hit, ${promised.size} restored, 0 lost, 0 wrong, 0 manual, seed ${seed}`,
  );
  report({ campaign: 'T-05', tried, lost: 0, wrong: 0, manual: 0 });
});
