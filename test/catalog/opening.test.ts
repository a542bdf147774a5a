// Catalogs are opened by many at once, and refused with a reason where they are not ours, newer, damaged or away.

import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { isFailure } from '../../src/base/failure.ts';
import { together } from '../../src/catalog/catalog.ts';
import { openCatalog } from '../../src/catalog/open.ts';
import { savePolicy } from '../../src/catalog/policies.ts';
import { parsePostgresAddress } from '../../src/catalog/postgres.ts';
import { catalogStatus } from '../../src/catalog/status.ts';
import { startPostgres } from '../servers/postgres.ts';
import { scratch, testContext } from '../world.ts';
import { onBoth, policy, postgresOrSkip, sharedServer } from './catalog-world.ts';

const code =
  (kind: 'usage' | 'missing' | 'conflict' | 'corrupt' | 'unavailable', wanted: string) => (error: unknown) =>
    isFailure(error, kind, wanted);

test('many may open a new catalog at once; one of a newer version is refused', (t) =>
  onBoth(t, async (place) => {
    const opened = await Promise.all(Array.from({ length: 6 }, () => place.open()));
    await Promise.all(opened.map(({ catalog, context }, n) => policy(catalog, context, `p${n}`)));
    assert.equal((await catalogStatus(opened[0]!.catalog, opened[0]!.context)).policies, 6);
    await place.tamper("insert into catalog_migrations values (99, 'from-the-future', 0)");
    await assert.rejects(place.open(), code('conflict', 'CATALOG_NEWER'));
  }));

test('a new database on PostgreSQL is made once by many who start at once', async (t) => {
  if (!postgresOrSkip(t)) return;
  const location = await (await sharedServer()).newDatabase();
  const opened = await Promise.all(Array.from({ length: 4 }, () => openCatalog({ location }, testContext())));
  for (const catalog of opened) await catalog.close();
});

test('what is missing, foreign or no database is refused and left as it is', async () => {
  using folder = scratch();
  const context = testContext();
  const missing = { location: join(folder.path, 'missing') };
  await assert.rejects(openCatalog(missing, context, { migrate: false }), code('missing', 'CATALOG_MISSING'));
  const text = join(folder.path, 'text');
  writeFileSync(text, 'this is a letter, not a database. '.repeat(40));
  await assert.rejects(openCatalog({ location: text }, context), code('corrupt', 'CATALOG_DAMAGED'));
  const foreign = join(folder.path, 'foreign');
  const database = new DatabaseSync(foreign);
  database.exec('create table recipes (name text)');
  await assert.rejects(openCatalog({ location: foreign }, context), code('usage', 'CATALOG_FOREIGN'));
  assert.equal(database.prepare('pragma journal_mode').get()?.journal_mode, 'delete');
  database.close();
  const made = join(folder.path, 'made');
  await (await openCatalog({ location: made }, context)).close();
  assert.equal(statSync(made).mode & 0o777, 0o600);
});

test('PostgreSQL may be away at the start and in the middle; work goes on once it is back', async (t) => {
  if (!postgresOrSkip(t)) return;
  await using server = await startPostgres();
  const location = await server.newDatabase();
  const context = testContext();
  await server.kill();
  await assert.rejects(openCatalog({ location }, context), code('unavailable', 'CATALOG_UNAVAILABLE'));
  await server.start();
  await using catalog = await openCatalog({ location }, context);
  await policy(catalog, context, 'before');
  await server.kill();
  await assert.rejects(policy(catalog, context, 'lost'), code('unavailable', 'CATALOG_UNAVAILABLE'));
  await server.start();
  await policy(catalog, context, 'after');
  assert.equal((await catalogStatus(catalog, context)).policies, 2);
});

test('a server that dies in the middle of a transaction is an error of that transaction, not our end', async (t) => {
  if (!postgresOrSkip(t)) return;
  await using server = await startPostgres();
  const location = await server.newDatabase();
  const context = testContext();
  await using catalog = await openCatalog({ location }, context);
  const interrupted = together(
    catalog,
    async (unit) => {
      await savePolicy(unit, { name: 'lost', config: {}, enabled: true }, context);
      await server.kill();
      // The connection breaks while no answer is awaited on it.
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      await savePolicy(unit, { name: 'never', config: {}, enabled: true }, context);
    },
    context,
  );
  await assert.rejects(interrupted, code('unavailable', 'CATALOG_UNAVAILABLE'));
  await server.start();
  assert.equal((await catalogStatus(catalog, context)).policies, 0);
});

test('a URL without a secret, and with a trusted certificate where the server is far', () => {
  assert.deepEqual(parsePostgresAddress('postgres://u@127.0.0.1/d'), {
    host: '127.0.0.1',
    port: 5432,
    database: 'd',
    user: 'u',
  });
  assert.deepEqual(parsePostgresAddress('postgresql://u@db:99/d').tls, {});
  assert.equal(parsePostgresAddress('postgres://u@db/d?sslmode=disable').tls, undefined);
  assert.equal(parsePostgresAddress('postgres://u@x/d?host=/run/postgresql').host, '/run/postgresql');
  assert.throws(
    () => parsePostgresAddress('postgres://u:secret@db/d'),
    (error) => {
      assert.ok(isFailure(error, 'usage', 'CATALOG_URL_PASSWORD'));
      return !error.message.includes('secret');
    },
  );
  for (const wrong of [
    'postgres://db/d',
    'postgres://u@db',
    'postgres://u@db/d?sslmode=no-verify',
    'postgres://u@db/d?x=1',
  ]) {
    assert.throws(() => parsePostgresAddress(wrong), code('usage', 'CATALOG_ADDRESS'), wrong);
  }
});
