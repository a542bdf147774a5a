// Messages on their way out: each waits until its channel has taken it, is tried again after failures, and is given up after days. What fills
// them is decided above; those of the topic "news" carry deliveries of alerts (deliveries.ts), which outlive a message that was refused.

import type { Context, Instant } from '../base/context.ts';
import type { JsonValue } from '../base/jcs.ts';
import { type Access, type Catalog, read, storable, type Unit, write } from './catalog.ts';
import { inChunks } from './deliveries.ts';
import { keyAfter, limitOf, type Page, type PageWish, pageOf } from './page.ts';

export type MessageTopic = 'news' | 'success' | 'report' | 'beat';
/** `refused`: the channel did not take it, at least not for all; `given-up`: after trying for as long as it was worth. */
export type MessageState = 'waiting' | 'sent' | 'refused' | 'given-up';

export interface OutgoingMessage {
  readonly id: string;
  readonly channel: string;
  readonly topic: MessageTopic;
  /** What it is about; of one subject, a channel gets one message (but for news). */
  readonly subject: string;
  /** As the channels take it; free of secrets. */
  readonly content: JsonValue;
  readonly state: MessageState;
  readonly attempts: number;
  readonly createdAt: Instant;
  readonly nextAt: Instant;
  readonly giveUpAt: Instant;
  /** Of the first failure. */
  readonly failedAt?: Instant;
  readonly errorCode?: string;
  readonly endedAt?: Instant;
}

export interface NewMessage
  extends Pick<OutgoingMessage, 'channel' | 'topic' | 'subject' | 'content' | 'giveUpAt'> {
  /** Deliveries that it carries, by id. */
  readonly deliveries?: readonly string[];
  /** Of the message that it replaces. */
  readonly attempts?: number;
}

/** Undefined when the channel had, or is to get, one of this subject. */
export async function addMessage(
  at: Catalog | Unit,
  message: NewMessage,
  context: Context,
): Promise<string | undefined> {
  return write(
    at,
    async (access) => {
      const { db } = access;
      const subject = storable(message.subject);
      if (message.topic !== 'news') {
        const known = await db
          .selectFrom('messages')
          .select('id')
          .where('subject', '=', subject)
          .where('channel', '=', message.channel)
          .executeTakeFirst();
        if (known !== undefined) return undefined;
      }
      const now = await access.now();
      const id = access.newId(now);
      await db
        .insertInto('messages')
        .values({
          id,
          channel: message.channel,
          topic: message.topic,
          subject,
          content: storable(JSON.stringify(message.content)),
          state: 'waiting',
          attempts: message.attempts ?? 0,
          created_at: now,
          next_at: now,
          give_up_at: message.giveUpAt,
          failed_at: null,
          error_code: null,
          ended_at: null,
        })
        .execute();
      for (const some of inChunks(message.deliveries ?? [])) {
        await db.updateTable('deliveries').set({ message_id: id }).where('id', 'in', some).execute();
      }
      return id;
    },
    context,
  );
}

/** Whether the channel had, or is to get, a message of this subject. */
export async function hasMessage(
  at: Catalog | Unit,
  { subject, channel }: { readonly subject: string; readonly channel: string },
  context: Context,
): Promise<boolean> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('messages')
        .select('id')
        .where('subject', '=', storable(subject))
        .where('channel', '=', channel)
        .executeTakeFirst();
      return row !== undefined;
    },
    context,
  );
}

/** All of one subject, by channel. */
export async function messagesAbout(
  at: Catalog | Unit,
  subject: string,
  context: Context,
): Promise<readonly OutgoingMessage[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('messages')
        .selectAll()
        .where('subject', '=', storable(subject))
        .orderBy('channel')
        .limit(100)
        .execute();
      return rows.map(messageOf);
    },
    context,
  );
}

export async function messageById(
  at: Catalog | Unit,
  id: string,
  context: Context,
): Promise<OutgoingMessage | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : messageOf(row);
    },
    context,
  );
}

/** The last one of this topic, also when it has ended. */
export async function lastMessage(
  at: Catalog | Unit,
  { channel, topic }: Pick<OutgoingMessage, 'channel' | 'topic'>,
  context: Context,
): Promise<OutgoingMessage | undefined> {
  return read(
    at,
    async ({ db }) => {
      const row = await db
        .selectFrom('messages')
        .selectAll()
        .where('channel', '=', channel)
        .where('topic', '=', topic)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : messageOf(row);
    },
    context,
  );
}

/** All that wait, without what they say. */
export async function waitingMessages(
  at: Catalog | Unit,
  context: Context,
): Promise<readonly Pick<OutgoingMessage, 'id' | 'channel' | 'topic' | 'attempts' | 'nextAt'>[]> {
  return read(
    at,
    async ({ db }) => {
      const rows = await db
        .selectFrom('messages')
        .select(['id', 'channel', 'topic', 'attempts', 'next_at'])
        .where('state', '=', 'waiting')
        .orderBy('channel')
        .orderBy('next_at')
        .execute();
      return rows.map(({ next_at: nextAt, topic, ...row }) => ({
        ...row,
        topic: topic as MessageTopic,
        nextAt,
      }));
    },
    context,
  );
}

export type MessageNote =
  /** Taken; `refused` when not for all recipients. */
  | { readonly kind: 'taken'; readonly refused: boolean }
  /** Tried again as it is at that time. */
  | { readonly kind: 'later'; readonly code: string; readonly nextAt: Instant }
  /** What it carries goes into another message, not before that time. */
  | { readonly kind: 'anew'; readonly code: string; readonly nextAt: Instant }
  | { readonly kind: 'given-up'; readonly code: string };

/** What became of the try with this number; one that was noted already stays as it is. */
export async function noteMessage(
  at: Catalog | Unit,
  { id, attempts }: Pick<OutgoingMessage, 'id' | 'attempts'>,
  note: MessageNote,
  context: Context,
): Promise<boolean> {
  return write(
    at,
    async (access) => {
      const now = await access.now();
      const row = await access.db
        .updateTable('messages')
        .set(({ eb, fn, val }) => ({
          ...columnsOf(note, now),
          attempts: eb('attempts', '+', 1),
          ...(note.kind === 'taken' ? {} : { failed_at: fn.coalesce('failed_at', val(now)) }),
        }))
        .where('id', '=', id)
        .where('state', '=', 'waiting')
        .where('attempts', '=', attempts)
        .returning('id')
        .executeTakeFirst();
      if (row === undefined) return false;
      await noteDeliveries(access, id, note, now);
      return true;
    },
    context,
  );
}

function columnsOf(note: MessageNote, now: Instant) {
  switch (note.kind) {
    case 'taken':
      return note.refused
        ? { state: 'refused', error_code: 'RECIPIENTS_REFUSED', ended_at: now }
        : { state: 'sent', error_code: null, ended_at: now };
    case 'later':
      return { error_code: note.code, next_at: note.nextAt };
    case 'anew':
      return { state: 'refused', error_code: note.code, next_at: note.nextAt, ended_at: now };
    case 'given-up':
      return { state: 'given-up', error_code: note.code, ended_at: now };
  }
}

async function noteDeliveries({ db }: Access, id: string, note: MessageNote, now: Instant): Promise<void> {
  if (note.kind === 'later') return;
  const carried = db.updateTable('deliveries').where('message_id', '=', id);
  if (note.kind === 'anew') {
    await carried.set({ message_id: null }).execute();
  } else if (note.kind === 'given-up') {
    await carried.set({ state: 'given-up', is_open: 0, ended_at: now }).execute();
  } else {
    await carried.set({ state: note.refused ? 'refused' : 'sent', ended_at: now }).execute();
  }
}

/** Newest first. */
export async function listMessages(
  at: Catalog | Unit,
  filter: PageWish & {
    readonly state?: MessageState;
    readonly channel?: string;
    readonly topic?: MessageTopic;
  },
  context: Context,
): Promise<Page<OutgoingMessage>> {
  const limit = limitOf(filter);
  const key = keyAfter(filter, 'string');
  return read(
    at,
    async ({ db }) => {
      let query = db.selectFrom('messages').selectAll();
      if (filter.state !== undefined) query = query.where('state', '=', filter.state);
      if (filter.channel !== undefined) query = query.where('channel', '=', filter.channel);
      if (filter.topic !== undefined) query = query.where('topic', '=', filter.topic);
      if (key !== undefined) query = query.where('id', '<', key[0]);
      const rows = await query
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, messageOf, ({ id }) => [id]);
    },
    context,
  );
}

/** Forgets what ended before, beats a day after their end. How many. */
export async function sweepMessages(
  at: Catalog | Unit,
  { endedBefore, beatsBefore }: { readonly endedBefore: Instant; readonly beatsBefore: Instant },
  context: Context,
): Promise<number> {
  return write(
    at,
    async ({ db }) => {
      const messages = await db
        .deleteFrom('messages')
        .where('ended_at', 'is not', null)
        .where(({ or, and, eb }) =>
          or([
            eb('ended_at', '<', endedBefore),
            and([eb('topic', '=', 'beat'), eb('ended_at', '<', beatsBefore)]),
          ]),
        )
        .returning('id')
        .execute();
      const deliveries = await db
        .deleteFrom('deliveries')
        .where('is_open', '=', 0)
        .where('ended_at', '<', endedBefore)
        .returning('id')
        .execute();
      return messages.length + deliveries.length;
    },
    context,
  );
}

function messageOf(row: {
  readonly id: string;
  readonly channel: string;
  readonly topic: string;
  readonly subject: string;
  readonly content: string;
  readonly state: string;
  readonly attempts: number;
  readonly created_at: number;
  readonly next_at: number;
  readonly give_up_at: number;
  readonly failed_at: number | null;
  readonly error_code: string | null;
  readonly ended_at: number | null;
}): OutgoingMessage {
  return {
    id: row.id,
    channel: row.channel,
    topic: row.topic as MessageTopic,
    subject: row.subject,
    content: JSON.parse(row.content),
    state: row.state as MessageState,
    attempts: row.attempts,
    createdAt: row.created_at,
    nextAt: row.next_at,
    giveUpAt: row.give_up_at,
    ...(row.failed_at === null ? {} : { failedAt: row.failed_at }),
    ...(row.error_code === null ? {} : { errorCode: row.error_code }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  };
}
