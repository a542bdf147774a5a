// Each witness hears of the audit trail within a minute or a thousand entries, one that hears nothing is told of, and old words go in time.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../../src/base/context.ts';
import { Failure, isFailure } from '../../../src/base/failure.ts';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { appendAudit, listAudit } from '../../../src/catalog/audit.ts';
import { verifyAudit } from '../../../src/catalog/audit-verify.ts';
import { type Catalog, together } from '../../../src/catalog/catalog.ts';
import { openNodeKey } from '../../../src/catalog/node-key.ts';
import { claimTask, completeTask } from '../../../src/catalog/queue.ts';
import type { Message } from '../../../src/channels/channel.ts';
import { duty as copying } from '../../../src/control/duties/audit-copy.ts';
import { duty as retention } from '../../../src/control/duties/audit-retention.ts';
import { duty as witness } from '../../../src/control/duties/witness.ts';
import type { JobTools } from '../../../src/control/job.ts';
import { executeJob } from '../../../src/control/jobs/execute.ts';
import type { TaskTools } from '../../../src/control/task.ts';
import { task as telling } from '../../../src/control/tasks/witness.ts';
import { configurationSchema } from '../../../src/model/configuration/configuration.ts';
import { sqlitePlace } from '../../catalog/catalog-world.ts';
import { scratch } from '../../world.ts';

const node = 'n1';
const dayMs = 86_400_000;
const act = { node, actor: 'ana', method: 'local', action: 'a:b', outcome: 'succeeded' } as const;

interface Parts {
  readonly folder: string;
  readonly catalog: Catalog;
  readonly told?: string[];
  readonly sent?: Message[];
  readonly refuse?: () => boolean;
  readonly audit: Readonly<Record<string, unknown>>;
}

function toolsOf({ folder, catalog, told = [], sent = [], refuse = () => false, audit }: Parts): TaskTools {
  const channels = { elsewhere: { place: 'https://witness.example.org/' } };
  const read = configurationSchema.parse({ channels, audit });
  const never = () => Promise.reject(new Error('not asked for'));
  const channel = {
    location: 'elsewhere',
    async send(message: Message) {
      if (refuse()) throw new Failure('unavailable', 'AWAY', 'nobody answers');
      sent.push(message);
      return { refused: [] };
    },
    async [Symbol.asyncDispose]() {},
  };
  const openers = { repository: never, storage: never, source: never, channel: async () => channel };
  return {
    catalog,
    node,
    configuration: async () => read,
    runner: {
      run: (kind, order, reports, context) =>
        executeJob(
          kind,
          JSON.stringify(order),
          {
            openers,
            compression: () => Promise.reject(new Error('not asked for')),
            host: 'h',
            user: 'u',
            tool: 't',
          } as unknown as JobTools,
          reports,
          context,
        ),
    },
    audit: {
      otherStreams: ['host'],
      key: openNodeKey(join(folder, 'node.key')),
      log: {
        debug: () => undefined,
        info: (message) => told.push(message),
        warn: (message) => told.push(message),
        error: () => undefined,
      },
      takeSpool: async () => undefined,
    },
  };
}

async function acts(catalog: Catalog, count: number, context: Context): Promise<void> {
  await together(
    catalog,
    async (unit) => {
      for (let n = 0; n < count; n += 1) await appendAudit(unit, act, context);
    },
    context,
    'audit',
  );
}

test('a file hears after a minute or a thousand entries, and finds an end that was cut off', async () => {
  await using place = await sqlitePlace();
  using folder = scratch();
  const { catalog, context } = await place.open();
  const file = join(folder.path, 'other', 'witness.jsonl');
  const tools = toolsOf({ folder: folder.path, catalog, audit: { witnesses: [{ file }] } });
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []);
  await witness.run(tools, context);
  assert.deepEqual(lines(), [], 'there is nothing to say');
  await acts(catalog, 3, context);
  await witness.run(tools, context);
  await witness.run(tools, context);
  assert.equal(lines().length, 1);
  await acts(catalog, 999, context);
  await witness.run(tools, context);
  assert.equal(lines().length, 1, 'neither a minute nor a thousand entries');
  await acts(catalog, 1, context);
  await witness.run(tools, context);
  assert.equal(lines().length, 2);
  await acts(catalog, 1, context);
  await place.advance(60_000);
  await witness.run(tools, context);
  assert.equal(lines().length, 3);
  await place.advance(dayMs);
  await witness.run(tools, context);
  assert.equal(lines().length, 5, 'the root of the day');
  assert.deepEqual((await verifyAudit(catalog, { earlier: lines() }, context)).findings, []);
  await place.tamper('delete from audit_roots', 'delete from audit_entries where seq > 100');
  const { findings } = await verifyAudit(catalog, { earlier: lines() }, context);
  assert.ok(findings.some(({ trouble, last }) => trouble === 'removed' && last === 1004));
});

test('a witness that hears nothing is told of after ten minutes, and no longer once it hears', async () => {
  await using place = await sqlitePlace();
  using folder = scratch();
  const { catalog, context } = await place.open();
  const file = join(folder.path, 'witness.jsonl');
  mkdirSync(file);
  const rules = { witnesses: [{ file }] };
  await acts(catalog, 1, context);
  await witness.run(toolsOf({ folder: folder.path, catalog, audit: rules }), context);
  const open = async () => (await listAlerts(catalog, { state: 'open' }, context)).items;
  assert.equal((await open()).length, 0);
  await place.advance(600_000);
  await witness.run(toolsOf({ folder: folder.path, catalog, audit: rules }), context);
  assert.deepEqual(
    (await open()).map(({ key }) => key),
    [`health:witness:${node}:file:${file}`],
  );
  rmdirSync(file);
  await witness.run(toolsOf({ folder: folder.path, catalog, audit: rules }), context);
  assert.equal((await open()).length, 0);
});

test('a channel hears through a job, once, and is asked again after it refused', async () => {
  await using place = await sqlitePlace();
  using folder = scratch();
  const { catalog, context } = await place.open();
  const sent: Message[] = [];
  let isAway = true;
  const audit = { witnesses: [{ channel: 'elsewhere' }] };
  const tools = toolsOf({ folder: folder.path, catalog, sent, audit, refuse: () => isAway });
  await acts(catalog, 2, context);
  await witness.run(tools, context);
  await witness.run(tools, context);
  const claim = await claimTask(catalog, { node: 'n2', holdMs: 1000 }, context);
  assert.ok(claim);
  assert.equal(await claimTask(catalog, { node: 'n2', holdMs: 1000 }, context), undefined, 'one task');
  await assert.rejects(telling.run(claim, { ...tools, node: 'n2' }, context), (error) =>
    isFailure(error, 'unavailable', 'AWAY'),
  );
  isAway = false;
  await completeTask(catalog, claim, await telling.run(claim, { ...tools, node: 'n2' }, context), context);
  assert.equal(sent.length, 1);
  const earlier = sent.map(({ text }) => text);
  assert.deepEqual((await verifyAudit(catalog, { earlier }, context)).findings, []);
  await place.advance(60_000);
  await witness.run(tools, context);
  assert.equal(await claimTask(catalog, { node: 'n2', holdMs: 1000 }, context), undefined, 'nothing is new');
});

test('words go when they are older than the configuration keeps them, and the copy has had them', async () => {
  await using place = await sqlitePlace();
  using folder = scratch();
  const { catalog, context } = await place.open();
  const told: string[] = [];
  const tools = toolsOf({ folder: folder.path, catalog, told, audit: { keepDays: 30 } });
  await acts(catalog, 2, context);
  await copying.run(tools, context);
  await place.advance(31 * dayMs);
  await witness.run(tools, context);
  await retention.run(tools, context);
  await copying.run(tools, context);
  assert.deepEqual(
    (await listAudit(catalog, {}, context)).items.map((entry) => entry.act.action),
    ['audit:thin'],
  );
  assert.equal(told.length, 3);
  assert.deepEqual((await verifyAudit(catalog, {}, context)).findings, []);
});

test('what commands of a machine with another name have done is copied, signed and witnessed as well', async () => {
  await using place = await sqlitePlace();
  using folder = scratch();
  const { catalog, context } = await place.open();
  const told: string[] = [];
  const file = join(folder.path, 'witness.jsonl');
  const tools = toolsOf({ folder: folder.path, catalog, told, audit: { witnesses: [{ file }] } });
  await appendAudit(catalog, { ...act, node: 'host' }, context);
  await appendAudit(catalog, { ...act, node: 'another machine' }, context);
  await place.advance(dayMs);
  await copying.run(tools, context);
  await witness.run(tools, context);
  assert.equal(told.length, 1);
  const heard = readFileSync(file, 'utf8');
  assert.match(heard, /"root".*"host"|"host".*"root"/);
  assert.match(heard, /"checkpoint"/);
  assert.doesNotMatch(heard, /another machine/);
});
