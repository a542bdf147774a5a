// All operations of the API by their name. The server makes its routes from this table alone: what is not here cannot be reached.

import { account } from './contract/account.ts';
import { alerts } from './contract/alerts.ts';
import { audit } from './contract/audit.ts';
import { brake } from './contract/brake.ts';
import { configuration } from './contract/configuration.ts';
import { live } from './contract/live.ts';
import { places } from './contract/places.ts';
import { policies } from './contract/policies.ts';
import { recoveryPoints } from './contract/recovery-points.ts';
import { runs } from './contract/runs.ts';
import { status } from './contract/status.ts';
import { users } from './contract/users.ts';
import { watching } from './contract/watching.ts';

export const contract = {
  ...status,
  ...policies,
  ...runs,
  ...recoveryPoints,
  ...places,
  ...configuration,
  ...alerts,
  ...brake,
  ...watching,
  ...audit,
  ...live,
  ...account,
  ...users,
};

export type Contract = typeof contract;
export type OperationName = keyof Contract;
