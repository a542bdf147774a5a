// A double of AWS KMS: no AWS can be reached from tests. It speaks the JSON protocol for the two calls that we make, checks signatures
// (version 4), rights, states of keys and the encryption context as AWS documents them, and fails on demand.

import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { serve } from './front.ts';

export const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
export const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport';

interface KmsKey {
  readonly arn: string;
  readonly material: Buffer;
  usage: 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY';
  state: KeyState;
}

export interface KmsDouble extends AsyncDisposable {
  readonly endpoint: string;
  readonly keys: Map<string, KmsKey>;
  /** Alias ARN to key ARN. */
  readonly aliases: Map<string, string>;
  /** Calls that the caller has no right to. */
  readonly denied: Set<string>;
  /** Answers for the next calls, in place of the right ones. */
  readonly failures: { readonly status: number; readonly type: string }[];
  readonly calls: string[];
  makeKey(options?: { readonly region?: string; readonly id?: string; readonly like?: KmsKey }): KmsKey;
}

export class KmsError extends Error {
  readonly type: string;
  readonly status: number;
  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

const account = '111122223333';

interface Call {
  readonly KeyId?: string;
  readonly NumberOfBytes?: number;
  readonly CiphertextBlob?: string;
  readonly EncryptionContext?: Readonly<Record<string, string>>;
}

export async function startKmsDouble(): Promise<KmsDouble> {
  const keys = new Map<string, KmsKey>();
  const aliases = new Map<string, string>();
  const denied = new Set<string>();
  const failures: { readonly status: number; readonly type: string }[] = [];
  const calls: string[] = [];

  const find = (name: string | undefined): KmsKey => {
    const key = keys.get(aliases.get(name ?? '') ?? name ?? '');
    if (key === undefined) throw new KmsError('NotFoundException', `Key '${name}' does not exist`);
    if (key.state === 'Disabled') throw new KmsError('DisabledException', `${key.arn} is disabled.`);
    if (key.state === 'PendingDeletion') {
      throw new KmsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
    }
    if (key.state === 'PendingImport') {
      throw new KmsError('KMSInvalidStateException', `${key.arn} is pending import.`);
    }
    if (key.usage !== 'ENCRYPT_DECRYPT') {
      throw new KmsError('InvalidKeyUsageException', `${key.arn} key usage is ${key.usage}`);
    }
    return key;
  };

  const operations: Readonly<Record<string, (call: Call) => object>> = {
    GenerateDataKey(call) {
      const key = find(call.KeyId);
      const plain = randomBytes(call.NumberOfBytes ?? 32);
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key.material, iv, { authTagLength: 16 });
      cipher.setAAD(contextBytes(call.EncryptionContext));
      const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      const blob = Buffer.concat([materialId(key), iv, sealed]);
      return { KeyId: key.arn, Plaintext: plain.toString('base64'), CiphertextBlob: blob.toString('base64') };
    },
    Decrypt(call) {
      const key = find(call.KeyId);
      const blob = Buffer.from(call.CiphertextBlob ?? '', 'base64');
      if (blob.length < 60) throw new KmsError('InvalidCiphertextException', '');
      if (!blob.subarray(0, 16).equals(materialId(key))) {
        throw new KmsError(
          'IncorrectKeyException',
          'The key ID in the request does not identify a CMK that can perform this operation.',
        );
      }
      const cipher = createDecipheriv('aes-256-gcm', key.material, blob.subarray(16, 28), {
        authTagLength: 16,
      });
      cipher.setAAD(contextBytes(call.EncryptionContext));
      cipher.setAuthTag(blob.subarray(-16));
      try {
        const plain = Buffer.concat([cipher.update(blob.subarray(28, -16)), cipher.final()]);
        return {
          KeyId: key.arn,
          Plaintext: plain.toString('base64'),
          EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        };
      } catch {
        throw new KmsError('InvalidCiphertextException', '');
      }
    },
  };

  const front = await serve(async (request, response) => {
    const body = await bodyOf(request);
    const answer = (status: number, value: object) => {
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.1',
        'x-amzn-requestid': randomBytes(16).toString('hex'),
      });
      response.end(JSON.stringify(value));
    };
    const operation = /^TrentService\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1] ?? '';
    calls.push(operation);
    try {
      const failure = failures.shift();
      if (failure !== undefined) throw new KmsError(failure.type, 'on demand', failure.status);
      verifySignature(request, body);
      if (denied.has(operation)) {
        throw new KmsError(
          'AccessDeniedException',
          `User: arn:aws:iam::${account}:user/backup is not authorized to perform: kms:${operation}`,
        );
      }
      const run = operations[operation];
      if (run === undefined) throw new KmsError('UnknownOperationException', '');
      answer(200, run(JSON.parse(body.toString('utf8')) as Call));
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      answer(error.status, { __type: error.type, message: error.message });
    }
  });

  return {
    endpoint: `http://127.0.0.1:${front.port}`,
    keys,
    aliases,
    denied,
    failures,
    calls,
    makeKey({ region = 'eu-central-1', id = crypto.randomUUID(), like } = {}) {
      const key: KmsKey = {
        arn: `arn:aws:kms:${region}:${account}:key/${id}`,
        material: like?.material ?? randomBytes(32),
        usage: 'ENCRYPT_DECRYPT',
        state: 'Enabled',
      };
      keys.set(key.arn, key);
      return key;
    },
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  };
}

function materialId({ material }: KmsKey): Buffer {
  return createHash('sha256').update(material).digest().subarray(0, 16);
}

/** The order of the pairs does not count, their case does. */
function contextBytes(context: Readonly<Record<string, string>> = {}): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** Signature version 4 as AWS computes it anew from what came in. */
export function verifySignature(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  service = 'kms',
): void {
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([a-z]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    );
  if (found === null)
    throw new KmsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const [, id, day, region, scoped, signed, signature] = found as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (id !== accessKeyId || scoped !== service) {
    throw new KmsError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
  const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url, '', lines.join(''), signed, sha256(body)].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [region, service, 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${secretAccessKey}`, day));
  if (hmac(key, text).toString('hex') !== signature) {
    throw new KmsError(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided.',
    );
  }
}
