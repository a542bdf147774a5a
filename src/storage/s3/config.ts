// What an S3 place is described by, as a URL and as a configuration object.

import { z } from 'zod/mini';
import { Failure } from '../../base/failure.ts';
import { readAddress } from '../address.ts';

const text = z.string().check(z.minLength(1));

/** Empty, or parts with a slash after each: goes before every object's name. */
function basePrefix(prefix: string | undefined): string {
  const parts = (prefix ?? '').split('/').filter((part) => part !== '');
  return parts.map((part) => `${part}/`).join('');
}

/** Where the bucket's name becomes a part of a host's name. */
function isInHostName(given: {
  readonly endpoint?: string | undefined;
  readonly style?: string | undefined;
}) {
  return given.style === 'virtual' || (given.style === undefined && isAmazon(given.endpoint));
}

export const s3Fields = z
  .strictObject({
    bucket: z
      .string()
      .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/, 'is no name of a bucket')),
    /** Goes before every object's name, as a folder. */
    prefix: z.optional(z.string().check(z.maxLength(800))),
    region: z.optional(z.string().check(z.regex(/^[a-z0-9-]+$/, 'is no name of a region'))),
    /** Another provider's, or one's own: scheme, host and port. */
    endpoint: z.optional(
      z.string().check(z.regex(/^https?:\/\/[^/@?#\s]+\/?$/, 'must be like https://host:port')),
    ),
    /** Whether the bucket stands in the host's name or in the path; path unless it is Amazon's. */
    style: z.optional(z.enum(['path', 'virtual'])),
    /** PEM: who vouches for the endpoint's certificate. */
    caFile: z.optional(text),
    accessKeyId: z.optional(text),
    secretAccessKey: z.optional(text),
    sessionToken: z.optional(text),
    /** Of the AWS configuration files. */
    profile: z.optional(text),
    /** To be assumed, with whatever credentials there are. */
    role: z.optional(z.string().check(z.regex(/^arn:[a-z-]+:iam::\d{12}:role\/.+$/, 'is no ARN of a role'))),
    externalId: z.optional(text),
    storageClass: z.optional(z.string().check(z.regex(/^[A-Z][A-Z0-9_]*$/, 'is no storage class'))),
    /** Classes of another provider, warmest first; Amazon's are known. */
    storageClasses: z.optional(
      z.array(z.string().check(z.regex(/^[A-Z][A-Z0-9_]*$/, 'is no storage class'))),
    ),
    sse: z.optional(z.enum(['s3', 'kms', 'customer'])),
    kmsKey: z.optional(text),
    /** Base64 of 32 bytes. */
    customerKey: z.optional(z.string().check(z.regex(/^[A-Za-z0-9+/]{43}=$/, 'must be base64 of 32 bytes'))),
    /** False for endpoints that ignore If-None-Match: two writers could then overwrite each other. */
    exclusive: z.optional(z.boolean()),
    /** How `retain` locks; without it as the bucket's own default says, and then COMPLIANCE. */
    lockMode: z.optional(z.enum(['compliance', 'governance'])),
    /** How long thawed objects stay readable. */
    thawDays: z.optional(z.int().check(z.gte(1), z.lte(3650))),
    thawTier: z.optional(z.enum(['expedited', 'standard', 'bulk'])),
    /** Larger objects are sent in parts; 0: never. */
    multipartAboveMiB: z.optional(z.int().check(z.gte(0), z.lte(128))),
  })
  .check(
    // First of all: whoever mistyped the bucket must not be sent after credentials or a region.
    z.refine((given) => !isInHostName(given) || /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(given.bucket), {
      path: ['bucket'],
      error:
        'is no name of a bucket: lower-case letters, digits, dots and hyphens (old names with others need style=path)',
    }),
    z.refine((given) => (given.accessKeyId === undefined) === (given.secretAccessKey === undefined), {
      path: ['accessKeyId'],
      error:
        'the access key id (access-key-id) and the secret access key (HOLDFAST_STORAGE_SECRET_ACCESS_KEY_FILE) are given both or not at all',
    }),
    z.refine((given) => given.sessionToken === undefined || given.secretAccessKey !== undefined, {
      path: ['sessionToken'],
      error: 'goes with accessKeyId and secretAccessKey only',
    }),
    z.refine((given) => given.accessKeyId === undefined || given.profile === undefined, {
      path: ['profile'],
      error: 'a profile and an access key exclude each other',
    }),
    z.refine((given) => given.externalId === undefined || given.role !== undefined, {
      path: ['externalId'],
      error: 'goes with a role only',
    }),
    z.refine((given) => (given.sse === 'customer') === (given.customerKey !== undefined), {
      path: ['customerKey'],
      error: 'sse=customer and customerKey are given both or not at all',
    }),
    z.refine((given) => given.sse !== 'customer' || !isReadableOnTheWay(given.endpoint), {
      path: ['customerKey'],
      error:
        'is not sent over plain http:// to another machine, where it can be read: the endpoint needs https://',
    }),
    z.refine((given) => given.kmsKey === undefined || given.sse === 'kms', {
      path: ['kmsKey'],
      error: 'goes with sse=kms only',
    }),
  );

export type S3Config = z.infer<typeof s3Fields>;

/** Options of a URL and the fields they set. */
const optionFields = {
  region: 'region',
  endpoint: 'endpoint',
  style: 'style',
  'ca-file': 'caFile',
  'access-key-id': 'accessKeyId',
  profile: 'profile',
  role: 'role',
  'external-id': 'externalId',
  'storage-class': 'storageClass',
  'storage-classes': 'storageClasses',
  sse: 'sse',
  'kms-key': 'kmsKey',
  exclusive: 'exclusive',
  'lock-mode': 'lockMode',
  'thaw-days': 'thawDays',
  'thaw-tier': 'thawTier',
  'multipart-above-mib': 'multipartAboveMiB',
} as const;

const example = 's3://bucket/folder?region=eu-central-1';

export function s3FromUrl(url: string): Readonly<Record<string, unknown>> {
  const address = readAddress(url, Object.keys(optionFields), example);
  if (address.user !== undefined || address.port !== undefined) {
    throw new Failure('usage', 'STORAGE_URL_INVALID', 'the URL of a bucket has neither a user nor a port', {
      hint: `Write it like ${example}, with "access-key-id=" and "endpoint=https://host:port" as options.`,
    });
  }
  const fields: Record<string, unknown> = { bucket: address.hostAsWritten };
  if (address.path.length > 0) fields.prefix = address.path.join('/');
  for (const [option, field] of Object.entries(optionFields)) {
    const value = address.options[option];
    if (value !== undefined) fields[field] = fromText(field, value);
  }
  return fields;
}

/** Text that is no number or truth value stays text, for the schema to refuse by name. */
function fromText(field: string, value: string): unknown {
  if (field === 'storageClasses') return value.split(',');
  if (field === 'exclusive') return value === 'true' ? true : value === 'false' ? false : value;
  if (field === 'thawDays' || field === 'multipartAboveMiB')
    return /^\d+$/.test(value) ? Number(value) : value;
  return value;
}

/** What all parts of the kind go by. */
export interface S3Place {
  readonly config: S3Config;
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly base: string;
  /** Amazon's own S3: others are not asked for checksums and classes that only it has. */
  readonly isAws: boolean;
  readonly isExclusive: boolean;
  /** Whether its storage classes are known. */
  readonly hasClasses: boolean;
  readonly isTls: boolean;
  /** Objects above it are sent in parts. */
  readonly multipartAboveBytes: number;
  /** For people. */
  readonly location: string;
}

function isReadableOnTheWay(endpoint: string | undefined): boolean {
  return (
    /^http:/i.test(endpoint ?? '') && !/^http:\/\/(localhost|127\.[\d.]+|\[::1\])(:\d+)?\/?$/i.test(endpoint!)
  );
}

function isAmazon(endpoint: string | undefined): boolean {
  return endpoint === undefined || /\.amazonaws\.com(\.cn)?(:\d+)?\/?$/.test(endpoint);
}

/** `isAws` is given by tests only. */
export function s3Place(config: S3Config, isAws = isAmazon(config.endpoint)): S3Place {
  const base = basePrefix(config.prefix);
  const shown = (['region', 'endpoint'] as const).flatMap((field) =>
    config[field] === undefined ? [] : [`${field}=${config[field]}`],
  );
  // Elsewhere the last request of a sending in parts often ignores its condition, so parts are only sent where asked for.
  const partsAboveMiB = config.multipartAboveMiB ?? (isAws ? 64 : 0);
  return {
    config,
    bucket: config.bucket,
    base,
    isAws,
    isExclusive: config.exclusive ?? true,
    hasClasses: isAws || config.storageClasses !== undefined,
    isTls: !(config.endpoint ?? '').startsWith('http:'),
    multipartAboveBytes: partsAboveMiB === 0 ? Number.POSITIVE_INFINITY : partsAboveMiB * 1024 * 1024,
    location: `s3://${config.bucket}/${base.slice(0, -1)}${shown.length === 0 ? '' : `?${shown.join('&')}`}`,
  };
}
