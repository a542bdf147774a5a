// The job of a check: lists and trees whole, and of the stored bytes the share that was read longest ago.

import type { JsonValue } from '../../base/jcs.ts';
import { check, isError } from '../../operations/check.ts';
import { checkByRefs } from '../../operations/check-by-refs.ts';
import { loadChain } from '../../repository/chain.ts';
import type { JobKind } from '../job.ts';
import { type CheckOrder, type CheckResult, checkOrder } from './orders.ts';

const findingsMax = 100;

export const job: JobKind<CheckOrder> = {
  order: checkOrder,
  async run({ repository: { rules }, share }, tools, context) {
    await using repository = await tools.openers.repository(rules, 'upkeep', context);
    const subset = share === undefined ? {} : { readDataSubset: share };
    const request = { level: 3, ...subset } as const;
    const { isMaintenance } = repository.ring;
    // Before it: what arrives meanwhile is looked at next time.
    const before = isMaintenance ? undefined : await loadChain(repository, context);
    const { findings, outcome, ...done } = isMaintenance
      ? await checkByRefs(request, repository, context)
      : await check(request, repository, context);
    const errors = findings.filter(isError);
    const result: CheckResult = {
      findings: [...errors, ...findings.filter((one) => !isError(one))]
        .slice(0, findingsMax)
        .map(({ severity, code, message, object }) => ({
          severity,
          code,
          message,
          ...(object === undefined ? {} : { object }),
        })),
      errors: errors.length,
      warnings: findings.filter(({ severity }) => severity === 'warning').length,
      affected: [...new Set(errors.flatMap(({ snapshots }) => snapshots))],
      ...(before === undefined ? {} : { present: before.snapshots.map(({ id }) => id) }),
      readBytes: done.readBytes,
      ...(done.oldestVerifiedAt === undefined ? {} : { oldestVerifiedAt: done.oldestVerifiedAt }),
    };
    const { snapshots, packs, blobs, readBytes, packsFrozen } = done;
    return {
      outcome,
      counts: { snapshots, packs, blobs, readBytes, packsFrozen, errors: errors.length },
      result: result as JsonValue,
    };
  },
};
