// The configuration as last applied. The file says what is wanted; what the control plane works with stands here, each revision with who
// applied it. Policies lie in their own table, so that the API can change one without the file.

import type { Context, Instant } from '../base/context.ts';
import { type Facts, Failure } from '../base/failure.ts';
import type { JsonValue } from '../base/jcs.ts';
import {
  type Configuration,
  type ConfigurationInput,
  configurationSchema,
} from '../model/configuration/configuration.ts';
import { type Trouble, troubleLine, troublesOf } from '../model/configuration/issues.ts';
import { type PolicyInput, policySchema } from '../model/configuration/policy.ts';
import { appendAudit } from './audit.ts';
import { type Access, type Catalog, read, storable, type Unit, unitOf, write } from './catalog.ts';
import { fileDigest } from './node-files.ts';
import { deletePolicy, noteChange, savePolicy } from './policies.ts';
import { toStored } from './stored-json.ts';

export interface Applying {
  readonly actor: string;
  readonly node: string;
  /** How the actor proved who it is; "local" when absent. */
  readonly method?: string;
  /** The document names all policies that there are to be, those of the API too; what it changes is of the API from then on. */
  readonly isWhole?: boolean;
  /** For the audit trail, besides what changed. */
  readonly facts?: Facts;
}

export interface Applied {
  /** From 1; another with each change that was applied. */
  readonly revision: number;
  readonly changed: boolean;
  readonly savedPolicies: readonly string[];
  readonly deletedPolicies: readonly string[];
}

/**
 * Makes it the configuration that holds: policies of the file are made, changed or deleted; those of the API stay. Without a difference
 * nothing happens, and nothing is audited. Fails with conflict/CONFIG_STILL_NEEDED where a policy of the API names what would be gone.
 */
export async function applyConfiguration(
  at: Catalog | Unit,
  input: ConfigurationInput,
  { actor, node, method = 'local', isWhole = false, facts: more }: Applying,
  context: Context,
): Promise<Applied> {
  const { policies = {}, node: _ofThisMachine, ...rest } = input;
  const text = toStored(rest);
  return write(
    at,
    async (access) => {
      const unit = unitOf(access);
      const stored = await storedPolicies(access);
      const unnamed = stored.filter(({ name }) => !Object.hasOwn(policies, name));
      const kept = unnamed.filter(({ origin }) => origin === 'api' && !isWhole);
      checkTogether(rest, policies, kept);
      const gone = unnamed.filter((one) => !kept.includes(one));
      const savedPolicies: string[] = [];
      for (const [name, rules] of Object.entries(policies).sort(byName)) {
        const wish = policyWish(name, rules);
        const known = stored.find((one) => one.name === name && one.origin === 'file');
        if (isWhole) {
          if (isSame(stored.find((one) => one.name === name)?.config, rules)) continue;
        } else if (known?.text === toStored(rules)) {
          // Paused by the API: it stays so until the file says something else about this policy.
          continue;
        }
        const { changed } = await savePolicy(unit, { ...wish, origin: isWhole ? 'api' : 'file' }, context);
        if (changed) savedPolicies.push(name);
      }
      const deletedPolicies = gone.map(({ name }) => name).sort();
      for (const name of deletedPolicies) await deletePolicy(unit, name, context);
      const last = await newest(access);
      const changed = last?.config !== text || savedPolicies.length > 0 || deletedPolicies.length > 0;
      // Also where a policy alone is another: who applied what was applied last is told by it.
      const revision = (last?.revision ?? 0) + (changed ? 1 : 0);
      if (changed) {
        await access.db
          .insertInto('configurations')
          .values({
            revision,
            config: text,
            applied_at: await access.now(),
            applied_by: storable(actor),
            node: storable(node),
          })
          .execute();
        await noteChange(access);
      }
      await access.db
        .updateTable('configuration_changes')
        .set({ applied_digest: fileDigest(input) })
        .where('id', '=', 1)
        .execute();
      if (changed) {
        const facts = {
          revision,
          saved: savedPolicies.join(' '),
          deleted: deletedPolicies.join(' '),
          ...more,
        };
        const act = {
          node,
          actor,
          method,
          action: 'configuration:apply',
          outcome: 'succeeded',
          facts,
        } as const;
        await appendAudit(unit, act, context);
      }
      return { revision, changed, savedPolicies, deletedPolicies };
    },
    context,
    'audit',
  );
}

/** As last applied, with the policies of the file and of the API; everything at its default where nothing was applied yet. */
export async function currentConfiguration(at: Catalog | Unit, context: Context): Promise<Configuration> {
  const input = await currentInput(at, context);
  const parsed = configurationSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Failure(
    'corrupt',
    'CONFIG_UNREADABLE',
    `the applied configuration cannot be read: ${troublesOf(input).map(troubleLine).slice(0, 3).join('; ')}`,
    { hint: 'Correct the configuration file, then run "holdfast config apply".' },
  );
}

/** As written, for comparing. */
export async function currentInput(at: Catalog | Unit, context: Context): Promise<ConfigurationInput> {
  return read(
    at,
    async (access) => {
      const last = await newest(access);
      const policies = (await storedPolicies(access)).map(({ name, config }) => [name, config]);
      return { ...(last && JSON.parse(last.config)), policies: Object.fromEntries(policies) };
    },
    context,
  );
}

/** Grows with every change of the configuration or of a policy: the same number means the same configuration. */
export async function configurationRevision(at: Catalog | Unit, context: Context): Promise<number> {
  return read(
    at,
    async ({ db }) =>
      (await db.selectFrom('configuration_changes').select('count').where('id', '=', 1).executeTakeFirst())
        ?.count ?? 0,
    context,
  );
}

export interface ConfigurationRevision {
  readonly revision: number;
  readonly appliedAt: Instant;
  readonly appliedBy: string;
  readonly node: string;
}

/** Undefined where nothing was applied yet. */
export async function lastApplied(
  at: Catalog | Unit,
  context: Context,
): Promise<ConfigurationRevision | undefined> {
  const row = await read(at, newest, context);
  if (row === undefined) return undefined;
  const { revision, applied_at: appliedAt, applied_by: appliedBy, node } = row;
  return { revision, appliedAt, appliedBy, node };
}

/** A policy as the API takes one: checked together with all that is configured. Fails with usage/CONFIG_INVALID. */
export async function checkPolicyInput(
  at: Catalog | Unit,
  name: string,
  rules: unknown,
  context: Context,
): Promise<{ readonly name: string; readonly config: JsonValue; readonly enabled: boolean }> {
  const { policies, ...rest } = await currentInput(at, context);
  const troubles = troublesOf({ ...rest, policies: { ...policies, [name]: rules } }).filter(
    ({ path }) => path[0] === 'policies' && path[1] === name,
  );
  if (troubles.length > 0) throw invalid(troubles);
  return policyWish(name, rules as PolicyInput);
}

/** Whatever of it was written, and whatever is a default. */
function isSame(before: unknown, after: unknown): boolean {
  const [was, is] = [policySchema.safeParse(before), policySchema.safeParse(after)];
  return was.success && is.success && JSON.stringify(was.data) === JSON.stringify(is.data);
}

function policyWish(name: string, rules: PolicyInput) {
  return {
    name,
    config: JSON.parse(toStored(rules)) as JsonValue,
    // Twice on purpose: a list of policies need not read their rules.
    enabled: rules.enabled ?? true,
  };
}

interface StoredPolicy {
  readonly name: string;
  readonly origin: string;
  /** As saved. */
  readonly text: string;
  readonly config: JsonValue;
}

async function storedPolicies({ db }: Access): Promise<StoredPolicy[]> {
  const rows = await db
    .selectFrom('policies')
    .select(['name', 'origin', 'config', 'enabled'])
    .where('deleted_at', 'is', null)
    .orderBy('name')
    .execute();
  return rows.map(({ name, origin, config, enabled }) => ({
    name,
    origin,
    text: config,
    // The column decides: the API pauses a policy by it.
    config: { ...JSON.parse(config), enabled: enabled === 1 },
  }));
}

function newest({ db }: Access) {
  return db.selectFrom('configurations').selectAll().orderBy('revision', 'desc').limit(1).executeTakeFirst();
}

/** The file alone was checked before; here, what it does to policies that it does not name. */
function checkTogether(
  rest: ConfigurationInput,
  policies: Readonly<Record<string, PolicyInput>>,
  kept: readonly StoredPolicy[],
): void {
  const others = Object.fromEntries(kept.map(({ name, config }) => [name, config]));
  const troubles = troublesOf({ ...rest, policies: { ...others, ...policies } });
  if (troubles.length === 0) return;
  const isOfApi = troubles.every(({ path }) => path[0] === 'policies' && String(path[1]) in others);
  if (!isOfApi) throw invalid(troubles);
  const lines = troubles.map(troubleLine).join('; ');
  throw new Failure(
    'conflict',
    'CONFIG_STILL_NEEDED',
    `policies made by the API need what would be gone: ${lines}`,
    {
      hint: 'Change or delete these policies first, or leave in the file what they name.',
    },
  );
}

function invalid(troubles: readonly Trouble[]): Failure {
  return new Failure('usage', 'CONFIG_INVALID', troubles.map(troubleLine).join('; '), {
    facts: { mistakes: troubles.length },
  });
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
