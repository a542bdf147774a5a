// `holdfast cat`: the content of one file of a snapshot on standard output.

import { once } from 'node:events';
import { Failure } from '../../base/failure.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository } from '../repository-access.ts';
import { filterOptions, loadSnapshots, readFilter, splitSnapshotPath } from '../snapshot-choice.ts';

export const command: Command = {
  name: 'cat',
  isRaw: true,
  arguments: [{ name: 'snapshot:path', required: true }, { name: 'path' }],
  options: [...filterOptions, { flags: '--at <time>' }],
  examples: ['cat latest:/etc/fstab'],
  run,
};

async function run(invocation: Invocation): Promise<Ending> {
  const { context, ambient } = invocation;
  const [named = 'latest', separate] = invocation.arguments;
  const { name, path: joined } = splitSnapshotPath(named, invocation);
  const path = separate === undefined ? joined : ambient.argumentBytes(separate);
  if (!path) {
    throw new Failure('usage', 'PATH_NOT_NAMED', 'no file was named');
  }
  await using repository = await openMainRepository(invocation, 'read');
  const snapshot = resolveSnapshot(await loadSnapshots(repository, invocation), name, readFilter(invocation));
  const { cat } = await import('../../operations/browse.ts');
  await repository.loadIndex(context);
  let bytes = 0;
  try {
    for await (const piece of cat({ snapshot, path }, repository, context)) {
      bytes += piece.length;
      // The operation may reuse its buffer, and a pipe may take the bytes later.
      const isTaken = ambient.output.write(Buffer.from(piece));
      if (!isTaken) await once(ambient.output, 'drain', { signal: context.signal });
    }
  } catch (error) {
    // `holdfast cat … | head`: the reader has what it wanted.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
  return { result: { snapshot: snapshot.id, bytes } };
}
