// What each witness of the audit trail has heard, and which acts that were written down elsewhere have been taken in.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 13,
  name: 'audit-witnesses',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table audit_witnesses (
        witness ${text} not null,
        stream ${text} not null,
        last_seq ${integer} not null,
        root_seq ${integer} not null,
        heard_at ${integer} not null,
        primary key (witness, stream))`,
      `create table audit_taken (
        id ${text} primary key,
        at ${integer} not null)`,
    ];
  },
};
