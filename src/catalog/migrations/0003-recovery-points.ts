// Recovery points and their copies: memory of what the repositories hold, never the truth about it.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 3,
  name: 'recovery-points',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table recovery_points (
        id ${text} primary key,
        policy_id ${text} references policies (id),
        source ${text} not null,
        taken_at ${integer} not null,
        outcome ${text} not null,
        entries ${integer} not null,
        bytes ${integer} not null,
        kept_until ${integer},
        hold_reason ${text},
        hold_actor ${text},
        held_at ${integer},
        created_at ${integer} not null)`,
      'create index recovery_points_by_time on recovery_points (taken_at, id)',
      'create index recovery_points_by_policy on recovery_points (policy_id, taken_at, id)',
      'create index recovery_points_by_source on recovery_points (source, taken_at, id)',
      `create table copies (
        recovery_point_id ${text} not null references recovery_points (id),
        repository ${text} not null,
        snapshot ${text} not null,
        storage ${text} not null,
        arrived_at ${integer} not null,
        verified_at ${integer},
        verified_level ${integer},
        proven_at ${integer},
        locked_until ${integer},
        removed_at ${integer},
        primary key (repository, snapshot))`,
      'create index copies_by_point on copies (recovery_point_id)',
    ];
  },
};
