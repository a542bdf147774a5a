// The clock that decides about leases, and the source of fences. On PostgreSQL the clock is the server's, so that hosts may disagree.

import type { Migration } from './migration.ts';

export const migration: Migration = {
  number: 1,
  name: 'clock-and-fences',
  statements: (kind) =>
    kind === 'sqlite'
      ? [
          'create table counters (name text primary key, value integer not null) strict, without rowid',
          "insert into counters (name, value) values ('fence', 0)",
        ]
      : [
          'create sequence fences minvalue 1',
          'create table gate_tasks ()',
          'create table gate_audit ()',
          'create function catalog_now() returns bigint language sql volatile as ' +
            '$$ select (extract(epoch from clock_timestamp()) * 1000)::bigint $$',
        ],
};
