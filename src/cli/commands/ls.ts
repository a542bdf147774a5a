// `holdfast ls`: what lies in a snapshot.

import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { entryFields, entryLine } from '../entry-line.ts';
import { openMainRepository } from '../repository-access.ts';
import { pathText } from '../show.ts';
import { filterOptions, loadSnapshots, readFilter, splitSnapshotPath } from '../snapshot-choice.ts';

export const command: Command = {
  name: 'ls',
  arguments: [{ name: 'snapshot[:path]', required: true }, { name: 'path' }],
  options: [
    { flags: '-l, --long' },
    { flags: '-R, --recursive' },
    ...filterOptions,
    { flags: '--at <time>' },
  ],
  examples: ['ls latest:/home/anna --long'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, ambient } = invocation;
  const [named = 'latest', separate] = invocation.arguments;
  const { name, path: joined } = splitSnapshotPath(named, invocation);
  const path = separate === undefined ? joined : ambient.argumentBytes(separate);
  await using repository = await openMainRepository(invocation, 'read');
  const snapshot = resolveSnapshot(await loadSnapshots(repository, invocation), name, readFilter(invocation));
  const { ls } = await import('../../operations/browse.ts');
  await repository.loadIndex(context);
  const recursive = options.flag('recursive');
  let entries = 0;
  for await (const entry of ls({ snapshot, recursive, ...(path ? { path } : {}) }, repository, context)) {
    entries += 1;
    output.emit('entry', { ...entryFields(entry.path, entry.node), contentBytes: entry.contentBytes });
    output.line(
      options.flag('long')
        ? entryLine(entry.path, entry.node, entry.contentBytes, invocation)
        : pathText(entry.path),
    );
  }
  return { result: { snapshot: snapshot.id, entries } };
}
