// Alerts; people and their tokens. Of a secret only its hash is kept.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 4,
  name: 'alerts-and-users',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `create table alerts (
        id ${text} primary key,
        key ${text} not null,
        severity ${text} not null,
        state ${text} not null,
        policy_id ${text} references policies (id),
        title ${text} not null,
        facts ${text} not null,
        count ${integer} not null,
        first_at ${integer} not null,
        last_at ${integer} not null,
        acknowledged_by ${text},
        acknowledged_until ${integer},
        resolved_at ${integer})`,
      // One trouble has one alert until it is over.
      "create unique index alerts_unresolved on alerts (key) where state <> 'resolved'",
      'create index alerts_by_state on alerts (state, id)',
      `create table users (
        id ${text} primary key,
        name ${text} not null unique,
        role ${text} not null,
        password_hash ${text},
        second_factor ${text},
        failed_logins ${integer} not null,
        locked_until ${integer},
        disabled_at ${integer},
        created_at ${integer} not null)`,
      `create table tokens (
        id ${text} primary key,
        user_id ${text} not null references users (id),
        purpose ${text} not null,
        name ${text} not null,
        hash ${text} not null unique,
        scopes ${text} not null,
        created_at ${integer} not null,
        expires_at ${integer} not null,
        last_used_at ${integer},
        revoked_at ${integer})`,
      'create index tokens_by_user on tokens (user_id, id)',
    ];
  },
};
