// Which file each node has read, and which one holds, so that nodes with different files do not apply them in turns.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 17,
  name: 'node-files',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table node_files (
        node ${text} primary key,
        path ${text} not null,
        digest ${text} not null,
        read_at ${integer} not null)`,
      `alter table configuration_changes add column applied_digest ${text}`,
    ];
  },
};
