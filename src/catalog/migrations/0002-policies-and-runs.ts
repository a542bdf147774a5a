// Policies, their runs and the problems of runs.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 2,
  name: 'policies-and-runs',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table policies (
        id ${text} primary key,
        name ${text} not null,
        revision ${integer} not null,
        config ${text} not null,
        enabled ${integer} not null,
        created_at ${integer} not null,
        updated_at ${integer} not null,
        deleted_at ${integer})`,
      'create unique index policies_by_name on policies (name) where deleted_at is null',
      `create table policy_states (
        policy_id ${text} primary key references policies (id),
        last_run_id ${text},
        last_outcome ${text},
        last_ended_at ${integer},
        last_succeeded_at ${integer})`,
      `create table runs (
        id ${text} primary key,
        policy_id ${text} not null references policies (id),
        due_at ${integer} not null,
        attempt ${integer} not null,
        state ${text} not null,
        outcome ${text},
        started_at ${integer} not null,
        ended_at ${integer},
        node ${text} not null,
        fence ${integer} not null,
        task_id ${text},
        lease_name ${text},
        counts ${text} not null,
        problem_count ${integer} not null default 0,
        failure_code ${text},
        failure_message ${text})`,
      'create unique index runs_by_due on runs (policy_id, due_at, attempt)',
      // These two make a due time take effect once, whatever the program believes.
      "create unique index runs_effective on runs (policy_id, due_at) where outcome in ('succeeded', 'partial')",
      "create unique index runs_running on runs (policy_id, due_at) where state = 'running'",
      'create index runs_by_policy on runs (policy_id, id)',
      'create index runs_by_outcome on runs (outcome, id)',
      `create table run_problems (
        run_id ${text} not null references runs (id),
        seq ${integer} not null,
        path ${text} not null,
        code ${text} not null,
        message ${text} not null,
        primary key (run_id, seq))`,
    ];
  },
};
