// `holdfast maintainer`: keys that can prune and check, and read no name.

import { rmSync } from 'node:fs';
import { Failure } from '../../base/failure.ts';
import type { Repository } from '../../repository/repository.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository } from '../repository-access.ts';
import { localTime, tableLines } from '../show.ts';

export const command: Command = {
  name: 'maintainer',
  subcommands: [
    { name: 'list', run: list },
    {
      name: 'add',
      arguments: [{ name: 'name', required: true }],
      options: [{ flags: '--to <file>', text: 'option.maintainer-to' }],
      run: add,
    },
    { name: 'remove', arguments: [{ name: 'maintainer', required: true }], run: remove },
  ],
  examples: [
    'maintainer add nightly --to /media/stick/nightly.maintenance-key',
    'prune --maintenance-key /etc/holdfast/maintenance-key',
    'maintainer list',
  ],
};

const operations = () => import('../../operations/keys/maintainers.ts');

async function list(invocation: Invocation): Promise<Ending> {
  const { output, texts, ambient } = invocation;
  await using repository = await openMainRepository(invocation, 'read');
  const { listMaintainers } = await operations();
  const maintainers = listMaintainers(repository);
  const head = texts.say('maintainer.head').split('|');
  const rows = maintainers.map(({ id, name, since }) => [
    id.slice(0, 12),
    name,
    localTime(since, ambient.zoneOffsetMinutes),
  ]);
  for (const line of tableLines([head, ...rows])) output.line(line);
  return { result: { maintainers } };
}

async function add(invocation: Invocation): Promise<Ending> {
  const { options, output, texts, context } = invocation;
  const [name = ''] = invocation.arguments;
  const path = options.text('to');
  if (path === undefined) {
    throw new Failure('usage', 'MAINTENANCE_KEY_PLACE', 'no file was named for the new maintenance key', {
      hint: 'Name one with --to FILE; move it to the host that prunes and delete it here.',
    });
  }
  await using repository = await openMainRepository(invocation, 'write', { uncached: true });
  const { addMaintainer } = await operations();
  const { createPrivateFile } = await import('../../keyslots/private-file.ts');
  let isKept = false;
  const keep = (bytes: Uint8Array): void => {
    createPrivateFile(path, bytes);
    isKept = true;
  };
  const adding = addMaintainer({ name, keep: (key) => keep(key.reveal()) }, repository, context);
  const { id } = await adding.catch((error: unknown) => {
    // A key that the repository knows nothing of would only be mistaken for one.
    if (isKept) rmSync(path);
    throw error;
  });
  output.line(texts.say('maintainer.added', { name, id: id.slice(0, 12), path }));
  output.note(texts.say('maintainer.addedNote'));
  return { result: { id, name, path } };
}

async function remove(invocation: Invocation): Promise<Ending> {
  const { output, texts, context } = invocation;
  await using repository = await openMainRepository(invocation, 'write', { uncached: true });
  const id = await chooseMaintainer(invocation.arguments[0] ?? '', repository);
  const { removeMaintainer } = await operations();
  await removeMaintainer(id, repository, context);
  output.line(texts.say('maintainer.removed', { id: id.slice(0, 12) }));
  output.note(texts.say('maintainer.removedNote'));
  return { result: { id } };
}

/** By its name, its id or the first digits of it. */
async function chooseMaintainer(wanted: string, repository: Repository): Promise<string> {
  const { listMaintainers } = await operations();
  const found = listMaintainers(repository).filter(
    ({ id, name }) => name === wanted || (wanted.length >= 4 && id.startsWith(wanted.toLowerCase())),
  );
  const [only] = found;
  if (only === undefined) {
    throw new Failure('missing', 'MAINTAINER_UNKNOWN', `there is no maintenance key "${wanted}"`, {
      hint: 'List them with "holdfast maintainer list".',
    });
  }
  if (found.length > 1) {
    throw new Failure('usage', 'MAINTAINER_AMBIGUOUS', `"${wanted}" fits ${found.length} maintenance keys`, {
      hint: 'Give more digits of the id that "holdfast maintainer list" shows.',
    });
  }
  return only.id;
}
