// People name policies; grants hold their ids, so that a later policy of the same name is not meant.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { type Policy, policyNamed } from '../catalog/policies.ts';

/** Fails with missing/POLICY_UNKNOWN. */
export async function requirePolicy(catalog: Catalog, name: string, context: Context): Promise<Policy> {
  const policy = await policyNamed(catalog, name, context);
  if (policy !== undefined) return policy;
  throw new Failure('missing', 'POLICY_UNKNOWN', `there is no policy "${name}"`, {
    hint: 'Look at the list of policies; "holdfast config apply" makes them.',
  });
}
