// The table of channel kinds: one lazy line per kind.

import { configurationIssues } from '../base/configuration-issues.ts';
import type { Context } from '../base/context.ts';
import { Failure, isFailure } from '../base/failure.ts';
import type { Channel, ChannelKind, ChannelLimits } from './channel.ts';
import { withManners } from './with/manners.ts';

export const channels = {
  email: () => import('./email.ts'),
  slack: () => import('./slack.ts'),
  teams: () => import('./teams.ts'),
  webhook: () => import('./webhook.ts'),
  syslog: () => import('./syslog.ts'),
  sns: () => import('./sns.ts'),
  command: () => import('./command.ts'),
  healthchecks: () => import('./healthchecks.ts'),
} as const;

/** Gives the value of a kind's secret field, or undefined where nobody has set it. */
export type SecretOf = (field: string) => Promise<string | undefined>;

/** A kind's name and its configuration, as a configuration file has it, secrets included. */
export interface ChannelConfig {
  readonly kind: string;
  readonly [field: string]: unknown;
}

type AnyKind = ChannelKind<ChannelLimits>;

/** Opens the channel that an argument names: a URL, or JSON. Secrets stand in neither; they are asked for. */
export async function openChannel(given: string, secretOf: SecretOf, context: Context): Promise<Channel> {
  return openConfiguredChannel(await configOf(given, secretOf), context);
}

/** What openChannel would say of a channel as it is written, asking nobody, and the secrets it would ask for; `named` are those it gets. */
export async function inspectChannel(given: string, named: ReadonlySet<string>): Promise<Inspected> {
  const taken: string[] = [];
  const secretOf: SecretOf = async (field) => {
    taken.push(field);
    if (!named.has(field)) return undefined;
    // Well formed for every kind.
    return field === 'url' ? 'https://localhost/' : `${'A'.repeat(43)}=`;
  };
  try {
    const { kind, ...fields } = await configOf(given, secretOf);
    readConfig(await kindNamed(kind), fields);
    return { taken };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { taken, failure: error };
  }
}

export interface Inspected {
  readonly taken: readonly string[];
  readonly failure?: Failure;
}

async function configOf(given: string, secretOf: SecretOf): Promise<ChannelConfig> {
  const isJson = given.trimStart().startsWith('{');
  const { kind: name, ...fields } = isJson ? readJson(given) : await readUrl(given);
  const kind = await kindNamed(name);
  for (const field of kind.secretFields as readonly string[]) {
    if (Object.hasOwn(fields, field)) throw secretInArgument(field);
    const secret = await secretOf(field);
    if (secret !== undefined) fields[field] = secret;
  }
  return { kind: name, ...fields };
}

/** As openChannel, from a configuration file. */
export async function openConfiguredChannel(given: ChannelConfig, context: Context): Promise<Channel> {
  const { kind: name, ...fields } = given;
  const kind = await kindNamed(name);
  const config = readConfig(kind, fields);
  const values = config as unknown as Readonly<Record<string, unknown>>;
  const secrets = (kind.secretFields as readonly string[])
    .map((field) => values[field])
    .filter((value): value is string => typeof value === 'string');
  const deadlineMs = config.timeoutSeconds * 1000;
  return withManners(await kind.open(config, context), { deadlineMs, secrets });
}

/** For who offers every kind: the fields of each, and which are secrets. */
export async function kindNamed(name: string): Promise<AnyKind> {
  if (!Object.hasOwn(channels, name)) {
    throw new Failure('usage', 'CHANNEL_UNKNOWN_KIND', `"${name}" is no kind of channel`, {
      hint: `Known kinds: ${Object.keys(channels).join(', ')}.`,
    });
  }
  return (await channels[name as keyof typeof channels]()).default as unknown as AnyKind;
}

async function readUrl(url: string): Promise<ChannelConfig & Record<string, unknown>> {
  const scheme = /^([a-z][a-z0-9+-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    throw new Failure('usage', 'CHANNEL_URL_INVALID', 'a channel is named by a URL or by JSON', {
      hint: 'See docs/guides/channels.md for the URL of each kind.',
    });
  }
  return { ...(await kindNamed(scheme)).fromUrl(url), kind: scheme };
}

function readJson(text: string): ChannelConfig & Record<string, unknown> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    found = undefined;
  }
  // Not shown, and no cause: a password may have been pasted into it.
  if (typeof found === 'object' && found !== null && 'kind' in found && typeof found.kind === 'string') {
    return { ...found, kind: found.kind };
  }
  throw new Failure('usage', 'CHANNEL_JSON_INVALID', 'the channel is no JSON object with a field "kind"', {
    hint: 'Write it like {"kind":"email","host":"smtp.example.org","from":"backup@example.org","to":["me@example.org"]}.',
  });
}

function secretInArgument(field: string): Failure {
  const name = field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return new Failure(
    'usage',
    'CHANNEL_SECRET_IN_ARGUMENT',
    `the field "${field}" is a secret and must not be an argument`,
    {
      hint: `Arguments are shown by "ps" and kept by shells. Give it by HOLDFAST_CHANNEL_${name}_FILE or HOLDFAST_CHANNEL_${name}_COMMAND, and change it if it was shown.`,
    },
  );
}

/** The message names fields, never their values: one may be a secret in the wrong place. */
function readConfig<Config extends ChannelLimits>(kind: ChannelKind<Config>, fields: unknown): Config {
  try {
    return kind.config.parse(fields);
  } catch (error) {
    const what = configurationIssues(error, kind.kind);
    if (what === undefined) throw error;
    throw new Failure(
      'usage',
      'CHANNEL_CONFIG_INVALID',
      `the channel cannot be opened as described: ${what}`,
      {
        hint: 'See docs/guides/channels.md for what each kind of channel takes.',
      },
    );
  }
}
