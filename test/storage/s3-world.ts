// What the S3 tests share: buckets on a gateway, opened as a user's configuration would, and a context whose waiting is the test's.

import { setImmediate as turn } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from '../../src/base/context.ts';
import { Failure, type FailureKind } from '../../src/base/failure.ts';
import s3 from '../../src/storage/s3.ts';
import type { Storage } from '../../src/storage/storage.ts';
import type { RadosGateway } from '../servers/radosgw.ts';
import { stillContext } from './storage-world.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(gateway: RadosGateway, fields: Fields): Fields {
  const { port, accessKeyId, secretAccessKey } = gateway;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    accessKeyId,
    secretAccessKey,
    ...fields,
  };
}

export function openS3(fields: Fields, context: Context = stillContext()): Promise<Storage> {
  return s3.open(s3.config.parse(fields), context);
}

export function createS3(fields: Fields, context: Context = stillContext()): Promise<Storage> {
  return s3.create(s3.config.parse(fields), context);
}

/** Other tools, at work beside us. */
export function clientOf({ port, accessKeyId, secretAccessKey }: RadosGateway): S3Client {
  return new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    credentials: { accessKeyId, secretAccessKey },
  });
}

/** A context in which every wait of a retry is answered by `wait`, at once. */
export function waitingContext(wait: () => Promise<void>): Context {
  const still = stillContext();
  return {
    ...still,
    clock: {
      ...still.clock,
      async sleep(_durationMs, signal) {
        if (signal.aborted) throw new Failure('canceled', 'CANCELED', 'the sleep was canceled');
        await turn();
        await wait();
      },
    },
  };
}

/** The failure of a call that must fail so. */
export async function failureOf(
  kind: FailureKind,
  code: string,
  call: () => Promise<unknown>,
): Promise<Failure> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Failure && error.kind === kind && error.code === code) return error;
    throw error;
  }
  throw new Error(`no failure, where ${kind}/${code} was due`);
}

export async function names(storage: Storage, prefix = ''): Promise<string[]> {
  const { signal } = new AbortController();
  const found: string[] = [];
  for await (const { name } of storage.list(prefix, { signal })) found.push(name);
  return found.sort();
}
