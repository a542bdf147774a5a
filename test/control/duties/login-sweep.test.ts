// What logins leave behind goes when it is of no use any more, and not before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listAlerts } from '../../../src/catalog/alerts.ts';
import { insertToken, listTokens, revokeTokens } from '../../../src/catalog/tokens.ts';
import { duty } from '../../../src/control/duties/login-sweep.ts';
import type { TaskTools } from '../../../src/control/task.ts';
import { login } from '../../../src/identity/login.ts';
import { decide, requestApproval } from '../../../src/identity/second-person.ts';
import type { Permission } from '../../../src/model/permission.ts';
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

test('tokens that are over can be looked up for a while, then they go; those that live stay', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    const userId = await person(desk, 'ana', 'admin', context);
    const day = 24 * hour;
    const token = (name: string, days: number) =>
      insertToken(
        catalog,
        { hash: name, userId, name, scopes: [], isSensitive: false, lastsMs: days * day },
        context,
      );
    await token('short', 1);
    await token('long', 366);
    await revokeTokens(catalog, { id: (await token('revoked', 366)).id }, context);
    const left = async () => {
      await duty.run({ catalog } as TaskTools, context);
      return (await listTokens(catalog, { userId }, context)).map(({ name }) => name);
    };
    await place.advance(90 * day);
    assert.deepEqual(await left(), ['revoked', 'long', 'short']);
    await place.advance(1);
    assert.deepEqual(await left(), ['long', 'short']);
    await place.advance(day);
    assert.deepEqual(await left(), ['long']);
  }));

test('who could approve is told, until it is decided or its time is over', (t) =>
  onBoth(t, async (place) => {
    const { catalog, context } = await place.open();
    const desk = deskOf(catalog);
    await person(desk, 'one', 'admin', context);
    await person(desk, 'two', 'admin', context);
    await place.advance(24 * hour);
    const one = (await enter(desk, 'one', context)).principal;
    const two = (await enter(desk, 'two', context)).principal;
    const ordered = { permission: 'key:export', target: {}, object: 'key of main', order: {} } as const;
    const ask = () => requestApproval(desk, one, ordered, { summary: 's', reason: 'moving' }, context);
    const waiting = async () => (await listAlerts(catalog, { state: 'open' }, context)).items;
    const first = await ask();
    assert.deepEqual(
      (await waiting()).map(({ key, title }) => [key, title]),
      [[`approval:${first.id}`, '"one" asks for approval: key of main']],
    );
    await decide(desk, two, first.id, true, context);
    assert.deepEqual(await waiting(), []);
    await ask();
    await place.advance(3 * 24 * hour);
    await duty.run({ catalog } as TaskTools, context);
    assert.deepEqual(await waiting(), []);
    const scoped = { ...one, kind: 'token', scopes: new Set<Permission>(['key:export']) } as const;
    await requestApproval(desk, scoped, ordered, { summary: 's', reason: 'by a program' }, context);
  }));
