// The disks that repositories, sources and the catalog are on, each once. Full of bytes or of files: both stop a backup.

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Configuration } from '../../../model/configuration/configuration.ts';
import { errorCode } from '../../../sources/files/system-error.ts';
import type { CheckResult, HealthCheck } from '../check.ts';
import type { Disk } from '../machine.ts';

export const check: HealthCheck = {
  scope: 'node',
  async run({ configuration, catalog, machine }) {
    const { diskWarningPercent, diskCriticalPercent } = configuration.health;
    const results: CheckResult[] = [];
    const seen = new Set<string>();
    const paths = pathsOf(configuration);
    if (catalog.kind === 'sqlite') paths.push(dirname(catalog.location));
    for (const path of paths) {
      let disk: Disk;
      try {
        disk = await machine.disk(path);
      } catch (error) {
        const reason = errorCode(error) ?? String(error);
        results.push({ object: path, state: 'unknown', reason: 'disk-unknown', facts: { reason } });
        continue;
      }
      if (seen.has(disk.id)) continue;
      seen.add(disk.id);
      const bytesPercent = used(disk.freeBytes, disk.totalBytes);
      const filesPercent = used(disk.freeFiles, disk.totalFiles);
      const percent = Math.max(bytesPercent, filesPercent);
      const state =
        percent >= diskCriticalPercent ? 'critical' : percent >= diskWarningPercent ? 'warning' : 'ok';
      const { freeBytes } = disk;
      const reason = state === 'ok' ? 'disk-ok' : filesPercent > bytesPercent ? 'disk-files' : 'disk-full';
      results.push({ object: path, state, reason, facts: { percent, freeBytes } });
    }
    return results;
  },
};

function pathsOf({ repositories, policies }: Configuration): string[] {
  const paths = new Set<string>();
  for (const { place } of Object.values(repositories)) {
    if (place.startsWith('/')) paths.add(place);
    else if (place.startsWith('file:///')) paths.add(fileURLToPath(place));
  }
  for (const { sources, enabled } of Object.values(policies)) {
    if (!enabled) continue;
    for (const source of sources) if ('paths' in source) for (const path of source.paths) paths.add(path);
  }
  return [...paths];
}

function used(free: number, total: number): number {
  return total === 0 ? 0 : Math.floor((1 - free / total) * 100);
}
