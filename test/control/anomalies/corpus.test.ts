// What happens to sources every day pulls no brake; what ransomware does, does. Through real backups of real files.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findAnomalies, type Past } from '../../../src/model/anomalies/detect.ts';
import type { Finding } from '../../../src/model/anomalies/observations.ts';
import { anomaliesSchema } from '../../../src/model/configuration/watching.ts';
import type { Repository } from '../../../src/repository/repository.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import { backupFolder, create, open, scratch, testContext } from '../../world.ts';
import { attacks, everyday, ordinaryDay, type Scenario, writeSource } from './corpus.ts';

const thresholds = anomaliesSchema.parse({});
const day = 86_400_000;

/** One source and repository for all: made anew before each. */
class World implements AsyncDisposable {
  readonly #folder = scratch();
  readonly #context = testContext();
  readonly #root = join(this.#folder.path, 'source');
  readonly #canaries = [join(this.#root, '.canary/accounts.xlsx')];
  #repository: Repository | undefined;
  #before: readonly Past[] = [];

  async start(): Promise<void> {
    const storage = new MemoryStorage();
    const state = join(this.#folder.path, 'state');
    await create(storage, state, this.#context);
    this.#repository = await open(storage, state, 'one', this.#context);
    writeSource(this.#root);
    for (let before = 0; before < 4; before += 1) {
      if (before > 0) ordinaryDay(this.#root, before);
      const { past, findings } = await this.#run(this.#before);
      assert.deepEqual(findings, [], `day ${before} before`);
      this.#before = past;
    }
  }

  async findingsOf({ apply, days = 1 }: Scenario): Promise<readonly Finding[]> {
    rmSync(this.#root, { recursive: true });
    writeSource(this.#root);
    await this.#run([]);
    let past = this.#before;
    const findings: Finding[] = [];
    for (let now = 0; now < days; now += 1) {
      apply(this.#root, now);
      const run = await this.#run(past);
      past = run.past;
      findings.push(...run.findings);
    }
    return findings;
  }

  async #run(
    before: readonly Past[],
  ): Promise<{ readonly past: readonly Past[]; readonly findings: readonly Finding[] }> {
    const { observations } = await backupFolder(this.#root, this.#repository!, this.#context, {
      canaries: this.#canaries,
    });
    const findings = findAnomalies(observations, before, thresholds);
    const older = before.map((one) => ({ ...one, ageMs: one.ageMs + day }));
    return { past: [{ observations, ageMs: day, toldScrambled: false }, ...older], findings };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#repository?.[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

const world = new World();
before(() => world.start());
after(() => world[Symbol.asyncDispose]());

for (const scenario of [...everyday, ...attacks]) {
  test(`${scenario.name}: ${scenario.expects}`, async (t) => {
    const findings = await world.findingsOf(scenario);
    const worst = findings.some(({ severity }) => severity === 'critical')
      ? 'brake'
      : findings.length > 0
        ? 'warning'
        : 'nothing';
    t.diagnostic(JSON.stringify(findings.map(({ kind, facts }) => [kind, facts])));
    assert.equal(worst, scenario.expects, JSON.stringify(findings));
  });
}
