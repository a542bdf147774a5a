// The job that forgets snapshots which a person has named: of each repository those that may go, asked right before. What fails in one does not
// keep the next from its turn.

import type { Context } from '../../base/context.ts';
import type { JsonValue } from '../../base/jcs.ts';
import { utc } from '../../model/time.ts';
import { forget } from '../../operations/forget.ts';
import { loadChain } from '../../repository/chain.ts';
import type { JobKind, JobTools } from '../job.ts';
import { failureOf } from './failure.ts';
import { type ForgetOrder, type ForgetResult, forgetOrder } from './orders.ts';

export const job: JobKind<ForgetOrder> = {
  order: forgetOrder,
  async run(order, tools, context) {
    const result: ForgetResult = { forgotten: [], kept: [], failed: [] };
    for (const one of order.repositories) {
      try {
        const gone = await forgetIn(one, order.run, tools, context);
        for (const snapshot of one.snapshots) {
          (gone.has(snapshot) ? result.forgotten : result.kept).push({ repository: one.name, snapshot });
        }
      } catch (error) {
        if (context.signal.aborted) throw error;
        const { code, message } = failureOf(error);
        context.log.error(`nothing was forgotten in "${one.name}": ${message}`, { code });
        result.failed.push({ repository: one.name, code, message });
      }
    }
    return {
      outcome: result.failed.length === 0 ? 'succeeded' : 'failed',
      counts: { forgotten: result.forgotten.length },
      result: result as JsonValue,
    };
  },
};

async function forgetIn(
  { name, rules, snapshots }: ForgetOrder['repositories'][number],
  run: string,
  tools: JobTools,
  context: Context,
): Promise<ReadonlySet<string>> {
  await using repository = await tools.openers.repository(rules, 'write', context);
  const chain = await loadChain(repository, context);
  const there = chain.snapshots.map(({ id }) => id).filter((id) => snapshots.includes(id));
  if (there.length === 0) return new Set();
  const ids = await tools.mayGo({ repository: name, snapshots: there });
  if (ids.length === 0) return new Set();
  const done = await forget(
    {
      policy: {},
      groupBy: [],
      filter: { ids },
      named: { reason: 'asked for', keepRetained: true },
      dryRun: false,
      run,
      zoneOffset: utc,
    },
    repository,
    context,
  );
  return new Set(done.forgotten.map(({ snapshot }) => snapshot.id));
}
