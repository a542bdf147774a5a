// Key material of this machine as a source: files and folders, and while they are walked an inventory of the keys in them.

import { z } from 'zod/mini';
import type { Context } from '../../base/context.ts';
import type { WalkRules } from '../files/exclusions.ts';
import files from '../files/kind.ts';
import type { Source, SourceKind } from '../source.ts';
import { type Inventory, type InventoryFile, inspectListing } from './inventory.ts';

const config = z.object({
  /** Absolute byte strings. */
  paths: z.array(z.string()),
});

export interface KeysConfig {
  readonly paths: readonly string[];
  readonly rules?: WalkRules;
  /** Given by the caller, not by a file: where the inventory grows. A worker that only reads needs none. */
  readonly inventory?: GrowingInventory;
  /** Who only looks is told of files that cannot be read; a backup tells it where it reads them. */
  readonly tellsUnreadable?: boolean;
}

/** What the newest walk has found so far. */
export class GrowingInventory {
  #files: InventoryFile[] = [];

  begin(): void {
    this.#files = [];
  }

  add(file: InventoryFile): void {
    this.#files.push(file);
  }

  get files(): readonly InventoryFile[] {
    return this.#files;
  }
}

const keys: SourceKind<KeysConfig> = {
  name: 'keys',
  title: 'Key material of this machine',
  config: { parse: (input) => config.parse(input) },
  open({ paths, rules = {}, inventory, tellsUnreadable = false }: KeysConfig, context: Context): Source {
    const source = files.open({ paths, rules }, context);
    if (inventory === undefined) return source;
    return {
      ...source,
      *walk(walking) {
        inventory.begin();
        const silent = { ...walking, monitor: { ...walking.monitor, problem: () => undefined } };
        const reading = tellsUnreadable ? walking : silent;
        for (const event of source.walk(walking)) {
          if (event.type === 'directory') {
            for (const file of inspectListing(source, event.listing, reading, walking)) inventory.add(file);
          }
          yield event;
        }
      },
    };
  },
};
export default keys;

/** Walks once, only to look. */
export function readInventory(
  request: { readonly paths: readonly string[]; readonly rules: WalkRules },
  context: Context,
): Inventory {
  const inventory = new GrowingInventory();
  using source = keys.open({ ...request, inventory, tellsUnreadable: true }, context);
  source.probe(context);
  for (const event of source.walk(context)) {
    if (event.type === 'directory') context.monitor.count('entries', event.listing.count);
  }
  return { files: inventory.files, owners: source.owners() };
}
