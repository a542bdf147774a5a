// What was applied as configuration, where each policy comes from, and secrets that lie sealed.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 8,
  name: 'configurations',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table configurations (
        revision ${integer} primary key,
        config ${text} not null,
        applied_at ${integer} not null,
        applied_by ${text} not null,
        node ${text} not null)`,
      // One row: grows with every change of the configuration or of a policy, so that readers see with one look that nothing has changed.
      `create table configuration_changes (
        id ${integer} primary key,
        count ${integer} not null)`,
      'insert into configuration_changes (id, count) values (1, 0)',
      `alter table policies add column origin ${text} not null default 'api'`,
      `create table sealed_secrets (
        name ${text} primary key,
        key_id ${text} not null,
        sealed ${text} not null,
        changed_at ${integer} not null,
        changed_by ${text} not null)`,
    ];
  },
};
