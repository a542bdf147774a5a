// What the catalog remembers, as a source: one file of lines that was written for this backup into a private folder, and goes after it.

import { closeSync, openSync, readSync } from 'node:fs';
import { z } from 'zod/mini';
import { Gathering, gatheredSource } from './gathered.ts';
import type { SourceKind } from './source.ts';

const folder = '/holdfast-catalog';
/** Where it lies in the snapshot. */
export const catalogPath = `${folder}/catalog.jsonl`;

const config = z.object({
  /** Of the file that holds the lines now. */
  path: z.string(),
  madeAtMs: z.number(),
});
export type CatalogLinesConfig = z.infer<typeof config>;

const catalogLines: SourceKind<CatalogLinesConfig> = {
  name: 'catalog-lines',
  title: 'The catalog of Holdfast',
  config: { parse: (input) => config.parse(input) },
  open({ path, madeAtMs }) {
    const gathering = new Gathering();
    gathering.addStream(catalogPath, madeAtMs);
    return gatheredSource({
      location: folder,
      tree: gathering.end(madeAtMs),
      stream() {
        const file = openSync(path, 'r');
        return { read: (buffer) => readSync(file, buffer), close: () => closeSync(file) };
      },
    });
  },
};
export default catalogLines;
