// What is done to the audit trail behind our back is found, and said where.

import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../src/base/context.ts';
import { isFailure } from '../../src/base/failure.ts';
import { encodeJcs } from '../../src/base/jcs.ts';
import { type AuditEntry, appendAudit, exportAudit, hashOf, listAudit } from '../../src/catalog/audit.ts';
import { HashTree, signDays } from '../../src/catalog/audit-roots.ts';
import { type AuditFinding, verifyAudit } from '../../src/catalog/audit-verify.ts';
import { type Catalog, together } from '../../src/catalog/catalog.ts';
import { openNodeKey } from '../../src/catalog/node-key.ts';
import { scratch } from '../world.ts';
import { onBoth, type Place, sqlitePlace } from './catalog-world.ts';

const dayMs = 86_400_000;

/** Three days of five entries, then three of today. */
async function fill(place: Place, catalog: Catalog, context: Context): Promise<void> {
  for (let day = 0; day < 4; day += 1) {
    for (let n = 0; n < (day === 3 ? 3 : 5); n += 1) {
      const facts = { n, share: 0.5, name: 'a\0b\r\n' };
      await appendAudit(
        catalog,
        { node: 'n1', actor: 'ana', method: 'session', action: 'run:start', outcome: 'succeeded', facts },
        context,
      );
    }
    if (day < 3) await place.advance(dayMs);
  }
}

test('entries are chained, days are signed once, and an untouched trail is sound', (t) =>
  onBoth(t, async (place) => {
    using folder = scratch();
    const { catalog, context } = await place.open();
    const key = openNodeKey(join(folder.path, 'node.key'));
    await fill(place, catalog, context);
    const roots = await signDays(catalog, { node: 'n1', key }, context);
    assert.deepEqual(
      roots.map(({ first, last }) => [first, last]),
      [
        [1, 5],
        [6, 10],
        [11, 15],
      ],
    );
    assert.deepEqual(await signDays(catalog, { node: 'n1', key }, context), []);
    const report = await verifyAudit(catalog, { trustedKeys: [key.publicKey] }, context);
    assert.deepEqual(report, { streams: 1, entries: 18, thinned: 0, roots: 3, unsigned: 3, findings: [] });
    const page = await listAudit(catalog, { limit: 17, actor: 'ana' }, context);
    assert.equal(page.items[0]?.seq, 18);
    const rest = await listAudit(catalog, { after: page.next! }, context);
    assert.deepEqual(
      rest.items.map(({ seq }) => seq),
      [1],
    );
    const others = await verifyAudit(catalog, { trustedKeys: [] }, context);
    assert.deepEqual(
      others.findings.map(({ trouble }) => trouble),
      ['root-untrusted', 'root-untrusted', 'root-untrusted'],
    );
  }));

test('many processes write one stream without a gap', (t) =>
  onBoth(t, async (place) => {
    const opened = [await place.open(), await place.open(), await place.open()];
    const act = { node: 'n1', actor: 'x', method: 'local', action: 'a:b', outcome: 'refused' } as const;
    await Promise.all(
      Array.from({ length: 24 }, (_, n) => appendAudit(opened[n % 3]!.catalog, act, opened[n % 3]!.context)),
    );
    const { catalog, context } = opened[0]!;
    const report = await verifyAudit(catalog, {}, context);
    assert.deepEqual([report.entries, report.findings], [24, []]);
  }));

interface Tampering {
  readonly name: string;
  readonly statements: (rows: readonly Row[]) => readonly string[];
  readonly finds: readonly AuditFinding[];
}
interface Row {
  readonly seq: number;
  readonly entry: string;
  readonly hash: string;
}

const at = (trouble: AuditFinding['trouble'], first: number, last = first): AuditFinding => ({
  stream: 'n1',
  first,
  last,
  trouble,
});
const update = (seq: number, entry: string, hash: string) =>
  `update audit_entries set entry = '${entry.replaceAll("'", "''")}', hash = '${hash}' where seq = ${seq}`;
const shift = (from: number, by: number) => [
  `update audit_entries set seq = -(seq + ${by}) where seq >= ${from}`,
  'update audit_entries set seq = -seq where seq < 0',
];
const altered = (row: Row, change: Partial<AuditEntry>) =>
  Buffer.from(encodeJcs({ ...JSON.parse(row.entry), ...change })).toString();

const tamperings: readonly Tampering[] = [
  {
    name: 'a word was changed',
    statements: (rows) => [update(17, rows[16]!.entry.replace('ana', 'bob'), rows[16]!.hash)],
    finds: [at('changed', 17)],
  },
  {
    name: 'a word was changed, and the hash made anew',
    statements: (rows) => {
      const entry = altered(rows[16]!, { at: 5 });
      return [update(17, entry, hashOf(entry))];
    },
    finds: [at('changed', 17)],
  },
  {
    name: 'a line was taken out',
    statements: () => ['delete from audit_entries where seq = 17'],
    finds: [at('removed', 17)],
  },
  {
    name: 'lines were taken out, and the numbers closed up',
    statements: () => ['delete from audit_entries where seq in (16, 17)', ...shift(18, -2)],
    finds: [at('removed', 16, 17)],
  },
  {
    name: 'the first line was taken out',
    statements: () => ['delete from audit_entries where seq = 1'],
    finds: [at('removed', 1), at('root-changed', 1, 5)],
  },
  {
    name: 'a line was put in, and the numbers moved',
    statements: (rows) => {
      const entry = altered(rows[16]!, { at: 5 });
      return [
        ...shift(17, 1),
        `insert into audit_entries select stream, 17, at, actor, action, '${entry.replaceAll("'", "''")}', '${hashOf(entry)}' from audit_entries where seq = 16`,
      ];
    },
    finds: [at('inserted', 17)],
  },
  {
    name: 'a line of another place was put at the end',
    statements: (rows) => [
      `insert into audit_entries select stream, 19, at, actor, action, entry, '${rows[3]!.hash}' from audit_entries where seq = 4`,
    ],
    finds: [at('inserted', 19)],
  },
  {
    name: 'a signed day was written anew from one line on, in itself consistent',
    statements: (rows) => {
      let previous = rows[6]!.hash;
      return rows.slice(7).map((row) => {
        const entry = altered(row, { previous, at: 9 });
        previous = hashOf(entry);
        return update(row.seq, entry, previous);
      });
    },
    finds: [at('root-changed', 6, 10), at('root-changed', 11, 15)],
  },
  {
    name: 'the end was cut off down into a signed day',
    statements: () => ['delete from audit_entries where seq > 12'],
    finds: [at('removed', 13, 15)],
  },
  {
    name: 'the root of a day was taken out',
    statements: () => ['delete from audit_roots where first_seq = 6'],
    finds: [at('root-changed', 11, 15), at('root-removed', 6, 10)],
  },
  {
    name: 'the root of a day was changed',
    statements: () => [
      `update audit_roots set record = replace(record, '"last":10', '"last":09') where first_seq = 6`,
    ],
    finds: [at('root-changed', 6, 10), at('root-changed', 11, 15), at('root-removed', 6, 10)],
  },
];

test('what was changed, taken out or put in is found at its place', async () => {
  using folder = scratch();
  const key = openNodeKey(join(folder.path, 'node.key'));
  for (const { name, statements, finds } of tamperings) {
    await using place = await sqlitePlace();
    const { catalog, context } = await place.open();
    await fill(place, catalog, context);
    await signDays(catalog, { node: 'n1', key }, context);
    const rows = (await place.tamper(
      'select seq, entry, hash from audit_entries order by seq',
    )) as unknown as Row[];
    await place.tamper(...statements(rows));
    const { findings } = await verifyAudit(catalog, { trustedKeys: [key.publicKey] }, context);
    assert.deepEqual(findings, finds, name);
  }
});

test('an end that was cut off is found against an earlier export', async () => {
  await using place = await sqlitePlace();
  const { catalog, context } = await place.open();
  await fill(place, catalog, context);
  const earlier = await Array.fromAsync(exportAudit(catalog, context));
  assert.equal(earlier.length, 18);
  assert.deepEqual((await verifyAudit(catalog, { earlier }, context)).findings, []);
  await place.tamper('delete from audit_entries where seq > 16');
  assert.deepEqual((await verifyAudit(catalog, {}, context)).findings, []);
  assert.deepEqual((await verifyAudit(catalog, { earlier }, context)).findings, [
    at('removed', 17),
    at('removed', 18),
  ]);
  for (const line of ['x', '{}', '{"entry":{"stream":1},"hash":"a"}']) {
    await assert.rejects(verifyAudit(catalog, { earlier: [line] }, context), (error) =>
      isFailure(error, 'usage', 'AUDIT_EXPORT_INVALID'),
    );
  }
});

test('an act that fails leaves no entry, and an entry that fails lets no act happen', async () => {
  await using place = await sqlitePlace();
  const { catalog, context } = await place.open();
  const act = { node: 'n1', actor: 'x', method: 'local', action: 'a:b', outcome: 'succeeded' } as const;
  await assert.rejects(
    together(
      catalog,
      async (unit) => {
        await appendAudit(unit, act, context);
        throw new Error('the act failed');
      },
      context,
      'audit',
    ),
    /the act failed/,
  );
  assert.equal((await verifyAudit(catalog, {}, context)).entries, 0);
});

test('the tree of a day is the one of RFC 6962', () => {
  const leaves = Array.from({ length: 33 }, (_, n) => hashOf(String(n)));
  for (let count = 0; count <= leaves.length; count += 1) {
    const tree = new HashTree();
    for (const leaf of leaves.slice(0, count)) tree.add(leaf);
    assert.equal(tree.root(), definition(leaves.slice(0, count)), `${count} leaves`);
  }
});

function definition(leaves: readonly string[]): string {
  const hex = (text: string) => Buffer.from(text, 'hex');
  if (leaves.length === 0) return hashOf('');
  if (leaves.length === 1) return hashBytes(Buffer.concat([Buffer.of(0), hex(leaves[0]!)]));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [definition(leaves.slice(0, split)), definition(leaves.slice(split))];
  return hashBytes(Buffer.concat([Buffer.of(1), hex(left), hex(right)]));
}

function hashBytes(bytes: Buffer): string {
  return hashOf(bytes as unknown as string);
}

test("a node's key is made once, for its owner alone, and refused when others could read it", () => {
  using folder = scratch();
  const path = join(folder.path, 'state/node.key');
  const { publicKey } = openNodeKey(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(openNodeKey(path).publicKey, publicKey);
  chmodSync(path, 0o640);
  assert.throws(
    () => openNodeKey(path),
    (error) => isFailure(error, 'denied'),
  );
  const other = join(folder.path, 'other');
  writeFileSync(other, 'no key', { mode: 0o600 });
  assert.throws(
    () => openNodeKey(other),
    (error) => isFailure(error, 'usage', 'NODE_KEY_INVALID'),
  );
});
