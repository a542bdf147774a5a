// The ransom brake, results of health checks, what backups observed, and what reliability is measured by.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 10,
  name: 'health-and-brake',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table brakes (
        id ${text} primary key,
        scope ${text} not null,
        policy_id ${text} references policies (id),
        why ${text} not null,
        pulls ${integer} not null,
        pulled_by ${text} not null,
        pulled_at ${integer} not null,
        last_pulled_at ${integer} not null,
        released_by ${text},
        second_person ${text},
        release_reason ${text},
        released_at ${integer})`,
      // It is pulled once until it is released.
      'create unique index brakes_on on brakes (scope) where released_at is null',
      `create table health_states (
        node ${text} not null,
        name ${text} not null,
        object ${text} not null,
        state ${text} not null,
        since ${integer} not null,
        heading ${text} not null,
        heading_count ${integer} not null,
        checked_at ${integer} not null,
        reason ${text} not null,
        facts ${text} not null,
        primary key (node, name, object))`,
      `create table health_changes (
        id ${text} primary key,
        node ${text} not null,
        name ${text} not null,
        object ${text} not null,
        before ${text},
        state ${text} not null,
        at ${integer} not null,
        reason ${text} not null,
        facts ${text} not null)`,
      `create table run_observations (
        run_id ${text} primary key,
        policy_id ${text} not null references policies (id),
        at ${integer} not null,
        observations ${text} not null,
        findings ${text} not null)`,
      'create index run_observations_by_policy on run_observations (policy_id, run_id)',
      `create table lifetimes (
        node ${text} not null,
        from_at ${integer} not null,
        until_at ${integer} not null,
        primary key (node, from_at))`,
      `create table restore_times (
        id ${text} primary key,
        policy_id ${text} references policies (id),
        kind ${text} not null,
        at ${integer} not null,
        bytes ${integer} not null,
        duration_ms ${integer} not null,
        outcome ${text} not null)`,
      'create index restore_times_by_time on restore_times (at)',
    ];
  },
};
