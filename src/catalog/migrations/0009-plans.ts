// When each policy is looked at next: so that a scheduler asks one index, however many policies there are.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 9,
  name: 'plans',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table plans (
        policy_id ${text} not null references policies (id),
        work ${text} not null,
        basis ${text} not null,
        handled_at ${integer} not null,
        due_at ${integer},
        start_at ${integer},
        task_key ${text},
        waits_for ${text},
        interval_ms ${integer},
        reasons ${text},
        primary key (policy_id, work))`,
      'create index plans_by_start on plans (start_at)',
      'create index plans_by_handled on plans (handled_at)',
      // Those that are there already are looked at as soon as somebody looks.
      `insert into plans (policy_id, work, basis, handled_at, start_at)
        select id, 'backup', '', created_at, 0 from policies where deleted_at is null`,
      `insert into plans (policy_id, work, basis, handled_at, start_at)
        select id, 'retention', '', created_at, 0 from policies where deleted_at is null`,
    ];
  },
};
