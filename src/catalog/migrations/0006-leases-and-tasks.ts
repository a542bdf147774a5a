// Leases with fences, and the queue of tasks.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 6,
  name: 'leases-and-tasks',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table leases (
        name ${text} primary key,
        holder ${text},
        fence ${integer} not null,
        held_until ${integer} not null)`,
      `create table tasks (
        id ${text} primary key,
        kind ${text} not null,
        key ${text} not null unique,
        payload ${text} not null,
        priority ${integer} not null,
        due_at ${integer} not null,
        source ${text},
        source_limit ${integer} not null,
        state ${text} not null,
        node ${text},
        fence ${integer} not null,
        held_until ${integer} not null,
        claims ${integer} not null,
        created_at ${integer} not null,
        done_at ${integer},
        result ${text})`,
      "create index tasks_open on tasks (priority desc, due_at, id) where state <> 'done'",
      "create index tasks_claimed on tasks (source, held_until) where state = 'claimed'",
      "create index tasks_done on tasks (done_at) where state = 'done'",
    ];
  },
};
