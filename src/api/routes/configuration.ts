// The configuration over the API. Whoever may write `command:`, `file:` or the address that gets a secret decides what runs and what is read on
// the machine: all that can hold such a thing stays as it is, to the letter.

import type { z } from 'zod';
import type { Context } from '../../base/context.ts';
import { Failure } from '../../base/failure.ts';
import type { Catalog, Unit } from '../../catalog/catalog.ts';
import {
  applyConfiguration,
  configurationRevision,
  currentConfiguration,
  currentInput,
  lastApplied,
} from '../../catalog/configurations.ts';
import { type Changes, changesBy } from '../../control/configuration-changes.ts';
import { can, type Principal } from '../../identity/access.ts';
import {
  type Configuration,
  type ConfigurationInput,
  configurationSchema,
} from '../../model/configuration/configuration.ts';
import { pathText, type Trouble, troubleLine, troublesOf } from '../../model/configuration/issues.ts';
import { configurationJsonSchema } from '../../model/configuration/json-schema.ts';
import { valuesOf } from '../../model/configuration/values.ts';
import { utc } from '../../model/time.ts';
import type { configuration } from '../contract/configuration.ts';
import type { HandlersOf } from '../handler.ts';
import { requireNoNewSecrets } from '../secret-sources.ts';
import { iso, present } from '../shown.ts';

/** What names no place, no folder and no program of the machine; policies are looked at one by one. */
const changeable: ReadonlySet<string> = new Set([
  'version',
  'language',
  'zone',
  'policies',
  'workers',
  'health',
  'anomalies',
  'alerts',
  'maintenance',
]);

export const configurationHandlers: HandlersOf<typeof configuration> = {
  async getConfiguration({ tools: { catalog } }, context) {
    const revision = await configurationRevision(catalog, context);
    const applied = await lastApplied(catalog, context);
    const input = await currentInput(catalog, context);
    const values = valuesOf(await currentConfiguration(catalog, context));
    return {
      answer: present({
        revision,
        appliedAt: applied === undefined ? undefined : iso(applied.appliedAt),
        appliedBy: applied?.appliedBy,
        node: applied?.node,
        configuration: documentOf(input),
        values: values.map(({ path, text }) => ({ path: pathText(path), value: text })),
      }),
      ...(revision === 0 ? {} : { etag: `"${revision}"` }),
    };
  },

  async getConfigurationSchema() {
    return { answer: documentOf(configurationJsonSchema()) };
  },

  async compareConfiguration({ body: { configuration: given } }, unit, context) {
    const mistakes = troublesOf(given).map(({ path, message }) => ({ path: pathText(path), message }));
    if (mistakes.length > 0) {
      return { answer: { mistakes, differences: [], shortenings: [], onlyThere: [] } };
    }
    const input = given as ConfigurationInput;
    const { differences, shortenings } = await changesBy(input, unit, utc, context, true);
    const onlyThere = await changedOnlyThere(input, unit, context);
    const told = differences.map(({ path, ...rest }) => ({ path: pathText(path), ...rest }));
    return { answer: { mistakes, differences: told, shortenings: [...shortenings], onlyThere } };
  },

  async applyConfiguration({ body, revision, principal, secondPerson, tools: { node } }, unit, context) {
    const { configuration: given, keepLess } = body;
    if (revision === undefined) throw conditionNeeded();
    if (revision !== (await configurationRevision(unit, context))) throw changedSince();
    const troubles = troublesOf(given);
    if (troubles.length > 0) throw invalid(troubles);
    const input = given as ConfigurationInput;
    await requireChangeable(input, unit, context);
    const changes = await changesBy(input, unit, utc, context, true);
    requireRights(changes, principal);
    const { shortenings } = changes;
    if (shortenings.length > 0) {
      if (!keepLess) throw keepsLess(shortenings);
      const locksLess = shortenings.some((one) => one.locksLess);
      // The next retention does what pruning would do, so it asks for as much.
      const needs = locksLess ? 'repository:shorten-lock' : 'repository:prune';
      if (!(can(principal, needs) && principal.isFresh)) throw shortened(locksLess);
      await secondPerson(needs, unit, context);
    }
    const { actor, method } = principal;
    const by = { actor, method, node, isWhole: true, facts: { keepsLess: shortenings.length > 0 } };
    const applied = await applyConfiguration(unit, input, by, context);
    const { changed, savedPolicies, deletedPolicies } = applied;
    const now = await configurationRevision(unit, context);
    return {
      answer: {
        revision: now,
        changed,
        savedPolicies: [...savedPolicies],
        deletedPolicies: [...deletedPolicies],
      },
      ...(now === 0 ? {} : { etag: `"${now}"` }),
      facts: { revision: now, changed },
      isAudited: changed,
    };
  },
};

type Document = z.input<typeof configuration.getConfiguration.answer>['configuration'];

/** As JSON, as it is kept. */
function documentOf(value: object): Document {
  return JSON.parse(JSON.stringify(value));
}

/** Fails with denied/CONFIG_ONLY_THERE, and with denied/SOURCE_NEEDS_SECRET. */
async function requireChangeable(input: ConfigurationInput, unit: Unit, context: Context): Promise<void> {
  const [first] = await changedOnlyThere(input, unit, context);
  if (first !== undefined) {
    throw new Failure('denied', 'CONFIG_ONLY_THERE', `"${first}" is changed on the machine itself alone`, {
      facts: { path: first },
      hint: 'Change it in the configuration file there, then run "holdfast config apply".',
    });
  }
  const before = await currentConfiguration(unit, context);
  const after = configurationSchema.parse(input);
  for (const [name, { sources }] of Object.entries(after.policies)) {
    const known = Object.hasOwn(before.policies, name) ? before.policies[name] : undefined;
    requireNoNewSecrets(known?.sources ?? [], sources, name);
  }
}

/** By section, and by name where a section has names. */
async function changedOnlyThere(
  input: ConfigurationInput,
  at: Catalog | Unit,
  context: Context,
): Promise<string[]> {
  const before = await currentConfiguration(at, context);
  const after = configurationSchema.parse(input);
  const changed: string[] = [];
  const sections = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Configuration>;
  for (const section of sections) {
    if (changeable.has(section)) continue;
    if (section !== 'repositories' && section !== 'channels') {
      if (!isSame(before[section], after[section])) changed.push(section);
      continue;
    }
    const [old, young]: Readonly<Record<string, unknown>>[] = [before[section], after[section]];
    const names = new Set([...Object.keys(old!), ...Object.keys(young!)]);
    for (const name of names) if (!isSame(old![name], young![name])) changed.push(`${section}.${name}`);
  }
  return changed;
}

/** Both come from the same schema, which puts members into one order, but for those that have names. */
function isSame(before: unknown, after: unknown): boolean {
  return JSON.stringify(sorted(before)) === JSON.stringify(sorted(after));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).filter(([, one]) => one !== undefined);
  return members.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([key, one]) => [key, sorted(one)]);
}

/** A token that may change the configuration was perhaps not made for changing policies. */
function requireRights({ differences }: Changes, principal: Principal): void {
  for (const { path, after } of differences) {
    if (path[0] !== 'policies') continue;
    const needs = path.length === 2 && after === undefined ? 'policy:delete' : 'policy:write';
    if (can(principal, needs)) continue;
    throw new Failure('denied', 'FORBIDDEN', `"${principal.actor}" may not do "${needs}" here`, {
      facts: { permission: needs },
      hint: 'Ask an administrator for the role or a grant.',
    });
  }
}

function invalid(troubles: readonly Trouble[]): Failure {
  return new Failure('usage', 'CONFIG_INVALID', troubles.slice(0, 20).map(troubleLine).join('; '), {
    facts: { mistakes: troubles.length },
  });
}

function conditionNeeded(): Failure {
  return new Failure('usage', 'CONDITION_NEEDED', 'the request does not say what it replaces', {
    hint: 'Look at the configuration, and send its ETag back as If-Match.',
  });
}

function changedSince(): Failure {
  return new Failure('conflict', 'PRECONDITION_FAILED', 'the configuration has another revision by now', {
    hint: 'Look at it again, then repeat the change with its new ETag.',
  });
}

function keepsLess(shortenings: Changes['shortenings']): Failure {
  const policies = shortenings.map(({ policy }) => `"${policy}"`).join(', ');
  const lost = shortenings.reduce((sum, one) => sum + one.lost, 0);
  const message = `the change keeps less than before: ${policies}`;
  return new Failure('conflict', 'CONFIG_SHORTENS_RETENTION', message, {
    facts: { policies, lost },
    hint: 'If that is wanted, say so with "keepLess": true. Nothing was applied.',
  });
}

function shortened(locksLess: boolean): Failure {
  return locksLess
    ? new Failure('denied', 'LOCK_SHORTENED', 'a lock would become shorter', {
        hint: 'Only an administrator shortens a lock, with a fresh proof of who they are.',
      })
    : new Failure('denied', 'RETENTION_SHORTENED', 'less would be kept than before', {
        hint: 'Only an administrator lets less be kept, with a fresh proof of who they are.',
      });
}
