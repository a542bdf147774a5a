// What applying a configuration would change, compared with what holds now; and what would then be kept shorter, counted in the recovery points of
// the catalog.

import type { Context } from '../base/context.ts';
import { raiseAlert, resolveAlert } from '../catalog/alerts.ts';
import type { Catalog, Unit } from '../catalog/catalog.ts';
import { currentInput } from '../catalog/configurations.ts';
import { listPolicies, policyNamed } from '../catalog/policies.ts';
import { listRecoveryPoints } from '../catalog/recovery-points.ts';
import {
  type Configuration,
  type ConfigurationInput,
  configurationSchema,
} from '../model/configuration/configuration.ts';
import { type PolicyRules, policySchema } from '../model/configuration/policy.ts';
import { type Shortening, shorteningOf } from '../model/configuration/shortening.ts';
import { type Difference, differencesBetween } from '../model/configuration/values.ts';
import type { RetentionPoint } from '../model/retention.ts';
import type { ZoneOffset } from '../model/time.ts';

export interface Changes {
  readonly differences: readonly Difference[];
  readonly shortenings: readonly Shortening[];
}

/**
 * Without a catalog, everything is new. Policies that the API has made stay, and are no difference; unless `isWhole`: then the document names
 * all policies that there are to be.
 */
export async function changesBy(
  input: ConfigurationInput,
  catalog: Catalog | Unit | undefined,
  zoneOffset: ZoneOffset,
  context: Context,
  isWhole = false,
): Promise<Changes> {
  const before = await holding(catalog, context);
  const { node: _ofThisMachine, ...wanted } = input;
  const policies: ConfigurationInput['policies'] = { ...wanted.policies };
  for (const [name, rules] of Object.entries(before.input.policies ?? {})) {
    if (!isWhole && before.ofApi.has(name) && policies[name] === undefined) policies[name] = rules;
  }
  const after = configurationSchema.safeParse({ ...wanted, policies });
  // Where a policy of the API needs what would be gone, applying says so; here the file alone is compared.
  const young = after.success ? after.data : configurationSchema.parse(wanted);
  const shortenings: Shortening[] = [];
  for (const [name, rules] of Object.entries(young.policies)) {
    const old = before.configuration.policies[name];
    if (old === undefined || catalog === undefined) continue;
    // Most policies of most changes.
    const keeps = ({ retention, lock }: PolicyRules) => JSON.stringify([retention, lock]);
    if (keeps(old) === keeps(rules)) continue;
    const change = { before: old, after: rules };
    const clock = { now: context.clock.now(), zoneOffset };
    const first = shorteningOf(name, change, [], clock);
    if (first === undefined) continue;
    const there = await pointsOf(name, catalog, context);
    shortenings.push(shorteningOf(name, change, there, clock) ?? first);
  }
  return { differences: differencesBetween(before.configuration, young), shortenings };
}

async function holding(
  catalog: Catalog | Unit | undefined,
  context: Context,
): Promise<{ input: ConfigurationInput; configuration: Configuration; ofApi: ReadonlySet<string> }> {
  const input = catalog === undefined ? {} : await currentInput(catalog, context);
  const ofApi = new Set<string>();
  if (catalog !== undefined) {
    for (let after: string | undefined; ; ) {
      const wish = { limit: 500, ...(after === undefined ? {} : { after }) };
      const page = await listPolicies(catalog, wish, context);
      for (const { name, origin } of page.items) if (origin === 'api') ofApi.add(name);
      after = page.next;
      if (after === undefined) break;
    }
  }
  const parsed = configurationSchema.safeParse(input);
  if (parsed.success) return { input, configuration: parsed.data, ofApi };
  // What cannot be read any more is replaced as a whole; but each policy that can be read still tells what it kept.
  const policies = Object.entries(input.policies ?? {}).flatMap(([name, rules]) => {
    const read = policySchema.safeParse(rules);
    return read.success ? [[name, read.data] as const] : [];
  });
  const configuration = { ...configurationSchema.parse({}), policies: Object.fromEntries(policies) };
  return { input, configuration, ofApi };
}

async function pointsOf(
  policy: string,
  catalog: Catalog | Unit,
  context: Context,
): Promise<RetentionPoint[]> {
  const known = await policyNamed(catalog, policy, context);
  if (known === undefined) return [];
  const points: RetentionPoint[] = [];
  for (let after: string | undefined; ; ) {
    const wish = { policyId: known.id, limit: 500, ...(after === undefined ? {} : { after }) };
    const page = await listRecoveryPoints(catalog, wish, context);
    for (const { id, source, takenAt, hold, copies } of page.items) {
      const there = copies.filter(({ removedAt }) => removedAt === undefined);
      if (there.length === 0) continue;
      const lockedUntil = Math.max(0, ...there.map((copy) => copy.lockedUntil ?? 0));
      points.push({
        id,
        at: there[0]?.arrivedAt ?? takenAt,
        host: '',
        paths: [source],
        tags: [],
        held: hold !== undefined,
        lockedUntil,
      });
    }
    after = page.next;
    if (after === undefined) return points;
  }
}

/** As long as a file waits for somebody to say that less may be kept. */
const waitingAlert = 'configuration:shorter';

/** For who applies without anybody to ask: tells people that this waits for "config apply". */
export async function tellShortenings(
  path: string,
  shortenings: readonly Shortening[],
  catalog: Catalog,
  context: Context,
): Promise<void> {
  if (shortenings.length === 0) {
    await resolveAlert(catalog, waitingAlert, context);
    return;
  }
  const policies = shortenings.map(({ policy }) => policy).join(', ');
  const lost = shortenings.reduce((sum, one) => sum + one.lost, 0);
  const title = `The configuration "${path}" waits: it would keep less than before`;
  const facts = { path, policies, lost };
  await raiseAlert(catalog, { key: waitingAlert, severity: 'warning', title, facts }, context);
}
