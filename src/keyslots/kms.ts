// A key slot whose key lies in AWS KMS. FORMAT.md §4. KMS is asked once per opening and nothing of its answer is kept: what it gave lives no
// longer than this process, and there is no cache. Credentials, profile and endpoint come as for all AWS tools.

import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { Failure } from '../base/failure.ts';
import { Secret } from '../base/secret.ts';
import type { KeySlotKind, SlotBinding, SlotParameters } from './keyslot.ts';
import { type KmsKeyName, keyToAsk, parseKmsArn } from './kms/arn.ts';
import { kmsFailure } from './kms/failure.ts';

const type = 'kms';
const keyBytes = 32;
const loopback = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** Which key is asked: no secret by itself, but what stands in the place of one. */
export function kmsSecret(arn: string): Secret {
  return new Secret(Buffer.from(parseKmsArn(arn).arn, 'utf8'), type);
}

const kms: KeySlotKind = {
  type,
  title: 'AWS KMS',
  // What KMS gives back is sealed by AES-256; the way there is the TLS of AWS and is not recorded in the slot.
  isPostQuantum: () => true,
  canOpen: (secret) => secret.slotType === type,
  async newKey(secret, _choice, binding) {
    const named = keyNameOf(secret);
    if (named === undefined) return undefined;
    const answer = await ask(named, (client) =>
      client.send(
        new GenerateDataKeyCommand({
          KeyId: named.arn,
          NumberOfBytes: keyBytes,
          EncryptionContext: contextOf(binding),
        }),
      ),
    );
    const { Plaintext: kek, CiphertextBlob: wrapped, KeyId: id = '' } = answer;
    // An alias may be turned to another key one day; the slot names the key itself.
    const key = parseKmsArn(id);
    if (kek?.length !== keyBytes || wrapped === undefined || key.kind !== 'key') throw unfit(named);
    return { kek, params: { key: key.arn, wrapped: Buffer.from(wrapped).toString('base64url') } };
  },
  async keyEncryptionKey(secret, params, binding) {
    const named = keyNameOf(secret);
    if (named === undefined) return undefined;
    const { key, wrapped } = parseParameters(params);
    const asked = keyToAsk(named, key);
    if (asked === undefined) return undefined;
    const { Plaintext: kek, KeyId: id } = await ask(asked, (client) =>
      client.send(
        new DecryptCommand({
          KeyId: asked.arn,
          CiphertextBlob: wrapped,
          EncryptionContext: contextOf(binding),
        }),
      ),
    );
    if (kek?.length !== keyBytes || id !== asked.arn) throw unfit(asked);
    return kek;
  },
};
export default kms;

/** What KMS must see again to open the slot; AWS logs it in clear with each use of the key. */
function contextOf({ repositoryId, slotId }: SlotBinding): Record<string, string> {
  return { repoId: Buffer.from(repositoryId).toString('hex'), slotId };
}

function keyNameOf(secret: Secret): KmsKeyName | undefined {
  if (secret.slotType !== type) return undefined;
  return parseKmsArn(Buffer.from(secret.reveal()).toString('utf8'));
}

async function ask<Answer>(key: KmsKeyName, send: (client: KMSClient) => Promise<Answer>): Promise<Answer> {
  const client = new KMSClient({
    region: key.region,
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 10_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });
  client.middlewareStack.add(
    (next) => (args) => {
      const { protocol, hostname } = args.request as { readonly protocol: string; readonly hostname: string };
      if (protocol !== 'https:' && !loopback.has(hostname)) {
        throw new Failure(
          'usage',
          'KMS_ENDPOINT_PLAIN',
          `the KMS endpoint "${hostname}" is not reached by TLS`,
          {
            hint: 'The answer of KMS is a key: give an endpoint that begins with "https:".',
            facts: { host: hostname },
          },
        );
      }
      return next(args);
    },
    { step: 'build', name: 'onlyByTls' },
  );
  try {
    return await send(client);
  } catch (error) {
    throw kmsFailure(error, key.arn);
  } finally {
    client.destroy();
  }
}

/** The parameters come from the storage: the key that they name is asked only when it is the one the user named. */
function parseParameters(params: SlotParameters): { readonly key: KmsKeyName; readonly wrapped: Buffer } {
  const { key, wrapped } = params;
  if (typeof wrapped !== 'string' || !/^[A-Za-z0-9_-]{1,8192}$/.test(wrapped)) throw broken('wrapped');
  try {
    const name = parseKmsArn(String(key));
    if (name.kind === 'key') return { key: name, wrapped: Buffer.from(wrapped, 'base64url') };
  } catch (cause) {
    throw broken('key', cause);
  }
  throw broken('key');
}

function unfit({ arn }: KmsKeyName): Failure {
  return new Failure(
    'unavailable',
    'KMS_ANSWER_UNFIT',
    `the answer for the KMS key "${arn}" is none of KMS`,
    {
      hint: 'Check AWS_ENDPOINT_URL_KMS: something else answers there.',
      facts: { key: arn },
    },
  );
}

function broken(key: string, cause?: unknown): Failure {
  return new Failure('corrupt', 'SLOT_BROKEN', `the key slot has no usable parameter "${key}"`, {
    hint: 'Use another key slot, or copy this one back from another copy of the repository.',
    cause,
  });
}
