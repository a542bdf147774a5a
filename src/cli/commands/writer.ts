// `holdfast writer`: who adds snapshots, and hosts that may do only that.

import { rmSync } from 'node:fs';
import { Failure } from '../../base/failure.ts';
import type { Repository } from '../../repository/repository.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository } from '../repository-access.ts';
import { localTime, tableLines } from '../show.ts';

export const command: Command = {
  name: 'writer',
  subcommands: [
    { name: 'list', run: list },
    {
      name: 'add',
      arguments: [{ name: 'name', required: true }],
      options: [{ flags: '--to <file>', text: 'option.writer-to' }],
      run: add,
    },
    { name: 'remove', arguments: [{ name: 'writer', required: true }], run: remove },
  ],
  examples: [
    'writer add office-pc --to /media/stick/office-pc.writer-key',
    'backup --writer-key /etc/holdfast/writer-key /home',
    'writer list',
  ],
};

const operations = () => import('../../operations/keys/writers.ts');

async function list(invocation: Invocation): Promise<Ending> {
  const { output, texts, ambient } = invocation;
  await using repository = await openMainRepository(invocation, 'read');
  const { listWriters } = await operations();
  const writers = listWriters(repository);
  const head = texts.say('writer.head').split('|');
  const rows = writers.map(({ id, name, since, writeOnly, removedAt }) => [
    id.slice(0, 12),
    name,
    localTime(since, ambient.zoneOffsetMinutes),
    removedAt === undefined
      ? texts.say(writeOnly ? 'writer.writeOnly' : 'writer.full')
      : texts.say('writer.isRemoved', { time: localTime(removedAt, ambient.zoneOffsetMinutes) }),
  ]);
  for (const line of tableLines([head, ...rows])) output.line(line);
  return { result: { writers } };
}

async function add(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const [name = ''] = invocation.arguments;
  const path = options.text('to');
  if (path === undefined) {
    throw new Failure('usage', 'WRITER_KEY_PLACE', 'no file was named for the key of the new writer', {
      hint: 'Name one with --to FILE; move it to that host and delete it here.',
    });
  }
  await using repository = await openMainRepository(invocation, 'write', { uncached: true });
  const { addWriter } = await operations();
  const { createPrivateFile } = await import('../../keyslots/private-file.ts');
  let isKept = false;
  const keep = (bytes: Uint8Array): void => {
    createPrivateFile(path, bytes);
    isKept = true;
  };
  const adding = addWriter({ name, keep: (key) => keep(key.reveal()) }, repository, context);
  const { id } = await adding.catch((error: unknown) => {
    // A key that the repository knows nothing of would only be mistaken for one.
    if (isKept) rmSync(path);
    throw error;
  });
  output.line(texts.say('writer.added', { name, id: id.slice(0, 12), path }));
  output.note(texts.say('writer.addedNote'));
  return { result: { id, name, path } };
}

async function remove(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  await using repository = await openMainRepository(invocation, 'write', { uncached: true });
  const id = await chooseWriter(invocation.arguments[0] ?? '', repository);
  const { removeWriter } = await operations();
  await removeWriter(id, repository, context);
  output.line(texts.say('writer.removed', { id: id.slice(0, 12) }));
  output.note(texts.say('writer.removedNote'));
  return { result: { id } };
}

/** A write-only writer by its name, its id or the first digits of it. */
async function chooseWriter(wanted: string, repository: Repository): Promise<string> {
  const { listWriters } = await operations();
  const open = listWriters(repository).filter((one) => one.writeOnly && one.removedAt === undefined);
  const found = open.filter(
    ({ id, name }) => name === wanted || (wanted.length >= 4 && id.startsWith(wanted.toLowerCase())),
  );
  const [only] = found;
  if (only === undefined) {
    throw new Failure('missing', 'WRITER_UNKNOWN', `there is no write-only writer "${wanted}"`, {
      hint: 'List them with "holdfast writer list".',
    });
  }
  if (found.length > 1) {
    throw new Failure('usage', 'WRITER_AMBIGUOUS', `"${wanted}" fits ${found.length} write-only writers`, {
      hint: 'Give more digits of the id that "holdfast writer list" shows.',
    });
  }
  return only.id;
}
