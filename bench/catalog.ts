// npm run bench:catalog [-- --policies 10000 --runs 1000000 --draft]
//
// Fills a catalog on SQLite and one on a PostgreSQL server of its own, and tells how long a status answer and every kind of list page take: the
// median and the worst of 40 calls. Then how many tasks a second our queue and pg-boss take out and bring to an end on the same server. Stores
// the measurements as JSON in bench/results/ and writes the section of docs/benchmarks.md, unless --draft.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import PgBoss from 'pg-boss';
import type { Context } from '../src/base/context.ts';
import { listAlerts } from '../src/catalog/alerts.ts';
import { listAudit } from '../src/catalog/audit.ts';
import { type Catalog, engineOf } from '../src/catalog/catalog.ts';
import { openCatalog } from '../src/catalog/open.ts';
import { listPolicies } from '../src/catalog/policies.ts';
import { addTask, claimTask, completeTask, listTasks } from '../src/catalog/queue.ts';
import { listRecoveryPoints } from '../src/catalog/recovery-points.ts';
import { listProblems, listRuns } from '../src/catalog/runs.ts';
import { catalogStatus } from '../src/catalog/status.ts';
import { startPostgres } from '../test/servers/postgres.ts';
import { testContext } from '../test/world.ts';
import { writeSection } from './remote-report.ts';

const { values } = parseArgs({
  options: {
    policies: { type: 'string', default: '10000' },
    runs: { type: 'string', default: '1000000' },
    draft: { type: 'boolean', default: false },
  },
});
const counts = { policies: Number(values.policies), runs: Number(values.runs) };
const calls = 40;
const tasks = 2000;
const turns = 20;
const page = { limit: 500 };

const folder = mkdtempSync(join(tmpdir(), 'holdfast-catalog-'));
const context = testContext();
await using server = await startPostgres();
const places = { sqlite: join(folder, 'catalog'), postgres: await server.newDatabase() };
const answers: Record<string, readonly Answer[]> = {};
for (const [kind, location] of Object.entries(places)) {
  await using catalog = await openCatalog({ location }, context);
  await fill(catalog);
  answers[kind] = await answersOf(catalog, context);
}
const queues = await bothQueues();
rmSync(folder, { recursive: true });

const stamp = new Date().toISOString().slice(0, 16).replace(':', '');
const text = report();
console.log(text);
if (!values.draft) {
  const result = { counts, calls, answers, tasks, queues };
  const name = `${stamp}-catalog.json`;
  writeFileSync(join(import.meta.dirname, 'results', name), `${JSON.stringify(result, null, 2)}\n`);
  const intro = `Measured by \`npm run bench:catalog\`, bench/results/${name}.`;
  writeSection(join(import.meta.dirname, '../docs/benchmarks.md'), '## The catalog', intro, text);
}

interface Answer {
  readonly what: string;
  readonly goalMs: number;
  readonly medianMs: number;
  readonly worstMs: number;
}

async function answersOf(catalog: Catalog, context: Context): Promise<Answer[]> {
  const halfway = (await listRuns(catalog, { ...page, policyId: 'p7' }, context)).next;
  const onTheWay = halfway === undefined ? page : { ...page, after: halfway };
  const looks: readonly (readonly [string, number, () => Promise<unknown>])[] = [
    ['status', 100, () => catalogStatus(catalog, context)],
    ['policies', 50, () => listPolicies(catalog, page, context)],
    ['runs, newest', 50, () => listRuns(catalog, page, context)],
    ['runs, further on', 50, () => listRuns(catalog, onTheWay, context)],
    ['runs of a policy', 50, () => listRuns(catalog, { ...page, policyId: 'p7' }, context)],
    ['failed runs', 50, () => listRuns(catalog, { ...page, outcome: 'failed' }, context)],
    ['problems of a run', 50, () => listProblems(catalog, '000000000100', page, context)],
    ['recovery points', 50, () => listRecoveryPoints(catalog, page, context)],
    ['open alerts', 50, () => listAlerts(catalog, { ...page, state: 'open' }, context)],
    ['audit', 50, () => listAudit(catalog, page, context)],
    ['waiting tasks', 50, () => listTasks(catalog, { ...page, state: 'waiting' }, context)],
  ];
  const answers: Answer[] = [];
  for (const [what, goalMs, look] of looks) {
    const took: number[] = [];
    for (let n = 0; n < calls; n += 1) {
      const start = performance.now();
      await look();
      took.push(performance.now() - start);
    }
    took.sort((a, b) => a - b);
    answers.push({ what, goalMs, medianMs: took[calls / 2]!, worstMs: took[calls - 1]! });
  }
  return answers;
}

/** Rows made by the database itself. */
async function fill(catalog: Catalog): Promise<void> {
  const { db, kind } = engineOf(catalog);
  const upTo = (count: number) =>
    kind === 'sqlite'
      ? `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ${count})`
      : `with n(i) as (select generate_series(0, ${count - 1}))`;
  const id = kind === 'sqlite' ? `printf('%012d', i)` : `lpad(i::text, 12, '0')`;
  const { policies, runs } = counts;
  const insert = (table: string, columns: string, count: number, row: string) =>
    sql.raw(`insert into ${table} (${columns}) ${upTo(count)} select ${row} from n`).execute(db);
  await insert(
    'policies',
    'id, name, revision, config, enabled, created_at, updated_at',
    policies,
    `'p' || i, 'policy ' || i, 1, '{}', 1, i, i`,
  );
  await insert(
    'policy_states',
    'policy_id, last_run_id, last_outcome, last_ended_at, last_succeeded_at',
    policies,
    `'p' || i, 'r', 'succeeded', i, i`,
  );
  await insert(
    'runs',
    'id, policy_id, due_at, attempt, state, outcome, started_at, ended_at, node, fence, lease_name, counts',
    runs,
    `${id}, 'p' || (i % ${policies}), i, 1, 'ended', case when i % 50 = 0 then 'failed' else 'succeeded' end,
     i, i + 1, 'n', i, 'l', '{"entries":1}'`,
  );
  await insert(
    'run_problems',
    'run_id, seq, path, code, message',
    500,
    `'000000000100', i, '/a/' || i, 'X', 'm'`,
  );
  await insert(
    'recovery_points',
    'id, policy_id, source, taken_at, outcome, entries, bytes, created_at',
    runs / 10,
    `${id}, 'p' || (i % ${policies}), '/srv', i, 'succeeded', 1, 1, i`,
  );
  await insert(
    'copies',
    'recovery_point_id, repository, snapshot, storage, arrived_at',
    runs / 10,
    `${id}, 'main', ${id}, '/r', i`,
  );
  await insert(
    'alerts',
    'id, key, severity, state, title, facts, count, first_at, last_at',
    policies,
    `${id}, 'k' || i, 'warning', case when i % 20 = 0 then 'open' else 'resolved' end, 't', '{}', 1, i, i`,
  );
  await insert(
    'audit_entries',
    'stream, seq, at, actor, action, entry, hash',
    runs / 10,
    `'n', i + 1, i, 'a', 'b:c', '{"act":{},"at":1,"previous":"","seq":1,"stream":"n"}', 'h'`,
  );
  await sql.raw(kind === 'sqlite' ? 'analyze' : 'vacuum analyze').execute(db);
}

/**
 * Tasks a second, one after the other, each claimed and completed as a worker does it. In turns, so that what else the machine does meets both
 * alike.
 */
async function bothQueues(): Promise<{ readonly ours: number; readonly pgBoss: number }> {
  await using catalog = await openCatalog({ location: await server.newDatabase() }, context);
  for (let n = 0; n < tasks; n += 1)
    await addTask(catalog, { kind: 'backup', key: `k${n}`, payload: { n }, source: `s${n}` }, context);
  const boss = new PgBoss(await server.newDatabase());
  await boss.start();
  await boss.createQueue('backup');
  for (let n = 0; n < tasks; n += 1) await boss.send('backup', { n }, { singletonKey: `k${n}` });
  const tookMs = { ours: 0, pgBoss: 0 };
  const timed = async (whose: keyof typeof tookMs, one: () => Promise<unknown>) => {
    const start = performance.now();
    for (let n = 0; n < tasks / turns; n += 1) await one();
    tookMs[whose] += performance.now() - start;
  };
  for (let turn = 0; turn < turns; turn += 1) {
    await timed('ours', async () => {
      const claim = await claimTask(catalog, { node: 'n', holdMs: 60_000 }, context);
      await completeTask(catalog, claim!, {}, context);
    });
    await timed('pgBoss', async () => {
      const [job] = await boss.fetch('backup');
      await boss.complete('backup', job!.id);
    });
  }
  await boss.stop({ graceful: false });
  return { ours: (tasks / tookMs.ours) * 1000, pgBoss: (tasks / tookMs.pgBoss) * 1000 };
}

function report(): string {
  const number = (count: number) => count.toLocaleString('en');
  const ms = (value: number) => value.toFixed(1);
  const rows = answers['sqlite']!.map((one, i) => {
    const other = answers['postgres']![i]!;
    return `| ${one.what} | ${one.goalMs} | ${ms(one.medianMs)} / ${ms(one.worstMs)} | ${ms(other.medianMs)} / ${ms(other.worstMs)} |`;
  });
  return [
    `${number(counts.policies)} policies and ${number(counts.runs)} runs; pages of 500 rows; median and worst of ${calls} calls, in milliseconds.`,
    '',
    '| answer | goal | SQLite | PostgreSQL |',
    '|---|---|---|---|',
    ...rows,
    '',
    `Tasks taken out of the queue and brought to an end, one after the other, on the same PostgreSQL: ours ${number(Math.round(queues.ours))} a second, pg-boss ${number(Math.round(queues.pgBoss))}.`,
  ].join('\n');
}
