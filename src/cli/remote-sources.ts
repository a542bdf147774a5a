// `holdfast backup --vault|--secrets-manager|--ssm|--kms-policies`: what is saved by asking a service instead of reading files.

import { readFileSync } from 'node:fs';
import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { BackupRequest } from '../operations/backup.ts';
import { sourceKinds } from '../sources/all.ts';
import type { Source } from '../sources/source.ts';
import type { VaultRequest } from '../sources/vault.ts';
import type { Invocation, OptionSpec } from './command.ts';
import { firstLine, readPasswordFile, runPasswordCommand } from './secrets.ts';

export interface RemoteSource {
  readonly opened: Source;
  readonly sourceSpec: BackupRequest['sourceSpec'];
  /** What the snapshot says that it is of. */
  readonly paths: readonly string[];
  /** Ends what was begun with the service. */
  leave?(): Promise<void>;
}

/** How to get at a Vault, for whoever talks to one. */
export const vaultOptions: readonly OptionSpec[] = [
  { flags: '--vault <address>' },
  { flags: '--vault-ca <file>' },
  { flags: '--vault-namespace <name>' },
  { flags: '--vault-role-id <id>' },
  { flags: '--vault-role-mount <path>' },
];

export const remoteOptions: readonly OptionSpec[] = [
  ...vaultOptions,
  { flags: '--secrets-manager <region>' },
  { flags: '--prefix <prefix>', text: 'option.secretsPrefix' },
  { flags: '--ssm <path>' },
  { flags: '--kms-policies' },
  { flags: '--aws-region <region>' },
];

type Gather = (context: Context) => Promise<RemoteSource>;

/** The one that the options name; undefined where files are meant. */
export function remoteSource(invocation: Invocation): Gather | undefined {
  const { options } = invocation;
  const secretsRegion = options.text('secretsManager');
  const parameters = options.text('ssm');
  const region = options.text('awsRegion');
  const prefix = options.text('prefix');
  const regional = region === undefined ? {} : { region };
  const ways: Gather[] = [];
  const address = options.text('vault');
  if (address !== undefined) ways.push((context) => openVault(address, invocation, context));
  else if (
    ['vaultCa', 'vaultNamespace', 'vaultRoleId', 'vaultRoleMount'].some((name) => options.text(name))
  ) {
    throw mixed('no "--vault" was given');
  }
  if (secretsRegion !== undefined) {
    const request = { region: secretsRegion, ...(prefix === undefined ? {} : { prefix }) };
    ways.push((context) => openSecretsManager(request, context));
  } else if (prefix !== undefined) {
    throw mixed('"--prefix" goes with "--secrets-manager" alone');
  }
  if (parameters !== undefined) {
    if (!parameters.startsWith('/'))
      throw mixed(`the path of parameters "${parameters}" begins with no slash`);
    ways.push((context) => openSsm({ ...regional, path: parameters }, context));
  }
  if (options.flag('kmsPolicies')) ways.push((context) => openKmsPolicies(regional, context));
  const [way] = ways;
  if (way === undefined) return undefined;
  const others = ['stdin', 'keys'].some((name) => options.flag(name));
  const lists = ['filesFrom', 'filesFromNull', 'exclude', 'excludeFile'];
  if (ways.length > 1 || others || invocation.arguments.length > 0) {
    throw mixed('one backup has one source');
  }
  if (lists.some((name) => options.list(name).length > 0)) {
    throw mixed('rules for files say nothing about a service');
  }
  return way;
}

function mixed(message: string): Failure {
  return new Failure('usage', 'SOURCES_MIXED', message);
}

async function openSecretsManager(
  request: { readonly region: string; readonly prefix?: string },
  context: Context,
): Promise<RemoteSource> {
  const { default: kind, gatherSecrets, secretsManagerPath } = await sourceKinds['secrets-manager']();
  const config = await gatherSecrets(request, context);
  return {
    opened: kind.open(config, context),
    sourceSpec: { kind: 'secrets-manager', config },
    paths: [secretsManagerPath(config)],
  };
}

async function openSsm(
  request: { readonly region?: string; readonly path: string },
  context: Context,
): Promise<RemoteSource> {
  const { default: kind, gatherParameters, ssmPath } = await sourceKinds.ssm();
  const config = await gatherParameters(request, context);
  return {
    opened: kind.open(config, context),
    sourceSpec: { kind: 'ssm', config },
    paths: [ssmPath(config.region, config.path)],
  };
}

async function openKmsPolicies(
  request: { readonly region?: string },
  context: Context,
): Promise<RemoteSource> {
  const { default: kind, gatherKmsPolicies, kmsPath } = await sourceKinds['kms-policies']();
  const config = await gatherKmsPolicies(request, context);
  return {
    opened: kind.open(config, context),
    sourceSpec: { kind: 'kms-policies', config },
    paths: [kmsPath(config.region)],
  };
}

async function openVault(address: string, invocation: Invocation, context: Context): Promise<RemoteSource> {
  const { default: kind, visitVault } = await sourceKinds.vault();
  const { config, leave } = await visitVault(await vaultRequest(address, invocation), context);
  const { connection, ...forWorkers } = config;
  return {
    opened: kind.open(config, context),
    sourceSpec: { kind: 'vault', config: forWorkers },
    paths: [config.folder],
    leave,
  };
}

/** Where Vault is and how it lets us in, from options and, for what is secret, from what the environment names. */
export async function vaultRequest(address: string, invocation: Invocation): Promise<VaultRequest> {
  const { options } = invocation;
  const namespace = options.text('vaultNamespace');
  const ca = options.text('vaultCa');
  const roleId = options.text('vaultRoleId');
  const place = {
    address,
    ...(namespace === undefined ? {} : { namespace }),
    ...(ca === undefined ? {} : { ca: readCertificate(ca) }),
  };
  if (roleId !== undefined) {
    const secretId = await vaultSecret('SECRET_ID', invocation);
    const mount = options.text('vaultRoleMount') ?? 'approle';
    return { ...place, access: { appRole: { roleId, secretId, mount } } };
  }
  return { ...place, access: { token: await vaultSecret('TOKEN', invocation) } };
}

async function vaultSecret(name: 'TOKEN' | 'SECRET_ID', invocation: Invocation): Promise<string> {
  const variable = `HOLDFAST_VAULT_${name}`;
  const { environment } = invocation.ambient;
  const file = environment[`${variable}_FILE`];
  const command = environment[`${variable}_COMMAND`];
  if (!file && !command) {
    throw new Failure('denied', 'VAULT_SECRET_MISSING', `nothing says where "${variable}" is to be found`);
  }
  const bytes = file
    ? readPasswordFile(file, invocation)
    : await runPasswordCommand(command ?? '', invocation);
  const text = firstLine(bytes).toString('utf8').trim();
  bytes.fill(0);
  // It goes into a header of HTTP: what is none there must not come back in an error.
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new Failure('usage', 'VAULT_SECRET_INVALID', `what "${variable}" leads to is none`);
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('missing', 'VAULT_CA_UNREADABLE', `the certificate "${path}" cannot be read`, {
      facts: { path },
      cause,
    });
  }
}
