// A double of the listing and reading calls of AWS Secrets Manager, SSM Parameter Store and KMS: no AWS can be reached from tests. It
// speaks their JSON protocol with small pages, checks signatures, and refuses, throttles and loses entries as told.

import { randomBytes } from 'node:crypto';
import { serve } from './front.ts';
import { bodyOf, KmsError, verifySignature } from './kms-double.ts';

export interface DoubleSecret {
  readonly name: string;
  readonly versions: Readonly<
    Record<string, { readonly stages: readonly string[]; readonly value: string | Buffer }>
  >;
  readonly description?: string;
  readonly deleted?: boolean;
  readonly policy?: string;
}

export interface DoubleParameter {
  readonly name: string;
  readonly type: 'String' | 'StringList' | 'SecureString';
  readonly value: string;
}

export interface DoubleKey {
  readonly id: string;
  readonly spec?: string;
  readonly state?: string;
  readonly grants?: number;
  readonly aliases?: readonly string[];
}

export interface AwsJsonDouble extends AsyncDisposable {
  readonly endpoint: string;
  readonly secrets: DoubleSecret[];
  readonly parameters: DoubleParameter[];
  readonly keys: DoubleKey[];
  /** `Operation` or `Operation name`: refused as access denied. */
  readonly denied: Set<string>;
  /** How many of the next calls of an operation are throttled. */
  readonly throttled: Map<string, number>;
  /** Operations that answer with a page token that never changes. */
  readonly endless: Set<string>;
  readonly calls: string[];
}

/** Small, so that a handful of entries needs several pages. */
const pageLength = 2;
const account = '111122223333';
const region = 'eu-central-1';
const created = 1_700_000_000;

interface Call {
  readonly SecretId?: string;
  readonly VersionId?: string;
  readonly NextToken?: string;
  readonly Marker?: string;
  readonly MaxResults?: number;
  readonly Filters?: readonly { readonly Key: string; readonly Values: readonly string[] }[];
  readonly ParameterFilters?: readonly { readonly Values: readonly string[] }[];
  readonly Names?: readonly string[];
  readonly WithDecryption?: boolean;
  readonly ResourceId?: string;
  readonly KeyId?: string;
  readonly PolicyName?: string;
  readonly IncludePlannedDeletion?: boolean;
  readonly IncludeDeprecated?: boolean;
}

const targets: Readonly<Record<string, string>> = {
  secretsmanager: 'secretsmanager',
  AmazonSSM: 'ssm',
  TrentService: 'kms',
};

export async function startAwsJsonDouble(): Promise<AwsJsonDouble> {
  const secrets: DoubleSecret[] = [];
  const parameters: DoubleParameter[] = [];
  const keys: DoubleKey[] = [];
  const denied = new Set<string>();
  const throttled = new Map<string, number>();
  const endless = new Set<string>();
  const calls: string[] = [];

  const arnOf = (name: string) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-AbCdEf`;
  const refuse = (operation: string, name: string, type = 'AccessDeniedException') => {
    if (denied.has(`${operation} ${name}`)) {
      throw new KmsError(type, `User: arn:aws:iam::${account}:user/backup is not authorized`);
    }
  };
  const page = <Item>(all: readonly Item[], token: string | undefined) => {
    const from = token === undefined ? 0 : Number(Buffer.from(token, 'base64').toString());
    const end = from + pageLength;
    const next = end < all.length ? Buffer.from(String(end)).toString('base64') : undefined;
    return { items: all.slice(from, end), next };
  };
  const secretOf = (operation: string, id = ''): DoubleSecret => {
    const secret = secrets.find(({ name }) => name === id || arnOf(name) === id);
    if (secret === undefined) {
      throw new KmsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    refuse(operation, secret.name);
    return secret;
  };
  const keyOf = (operation: string, id = ''): DoubleKey => {
    const key = keys.find((one) => one.id === id);
    if (key === undefined) throw new KmsError('NotFoundException', `Key '${id}' does not exist`);
    refuse(operation, id);
    return key;
  };

  const operations: Readonly<Record<string, (call: Call) => object>> = {
    ListSecrets({ Filters, NextToken, IncludePlannedDeletion }) {
      // The filter ignores case, as the real one does.
      const prefix = Filters?.[0]?.Values[0]?.toLowerCase() ?? '';
      const all = secrets
        .filter(({ name }) => name.toLowerCase().startsWith(prefix))
        .filter(({ deleted }) => deleted !== true || IncludePlannedDeletion === true);
      const { items, next } = page(all, NextToken);
      return { SecretList: items.map(({ name }) => ({ Name: name, ARN: arnOf(name) })), NextToken: next };
    },
    DescribeSecret({ SecretId }) {
      const { name, description, versions, deleted } = secretOf('DescribeSecret', SecretId);
      return {
        ARN: arnOf(name),
        Name: name,
        Description: description,
        KmsKeyId: 'alias/shop',
        RotationEnabled: true,
        RotationRules: { AutomaticallyAfterDays: 30 },
        Tags: [{ Key: 'team', Value: 'shop' }],
        LastAccessedDate: created + calls.length,
        CreatedDate: created,
        ...(deleted ? { DeletedDate: created } : {}),
        VersionIdsToStages: Object.fromEntries(
          Object.entries(versions).map(([id, { stages }]) => [id, stages]),
        ),
      };
    },
    GetResourcePolicy({ SecretId }) {
      const { name, policy } = secretOf('GetResourcePolicy', SecretId);
      return { ARN: arnOf(name), Name: name, ResourcePolicy: policy };
    },
    ListSecretVersionIds({ SecretId, NextToken, IncludeDeprecated }) {
      const { versions } = secretOf('ListSecretVersionIds', SecretId);
      const all = Object.entries(versions).filter(
        ([, { stages }]) => stages.length > 0 || IncludeDeprecated === true,
      );
      const { items, next } = page(all, NextToken);
      return {
        Versions: items.map(([id, { stages }]) => ({
          VersionId: id,
          VersionStages: stages,
          CreatedDate: created,
        })),
        NextToken: next,
      };
    },
    GetSecretValue({ SecretId, VersionId = '' }) {
      const { versions, name, deleted } = secretOf('GetSecretValue', SecretId);
      if (deleted) {
        throw new KmsError(
          'InvalidRequestException',
          "You can't perform this operation on the secret because it was marked for deletion.",
        );
      }
      const { value } = versions[VersionId]!;
      return {
        ARN: arnOf(name),
        Name: name,
        VersionId,
        ...(typeof value === 'string' ? { SecretString: value } : { SecretBinary: value.toString('base64') }),
      };
    },
    DescribeParameters({ ParameterFilters, NextToken }) {
      const path = ParameterFilters?.[0]?.Values[0];
      const all = parameters.filter(({ name }) => path === undefined || name.startsWith(`${path}/`));
      const { items, next } = page(all, NextToken);
      return {
        Parameters: items.map(({ name, type }) => ({
          Name: name,
          Type: type,
          Version: 3,
          Tier: 'Standard',
          LastModifiedDate: created,
          ...(type === 'SecureString' ? { KeyId: 'alias/aws/ssm' } : {}),
        })),
        NextToken: next,
      };
    },
    GetParameters({ Names = [], WithDecryption }) {
      const found = parameters.filter(({ name }) => Names.includes(name));
      for (const { name } of found) refuse('GetParameters', name);
      return {
        Parameters: found.map(({ name, type, value }) => ({
          Name: name,
          Type: type,
          Value: type === 'SecureString' && WithDecryption !== true ? 'AQICAHh=' : value,
        })),
        InvalidParameters: Names.filter((name) => !found.some((one) => one.name === name)),
      };
    },
    ListTagsForResource({ ResourceId = '' }) {
      refuse('ListTagsForResource', ResourceId);
      return { TagList: [{ Key: 'of', Value: ResourceId }] };
    },
    ListKeys({ Marker }) {
      const { items, next } = page(keys, Marker);
      return {
        Keys: items.map(({ id }) => ({ KeyId: id })),
        Truncated: next !== undefined,
        NextMarker: next,
      };
    },
    ListAliases({ Marker }) {
      const all = keys.flatMap(({ id, aliases = [] }) =>
        aliases.map((name) => ({ AliasName: name, TargetKeyId: id })),
      );
      const { items, next } = page(all, Marker);
      return { Aliases: items, Truncated: next !== undefined, NextMarker: next };
    },
    DescribeKey({ KeyId }) {
      const { id, spec = 'SYMMETRIC_DEFAULT', state = 'Enabled' } = keyOf('DescribeKey', KeyId);
      return { KeyMetadata: { KeyId: id, KeySpec: spec, KeyState: state, CreationDate: created } };
    },
    GetKeyPolicy({ KeyId }) {
      return { Policy: `{"Version":"2012-10-17","Id":"${keyOf('GetKeyPolicy', KeyId).id}"}` };
    },
    ListGrants({ KeyId, Marker }) {
      const { grants = 0 } = keyOf('ListGrants', KeyId);
      const all = Array.from({ length: grants }, (_, index) => ({ GrantId: `grant-${index}` }));
      const { items, next } = page(all, Marker);
      return { Grants: items, Truncated: next !== undefined, NextMarker: next };
    },
    ListResourceTags({ KeyId }) {
      keyOf('ListResourceTags', KeyId);
      return { Tags: [], Truncated: false };
    },
    GetKeyRotationStatus({ KeyId }) {
      const { spec = 'SYMMETRIC_DEFAULT' } = keyOf('GetKeyRotationStatus', KeyId);
      if (spec !== 'SYMMETRIC_DEFAULT') throw new KmsError('UnsupportedOperationException', spec);
      return { KeyRotationEnabled: true, RotationPeriodInDays: 365 };
    },
    GetPublicKey({ KeyId }) {
      const { id, spec = 'SYMMETRIC_DEFAULT' } = keyOf('GetPublicKey', KeyId);
      if (spec === 'SYMMETRIC_DEFAULT') throw new KmsError('UnsupportedOperationException', spec);
      return { KeyId: id, PublicKey: Buffer.from(`public ${id}`).toString('base64') };
    },
  };

  const front = await serve(async (request, response) => {
    const body = await bodyOf(request);
    const [target = '', operation = ''] = String(request.headers['x-amz-target']).split('.');
    const answer = (status: number, value: object) => {
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.1',
        'x-amzn-requestid': randomBytes(16).toString('hex'),
      });
      response.end(JSON.stringify(value));
    };
    calls.push(operation);
    try {
      verifySignature(request, body, targets[target]);
      const more = throttled.get(operation) ?? 0;
      if (more > 0) {
        throttled.set(operation, more - 1);
        throw new KmsError('ThrottlingException', 'Rate exceeded');
      }
      if (denied.has(operation)) throw new KmsError('AccessDeniedException', 'not authorized');
      const run = operations[operation];
      if (run === undefined) throw new KmsError('UnknownOperationException', operation);
      const found = run(JSON.parse(body.toString('utf8')) as Call);
      answer(200, endless.has(operation) ? { ...found, NextToken: 'MA==' } : found);
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      answer(error.status, { __type: error.type, message: error.message });
    }
  });
  return {
    endpoint: `http://127.0.0.1:${front.port}`,
    secrets,
    parameters,
    keys,
    denied,
    throttled,
    endless,
    calls,
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  };
}
