// node bench/catalog.ts [--policies 10000] [--runs 100000]
//
// Fills a catalog on SQLite and prints how long status answers and list pages take, the median and the worst of 20.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import { openCatalog } from '../src/catalog/open.ts';
import { listPolicies } from '../src/catalog/policies.ts';
import { listRuns } from '../src/catalog/runs.ts';
import { catalogStatus } from '../src/catalog/status.ts';
import { testContext } from '../test/world.ts';

const { values } = parseArgs({
  options: { policies: { type: 'string', default: '10000' }, runs: { type: 'string', default: '100000' } },
});
const folder = mkdtempSync(join(tmpdir(), 'holdfast-catalog-'));
const location = join(folder, 'catalog');
const context = testContext();
const catalog = await openCatalog({ location }, context);
fill(Number(values.policies), Number(values.runs));
const runsOnTheWay = (await listRuns(catalog, { limit: 500 }, context)).next ?? '';
const rows: Record<string, string>[] = [];
await time('status', () => catalogStatus(catalog, context));
await time('500 policies', () => listPolicies(catalog, { limit: 500 }, context));
await time('500 runs', () => listRuns(catalog, { limit: 500, after: runsOnTheWay }, context));
await time('runs of a policy', () => listRuns(catalog, { limit: 500, policyId: 'p7' }, context));
await time('failed runs', () => listRuns(catalog, { limit: 500, outcome: 'failed' }, context));
console.table(rows);
await catalog.close();
rmSync(folder, { recursive: true });

async function time(what: string, work: () => Promise<unknown>): Promise<void> {
  const took: number[] = [];
  for (let n = 0; n < 20; n += 1) {
    const start = performance.now();
    await work();
    took.push(performance.now() - start);
  }
  took.sort((a, b) => a - b);
  rows.push({ what, medianMs: took[10]!.toFixed(1), worstMs: took[19]!.toFixed(1) });
}

function fill(policies: number, runs: number): void {
  const database = new DatabaseSync(location);
  const upTo = (count: number) =>
    `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ${count})`;
  database.exec(`begin;
    insert into policies ${upTo(policies)} select 'p' || i, 'policy ' || i, 1, '{}', 1, i, i, null from n;
    insert into policy_states ${upTo(policies)} select 'p' || i, 'r', 'succeeded', i, i from n;
    insert into runs ${upTo(runs)} select printf('%012d', i), 'p' || (i % ${policies}), i, 1, 'ended',
      iif(i % 50 = 0, 'failed', 'succeeded'), i, i + 1, 'n', i, null, 'l', '{"entries":1}', 0, null, null from n;
    commit`);
  database.close();
}
