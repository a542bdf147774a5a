// Requests that may come twice, and where to find what has changed since.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 14,
  name: 'requests',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table repeatable_requests (
        caller ${text} not null,
        key ${text} not null,
        digest ${text} not null,
        status ${integer} not null,
        answer ${text},
        headers ${text} not null,
        created_at ${integer} not null,
        primary key (caller, key))`,
      'create index repeatable_requests_by_age on repeatable_requests (created_at)',
      "create index runs_on_the_way on runs (id) where state = 'running'",
      'create index runs_by_end on runs (ended_at)',
      'create index alerts_by_end on alerts (resolved_at)',
    ];
  },
};
