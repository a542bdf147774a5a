// What tests ask of an import unless they say otherwise.

import { archiveBytesMax, archiveEntriesMax } from '../../src/base/limits.ts';
import type { ImportRequest } from '../../src/operations/import.ts';

const limits = { entriesMax: archiveEntriesMax, bytesMax: archiveBytesMax, ratioMax: 1000 };

export function importOf(file: string, target: string, more: Partial<ImportRequest> = {}): ImportRequest {
  return {
    file,
    target,
    layersOf: async () => [],
    select: () => true,
    overwrite: false,
    owners: false,
    numericIds: true,
    devices: false,
    dryRun: false,
    limits,
    ...more,
  };
}
