// Metrics for node_exporter's text-file collector, where the configuration names a file: whole at every moment, as they are renamed into place.

import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Failure } from '../../base/failure.ts';
import type { Duty } from '../duty.ts';

const everyMs = 60_000;

export const duty: Duty = {
  scope: 'node',
  async run({ catalog, configuration, version = 'unknown' }, context) {
    const { metrics } = await configuration(context);
    if (metrics.textFile !== undefined) {
      // Loaded where somebody wants it: most do not, and the rest of the time it would only take memory.
      const { collectMetrics } = await import('../metrics/collect.ts');
      const { exposition } = await import('../metrics/exposition.ts');
      const { policyLimit } = metrics;
      const samples = await collectMetrics(catalog, { version, policyLimit }, context);
      replaceFile(metrics.textFile, await exposition(samples));
    }
    return context.clock.now() + everyMs;
  },
};

/** For everybody to read: node_exporter is another user. The collector passes over names that do not end in ".prom". */
function replaceFile(path: string, text: string): void {
  const beside = `${path}.new`;
  try {
    rmSync(beside, { force: true });
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
    const file = openSync(beside, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o644);
    try {
      writeFileSync(file, text);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (cause) {
    rmSync(beside, { force: true });
    throw new Failure('unavailable', 'METRICS_FILE_FAILED', `the metrics cannot be written to "${path}"`, {
      hint: 'Look whether its folder exists, and who may write there.',
      cause,
    });
  }
}
