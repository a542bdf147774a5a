// What is asked of the whole catalog: the trail is verified and the database checked by a job that opens the catalog for itself.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { isFailure } from '../../../src/base/failure.ts';
import type { JsonValue } from '../../../src/base/jcs.ts';
import { appendAudit, listAudit } from '../../../src/catalog/audit.ts';
import { signDays } from '../../../src/catalog/audit-roots.ts';
import { openNodeKey } from '../../../src/catalog/node-key.ts';
import { openCatalog } from '../../../src/catalog/open.ts';
import { addTask } from '../../../src/catalog/queue.ts';
import type { JobRunner } from '../../../src/control/job.ts';
import { executeJob } from '../../../src/control/jobs/execute.ts';
import { controlWorld, dayMs, type World } from '../control-world.ts';
import { doNext, jobWorld } from '../job-world.ts';

async function ask(
  world: World,
  kind: string,
  { more = {}, isAtHand = true }: { more?: { [field: string]: JsonValue }; isAtHand?: boolean } = {},
) {
  const { catalog, context, folder } = world;
  const { tools } = await jobWorld(world, []);
  const open = () => openCatalog({ location: join(folder, 'catalog') }, context, { migrate: false });
  const openers = { ...tools.openers, ...(isAtHand ? { catalog: open } : {}) };
  const runner: JobRunner = {
    run: (name, order, reports, within) =>
      executeJob(name, JSON.stringify(order), { ...tools, openers }, reports, within),
  };
  world.time.now += 1000;
  await addTask(
    catalog,
    { kind, key: `${kind}@${world.time.now}`, payload: { actor: 'ada', ...more } },
    context,
  );
  return doNext(world, kind, world.tools({ runner }));
}

async function acts(world: World, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const act = { node: 'a', actor: 'ana', method: 'session', action: 'run:start', facts: { n } } as const;
    await appendAudit(world.catalog, { ...act, outcome: 'succeeded' }, world.context);
  }
}

function behindOurBack({ folder }: World, statement: string): void {
  const database = new DatabaseSync(join(folder, 'catalog'));
  database.exec(`pragma foreign_keys = off; ${statement}`);
  database.close();
}

test('a sound trail is told as sound, and that somebody looked is in it', async () => {
  await using world = await controlWorld();
  await acts(world, 3);
  assert.deepEqual(await ask(world, 'audit-verify'), {
    streams: 1,
    entries: 3,
    thinned: 0,
    roots: 0,
    unsigned: 3,
    found: 0,
    findings: [],
  });
  const { items } = await listAudit(world.catalog, { actor: 'ada' }, world.context);
  assert.deepEqual(
    items.map(({ act }) => [act.action, act.outcome]),
    [['audit:verify', 'succeeded']],
  );
});

test('what was changed in the trail is told with its place', async () => {
  await using world = await controlWorld();
  await acts(world, 5);
  behindOurBack(world, `update audit_entries set entry = replace(entry, '"ana"', '"bob"') where seq = 3`);
  const { found, findings } = await ask(world, 'audit-verify');
  assert.equal(found, 1);
  assert.deepEqual(findings, [{ stream: 'a', first: 3, last: 3, trouble: 'changed' }]);
});

test('roots by a key that nobody has noted elsewhere are told', async () => {
  await using world = await controlWorld();
  const key = openNodeKey(join(world.folder, 'node.key'));
  const other = openNodeKey(join(world.folder, 'other.key'));
  await acts(world, 2);
  world.time.now += dayMs;
  await signDays(world.catalog, { node: 'a', key }, world.context);
  const known = await ask(world, 'audit-verify', { more: { publicKeys: [key.publicKey] } });
  assert.deepEqual([known.roots, known.findings], [1, []]);
  const unknown = await ask(world, 'audit-verify', { more: { publicKeys: [other.publicKey] } });
  assert.deepEqual(unknown.findings, [{ stream: 'a', first: 1, last: 2, trouble: 'root-untrusted' }]);
});

test('a sound database is told as sound, and a row that names nothing is not', async () => {
  await using world = await controlWorld();
  assert.deepEqual(await ask(world, 'catalog-check'), { kind: 'sqlite', troubles: [] });
  behindOurBack(
    world,
    `insert into run_problems (run_id, seq, path, code, message) values ('nobody', 1, '', 'X', '')`,
  );
  const { troubles } = await ask(world, 'catalog-check');
  assert.equal((troubles as string[]).length, 1);
});

test('where no catalog is at hand, that is said', async () => {
  await using world = await controlWorld();
  await assert.rejects(ask(world, 'catalog-check', { isAtHand: false }), (error) =>
    isFailure(error, 'missing', 'CATALOG_NOT_AT_HAND'),
  );
});
