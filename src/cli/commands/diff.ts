// `holdfast diff`: what was added, removed and changed between two snapshots.

import { formatBytes, formatCount } from '../../base/text.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import type { Command, Ending, Invocation } from '../command.ts';
import { openMainRepository } from '../repository-access.ts';
import { pathFields, pathText } from '../show.ts';
import { filterOptions, loadSnapshots, readFilter } from '../snapshot-choice.ts';

export const command: Command = {
  name: 'diff',
  arguments: [{ name: 'older', required: true }, { name: 'newer', required: true }, { name: 'path' }],
  options: [{ flags: '--metadata' }, ...filterOptions],
  examples: ['diff 3f2a latest', 'diff 3f2a 91bc /etc --metadata'],
  run,
};

const signs = { added: '+', removed: '-', content: 'M', metadata: 'U', kind: 'T' } as const;

async function run(invocation: Invocation): Promise<Ending> {
  const { options, context, output, texts, ambient } = invocation;
  const [older = '', newer = '', path] = invocation.arguments;
  await using repository = await openMainRepository(invocation, 'read');
  const snapshots = await loadSnapshots(repository, invocation);
  const filter = readFilter(invocation);
  const left = resolveSnapshot(snapshots, older, filter);
  const right = resolveSnapshot(snapshots, newer, filter);
  const { diff } = await import('../../operations/browse.ts');
  await repository.loadIndex(context);
  const metadata = options.flag('metadata');
  const counts = { added: 0, removed: 0, content: 0, metadata: 0, kind: 0 };
  const bytes = { added: 0, removed: 0, content: 0, metadata: 0, kind: 0 };
  const request = {
    left,
    right,
    metadata,
    ...(path === undefined ? {} : { path: ambient.argumentBytes(path) }),
  };
  for await (const change of diff(request, repository, context)) {
    counts[change.change] += 1;
    bytes[change.change] += change.bytes;
    output.emit('change', { change: change.change, ...pathFields(change.path), bytes: change.bytes });
    output.line(`${signs[change.change]}  ${pathText(change.path)}`);
  }
  const { language } = texts;
  output.line(
    texts.say('diff.total', {
      added: formatCount(counts.added, language),
      addedBytes: formatBytes(bytes.added, language),
      removed: formatCount(counts.removed, language),
      removedBytes: formatBytes(bytes.removed, language),
      changed: formatCount(counts.content + counts.kind, language),
      changedBytes: formatBytes(bytes.content + bytes.kind, language),
      metadata: formatCount(counts.metadata, language),
    }),
  );
  return { result: { older: left.id, newer: right.id, counts, bytes } };
}
