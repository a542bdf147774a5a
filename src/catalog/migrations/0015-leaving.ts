// Which task is about to delete a copy, so that nobody holds what is gone already.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 15,
  name: 'leaving',
  statements(kind) {
    const { text } = columnTypes(kind);
    return [`alter table copies add column leaving_task ${text}`];
  },
};
