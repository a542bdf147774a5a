// Parameters of AWS Systems Manager as a source: all below a path, decrypted, each with its type, tags and what is said of it. "/prod/db"
// of eu-central-1 becomes /ssm/eu-central-1/prod/db~parameter.json and prod/db~value.

import type { Parameter, ParameterMetadata, SSMClient } from '@aws-sdk/client-ssm';
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
  type EntryProblem,
  onlyByTls,
  regionOf,
} from './aws/client.ts';
import { entryPath } from './aws/entry-name.ts';
import { Gathering, gatheredSource, gatheredTree } from './gathered.ts';
import type { SourceKind } from './source.ts';

const service = 'SSM Parameter Store';
/** What the service takes in one question. */
const namesPerCall = 10;

const config = z.object({
  region: z.string(),
  /** The topmost path: "/" is all there is. */
  path: z.string(),
  /** Secret: the gathered values. */
  tree: gatheredTree,
});
export type SsmConfig = z.infer<typeof config>;

export interface SsmRequest {
  readonly region?: string;
  readonly path: string;
}

const ssm: SourceKind<SsmConfig> = {
  name: 'ssm',
  title: service,
  config: { parse: (input) => config.parse(input) },
  open: ({ region, path, tree }) => gatheredSource({ location: ssmPath(region, path), tree }),
};
export default ssm;

export function ssmPath(region: string, path: string): string {
  const below = path.replace(/^\/|\/$/g, '');
  return below === '' ? `/ssm/${region}` : `/ssm/${region}/${entryPath(below)}`;
}

/** Asks for everything. What may not be read becomes an entry with a problem. */
export async function gatherParameters(request: SsmRequest, context: Context): Promise<SsmConfig> {
  const { DescribeParametersCommand, SSMClient: Client } = await import('@aws-sdk/client-ssm');
  const client = new Client(clientOptions(request.region));
  onlyByTls(client, service);
  try {
    const region = await regionOf(client);
    const gathering = new Gathering();
    const path = request.path === '/' ? '/' : request.path.replace(/\/$/, '');
    const listed = allPages(
      service,
      (token) =>
        client.send(
          new DescribeParametersCommand({
            MaxResults: 50,
            // Names without any slash lie below no path.
            ...(path === '/'
              ? {}
              : { ParameterFilters: [{ Key: 'Path', Option: 'Recursive', Values: [path] }] }),
            ...(token === undefined ? {} : { NextToken: token }),
          }),
          { abortSignal: context.signal },
        ),
      (answer) => ({ items: answer.Parameters, next: answer.NextToken }),
    );
    const asking = { client, gathering, root: ssmPath(region, '/'), context };
    const done = mapAhead(batches(listed), askedAtOnce, (batch) => gatherBatch(batch, asking));
    await collect(done);
    return { region, path, tree: gathering.end(context.clock.now()) };
  } catch (error) {
    throw awsFailure(error, service);
  } finally {
    client.destroy();
  }
}

async function* batches(listed: AsyncIterable<ParameterMetadata>): AsyncGenerator<ParameterMetadata[]> {
  const names = new Set<string>();
  let batch: ParameterMetadata[] = [];
  for await (const parameter of listed) {
    const { Name = '' } = parameter;
    if (names.has(Name)) continue;
    names.add(Name);
    batch.push(parameter);
    if (batch.length < namesPerCall) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

interface Asking {
  readonly client: SSMClient;
  readonly gathering: Gathering;
  readonly root: string;
  readonly context: Context;
}

async function gatherBatch(batch: readonly ParameterMetadata[], asking: Asking): Promise<void> {
  const { gathering, root } = asking;
  const values = await valuesOf(
    batch.map(({ Name = '' }) => Name),
    asking,
  );
  for (const metadata of batch) {
    const { Name = '', LastModifiedDate } = metadata;
    const path = `${root}/${entryPath(Name)}`;
    const modified = LastModifiedDate?.getTime() ?? 0;
    const tags = await tagsOf(Name, asking);
    const value = values.get(Name) ?? vanished;
    const told = 'problem' in tags ? {} : { Tags: tags.answer };
    if ('problem' in tags) gathering.addProblem(`${path}~tags.json`, tags.problem);
    gathering.addJson(`${path}~parameter.json`, { ...metadata, ...told }, modified);
    if ('problem' in value) gathering.addProblem(`${path}~value`, value.problem);
    else gathering.addText(`${path}~value`, value.answer, modified);
  }
}

type Value = { readonly answer: string } | { readonly problem: EntryProblem };
const vanished: Value = {
  problem: { code: 'SECRET_VANISHED', message: 'it vanished while it was saved' },
};

/** One question for all; where one of them is refused the service refuses all, and each is asked for by itself. */
async function valuesOf(
  names: readonly string[],
  { client, context }: Asking,
): Promise<ReadonlyMap<string, Value>> {
  const { GetParametersCommand } = await import('@aws-sdk/client-ssm');
  const ask = (some: readonly string[]) =>
    askEntry(service, () =>
      client.send(new GetParametersCommand({ Names: [...some], WithDecryption: true }), {
        abortSignal: context.signal,
      }),
    );
  const values = new Map<string, Value>();
  const take = (parameters: readonly Parameter[] | undefined) => {
    for (const { Name, Value } of parameters ?? []) {
      if (Name !== undefined && Value !== undefined) values.set(Name, { answer: Value });
    }
  };
  const all = await ask(names);
  if ('answer' in all) {
    take(all.answer.Parameters);
    return values;
  }
  for (const name of names) {
    const one = await ask([name]);
    if ('problem' in one) values.set(name, one);
    else take(one.answer.Parameters);
  }
  return values;
}

async function tagsOf(name: string, { client, context }: Asking) {
  const { ListTagsForResourceCommand } = await import('@aws-sdk/client-ssm');
  const asked = await askEntry(service, () =>
    client.send(new ListTagsForResourceCommand({ ResourceType: 'Parameter', ResourceId: name }), {
      abortSignal: context.signal,
    }),
  );
  return 'problem' in asked ? asked : { answer: asked.answer.TagList ?? [] };
}
