// How a container of Azure Blob Storage is reached: what the user says, whose credentials are used, and which connections.

import {
  AnonymousCredential,
  BlobServiceClient,
  type ContainerClient,
  newPipeline,
  type RequestPolicyFactory,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { z } from 'zod/mini';
import { Failure } from '../../base/failure.ts';
import { readAddress } from '../address.ts';
import { checkEndpoint } from '../network/cloud-failure.ts';
import { type Agent, patientAgent } from '../network/patient-agent.ts';

const example = 'azure://account/container/folder';
/** Archive is none: a repository whose every object is frozen could never be opened. Packs get there by `transition`. */
const tiers = ['Hot', 'Cool', 'Cold'] as const;
const policyModes = ['Unlocked', 'Locked'] as const;

export const azureConfig = z.strictObject({
  account: z
    .string()
    .check(z.regex(/^[a-z0-9]{3,24}$/, 'an account has 3 to 24 lower-case letters and digits')),
  container: z
    .string('is missing: azure://account/container/folder')
    .check(
      z.regex(
        /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
        'a container has 3 to 63 lower-case letters, digits and single hyphens',
      ),
    ),
  prefix: z.optional(z.string().check(z.regex(/^[^\0\\]{1,800}$/, 'is too long or holds a backslash'))),
  /** The whole address of the blob service; for sovereign clouds, private links and emulators. */
  endpoint: z.optional(z.string()),
  /** Where objects are put that are not told otherwise; absent: as the account has it. */
  tier: z.optional(
    z.enum(tiers, `must be one of ${tiers.join(', ')}; Archive can only be a tier that packs are moved to`),
  ),
  /** Whether who may administrate the account can lift what `retain` has set. */
  retention: z.optional(z.enum(policyModes, `must be one of ${policyModes.join(', ')}`)),
  caFile: z.optional(z.string()),
  accountKey: z.optional(z.string()),
  sasToken: z.optional(z.string()),
  connectionString: z.optional(z.string()),
});
export type AzureConfig = z.infer<typeof azureConfig>;

export function azureFromUrl(url: string): Readonly<Record<string, unknown>> {
  const address = readAddress(url, ['endpoint', 'tier', 'retention', 'ca-file'], example);
  const [container, ...prefix] = address.path;
  const { 'ca-file': caFile, ...options } = address.options;
  return {
    account: address.host,
    ...(container === undefined ? {} : { container }),
    ...(prefix.length === 0 ? {} : { prefix: prefix.join('/') }),
    ...options,
    ...(caFile === undefined ? {} : { caFile }),
  };
}

export interface AzureConnection {
  readonly service: BlobServiceClient;
  readonly client: ContainerClient;
  readonly endpoint: string;
  readonly agent: Agent;
}

export async function connectAzure(config: AzureConfig, connectionsMax: number): Promise<AzureConnection> {
  const { credentials, given } = readSecrets(config);
  const endpoint = (
    config.endpoint ??
    given.endpoint ??
    `https://${config.account}.blob.core.windows.net`
  ).replace(/\/+$/, '');
  checkEndpoint(endpoint);
  if (
    endpoint.startsWith('http:') &&
    credentials.accountKey === undefined &&
    credentials.sasToken === undefined
  ) {
    throw invalid('an identity is used over https:// only; give an account key or a SAS token');
  }
  const agent = await patientAgent(endpoint, { connectionsMax, caFile: config.caFile });
  const pipeline = newPipeline(await credentialOf(config, credentials), {
    // with/retry.ts repeats, and knows what a put without an answer means.
    retryOptions: { maxTries: 1 },
  });
  pipeline.factories.push(usingAgent(agent));
  const sas = credentials.sasToken === undefined ? '' : `?${credentials.sasToken.replace(/^\?/, '')}`;
  const service = new BlobServiceClient(`${endpoint}${sas}`, pipeline);
  return { service, client: service.getContainerClient(config.container), endpoint, agent };
}

/** A proxy named in the environment has set an agent of its own, which stays. */
function usingAgent(agent: Agent): RequestPolicyFactory {
  return {
    create: (next) => ({
      sendRequest(request) {
        const withAgent = request as typeof request & { agent?: unknown };
        withAgent.agent ??= agent;
        return next.sendRequest(request);
      },
    }),
  };
}

interface Credentials {
  readonly accountKey?: string;
  readonly sasToken?: string;
}

function readSecrets(config: AzureConfig): {
  readonly credentials: Credentials;
  readonly given: { readonly endpoint?: string };
} {
  const { accountKey, sasToken, connectionString } = config;
  if ([accountKey, sasToken, connectionString].filter((one) => one !== undefined).length > 1) {
    throw invalid('more than one of accountKey, sasToken and connectionString is given');
  }
  if (connectionString === undefined) {
    return {
      credentials: {
        ...(accountKey === undefined ? {} : { accountKey: checkedKey(accountKey) }),
        ...(sasToken === undefined ? {} : { sasToken: checkedSas(sasToken) }),
      },
      given: {},
    };
  }
  const fields = new Map(
    connectionString
      .split(';')
      .filter((part) => part.trim() !== '')
      .map((part) => [
        part.slice(0, part.indexOf('=')).trim().toLowerCase(),
        part.slice(part.indexOf('=') + 1).trim(),
      ]),
  );
  const account = fields.get('accountname');
  if (account !== undefined && account !== config.account) {
    throw invalid(`the connection string is of another account than "${config.account}"`);
  }
  const key = fields.get('accountkey');
  const sas = fields.get('sharedaccesssignature');
  if ((key === undefined) === (sas === undefined)) {
    throw invalid('the connection string must hold either AccountKey or SharedAccessSignature');
  }
  const suffix = fields.get('endpointsuffix');
  const endpoint = fields.get('blobendpoint') ?? (suffix && `https://${config.account}.blob.${suffix}`);
  return {
    credentials: {
      ...(key === undefined ? {} : { accountKey: checkedKey(key) }),
      ...(sas === undefined ? {} : { sasToken: checkedSas(sas) }),
    },
    given: endpoint === undefined || endpoint === '' ? {} : { endpoint },
  };
}

function checkedKey(key: string): string {
  if (/^[A-Za-z0-9+/]{20,}={0,2}$/.test(key)) return key;
  throw invalid('the account key is no base64 text');
}

function checkedSas(token: string): string {
  const fields = new URLSearchParams(token.replace(/^\?/, ''));
  if (fields.has('sig') && !/[\s#]/.test(token)) return token;
  throw invalid('the SAS token is none: it has no signature ("sig=")');
}

async function credentialOf(config: AzureConfig, { accountKey, sasToken }: Credentials) {
  if (accountKey !== undefined) return new StorageSharedKeyCredential(config.account, accountKey);
  if (sasToken !== undefined) return new AnonymousCredential();
  // Loaded only here: it takes long. It reads the environment (AZURE_…), the managed identity of the machine, and the Azure CLI.
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}

function invalid(why: string): Failure {
  return new Failure('usage', 'STORAGE_CONFIG_INVALID', `the storage cannot be opened as described: ${why}`, {
    hint: 'See docs/guides/storage-azure.md for the credentials that are accepted.',
  });
}
