// What can be seen of a container's settings, and of its account's, with the credentials at hand; what these may not see is "unknown".

import { isFailure } from '../../base/failure.ts';
import type { CallOptions, PostureFinding } from '../storage.ts';
import type { AzureConnection } from './client.ts';
import { type AzurePlace, azureFailure } from './failure.ts';

export async function azurePosture(
  { client, service, endpoint }: AzureConnection,
  place: AzurePlace,
  options: CallOptions,
): Promise<readonly PostureFinding[]> {
  const abortSignal = options.signal;
  /** Undefined where the credentials do not reach. */
  const ask = async <Answer>(call: () => Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await call();
    } catch (error) {
      const failure = azureFailure(place, error, options);
      if (isFailure(failure, 'denied') || isFailure(failure, 'usage')) return undefined;
      throw failure;
    }
  };
  const container = await ask(() => client.getProperties({ abortSignal }));
  const account = await ask(() => client.getAccountInfo({ abortSignal }));
  const settings = await ask(() => service.getProperties({ abortSignal }));
  return [
    container === undefined
      ? { about: 'access', verdict: 'unknown', detail: 'these credentials cannot see the container' }
      : container.blobPublicAccess === undefined
        ? { about: 'access', verdict: 'good', detail: 'the container has no public access' }
        : {
            about: 'access',
            verdict: 'bad',
            detail: `everybody may read: public access is "${container.blobPublicAccess}"`,
          },
    deletion(settings?.deleteRetentionPolicy),
    lock(container),
    container === undefined
      ? { about: 'encryption', verdict: 'unknown', detail: 'these credentials cannot see the container' }
      : {
          about: 'encryption',
          verdict: 'good',
          detail: `the service encrypts with the scope "${container.defaultEncryptionScope ?? '$account-encryption-key'}"`,
        },
    endpoint.startsWith('https:')
      ? { about: 'transport', verdict: 'good', detail: 'all calls go through TLS' }
      : { about: 'transport', verdict: 'bad', detail: `calls go to "${endpoint}" without TLS` },
    durability(account?.skuName),
    {
      about: 'lifecycle',
      verdict: 'unknown',
      detail: 'rules of lifecycle management are kept by Azure Resource Manager and cannot be seen from here',
    },
  ];
}

function deletion(policy: { readonly enabled: boolean; readonly days?: number } | undefined): PostureFinding {
  if (policy === undefined) {
    return {
      about: 'versioning',
      verdict: 'unknown',
      detail: 'these credentials are not shown whether deleted blobs can be recovered',
    };
  }
  return policy.enabled
    ? {
        about: 'versioning',
        verdict: 'good',
        detail: `deleted blobs can be recovered for ${policy.days ?? 0} days`,
      }
    : {
        about: 'versioning',
        verdict: 'warning',
        detail: 'soft delete is off: what is deleted is gone at once',
      };
}

function lock(
  container:
    | {
        readonly isImmutableStorageWithVersioningEnabled?: boolean;
        readonly hasImmutabilityPolicy?: boolean;
        readonly hasLegalHold?: boolean;
      }
    | undefined,
): PostureFinding {
  const about = 'object-lock';
  if (container === undefined) {
    return { about, verdict: 'unknown', detail: 'these credentials cannot see the container' };
  }
  if (container.hasLegalHold === true) {
    return { about, verdict: 'warning', detail: 'a legal hold lies on the container: nothing can be pruned' };
  }
  if (container.isImmutableStorageWithVersioningEnabled === true) {
    return { about, verdict: 'good', detail: 'blobs can be kept until a date of their own' };
  }
  return container.hasImmutabilityPolicy === true
    ? {
        about,
        verdict: 'warning',
        detail: 'one policy keeps all blobs of the container: prune is refused until it lets go',
      }
    : {
        about,
        verdict: 'warning',
        detail: 'the container has no immutable storage: who has the key may delete',
      };
}

function durability(sku: string | undefined): PostureFinding {
  const about = 'durability';
  if (sku === undefined)
    return { about, verdict: 'unknown', detail: 'the redundancy of the account cannot be seen' };
  return /LRS$/.test(sku)
    ? { about, verdict: 'warning', detail: `"${sku}" keeps all copies in one data centre` }
    : { about, verdict: 'good', detail: `"${sku}" keeps copies in several data centres` };
}
