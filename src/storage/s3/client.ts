// The wire to an S3 endpoint: credentials, agents, time limits, and the one way in which calls are made. The SDK's own repetitions are off, because with/retry.ts repeats, and
// knows that a put without an answer must first be looked for.

import { readFileSync } from 'node:fs';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { Failure } from '../../base/failure.ts';
import type { S3Config, S3Place } from './config.ts';
import { s3Failure } from './failure.ts';
import { type HttpLimits, S3Http } from './http.ts';

/** Measured with 30 ms of round trip: 8 calls at once double what one brings, 16 bring little more. */
export const s3CallsMax = 8;

const limits: HttpLimits = {
  connectMs: 15_000,
  idleMs: 60_000,
  continueMs: 1_000,
  // Parts of one object, and the calls beside it.
  socketsMax: 4 * s3CallsMax,
};

/** A connected place, and what was found out about it. */
export interface S3Wire {
  readonly place: S3Place;
  readonly client: S3Client;
}

/** One call: refused when canceled already, its errors mapped. `run` gets a signal of its own, so that listeners do not pile up. */
export async function callS3<Result>(
  { place }: S3Wire,
  call: string,
  name: string | undefined,
  signal: AbortSignal,
  run: (own: { readonly abortSignal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  if (signal.aborted) throw new Failure('canceled', 'CANCELED', 'the call was canceled');
  try {
    return await run({ abortSignal: AbortSignal.any([signal]) });
  } catch (error) {
    const what = name === undefined ? call : `${call} of "${name}"`;
    throw s3Failure(error, { place, call: what, signal, ...(name === undefined ? {} : { name }) });
  }
}

/** What encrypts at rest, for calls that make an object. */
export function sealing({ config }: S3Place) {
  if (config.sse === 's3') return { ServerSideEncryption: 'AES256' } as const;
  if (config.sse === 'kms') {
    const key = config.kmsKey === undefined ? {} : { SSEKMSKeyId: config.kmsKey };
    return { ServerSideEncryption: 'aws:kms', ...key } as const;
  }
  return customerKey(config);
}

/** Servers that do not know a header pass over it: one that encrypts says so in its answer. */
export function demandSealed(
  { config, location }: S3Place,
  answer: {
    readonly ServerSideEncryption?: string | undefined;
    readonly SSECustomerAlgorithm?: string | undefined;
  },
): void {
  const told = config.sse === 'customer' ? answer.SSECustomerAlgorithm : answer.ServerSideEncryption;
  if (config.sse === undefined || told !== undefined) return;
  throw new Failure('usage', 'STORAGE_NOT_SEALED', `"${location}" does not honour sse=${config.sse}`, {
    hint: 'Leave the option out, or have the bucket encrypted by its own settings. Holdfast encrypts all it stores in any case.',
  });
}

/** What calls that read an object must repeat. */
export function customerKey({ sse, customerKey: key }: S3Config) {
  if (sse !== 'customer' || key === undefined) return {};
  return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: key } as const;
}

export function makeClient(place: S3Place): S3Client {
  const { config } = place;
  const authorities = config.caFile === undefined ? undefined : readAuthorities(config.caFile);
  const credentials = credentialsOf(config);
  const settings: S3ClientConfig = {
    maxAttempts: 1,
    forcePathStyle: (config.style ?? (place.isAws ? 'virtual' : 'path')) === 'path',
    requestChecksumCalculation: place.isAws ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    // What is read is verified against keys and hashes of our own.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new S3Http(limits, authorities) as NonNullable<S3ClientConfig['requestHandler']>,
    // What is larger waits until the server says that it wants it: a full or forbidden bucket answers before megabytes are sent.
    expectContinueHeader: 256 * 1024,
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(config.profile === undefined ? {} : { profile: config.profile }),
  };
  // Without one the SDK looks into the environment and the AWS configuration files.
  if (config.region !== undefined) settings.region = config.region;
  else if (!place.isAws) settings.region = 'us-east-1';
  return new S3Client(settings);
}

/**
 * Without a key the SDK's chain looks by itself, in this order: environment, profile and single sign-on, web identity, container, instance
 * metadata. It reads the environment without us: that is what users of AWS tools expect.
 */
function credentialsOf(config: S3Config): S3ClientConfig['credentials'] {
  const { accessKeyId, secretAccessKey, sessionToken, profile, role, region } = config;
  const own =
    accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  if (role === undefined) {
    return own ?? (profile === undefined ? undefined : fromNodeProviderChain({ profile }));
  }
  return fromTemporaryCredentials({
    masterCredentials: own ?? fromNodeProviderChain(profile === undefined ? {} : { profile }),
    params: {
      RoleArn: role,
      RoleSessionName: 'holdfast',
      ...(config.externalId === undefined ? {} : { ExternalId: config.externalId }),
    },
    clientConfig: { ...(region === undefined ? {} : { region }) },
  });
}

function readAuthorities(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Failure('usage', 'STORAGE_CONFIG_INVALID', `the certificates in "${path}" cannot be read`, {
      hint: 'Check the option "ca-file".',
      cause,
    });
  }
}
