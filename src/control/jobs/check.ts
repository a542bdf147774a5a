// The job of a check: lists and trees whole, and of the stored bytes the share that was read longest ago.

import type { JsonValue } from '../../base/jcs.ts';
import { check, isError } from '../../operations/check.ts';
import type { JobKind } from '../job.ts';
import { type CheckOrder, type CheckResult, checkOrder } from './orders.ts';

const findingsMax = 100;

export const job: JobKind<CheckOrder> = {
  order: checkOrder,
  async run({ repository: { rules }, share }, tools, context) {
    await using repository = await tools.openers.repository(rules, 'read', context);
    const subset = share === undefined ? {} : { readDataSubset: share };
    const { findings, outcome, ...done } = await check({ level: 3, ...subset }, repository, context);
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
