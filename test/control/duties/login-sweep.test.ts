// What logins leave behind goes when it is of no use any more, and not before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duty } from '../../../src/control/duties/login-sweep.ts';
import type { TaskTools } from '../../../src/control/task.ts';
import { login } from '../../../src/identity/login.ts';
import { onBoth } from '../../catalog/catalog-world.ts';
import { deskOf, enter, person, secret } from '../../identity/identity-world.ts';

const hour = 3_600_000;

test('sessions, budgets and addresses are forgotten when they count for nothing', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'ana', 'admin', context);
    await enter(desk, 'ana', context);
    const wrong = login(desk, { name: 'ana', password: secret('wrong'), address: '192.0.2.9' }, context);
    await assert.rejects(wrong);
    const counts = async () => {
      await duty.run({ catalog } as TaskTools, context);
      const tables = ['login_sessions', 'budgets', 'user_addresses'];
      const rows = await Promise.all(
        tables.map((table) => place.tamper(`select count(*) as n from ${table}`)),
      );
      return rows.map(([row]) => Number(row?.['n']));
    };
    assert.deepEqual(await counts(), [1, 2, 1]);
    await place.advance(hour);
    assert.deepEqual(await counts(), [1, 0, 1]);
    await place.advance(11 * hour);
    assert.deepEqual(await counts(), [0, 0, 1]);
    await place.advance(30 * 24 * hour);
    assert.deepEqual(await counts(), [0, 0, 0]);
  }));
