// Makes what a plan says in a folder that has nothing of it yet, in the order that security.md demands: directories, files, further names,
// symlinks, specials, then the attributes of directories from the deepest up, so that no write can be led elsewhere by a link.

import type { Context } from '../../base/context.ts';
import type { Repository } from '../../repository/repository.ts';
import { nodeKinds } from '../../repository/tree.ts';
import { type Attributes, Placer } from '../../sources/files/placing.ts';
import { displayPath, type System } from '../../sources/files/system.ts';
import type { Plan } from './plan.ts';
import { writeFiles } from './writing.ts';

export interface PlaceRules {
  /** Byte string: an existing folder. */
  readonly target: string;
  readonly owners: boolean;
  readonly devices: boolean;
  readonly workers: number;
}

export interface Restored {
  files: number;
  directories: number;
  symlinks: number;
  hardlinks: number;
  specials: number;
  bytes: number;
}

/** Returns how many entries nothing was made for. */
export async function place(
  plan: Plan,
  root: Attributes | undefined,
  request: PlaceRules,
  system: System,
  restored: Restored,
  repository: Repository,
  context: Context,
): Promise<number> {
  const rules = { owners: request.owners };
  const { monitor } = context;
  using placer = new Placer(system, request.target, rules, (problem) => monitor.problem(problem));
  let skipped = plan.sockets;
  for (const directory of plan.directories)
    if (placer.makeDirectory(directory.path)) restored.directories += 1;
  const written = await writeFiles(
    plan.files,
    { system, root: request.target, rules, workers: request.workers },
    repository,
    context,
  );
  restored.files = written.files;
  restored.bytes = written.bytes;
  for (const { path, existing } of plan.links) {
    const lost = written.lost.get(existing);
    if (lost !== undefined) {
      const { code, message } = lost;
      monitor.problem({ path: displayPath(path), code, message: `cannot be restored: ${message}` });
    } else if (placer.link(path, existing)) restored.hardlinks += 1;
  }
  for (const one of plan.symlinks) if (placer.symlink(one.path, one.target, one)) restored.symlinks += 1;
  for (const one of plan.specials) {
    if (one.kind === nodeKinds.fifo) {
      if (placer.fifo(one.path, one)) restored.specials += 1;
    } else if (request.devices) {
      const isBlock = one.kind === nodeKinds.blockDevice;
      if (placer.device(one.path, one, isBlock, one.major, one.minor)) restored.specials += 1;
    } else skipped += 1;
  }
  for (const { path, existing, isDevice } of plan.lateLinks) {
    if (isDevice && !request.devices) skipped += 1;
    else if (placer.link(path, existing)) restored.hardlinks += 1;
  }
  for (let number = plan.directories.length - 1; number >= 0; number -= 1) {
    const directory = plan.directories[number]!;
    if (!directory.implied) placer.finishDirectory(directory.path, directory);
  }
  if (root !== undefined) placer.finishRoot(root);
  return skipped;
}
