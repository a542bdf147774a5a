// People and machines that act: grants, sessions, second factors, approvals, and what tries have cost. Of a secret only its hash is kept.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 12,
  name: 'identity',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    const ofUser = `${text} not null references users (id) on delete cascade`;
    return [
      `alter table users add column password_set_at ${integer}`,
      `alter table users add column last_login_at ${integer}`,
      `alter table tokens add column is_sensitive ${integer} not null default 0`,
      // Of earlier passwords only the hashes, for the profile that forbids to take them again.
      `create table user_passwords (
        user_id ${ofUser},
        seq ${integer} not null,
        hash ${text} not null,
        set_at ${integer} not null,
        primary key (user_id, seq))`,
      `create table user_addresses (
        user_id ${ofUser},
        address ${text} not null,
        last_login_at ${integer} not null,
        primary key (user_id, address))`,
      `create table grants (
        id ${text} primary key,
        user_id ${ofUser},
        role ${text} not null,
        policy_id ${text} references policies (id) on delete cascade,
        repository ${text},
        folder ${text},
        created_at ${integer} not null)`,
      'create index grants_by_user on grants (user_id, id)',
      `create table login_sessions (
        id ${text} primary key,
        hash ${text} not null unique,
        user_id ${ofUser},
        proof ${text} not null,
        address ${text},
        agent ${text},
        created_at ${integer} not null,
        seen_at ${integer} not null,
        idle_ms ${integer} not null,
        ends_at ${integer} not null,
        fresh_until ${integer} not null)`,
      'create index login_sessions_by_user on login_sessions (user_id, id)',
      'create index login_sessions_by_end on login_sessions (ends_at)',
      `create table factors (
        id ${text} primary key,
        user_id ${ofUser},
        kind ${text} not null,
        name ${text} not null,
        credential ${text} unique,
        data ${text} not null,
        counter ${integer} not null,
        confirmed_at ${integer},
        created_at ${integer} not null,
        last_used_at ${integer})`,
      'create index factors_by_user on factors (user_id, id)',
      `create table single_uses (
        hash ${text} primary key,
        purpose ${text} not null,
        user_id ${text} references users (id) on delete cascade,
        data ${text} not null,
        created_at ${integer} not null,
        expires_at ${integer} not null)`,
      'create index single_uses_by_end on single_uses (expires_at)',
      `create table approvals (
        id ${text} primary key,
        permission ${text} not null,
        object ${text} not null,
        order_hash ${text} not null,
        summary ${text} not null,
        reason ${text} not null,
        state ${text} not null,
        requested_by ${text} not null,
        requested_id ${text} not null,
        requested_at ${integer} not null,
        expires_at ${integer} not null,
        decided_by ${text},
        decided_at ${integer},
        used_at ${integer})`,
      'create index approvals_by_state on approvals (state, id)',
      `create table budgets (
        key ${text} primary key,
        paid_until ${integer} not null)`,
      'create index budgets_by_end on budgets (paid_until)',
    ];
  },
};
