// The maintenance plan: since when it holds, the version that was seen last, and what shows that a task was done.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 7,
  name: 'maintenance',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table maintenance_plan (
        one ${integer} primary key check (one = 1),
        since ${integer} not null,
        version ${text} not null,
        updated_at ${integer} not null)`,
      `create table maintenance_evidence (
        id ${text} primary key,
        task ${text} not null,
        at ${integer} not null,
        period_from ${integer} not null,
        actor ${text} not null,
        note ${text} not null)`,
      'create index maintenance_evidence_by_task on maintenance_evidence (task, at)',
      // What the program witnesses, it witnesses once for each period.
      "create unique index maintenance_evidence_own on maintenance_evidence (task, period_from) where actor = 'holdfast'",
    ];
  },
};
