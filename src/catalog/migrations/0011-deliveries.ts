// What is told to whom, and what became of it: a delivery is one alert to one channel, a message is what goes out, with one or many of them.

import { columnTypes, type Migration } from './migration.ts';

export const migration: Migration = {
  number: 11,
  name: 'deliveries',
  statements(kind) {
    const { text, integer } = columnTypes(kind);
    return [
      `alter table alerts add column news ${integer} not null default 1`,
      `alter table alerts add column news_at ${integer} not null default 0`,
      'update alerts set news_at = last_at',
      'create index alerts_by_key on alerts (key, id)',
      `create table messages (
        id ${text} primary key,
        channel ${text} not null,
        topic ${text} not null,
        subject ${text} not null,
        content ${text} not null,
        state ${text} not null,
        attempts ${integer} not null,
        created_at ${integer} not null,
        next_at ${integer} not null,
        give_up_at ${integer} not null,
        failed_at ${integer},
        error_code ${text},
        ended_at ${integer})`,
      "create index messages_waiting on messages (channel, next_at) where state = 'waiting'",
      'create index messages_by_subject on messages (subject, channel)',
      'create index messages_by_channel on messages (channel, topic, id)',
      'create index messages_ended on messages (ended_at) where ended_at is not null',
      `create table deliveries (
        id ${text} primary key,
        alert_id ${text} not null references alerts (id),
        alert_key ${text} not null,
        news ${integer} not null,
        channel ${text} not null,
        reason ${text} not null,
        severity ${text} not null,
        state ${text} not null,
        message_id ${text},
        is_open ${integer} not null,
        created_at ${integer} not null,
        ended_at ${integer})`,
      'create index deliveries_open on deliveries (alert_key, id) where is_open = 1',
      'create index deliveries_by_message on deliveries (message_id)',
      'create index deliveries_by_alert on deliveries (alert_id, id)',
      'create index deliveries_ended on deliveries (ended_at) where is_open = 0',
    ];
  },
};
