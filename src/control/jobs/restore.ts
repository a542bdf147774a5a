// The job of a restore that somebody asked the control plane for: into a new or empty folder below one that the configuration allows.

import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { Failure } from '../../base/failure.ts';
import { createSelection } from '../../model/selection.ts';
import { resolveSnapshot } from '../../model/snapshot-selection.ts';
import { restore } from '../../operations/restore.ts';
import { listSnapshots } from '../../repository/snapshots.ts';
import { displayPath } from '../../sources/files/system.ts';
import type { JobKind } from '../job.ts';
import { type RestoreOrder, restoreOrder } from './orders.ts';

export const job: JobKind<RestoreOrder> = {
  order: restoreOrder,
  async run(order, tools, context) {
    const { path, target, include, verify, dryRun } = order;
    const place = placeBelow(target, order.roots);
    await using repository = await tools.openers.repository(order.repository.rules, 'read', context);
    await repository.loadIndex(context);
    const snapshot = resolveSnapshot(await listSnapshots(repository, context), order.snapshot);
    const selection = createSelection({ include });
    const done = await restore(
      {
        snapshot,
        target: Buffer.from(place).toString('latin1'),
        select: (entry, isDirectory) => selection.matches(displayPath(entry), isDirectory),
        verify,
        dryRun,
        devices: false,
        owners: process.getuid?.() === 0,
        workers: availableParallelism(),
        ...(path === undefined ? {} : { path: Buffer.from(path).toString('latin1') }),
      },
      repository,
      context,
    );
    const { files, directories, bytes } = done.restored;
    const differences = done.verified?.differences.length ?? 0;
    return {
      outcome: done.outcome,
      counts: { files, directories, bytes, problems: done.problems, durationMs: done.durationMs },
      result: { snapshot: snapshot.id, target: place, files, directories, bytes, differences },
    };
  },
};

/** Links are followed as far as the path exists, so that none leads out of what is allowed. */
export function placeBelow(target: string, roots: readonly string[]): string {
  const wanted = resolve(target);
  if (!isAbsolute(target) || target.includes('\0')) throw outside(target);
  let existing = wanted;
  let real: string | undefined;
  while (real === undefined) {
    try {
      real = realpathSync(existing);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || existing === dirname(existing)) throw outside(target);
      existing = dirname(existing);
    }
  }
  const place = resolve(real, relative(existing, wanted));
  for (const root of roots) {
    let base: string;
    try {
      base = realpathSync(root);
    } catch {
      // A root that is not there allows nothing.
      continue;
    }
    const way = relative(base, place);
    if (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return place;
  }
  throw outside(target);
}

function outside(target: string): Failure {
  const message = `the folder "${target}" lies below none that restores may go to`;
  return new Failure('denied', 'RESTORE_OUTSIDE', message, {
    hint: 'Choose a folder below one of api.restoreRoots of the configuration, which must exist.',
  });
}
