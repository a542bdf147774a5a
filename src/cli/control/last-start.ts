// What `holdfast up` wrote down at its last good start: where the catalog is and what the node is called. A file that cannot be read says neither, and
// a service that was at work yesterday must not stay down for a typing mistake. Holds references to secrets, never secrets.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../disk/durable-file.ts';
import { makeFolders } from '../../disk/folders.ts';
import type { Ambient } from '../ambient.ts';

const startSchema = z.strictObject({
  /** Of the configuration. */
  path: z.string(),
  node: z.string().optional(),
  catalog: z.strictObject({ place: z.string().optional(), password: z.string().optional() }),
});
export type Start = z.output<typeof startSchema>;

type Place = Pick<Ambient, 'stateDirectory'>;

/** Failing to do so costs only that the next start cannot do without the file. */
export function rememberStart(ambient: Place, start: Start): void {
  try {
    makeFolders(ambient.stateDirectory);
    replaceFile(fileIn(ambient), JSON.stringify(start));
  } catch {
    // As on a read-only disk.
  }
}

/** Of the same configuration. */
export function lastStart(ambient: Place, path: string): Start | undefined {
  try {
    const start = startSchema.parse(JSON.parse(readFileSync(fileIn(ambient), 'utf8')));
    return start.path === path ? start : undefined;
  } catch {
    return undefined;
  }
}

function fileIn({ stateDirectory }: Place): string {
  return join(stateDirectory, 'last-start.json');
}
