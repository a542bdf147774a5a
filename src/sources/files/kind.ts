// Files of this machine as a source.

import type { Context } from '../../base/context.ts';
import type { ExtendedAttribute, Listing, Source, SourceKind } from '../source.ts';
import { openContent, readXattrs } from './content.ts';
import type { WalkRules } from './exclusions.ts';
import { withParent } from './open-path.ts';
import { readNames } from './owners.ts';
import { reportError } from './problems.ts';
import { childPath } from './stat.ts';
import { openSystem } from './system.ts';
import { existingRoots, walk } from './walk.ts';

export interface FilesConfig {
  /** Absolute byte strings. */
  readonly paths: readonly string[];
  /** Rules hold functions: they are given by the caller, not by a file. A worker that only reads needs none. */
  readonly rules?: WalkRules;
}

const files: SourceKind<FilesConfig> = {
  name: 'files',
  title: 'Files and folders of this machine',
  // By hand: each worker of a backup would load the whole of zod for one field.
  config: { parse: readConfig },
  open({ paths, rules = {} }: FilesConfig, _context: Context): Source {
    const system = openSystem();
    const uids = new Set<number>();
    const gids = new Set<number>();
    return {
      location: paths.join(', '),
      probe() {
        existingRoots(system, paths);
        return { missing: system.capabilities.missing };
      },
      *walk(context) {
        for (const event of walk(system, paths, rules, context)) {
          if (event.type === 'directory') {
            const { count, uids: users, gids: groups } = event.listing;
            for (let row = 0; row < count; row += 1) {
              uids.add(users[row]!);
              gids.add(groups[row]!);
            }
          }
          yield event;
        }
      },
      open: (path, expected, context) => openContent(system, path, expected, context),
      link(listing, row, context) {
        const path = childPath(listing.path, listing.names[row]!);
        try {
          return withParent(system, path, (parent, rest) => system.readlinkAt(parent, rest));
        } catch (error) {
          reportError(context, path, 'reading the link', error);
          return undefined;
        }
      },
      attributes(listing: Listing, row: number, context: Context): readonly ExtendedAttribute[] {
        const path = childPath(listing.path, listing.names[row]!);
        return readXattrs(
          system,
          path,
          (name) => withParent(system, path, (parent, rest) => system.getXattrAt(parent, rest, name)),
          () => withParent(system, path, (parent, rest) => system.listXattrsAt(parent, rest)),
          context,
        );
      },
      owners() {
        const pick = (ids: ReadonlySet<number>, names: ReadonlyMap<number, string>) =>
          new Map([...names].filter(([id]) => ids.has(id)));
        return { users: pick(uids, readNames('/etc/passwd')), groups: pick(gids, readNames('/etc/group')) };
      },
      [Symbol.dispose]: () => undefined,
    };
  },
};
export default files;

function readConfig(input: unknown): FilesConfig {
  const paths = typeof input === 'object' && input !== null && 'paths' in input ? input.paths : undefined;
  if (Array.isArray(paths) && paths.every((path) => typeof path === 'string')) return { paths };
  throw new TypeError('"paths" of the source is no list of texts');
}
