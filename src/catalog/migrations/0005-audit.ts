// The audit trail: chained entries by stream, and the signed root of each day.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 5,
  name: 'audit',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table audit_entries (
        stream ${text} not null,
        seq ${integer} not null,
        at ${integer} not null,
        actor ${text} not null,
        action ${text} not null,
        entry ${text} not null,
        hash ${text} not null,
        primary key (stream, seq))`,
      'create index audit_entries_by_time on audit_entries (at, stream, seq)',
      `create table audit_roots (
        stream ${text} not null,
        day ${text} not null,
        first_seq ${integer} not null,
        last_seq ${integer} not null,
        record ${text} not null,
        primary key (stream, day))`,
    ];
  },
};
