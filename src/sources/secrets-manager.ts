// AWS Secrets Manager as a source: every secret with all its versions, and what is said of it. "prod/db" of eu-central-1 becomes
// /secrets-manager/eu-central-1/prod/db~secret.json and, for each version, prod/db~VERSION.json and prod/db~VERSION.value.

import type {
  DescribeSecretCommandOutput,
  SecretListEntry,
  SecretsManagerClient,
  SecretVersionsListEntry,
} from '@aws-sdk/client-secrets-manager';
import { z } from 'zod/mini';
import { mapAhead } from '../base/ahead.ts';
import type { Context } from '../base/context.ts';
import {
  allPages,
  askEntry,
  askedAtOnce,
  awsFailure,
  clientOptions,
  collect,
  onlyByTls,
  regionOf,
} from './aws/client.ts';
import { entryPath } from './aws/entry-name.ts';
import { Gathering, gatheredSource, gatheredTree } from './gathered.ts';
import type { SourceKind } from './source.ts';

const service = 'Secrets Manager';

const config = z.object({
  region: z.string(),
  /** Secret: the gathered values. */
  tree: gatheredTree,
});
export type SecretsManagerConfig = z.infer<typeof config>;

export interface SecretsManagerRequest {
  /** That of the environment or profile when absent. */
  readonly region?: string;
  /** Only names that begin so. */
  readonly prefix?: string;
}

const secretsManager: SourceKind<SecretsManagerConfig> = {
  name: 'secrets-manager',
  title: service,
  config: { parse: (input) => config.parse(input) },
  open: ({ region, tree }) => gatheredSource({ location: secretsManagerPath({ region }), tree }),
};
export default secretsManager;

export function secretsManagerPath({ region = '' }: SecretsManagerRequest): string {
  return `/secrets-manager/${region}`;
}

/** Asks for everything. What may not be read becomes an entry with a problem. */
export async function gatherSecrets(
  request: SecretsManagerRequest,
  context: Context,
): Promise<SecretsManagerConfig> {
  const { ListSecretsCommand, SecretsManagerClient: Client } = await import(
    '@aws-sdk/client-secrets-manager'
  );
  const client = new Client(clientOptions(request.region));
  onlyByTls(client, service);
  try {
    const region = await regionOf(client);
    const gathering = new Gathering();
    const { prefix } = request;
    const listed = allPages(
      service,
      (token) =>
        client.send(
          new ListSecretsCommand({
            IncludePlannedDeletion: true,
            MaxResults: 100,
            ...(prefix === undefined ? {} : { Filters: [{ Key: 'name', Values: [prefix] }] }),
            ...(token === undefined ? {} : { NextToken: token }),
          }),
          { abortSignal: context.signal },
        ),
      (answer) => ({ items: answer.SecretList, next: answer.NextToken }),
    );
    const asking = { client, gathering, root: secretsManagerPath({ region }), context };
    const done = mapAhead(wanted(listed, prefix), askedAtOnce, (secret) => gatherOne(secret, asking));
    await collect(done);
    return { region, tree: gathering.end(context.clock.now()) };
  } catch (error) {
    throw awsFailure(error, service);
  } finally {
    client.destroy();
  }
}

/** The filter of the service ignores case; names do not. */
async function* wanted(listed: AsyncIterable<SecretListEntry>, prefix = ''): AsyncGenerator<SecretListEntry> {
  const names = new Set<string>();
  for await (const secret of listed) {
    const { Name = '' } = secret;
    // Pages may shift while they are asked for.
    if (!Name.startsWith(prefix) || names.has(Name)) continue;
    names.add(Name);
    yield secret;
  }
}

interface Asking {
  readonly client: SecretsManagerClient;
  readonly gathering: Gathering;
  readonly root: string;
  readonly context: Context;
}

async function gatherOne({ Name = '', ARN = Name }: SecretListEntry, asking: Asking): Promise<void> {
  const { client, gathering, context } = asking;
  const { DescribeSecretCommand, GetResourcePolicyCommand, ListSecretVersionIdsCommand } = await import(
    '@aws-sdk/client-secrets-manager'
  );
  const path = `${asking.root}/${entryPath(Name)}`;
  const options = { abortSignal: context.signal };
  const described = await askEntry(service, () =>
    client.send(new DescribeSecretCommand({ SecretId: ARN }), options),
  );
  if ('problem' in described) {
    gathering.addProblem(`${path}~secret.json`, described.problem);
  } else {
    // A policy that may not be read is no part of the secret's value, but it shall not be missed either.
    const policy = await askEntry(service, () =>
      client.send(new GetResourcePolicyCommand({ SecretId: ARN }), options),
    );
    if ('problem' in policy) gathering.addProblem(`${path}~policy.json`, policy.problem);
    else if (policy.answer.ResourcePolicy !== undefined) {
      gathering.addText(`${path}~policy.json`, policy.answer.ResourcePolicy, 0);
    }
    const changed = described.answer.LastChangedDate ?? described.answer.CreatedDate;
    gathering.addJson(`${path}~secret.json`, withoutUse(described.answer), changed?.getTime() ?? 0);
  }
  const versions = await askEntry(service, () =>
    collect(
      allPages(
        service,
        (token) =>
          client.send(
            new ListSecretVersionIdsCommand({
              SecretId: ARN,
              IncludeDeprecated: true,
              MaxResults: 100,
              ...(token === undefined ? {} : { NextToken: token }),
            }),
            options,
          ),
        (answer) => ({ items: answer.Versions, next: answer.NextToken }),
        { keepsRefusals: true },
      ),
    ),
  );
  if ('problem' in versions) {
    gathering.addProblem(`${path}~versions`, versions.problem);
    return;
  }
  for (const version of versions.answer) await gatherVersion(ARN, path, version, asking);
}

async function gatherVersion(
  secretId: string,
  path: string,
  version: SecretVersionsListEntry,
  { client, gathering, context }: Asking,
): Promise<void> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const { VersionId: id = '', VersionStages, CreatedDate, KmsKeyIds } = version;
  const created = CreatedDate?.getTime() ?? 0;
  const named = `${path}~${id}`;
  const value = await askEntry(service, () =>
    client.send(new GetSecretValueCommand({ SecretId: secretId, VersionId: id }), {
      abortSignal: context.signal,
    }),
  );
  const known = { VersionId: id, VersionStages: VersionStages ?? [], CreatedDate, KmsKeyIds };
  if ('problem' in value) {
    gathering.addJson(`${named}.json`, known, created);
    gathering.addProblem(`${named}.value`, value.problem);
    return;
  }
  const { SecretBinary, SecretString } = value.answer;
  gathering.addJson(
    `${named}.json`,
    { ...known, Type: SecretBinary === undefined ? 'SecretString' : 'SecretBinary' },
    created,
  );
  if (SecretBinary !== undefined) gathering.add(`${named}.value`, SecretBinary, created);
  else gathering.addText(`${named}.value`, SecretString ?? '', created);
}

/** When it was last read changes by our own reading. */
function withoutUse(answer: DescribeSecretCommandOutput): Readonly<Record<string, unknown>> {
  const { $metadata: _metadata, LastAccessedDate: _accessed, ...kept } = answer;
  return kept;
}
