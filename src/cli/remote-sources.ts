// `holdfast backup --vault|--secrets-manager|--ssm|--kms-policies`: what is saved by asking a service instead of reading files.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import type { BackupRequest } from '../operations/backup.ts';
import { sourceKinds } from '../sources/all.ts';
import type { Source } from '../sources/source.ts';
import type { Invocation, OptionSpec } from './command.ts';

export interface RemoteSource {
  readonly opened: Source;
  readonly sourceSpec: BackupRequest['sourceSpec'];
  /** What the snapshot says that it is of. */
  readonly paths: readonly string[];
}

export const remoteOptions: readonly OptionSpec[] = [
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
