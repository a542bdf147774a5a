// The catalog as lines: what comes back is what was there, also from one kind of database to the other, and never half of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { isFailure } from '../../src/base/failure.ts';
import { appendAudit } from '../../src/catalog/audit.ts';
import { verifyAudit } from '../../src/catalog/audit-verify.ts';
import { type Catalog, together } from '../../src/catalog/catalog.ts';
import { exportCatalog, importCatalog } from '../../src/catalog/dump.ts';
import { acquireLease } from '../../src/catalog/leases.ts';
import { addTask, claimTask, completeTask } from '../../src/catalog/queue.ts';
import { addRecoveryPoint } from '../../src/catalog/recovery-points.ts';
import { addProblems, endRun, startRun } from '../../src/catalog/runs.ts';
import {
  onBoth,
  type Place,
  policy,
  postgresOrSkip,
  postgresPlace,
  sharedServer,
  sqlitePlace,
} from './catalog-world.ts';

async function fill(catalog: Catalog, context: Context): Promise<number> {
  const policyId = await policy(catalog, context, 'docs');
  await together(
    catalog,
    async (unit) => {
      for (let dueAt = 1; dueAt <= 700; dueAt += 1)
        await addTask(unit, { kind: 'backup', key: `docs@${dueAt}`, payload: { dueAt } }, context);
    },
    context,
    'tasks',
  );
  let fence = 0;
  for (let dueAt = 1; dueAt <= 3; dueAt += 1) {
    const claim = (await claimTask(catalog, { node: 'n', holdMs: 1000 }, context))!;
    fence = claim.fence;
    const holding = { kind: 'task', id: claim.task.id, fence } as const;
    const run = await startRun(catalog, { policyId, dueAt, node: 'n', holding }, context);
    await addProblems(catalog, run.id, [{ path: 'a "quoted"\nname', code: 'X', message: 'm' }], context);
    await endRun(catalog, run, { outcome: 'partial', counts: { entries: 3 } }, context);
    await completeTask(catalog, claim, {}, context);
  }
  const copy = { repository: 'main', snapshot: 's', storage: '/r', arrivedAt: 5 };
  const point = {
    policyId,
    source: '/ü',
    takenAt: 4,
    outcome: 'succeeded',
    entries: 1,
    bytes: 2 ** 52,
    copy,
  } as const;
  await addRecoveryPoint(catalog, point, context);
  for (let n = 0; n < 3; n += 1) {
    const act = { node: 'n', actor: 'ana', method: 'local', action: 'a:b', outcome: 'succeeded' } as const;
    await appendAudit(catalog, act, context);
  }
  return fence;
}

async function linesOf(catalog: Catalog, context: Context): Promise<string[]> {
  const lines: string[] = [];
  const { rows } = await exportCatalog(catalog, (line) => void lines.push(line), context);
  assert.equal(lines.length, rows + 2);
  return lines;
}

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

/** Rows of two databases come in different orders. */
const sorted = (lines: readonly string[]) =>
  lines
    .map((line) => {
      const value = JSON.parse(line);
      return JSON.stringify(Array.isArray(value) ? [value[0], Object.entries(value[1]).sort()] : value);
    })
    .sort();

async function moves(source: Place, target: Place): Promise<void> {
  const { catalog, context } = await source.open();
  const fence = await fill(catalog, context);
  const lines = await linesOf(catalog, context);
  const other = await target.open();
  await importCatalog(other.catalog, from(lines), other.context);
  assert.deepEqual(sorted(await linesOf(other.catalog, other.context)), sorted(lines));
  const report = await verifyAudit(other.catalog, {}, other.context);
  assert.equal(report.entries, 3);
  assert.deepEqual(report.findings, []);
  const lease = await acquireLease(
    other.catalog,
    { name: 'l', holder: 'n', durationMs: 1000 },
    other.context,
  );
  assert.ok(
    lease !== undefined && lease.fence > fence,
    'what is claimed from now on is newer than all before',
  );
  await assert.rejects(importCatalog(other.catalog, from(lines), other.context), (error: unknown) =>
    isFailure(error, 'conflict', 'CATALOG_NOT_EMPTY'),
  );
}

test('from a file to a file all comes back, and leases go on above the old ones', async () => {
  await using source = await sqlitePlace();
  await using target = await sqlitePlace();
  await moves(source, target);
});

test('a catalog moves from a file to PostgreSQL, and back', async (t) => {
  if (!postgresOrSkip(t)) return;
  const server = await sharedServer();
  await using file = await sqlitePlace();
  await using database = await postgresPlace(server);
  await moves(file, database);
  await using one = await postgresPlace(server);
  await using other = await sqlitePlace();
  await moves(one, other);
});

test('an export that is cut off, changed or foreign is refused, and the catalog stays as it was', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    await using source = await sqlitePlace();
    const there = await source.open();
    await fill(there.catalog, there.context);
    const lines = await linesOf(there.catalog, there.context);
    const before = sorted(await linesOf(catalog, context));
    const [head] = lines as [string];
    const wrong: readonly (readonly string[])[] = [
      [],
      lines.slice(0, -1),
      lines.slice(0, 100),
      [...lines.slice(0, 50), ...lines.slice(51)],
      [...lines, lines[1]!],
      lines.slice(1),
      ['{}'],
      ['not json'],
      [head, '["catalog_migrations",{"number":99,"name":"x","applied_at":1}]', '{"rows":1}'],
      [head, '["users; drop table runs",{"id":"1"}]', '{"rows":1}'],
      [head, '["users",{"id\\"; drop table runs":"1"}]', '{"rows":1}'],
    ];
    for (const [number, one] of wrong.entries()) {
      await assert.rejects(
        importCatalog(catalog, from(one), context),
        (error: unknown) => isFailure(error, 'corrupt', 'CATALOG_EXPORT_BROKEN'),
        `${number}`,
      );
    }
    const newer = head.replace(/"version":\d+/, '"version":999');
    await assert.rejects(importCatalog(catalog, from([newer, '{"rows":0}']), context), (error: unknown) =>
      isFailure(error, 'conflict', 'CATALOG_EXPORT_OTHER_VERSION'),
    );
    assert.deepEqual(sorted(await linesOf(catalog, context)), before);
  });
});

test('while others write, an export is that of one moment', async (t) => {
  await onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const other = await place.open();
    await fill(catalog, context);
    const lines: string[] = [];
    let added = 0;
    await exportCatalog(
      catalog,
      async (line) => {
        lines.push(line);
        if (lines.length % 200 !== 0) return;
        added += 1;
        const key = `late@${added}`;
        await addTask(other.catalog, { kind: 'backup', key, payload: {} }, other.context);
      },
      context,
    );
    assert.ok(added > 2);
    assert.equal(lines.filter((line) => line.includes('late@')).length, 0);
  });
});
