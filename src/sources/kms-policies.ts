// What AWS KMS tells of its keys as a source: descriptions, aliases, policies, grants, tags, rotation and public keys, below
// /kms/REGION/KEY-ID/. Key material never leaves KMS: no backup can hold it, and each key.json says so.

import type { AliasListEntry, KeyMetadata, KMSClient } from '@aws-sdk/client-kms';
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

const service = 'KMS';
const materialNote =
  'The key material stays in AWS KMS and is not in this backup: a deleted key, and all that it encrypts, cannot be restored from here.';

const config = z.object({ region: z.string(), tree: gatheredTree });
export type KmsPoliciesConfig = z.infer<typeof config>;

export interface KmsPoliciesRequest {
  readonly region?: string;
}

const kmsPolicies: SourceKind<KmsPoliciesConfig> = {
  name: 'kms-policies',
  title: 'AWS KMS: policies and aliases',
  config: { parse: (input) => config.parse(input) },
  open: ({ region, tree }) => gatheredSource({ location: kmsPath(region), tree }),
};
export default kmsPolicies;

export function kmsPath(region: string): string {
  return `/kms/${region}`;
}

interface Asking {
  readonly client: KMSClient;
  readonly gathering: Gathering;
  readonly root: string;
  readonly aliases: readonly AliasListEntry[];
  readonly context: Context;
}

export async function gatherKmsPolicies(
  request: KmsPoliciesRequest,
  context: Context,
): Promise<KmsPoliciesConfig> {
  const { KMSClient: Client, ListAliasesCommand, ListKeysCommand } = await import('@aws-sdk/client-kms');
  const client = new Client(clientOptions(request.region));
  onlyByTls(client, service);
  const options = { abortSignal: context.signal };
  try {
    const region = await regionOf(client);
    const gathering = new Gathering();
    const aliases: AliasListEntry[] = [];
    const listed = allPages(
      service,
      (Marker) => client.send(new ListAliasesCommand({ Limit: 100, ...marked(Marker) }), options),
      (answer) => ({ items: answer.Aliases, next: answer.Truncated ? answer.NextMarker : undefined }),
    );
    for await (const alias of listed) aliases.push(alias);
    const keys = allPages(
      service,
      (Marker) => client.send(new ListKeysCommand({ Limit: 1000, ...marked(Marker) }), options),
      (answer) => ({ items: answer.Keys, next: answer.Truncated ? answer.NextMarker : undefined }),
    );
    const asking = { client, gathering, root: kmsPath(region), aliases, context };
    const done = mapAhead(keys, askedAtOnce, ({ KeyId = '' }) => gatherKey(KeyId, asking));
    await collect(done);
    return { region, tree: gathering.end(context.clock.now()) };
  } catch (error) {
    throw awsFailure(error, service);
  } finally {
    client.destroy();
  }
}

function marked(marker: string | undefined) {
  return marker === undefined ? {} : { Marker: marker };
}

async function gatherKey(id: string, asking: Asking): Promise<void> {
  const sdk = await import('@aws-sdk/client-kms');
  const { client, gathering, root, context } = asking;
  const options = { abortSignal: context.signal };
  const path = `${root}/${entryPath(id)}`;
  const described = await askEntry(service, () =>
    client.send(new sdk.DescribeKeyCommand({ KeyId: id }), options),
  );
  let key: KeyMetadata | undefined;
  if ('problem' in described) gathering.addProblem(`${path}/key.json`, described.problem);
  else {
    key = described.answer.KeyMetadata;
    gathering.addJson(`${path}/key.json`, { ...key, keyMaterial: materialNote }, createdOf(key));
  }
  const keep = async (name: string, ask: () => Promise<unknown>) => {
    const asked = await askEntry(service, ask);
    if ('problem' in asked) gathering.addProblem(`${path}/${name}`, asked.problem);
    else if (typeof asked.answer === 'string') gathering.addText(`${path}/${name}`, asked.answer, 0);
    else if (asked.answer instanceof Uint8Array) gathering.add(`${path}/${name}`, asked.answer, 0);
    else if (asked.answer !== undefined) gathering.addJson(`${path}/${name}`, asked.answer, 0);
  };
  gathering.addJson(
    `${path}/aliases.json`,
    asking.aliases.filter(({ TargetKeyId }) => TargetKeyId === id),
    0,
  );
  // A key has exactly one policy, and "default" is its only possible name.
  await keep('policy.json', async () => {
    const command = new sdk.GetKeyPolicyCommand({ KeyId: id, PolicyName: 'default' });
    return (await client.send(command, options)).Policy;
  });
  await keep('grants.json', () =>
    collect(
      allPages(
        service,
        (Marker) =>
          client.send(new sdk.ListGrantsCommand({ KeyId: id, Limit: 100, ...marked(Marker) }), options),
        (answer) => ({ items: answer.Grants, next: answer.Truncated ? answer.NextMarker : undefined }),
        { keepsRefusals: true },
      ),
    ),
  );
  await keep('tags.json', () =>
    collect(
      allPages(
        service,
        (Marker) =>
          client.send(new sdk.ListResourceTagsCommand({ KeyId: id, Limit: 50, ...marked(Marker) }), options),
        (answer) => ({ items: answer.Tags, next: answer.Truncated ? answer.NextMarker : undefined }),
        { keepsRefusals: true },
      ),
    ),
  );
  // Only symmetric keys rotate, only the others have a public key; keys that are about to be deleted have neither.
  if (rotates(key)) {
    await keep('rotation.json', async () => {
      const { $metadata, ...rest } = await client.send(
        new sdk.GetKeyRotationStatusCommand({ KeyId: id }),
        options,
      );
      return rest;
    });
  }
  if (hasPublicKey(key)) {
    await keep('public-key.der', async () => {
      return (await client.send(new sdk.GetPublicKeyCommand({ KeyId: id }), options)).PublicKey;
    });
  }
}

function createdOf(key: KeyMetadata | undefined): number {
  return key?.CreationDate?.getTime() ?? 0;
}

function rotates(key: KeyMetadata | undefined): boolean {
  return key?.KeySpec === 'SYMMETRIC_DEFAULT' && !isGoing(key);
}

function hasPublicKey(key: KeyMetadata | undefined): boolean {
  return key?.KeySpec !== undefined && /^(RSA|ECC|SM2|ML_DSA)_/.test(key.KeySpec) && !isGoing(key);
}

function isGoing({ KeyState }: KeyMetadata): boolean {
  return (
    KeyState === 'PendingDeletion' || KeyState === 'PendingReplicaDeletion' || KeyState === 'PendingImport'
  );
}
