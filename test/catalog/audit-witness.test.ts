// What a witness has heard cannot be cut off unseen, old words go and their proof stays, and an act and its entry are one.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { Failure, isFailure } from '../../src/base/failure.ts';
import { type AuditAct, appendAudit, exportAudit, listAudit } from '../../src/catalog/audit.ts';
import { heardBy, noteHeard, testimony, unheardSince } from '../../src/catalog/audit-checkpoints.ts';
import { copyAudit } from '../../src/catalog/audit-copy.ts';
import { thinAudit } from '../../src/catalog/audit-retention.ts';
import { signDays } from '../../src/catalog/audit-roots.ts';
import { takeAct } from '../../src/catalog/audit-taken.ts';
import { verifyAudit } from '../../src/catalog/audit-verify.ts';
import { audited } from '../../src/catalog/audited.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import { openNodeKey } from '../../src/catalog/node-key.ts';
import { listPolicies, savePolicy } from '../../src/catalog/policies.ts';
import { scratch } from '../world.ts';
import { onBoth, type Place, sqlitePlace } from './catalog-world.ts';

const dayMs = 86_400_000;
const node = 'n1';
const act = { node, actor: 'ana', method: 'session', action: 'a:b', outcome: 'succeeded' } as const;

async function days(place: Place, catalog: Catalog, context: Context, count: number): Promise<void> {
  for (let day = 0; day < count; day += 1) {
    for (let n = 0; n < 3; n += 1) await appendAudit(catalog, { ...act, object: `${day}.${n}` }, context);
    await place.advance(dayMs);
  }
}

test('a witness hears what is new, each thing once, and an end that was cut off shows against it', (t) =>
  onBoth(t, async (place) => {
    using folder = scratch();
    const key = openNodeKey(join(folder.path, 'node.key'));
    const { catalog, context } = await place.open();
    const lines: string[] = [];
    const hear = async () => {
      const heard = await heardBy(catalog, 'w', node, context);
      const said = await testimony(catalog, { node, key, heard }, context);
      if (said === undefined) return 0;
      lines.push(...said.lines);
      await noteHeard(catalog, 'w', node, said.heard, context);
      return said.lines.length;
    };
    assert.equal(await hear(), 0);
    await days(place, catalog, context, 2);
    await signDays(catalog, { node, key }, context);
    assert.equal(await hear(), 3);
    assert.equal(await hear(), 0);
    await appendAudit(catalog, act, context);
    const heard = await heardBy(catalog, 'w', node, context);
    assert.equal(await unheardSince(catalog, node, heard, context), place.now());
    assert.equal(await hear(), 1);
    const trustedKeys = [key.publicKey];
    const findings = async () =>
      (await verifyAudit(catalog, { trustedKeys, earlier: lines }, context)).findings;
    assert.deepEqual(await findings(), []);
    await place.tamper('delete from audit_roots', 'delete from audit_entries where seq > 5');
    assert.deepEqual(await findings(), [
      { stream: node, first: 1, last: 3, trouble: 'root-removed' },
      { stream: node, first: 4, last: 6, trouble: 'root-removed' },
      { stream: node, first: 6, last: 6, trouble: 'removed' },
      { stream: node, first: 6, last: 7, trouble: 'removed' },
    ]);
    lines.splice(0, lines.length, lines.at(-1)!.replace('"last":7', '"last":5'));
    assert.deepEqual(await findings(), [{ stream: node, first: 5, last: 5, trouble: 'witness-untrusted' }]);
  }));

test('of old entries the words go, and everything is still proven', (t) =>
  onBoth(t, async (place) => {
    using folder = scratch();
    const key = openNodeKey(join(folder.path, 'node.key'));
    const { catalog, context } = await place.open();
    const start = place.now();
    await days(place, catalog, context, 4);
    const earlier = await Array.fromAsync(exportAudit(catalog, context));
    assert.equal(
      await thinAudit(catalog, { node, before: start + 2 * dayMs }, context),
      0,
      'nothing is signed yet',
    );
    await signDays(catalog, { node, key }, context);
    assert.equal(await thinAudit(catalog, { node, before: start + 2 * dayMs }, context), 6);
    assert.equal(await thinAudit(catalog, { node, before: start + 2 * dayMs }, context), 0);
    const wish = { trustedKeys: [key.publicKey], earlier };
    const report = await verifyAudit(catalog, wish, context);
    assert.deepEqual([report.entries, report.thinned, report.findings], [13, 6, []]);
    assert.equal((await listAudit(catalog, {}, context)).items.length, 7);
    const later = await Array.fromAsync(exportAudit(catalog, context));
    assert.ok(!later.slice(0, 6).some((line) => line.includes('ana')));
    assert.deepEqual((await verifyAudit(catalog, { earlier: later }, context)).findings, []);
    await place.tamper(`update audit_entries set hash = '${'0'.repeat(64)}' where seq = 2`);
    assert.deepEqual(
      (await verifyAudit(catalog, wish, context)).findings.map(({ trouble }) => trouble),
      ['root-changed', 'changed'],
    );
  }));

test('words that nobody said were thinned are words taken out', async () => {
  await using place = await sqlitePlace();
  using folder = scratch();
  const key = openNodeKey(join(folder.path, 'node.key'));
  const { catalog, context } = await place.open();
  const start = place.now();
  await days(place, catalog, context, 4);
  await signDays(catalog, { node, key }, context);
  await thinAudit(catalog, { node, before: start + dayMs }, context);
  await place.tamper("update audit_entries set entry = '' where seq < 6");
  assert.deepEqual((await verifyAudit(catalog, {}, context)).findings, [
    { stream: node, first: 4, last: 5, trouble: 'removed' },
  ]);
});

test('an act and its entry happen together, and a refusal has an entry of its own', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const save = (name: string, failure?: Error) =>
      audited(
        catalog,
        { ...act, object: name },
        async (unit) => {
          const saved = await savePolicy(unit, { name, config: {}, enabled: true }, context);
          if (failure !== undefined) throw failure;
          return saved;
        },
        context,
      );
    await save('one');
    await assert.rejects(save('two', new Failure('denied', 'NOT_YOURS', 'no')), (error) =>
      isFailure(error, 'denied'),
    );
    await assert.rejects(save('three', new Failure('exhausted', 'FULL', 'no')), (error) => isFailure(error));
    await assert.rejects(save('four', new TypeError('a bug')), TypeError);
    const { items } = await listAudit(catalog, {}, context);
    assert.deepEqual(
      items.map(({ act: { object, outcome, facts } }) => [object, outcome, facts?.code]).reverse(),
      [
        ['one', 'succeeded', undefined],
        ['two', 'refused', 'NOT_YOURS'],
        ['three', 'failed', 'FULL'],
      ],
    );
    assert.deepEqual(
      (await listPolicies(catalog, {}, context)).items.map(({ name }) => name),
      ['one'],
    );
  }));

test('without a trail nothing happens', async () => {
  await using place = await sqlitePlace();
  const { catalog, context } = await place.open();
  await place.tamper('drop table audit_entries');
  const save = audited(
    catalog,
    act,
    (unit) => savePolicy(unit, { name: 'one', config: {}, enabled: true }, context),
    context,
  );
  await assert.rejects(save);
  assert.equal((await listPolicies(catalog, {}, context)).items.length, 0);
});

test('an act from elsewhere is taken in once, however often it is told', (t) =>
  onBoth(t, async (place) => {
    const opened = [await place.open(), await place.open()];
    const taken = await Promise.all(
      Array.from({ length: 8 }, (_, n) => takeAct(opened[n % 2]!.catalog, 'id', act, opened[n % 2]!.context)),
    );
    assert.equal(taken.filter(Boolean).length, 1);
    assert.equal((await listAudit(opened[0]!.catalog, {}, opened[0]!.context)).items.length, 1);
  }));

test('the readable copy has every entry once, and a refusal as a warning', async () => {
  await using place = await sqlitePlace();
  const { catalog, context } = await place.open();
  const told: string[] = [];
  const log = {
    ...context.log,
    info: (message: string) => told.push(`info ${message}`),
    warn: (message: string) => told.push(`warn ${message}`),
  };
  const entries: readonly AuditAct[] = [
    act,
    { ...act, outcome: 'refused', object: 'p' },
    { ...act, node: 'other' },
  ];
  for (const one of entries) await appendAudit(catalog, one, context);
  assert.equal(await copyAudit(catalog, { node, log }, context), 2);
  await appendAudit(catalog, act, context);
  assert.equal(await copyAudit(catalog, { node, log }, context), 1);
  assert.equal(await copyAudit(catalog, { node, log }, context), 0);
  assert.deepEqual(told, ['info ana a:b succeeded', 'warn ana a:b "p" refused', 'info ana a:b succeeded']);
});
