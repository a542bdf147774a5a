// Who wanted a task to stop, and when: kept with the task until whoever does it has heard.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 16,
  name: 'cancellations',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `alter table tasks add column canceled_at ${integer}`,
      `alter table tasks add column canceled_by ${text}`,
    ];
  },
};
