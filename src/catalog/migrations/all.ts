// All steps in their order. A new one gets the next number and a line at the end.

import { migration as clockAndFences } from './0001-clock-and-fences.ts';
import { migration as policiesAndRuns } from './0002-policies-and-runs.ts';
import { migration as recoveryPoints } from './0003-recovery-points.ts';
import { migration as alertsAndUsers } from './0004-alerts-and-users.ts';
import { migration as audit } from './0005-audit.ts';
import { migration as leasesAndTasks } from './0006-leases-and-tasks.ts';
import { migration as maintenance } from './0007-maintenance.ts';
import { migration as configurations } from './0008-configurations.ts';
import { migration as plans } from './0009-plans.ts';
import { migration as healthAndBrake } from './0010-health-and-brake.ts';
import { migration as deliveries } from './0011-deliveries.ts';
import { migration as identity } from './0012-identity.ts';
import { migration as auditWitnesses } from './0013-audit-witnesses.ts';
import { migration as requests } from './0014-requests.ts';
import { migration as leaving } from './0015-leaving.ts';
import { migration as cancellations } from './0016-cancellations.ts';
import { migration as nodeFiles } from './0017-node-files.ts';
import { migration as rightsSince } from './0018-rights-since.ts';
import type { Migration } from './migration.ts';

export const migrations: readonly Migration[] = [
  clockAndFences,
  policiesAndRuns,
  recoveryPoints,
  alertsAndUsers,
  audit,
  leasesAndTasks,
  maintenance,
  configurations,
  plans,
  healthAndBrake,
  deliveries,
  identity,
  auditWitnesses,
  requests,
  leaving,
  cancellations,
  nodeFiles,
  rightsSince,
];
