// From the name that a person types to what the catalog holds, and back.

import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { listPolicies, type Policy, policyNamed } from '../../catalog/policies.ts';

export async function requirePolicy(catalog: Catalog, name: string, context: Context): Promise<Policy> {
  const policy = await policyNamed(catalog, name, context);
  if (policy !== undefined) return policy;
  const { items } = await listPolicies(catalog, { limit: 20 }, context);
  throw new Failure('missing', 'POLICY_UNKNOWN', `there is no policy "${name}"`, {
    hint:
      items.length === 0
        ? 'No policy is configured yet: write one into the configuration and start "holdfast up".'
        : `Policies: ${items.map((one) => one.name).join(', ')}.`,
  });
}

/** Of all policies, by id. */
export async function policyNames(catalog: Catalog, context: Context): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  let after: string | undefined;
  do {
    const page = await listPolicies(
      catalog,
      { limit: 500, ...(after === undefined ? {} : { after }) },
      context,
    );
    for (const { id, name } of page.items) names.set(id, name);
    after = page.next;
  } while (after !== undefined);
  return names;
}
